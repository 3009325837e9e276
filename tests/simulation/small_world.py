"""A world so small that all of it can be explored: one invoice, a few processes, a processor; choices instead of dice.

Each process runs one of the product's own flows and stands before its next effect. `choices` lists all that can happen
next, `apply` lets one of them happen, `key` tells two worlds apart that can go on differently.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sandbox_gateway.values import Behavior, Intent, IntentState, KeyRecord, MethodKind
from tenantry.core import payment_flow, postings
from tenantry.core.gateway_reply import ConfirmIntent, CreateIntent, Event, FindIntent, GatewayReply, PaymentRequest
from tenantry.core.money import Money
from tenantry.core.payment_effects import Call, Commit, HoldBilling, Load
from tenantry.core.payment_facts import CompanyFacts, InvoiceFacts, InvoiceState
from tenantry.core.payment_methods import MethodFacts
from tenantry.core.payment_methods import MethodKind as OurKind
from tests.simulation import witness
from tests.simulation.books import Books
from tests.simulation.copying import copied
from tests.simulation.processor import Gateway
from tests.simulation.small_process import Flow, Hears, Process
from tests.simulation.violation import CURRENCY, Violation

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
KEYS_EXPIRE_AFTER = timedelta(hours=25)
COMPANY, INVOICE, AMOUNT = "acme", "inv", Money(41250, CURRENCY)
NO_ANSWER, NOT_SENT = GatewayReply(Event.NO_ANSWER), GatewayReply(Event.NOT_SENT)
Choice = tuple[str, int]


@dataclass(frozen=True)
class Bounds:
    """How often what may happen in a history: faults, declines, jumps of time."""

    faults: int
    declines: int = 1
    jumps: int = 1


@dataclass(frozen=True)
class Saved:
    """A world that others go on from: rows, the processor's objects, and how each process came where it stands."""

    now: datetime
    left: Bounds
    books: dict[str, Any]
    state: dict[str, Any]
    ids: dict[str, int]
    on_the_way: tuple[PaymentRequest, ...]
    processes: tuple[tuple[str, Callable[[], Flow], Hears | None, tuple[object, ...]], ...]


