"""A world so small that all of it can be explored: one invoice, a few processes, a processor; choices instead of dice.

Each process runs one of the product's own flows and stands before its next effect. `choices` lists all that can happen
next, `apply` lets one of them happen, `key` tells two worlds apart that can go on differently.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
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
from tests.simulation.processor import Gateway
from tests.simulation.standing import standing
from tests.simulation.violation import CURRENCY, Violation

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
KEYS_EXPIRE_AFTER = timedelta(hours=25)
COMPANY, INVOICE, AMOUNT = "acme", "inv", Money(41250, CURRENCY)
NO_ANSWER, NOT_SENT = GatewayReply(Event.NO_ANSWER), GatewayReply(Event.NOT_SENT)
Flow = Generator[Any, Any, Any]
Choice = tuple[str, int]
Hears = Callable[[Any], None]


@dataclass(frozen=True)
class Bounds:
    """How often what may happen in a history: faults, declines, jumps of time."""

    faults: int
    declines: int = 1
    jumps: int = 1


class Process:
    """One run of a flow, standing before `effect`; None: it has ended or died."""

    def __init__(self, name: str, flow: Flow, hears: Hears | None = None) -> None:
        self.name = name
        self.flow = flow
        self.hears = hears
        self.effect: Any = next(flow)
        self._standing = 0

    def go_on(self, answer: object) -> object:
        """Hand an answer over; give the next effect, None at the end."""
        self._standing = 0
        try:
            self.effect = self.flow.send(answer)
        except StopIteration as ended:
            self.effect = None
            if self.hears is not None:
                self.hears(ended.value)
        return self.effect

    def standing(self) -> int:
        """Give a number for all that decides how it goes on."""
        self._standing = self._standing or hash((self.name, self.effect, standing(self.flow)))
        return self._standing


class SmallWorld:
    """Everything of one history."""

    def __init__(self, bounds: Bounds, behavior: Behavior, *, is_debit: bool = False) -> None:
        self.now = START
        self.left = bounds
        self.books, self.gateway = Books(), Gateway()
        self.processes: list[Process] = []
        self.on_the_way: list[PaymentRequest] = []
        ids: dict[str, Iterator[int]] = defaultdict(partial(count, 1))
        self.gateway.model._state.new_id = lambda prefix: f"{prefix}_{next(ids[prefix])}"  # type: ignore[method-assign]
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

    def start(self, name: str, flow: Flow, hears: Hears | None = None) -> Process:
        """Let a process begin."""
        process = Process(name, flow, hears)
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
        self.processes = [one for one in self.processes if one.effect is not None]

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
            process.effect = None

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
                self.start("resolve", payment_flow.resolve(intent.id))

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


def run_alone(world: SmallWorld, name: str, flow: Flow, course: Sequence[str] = ()) -> None:
    """Let a process run to its end by itself, its calls going as named, then plainly."""
    process, left = world.start(name, flow), list(course)
    while process.effect is not None:
        is_call = isinstance(process.effect, Call)
        what = left.pop(0) if left and is_call else "answers" if is_call else "commits"
        world.apply((what, world.processes.index(process)))
