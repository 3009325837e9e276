"""One seed, one schedule: months of invoices in a storm, then 75 calm days, on a clock that jumps from event to event.

Processes are the product's own flows (`core.payment_flow`). Each effect is one step; between two steps any
other process may run, and at each step the process may die, sleep, or lose its answer. Whoever died is
forgotten: only rows, and the ticks that read them, bring a payment on.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from sandbox_gateway.values import IntentState
from tenantry.core import payment_flow
from tenantry.core.gateway_reply import CreateIntent, Event, FindIntent, GatewayReply, PaymentRequest
from tenantry.core.money import Money
from tenantry.core.payment_effects import Call, Commit, Effect, Load, MoveInvoice, Post, UpdateAttempt, UpdateIntent
from tenantry.core.payment_flow import Flow
from tests.simulation import witness
from tests.simulation.books import Books, Violation
from tests.simulation.processor import Gateway
from tests.simulation.weather import CALM, DAY, HOUR, MINUTE, Weather, drawn

STARTS_AT = datetime(2026, 1, 1, tzinfo=UTC)
STORM_DAYS = 92
CALM_DAYS = 75
TICK_EVERY = timedelta(minutes=10)
TIMEOUT_SECONDS = 20.0
MOVES = (UpdateIntent, UpdateAttempt, MoveInvoice, Post)


@dataclass
class Process:
    """One run of a flow, on some worker."""

    name: str
    flow: Flow
    is_misled: bool = False


class World:
    """Everything of one schedule. Same seed, same history."""

    def __init__(self, seed: int, *, is_distorting: bool = False) -> None:
        self.random = Random(seed)
        self.storm = drawn(self.random, is_distorting=is_distorting)
        self.is_distorting = is_distorting
        self.weather: Weather = self.storm
        self.now = STARTS_AT
        self.storm_ends_at = STARTS_AT + timedelta(days=STORM_DAYS)
        self.ends_at = self.storm_ends_at + timedelta(days=CALM_DAYS)
        self.books = Books()
        self.gateway = Gateway()
        self.faults: Counter[str] = Counter()
        self.company_months = 0
        self._events: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = count()
        self._ticks: set[tuple[str, str]] = set()
        self._asked_payers: set[tuple[str, int]] = set()
        self._settles_at: set[tuple[str, datetime]] = set()

    # Time

    def after(self, seconds: float, run: Callable[[], object]) -> None:
        """Let something happen later."""
        self.at(self.now + timedelta(seconds=seconds), run)

    def at(self, instant: datetime, run: Callable[[], object]) -> None:
        """Let something happen at an instant."""
        heapq.heappush(self._events, (max(instant, self.now), next(self._order), run))

    def run(self) -> None:
        """Let the storm and the calm pass."""
        while self._events and self._events[0][0] <= self.ends_at:
            self.now, _, run = heapq.heappop(self._events)
            if self.now >= self.storm_ends_at:
                self.weather = CALM
            run()
        self.now = self.ends_at

    def strikes(self, fault: str) -> bool:
        """Draw whether a fault strikes now, and count it."""
        chance = getattr(self.weather, fault)
        if chance == 0.0 or self.random.random() >= chance:
            return False
        self.faults[fault] += 1
        return True

    def between(self, low: float, high: float) -> float:
        """Draw a number of seconds."""
        return self.random.uniform(low, high)

    # Processes

    def start(self, name: str, flow: Flow, delay_seconds: float = 0.0) -> None:
        """Let a process begin."""
        process = Process(name, flow)
        self.after(delay_seconds, lambda: self._go_on(process, None))

    def _go_on(self, process: Process, answer: GatewayReply | None) -> None:
        try:
            effect = process.flow.send(answer)
        except StopIteration:
            return
        self._meet(process, effect)

    def _meet(self, process: Process, effect: Effect) -> None:
        if self.strikes("crash"):
            return
        delay = self.between(0.001, 0.2)
        if self.strikes("stall"):
            delay += self.between(*self.weather.stall_seconds)
        match effect:
            case Load():
                self.after(delay, lambda: self._transaction(process, effect))
            case Call(request):
                self.after(delay, lambda: self._send(process, request))
            case _:
                raise TypeError(f"{process.name} commits without a Load")

    def _transaction(self, process: Process, question: Load) -> None:
        loaded = self.books.load(question, self.now)
        try:
            effect = process.flow.send(loaded)
        except StopIteration:
            return
        if not isinstance(effect, Commit):
            self._meet(process, effect)
            return
        if self.strikes("crash"):
            return
        if process.is_misled and any(isinstance(write, MOVES) for write in effect.writes):
            raise Violation(f"R14 {process.name} believed an answer that was not ours")
        process.is_misled = False
        touched = self.books.apply(effect.writes, loaded.company.id)
        for invoice_id in touched:
            witness.on_commit(self, invoice_id)
            self.watch(invoice_id)
        if not self.strikes("crash"):
            self._go_on(process, None)

    # The world outside

    def _send(self, process: Process, request: PaymentRequest) -> None:
        if self.strikes("not_sent"):
            self.after(0.05, lambda: self._answer(process, GatewayReply(Event.NOT_SENT)))
        elif self.strikes("lost_request"):
            self._time_out(process)
        elif self.strikes("lost_answer"):
            self.after(self.between(0.01, 5), lambda: self._execute(request))
            self._time_out(process)
        elif self.strikes("late_execution"):
            self.after(self.between(30, self.random.choice((300, 7 * HOUR, 30 * HOUR))), lambda: self._execute(request))
            self._time_out(process)
        else:
            self.after(self.between(0.01, 2), lambda: self._call(process, request))

    def _time_out(self, process: Process) -> None:
        self.after(TIMEOUT_SECONDS, lambda: self._answer(process, GatewayReply(Event.NO_ANSWER)))

    def _call(self, process: Process, request: PaymentRequest) -> None:
        reply = self._execute(request)
        if self.weather.distorted and reply.amount is not None and self.strikes("distorted"):
            reply = self._distorted(reply, request)
            process.is_misled = True
        self.after(self.between(0.01, 1), lambda: self._answer(process, reply))

    def _answer(self, process: Process, reply: GatewayReply) -> None:
        if self.strikes("crash"):
            return
        if self.strikes("stall"):
            self.after(self.between(*self.weather.stall_seconds), lambda: self._go_on(process, reply))
            return
        self._go_on(process, reply)

    def _distorted(self, reply: GatewayReply, request: PaymentRequest) -> GatewayReply:
        money = reply.amount or Money(1, "USD")
        wrong = [
            replace(reply, amount=Money(money.minor + 1, money.currency)),
            replace(reply, amount=Money(money.minor, "EUR")),
            replace(reply, customer="cus_of_another"),
        ]
        if getattr(request, "gateway_id", ""):
            # Before an id is saved, any id is as good as another.
            wrong.append(replace(reply, gateway_id=f"{reply.gateway_id}x"))
        return self.random.choice(wrong)

    def _execute(self, request: PaymentRequest) -> GatewayReply:
        decline = ""
        if self.weather.decline and self.random.random() < self.weather.decline:
            decline = self.random.choice(("generic_decline", "insufficient_funds", "lost_card", "processing_error"))
        witness.before_execution(self, request)
        reply = self.gateway.execute(request, self.now, decline)
        if not isinstance(request, FindIntent | CreateIntent):
            witness.after_execution(self, reply.gateway_id)
        if not isinstance(request, FindIntent):
            self._spread_news()
        return reply

    def settle_debits(self) -> None:
        """Let the processor move the bank debits that are due."""
        self.gateway.settle_debits(self.now)
        self._spread_news()

    def _spread_news(self) -> None:
        for gateway_id in self.gateway.new_intents():
            intent = self.gateway.model.find_intent(now=self.now, intent_id=gateway_id)
            if intent is None or intent.latest is None:
                continue
            due_at = intent.latest.due_at
            if due_at and (gateway_id, due_at) not in self._settles_at:
                self._settles_at.add((gateway_id, due_at))
                self.at(due_at, self.settle_debits)
            if intent.state is IntentState.ASKS_PAYER:
                self._ask_payer(gateway_id, len(intent.attempts))
            self._hint(gateway_id)

    def _ask_payer(self, gateway_id: str, tries: int) -> None:
        if (gateway_id, tries) in self._asked_payers:
            return
        self._asked_payers.add((gateway_id, tries))
        answer = self.random.choice(("approve", "approve", "refuse", "leave"))
        if answer == "leave":
            return

        def answers() -> None:
            self.gateway.answer_bank(gateway_id, self.now, is_approved=answer == "approve")
            witness.after_execution(self, gateway_id)
            self._spread_news()

        self.after(self.between(20, self.random.choice((300, 30 * HOUR))), answers)

    def _hint(self, gateway_id: str) -> None:
        if self.strikes("hint_lost"):
            return
        for _ in range(1 + self.strikes("hint_doubled") * self.random.randint(1, 4)):
            delay = self.between(0, 3 * DAY) if self.strikes("hint_late") else self.between(0.05, 5)
            self.after(delay, lambda: self._hear(gateway_id))

    def _hear(self, gateway_id: str) -> None:
        intent_id = self.books.by_gateway_id.get(gateway_id)
        if intent_id is not None:
            self.start("settle", payment_flow.settle(intent_id))

    # The ticks

    def watch(self, invoice_id: str) -> None:
        """Let the ticks see what is due for an invoice."""
        self._watch("collect", invoice_id, self.books.invoices[invoice_id].collect_at)
        for intent in self.books.intents[invoice_id]:
            self._watch("resolve", intent.id, intent.next_ask_at)

    def _watch(self, kind: str, row_id: str, due_at: datetime | None) -> None:
        if due_at is None or (kind, row_id) in self._ticks:
            return
        self._ticks.add((kind, row_id))
        jitter = timedelta(seconds=self.between(0, MINUTE))
        self.at(max(due_at, self.now) + jitter, lambda: self._tick(kind, row_id))

    def _due_at(self, kind: str, row_id: str) -> datetime | None:
        if kind == "collect":
            return self.books.invoices[row_id].collect_at
        return self.books.intent(row_id).next_ask_at

    def _tick(self, kind: str, row_id: str) -> None:
        self._ticks.discard((kind, row_id))
        due_at = self._due_at(kind, row_id)
        if due_at is None or due_at > self.now:
            self._watch(kind, row_id, due_at)
            return
        if self.strikes("tick_missed"):
            self._watch(kind, row_id, self.now + timedelta(seconds=self.between(HOUR, 3 * DAY)))
            return
        flow = payment_flow.collect(row_id) if kind == "collect" else payment_flow.resolve(row_id)
        self.start(kind, flow)
        self._watch(kind, row_id, self.now + TICK_EVERY)