class SmallWorld:
    """Everything of one history."""

    def __init__(self, bounds: Bounds, behavior: Behavior, *, is_debit: bool = False) -> None:
        self.now = START
        self.left = bounds
        self.books, self.gateway = Books(), Gateway()
        self.processes: list[Process] = []
        self.on_the_way: list[PaymentRequest] = []
        self._ids: dict[str, int] = {}
        self.gateway.model._state.new_id = self._new_id  # type: ignore[method-assign]
        self._ours = self._theirs = 0
        self._open(behavior, is_debit=is_debit)

    def _open(self, behavior: Behavior, *, is_debit: bool) -> None:
        kind = MethodKind.ACH if is_debit else MethodKind.CARD
        customer = self.gateway.open_customer(START, COMPANY)
        company = CompanyFacts(COMPANY, customer, "sim", compared_at=START + timedelta(days=365))
        self.books.companies[COMPANY] = company
        for number, name in enumerate(("first", "second"), 1):
            ends = (0, 0) if is_debit else (12, 2099)
            token = self.gateway.store_method(START, customer, kind, behavior, number, ends, is_verified=True)
            method = MethodFacts(
                name, OurKind(kind.value), token, last4="4242", expiry_month=ends[0], expiry_year=ends[1],
                is_default=number == 1,
            )  # fmt: skip
            self.books.methods[COMPANY][name] = method
        zero = Money.zero(CURRENCY)
        invoice = InvoiceFacts(
            INVOICE, "ACME-000001", InvoiceState.OPEN, 1, AMOUNT, zero, START.date(), START, collect_at=START
        )
        self.books.issue(
            COMPANY, invoice, [postings.issued(INVOICE, net=AMOUNT, tax=zero, credit_left_over=zero)], START
        )

    def _new_id(self, prefix: str) -> str:
        self._ids[prefix] = self._ids.get(prefix, 0) + 1
        return f"{prefix}_{self._ids[prefix]}"

    def saved(self) -> Saved:
        """Keep how everything stands."""
        state = self.gateway.model._state
        state._changed.clear()
        state._new_events.clear()
        self.gateway._fresh.clear()
        return Saved(
            self.now, self.left, {one.name: copied(getattr(self.books, one.name)) for one in fields(Books)},
            {name: copied(value) for name, value in vars(state).items() if name != "new_id"}, dict(self._ids),
            tuple(self.on_the_way), tuple((p.name, p.makes, p.hears, tuple(p.answers)) for p in self.processes),
        )  # fmt: skip

    @classmethod
    def going_on(cls, saved: Saved) -> SmallWorld:
        """Make a world that stands as one did."""
        world = cls.__new__(cls)
        world.now, world.left, world._ids = saved.now, saved.left, dict(saved.ids)
        world.books = Books(**copied(saved.books))
        world.gateway = Gateway()
        state = world.gateway.model._state
        vars(state).update(copied(saved.state), new_id=world._new_id)
        world.on_the_way = list(saved.on_the_way)
        world.processes = [Process(*each) for each in saved.processes]
        world._ours = world._theirs = 0
        return world

    def start(self, name: str, makes: Callable[[], Flow], hears: Hears | None = None) -> Process:
        """Let a process begin."""
        process = Process(name, makes, hears)
        self.processes.append(process)
        return process

    # What may happen

    def choices(self) -> list[Choice]:
        """List what can happen next, the plain course of things first."""
        found: list[Choice] = []
        for at, process in enumerate(self.processes):
            found += [(what, at) for what in self._of(process)]
        found += [("arrives", at) for at in range(len(self.on_the_way))]
        asking = [at for at, one in enumerate(self._theirs_now()) if one.state is IntentState.ASKS_PAYER]
        found += [(answer, at) for at in asking for answer in ("payer approves", "payer refuses")]
        if self.left.jumps:
            found += [("due", 0)] if self._next_due_at() else []
            found += [("keys expire", 0)] if self.processes or self.on_the_way else []
        return found

    def _of(self, process: Process) -> list[str]:
        faults = self.left.faults > 0
        if isinstance(process.effect, Load):
            return ["commits", *(["dies", "commits and dies"] if faults else [])]
        request = process.effect.request
        found = ["answers"]
        if isinstance(request, ConfirmIntent) and self.left.declines:
            found.append("declines")
        if faults:
            found += ["not sent", "request lost", "answer lost", "comes late", "dies", "executes and dies"]
        if faults and isinstance(request, FindIntent) and request.key:
            found.append("stale")
        return found

    def apply(self, choice: Choice) -> None:
        """Let one thing happen.

        Raises:
            Violation: an invariant broke.
        """
        what, at = choice
        if what == "arrives":
            self._execute(self.on_the_way.pop(at))
        elif what.startswith("payer "):
            self._answer_bank(self._theirs_now()[at].id, is_approved=what == "payer approves")
        elif what in ("due", "keys expire"):
            self._jump(what)
        else:
            self._step(self.processes[at], what)
        for ended in [one for one in self.processes if one.effect is None]:
            self.processes.remove(ended)
            if ended.hears is not None and ended.result is not None:
                ended.hears(self, ended.result)

    def _step(self, process: Process, what: str) -> None:
        if what == "declines":
            self.left = replace(self.left, declines=self.left.declines - 1)
        elif what not in ("commits", "answers"):
            self.left = replace(self.left, faults=self.left.faults - 1)
        if what == "dies":
            process.effect = None
        elif isinstance(process.effect, Load):
            self._transaction(process, process.effect)
        else:
            self._call(process, process.effect.request, what)
        if what.endswith("and dies"):
            process.effect = process.result = None

    def _transaction(self, process: Process, question: Load) -> None:
        loaded = self.books.load(question, self.now)
        loaded = replace(loaded, new_ids=(f"intent-{len(loaded.intents) + 1}", f"attempt-{len(loaded.attempts) + 1}"))
        effect = process.go_on(loaded)
        if not isinstance(effect, Commit):
            return
        witness.before_commit(process.name, loaded, effect.writes)
        if any(isinstance(write, HoldBilling) for write in effect.writes):
            raise Violation(f"R14 {process.name} held the billing, though nothing was wrong in any answer")
        self._ours = 0
        for invoice_id in self.books.apply(effect.writes, COMPANY):
            witness.on_commit(self, invoice_id)  # type: ignore[arg-type]
        process.go_on(None)

    def _call(self, process: Process, request: PaymentRequest, what: str) -> None:
        match what:
            case "not sent":
                process.go_on(NOT_SENT)
            case "request lost":
                process.go_on(NO_ANSWER)
            case "comes late":
                self.on_the_way.append(request)
                process.go_on(NO_ANSWER)
            case "stale":
                process.go_on(GatewayReply(Event.NOT_FOUND))
            case "answer lost":
                self._execute(request)
                process.go_on(NO_ANSWER)
            case _:
                reply = self._execute(request, "generic_decline" if what == "declines" else "")
                if what != "executes and dies":
                    process.go_on(reply)

    def _execute(self, request: PaymentRequest, decline: str = "") -> GatewayReply:
        witness.before_execution(self, request)  # type: ignore[arg-type]
        self._theirs = 0
        reply = self.gateway.execute(request, self.now, decline)
        if not isinstance(reply, GatewayReply):
            raise TypeError(f"{request} is about a payment")
        if not isinstance(request, CreateIntent):
            witness.after_execution(self, reply.gateway_id)  # type: ignore[arg-type]
        return reply

    def _theirs_now(self) -> list[Intent]:
        return list(self.gateway.model._state.every(Intent))

    def _answer_bank(self, gateway_id: str, *, is_approved: bool) -> None:
        self._theirs = 0
        self.gateway.answer_bank(gateway_id, self.now, is_approved=is_approved)
        witness.after_execution(self, gateway_id)  # type: ignore[arg-type]

    # Time

    def _next_due_at(self) -> datetime | None:
        latest = self.books.intents[INVOICE][-1:]
        return latest[0].next_ask_at if latest else None

    def _jump(self, what: str) -> None:
        """Go to what is due next and let the schedule ask; or so far that keys are forgotten, and nobody looks."""
        self.left = replace(self.left, jumps=self.left.jumps - 1)
        due_at = self._next_due_at()
        self.now = max(self.now, due_at) if what == "due" and due_at else self.now + KEYS_EXPIRE_AFTER
        self.gateway.model.settle_due(now=self.now)
        self._theirs = 0
        for intent in self.books.intents[INVOICE][-1:]:
            if what == "due" and intent.next_ask_at and intent.next_ask_at <= self.now:
                self.start("resolve", partial(payment_flow.resolve, intent.id))

    # Telling worlds apart

    def key(self) -> int:
        """Give a number that is equal where all that can follow is equal."""
        self._ours = self._ours or self._key_of_books()
        self._theirs = self._theirs or self._key_of_gateway()
        running = tuple(sorted(one.standing() for one in self.processes))
        return hash((self.now, self.left, self._ours, self._theirs, running, tuple(sorted(map(hash, self.on_the_way)))))

    def _key_of_books(self) -> int:
        books = self.books
        ours = (
            books.invoices[INVOICE], tuple(books.intents[INVOICE]), tuple(books.attempts[INVOICE]),
            tuple(books.methods[COMPANY].values()), books.companies[COMPANY],
            frozenset((at, frozenset(reasons)) for at, reasons in books.reviews.items() if reasons),
            frozenset(books.notices.items()), tuple(sorted(one.entry.kind.value for one in books.journal)),
        )  # fmt: skip
        return hash(ours)

    def _key_of_gateway(self) -> int:
        state = self.gateway.model._state
        return hash((tuple(state.every(Intent)), tuple(one.id for one in state.every(KeyRecord))))


def run_alone(world: SmallWorld, name: str, makes: Callable[[], Flow], course: Sequence[str] = ()) -> None:
    """Let a process run to its end by itself, its calls going as named, then plainly."""
    process, left = world.start(name, makes), list(course)
    while process.effect is not None:
        is_call = isinstance(process.effect, Call)
        what = left.pop(0) if left and is_call else "answers" if is_call else "commits"
        world.apply((what, world.processes.index(process)))
