"""Processes: the product's own flows (`core.payment_flow`), one effect a step.

Between two steps any other process may run, and at each step the process may die, sleep, or lose its answer. Whoever
died is forgotten: only rows, and the ticks that read them, bring a payment on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tenantry.core.payment_effects import (
    Answer,
    Call,
    Commit,
    Effect,
    HoldBilling,
    InsertAttempt,
    Load,
    LoadRefunds,
    MoveInvoice,
    Post,
    UpdateAttempt,
    UpdateIntent,
    UpdateRefund,
    Write,
)
from tenantry.core.payment_facts import Loaded
from tenantry.core.refund_facts import RefundsLoaded
from tenantry.core.refusal import Refusal
from tests.simulation import witness
from tests.simulation.processor import Reply
from tests.simulation.violation import Violation

if TYPE_CHECKING:
    from tests.simulation.world import World

Flow = Generator[Effect, Answer, object]
MOVES = (UpdateIntent, UpdateAttempt, UpdateRefund, MoveInvoice, Post)


@dataclass
class Process:
    """One run of a flow, on some worker, by that worker's clock. It ends with the database that it was started on."""

    name: str
    flow: Flow
    skew: timedelta
    epoch: int
    hears: Callable[[Any], None] | None = None
    is_misled: bool = False


class Processes:
    """Everything that runs the product's code."""

    def __init__(self, world: World) -> None:
        self._world = world

    def start(
        self, name: str, flow: Flow, delay_seconds: float = 0.0, hears: Callable[[Any], None] | None = None
    ) -> None:
        """Let a process begin; `hears` is told its result, where somebody still listens."""
        world = self._world
        skews = world.weather.skews
        skew = timedelta(seconds=world.random.choice(skews)) if len(skews) > 1 else timedelta(0)
        process = Process(name, flow, skew, world.epoch, hears)
        world.after(delay_seconds, lambda: self.go_on(process, None))

    def go_on(self, process: Process, answer: Reply | None) -> None:
        """Give a process its answer and let it run to its next effect."""
        if process.epoch != self._world.epoch:
            return
        try:
            effect = process.flow.send(answer)  # type: ignore[arg-type]
        except StopIteration as ended:
            self._end(process, ended.value)
            return
        self._meet(process, effect)

    def _end(self, process: Process, result: object) -> None:
        if process.hears is not None:
            process.hears(result)

    def _meet(self, process: Process, effect: Effect) -> None:
        world = self._world
        if world.strikes("crash"):
            return
        delay = world.between(0.001, 0.2)
        if world.strikes("stall"):
            delay += world.between(*world.weather.stall_seconds)
        if isinstance(effect, Load | LoadRefunds):
            world.after(delay, lambda: self._transaction(process, effect))
        elif isinstance(effect, Call):
            world.after(delay, lambda: self._send(process, effect))
        else:
            raise TypeError(f"{process.name} commits without a Load")

    def _send(self, process: Process, call: Call) -> None:
        if process.epoch == self._world.epoch:
            self._world.network.send(process, call)

    def _transaction(self, process: Process, question: Load | LoadRefunds) -> None:
        world = self._world
        if process.epoch != world.epoch or world.strikes("no_database"):
            return
        loaded = self._load(question, world.now + process.skew)
        if loaded is None:
            self._end(process, Refusal("not_found"))
            return
        try:
            effect = process.flow.send(loaded)
        except StopIteration as ended:
            self._end(process, ended.value)
            return
        if not isinstance(effect, Commit):
            self._meet(process, effect)
            return
        if world.strikes("crash"):
            return
        self._commit(process, loaded, effect.writes)
        if not world.strikes("crash"):
            self.go_on(process, None)

    def _load(self, question: Load | LoadRefunds, now: datetime) -> Loaded | RefundsLoaded | None:
        """Answer a load; None where a restored database has lost what it names."""
        books = self._world.books
        if question.invoice_id and question.invoice_id not in books.invoices:
            return None
        if question.intent_id and question.intent_id not in books.invoice_of:
            return None
        if isinstance(question, Load):
            return books.load(question, now)
        if question.refund_id and question.refund_id not in books.refunds.intent_of:
            return None
        return books.refunds.load(books, question, now)

    def _commit(self, process: Process, loaded: Loaded | RefundsLoaded, writes: tuple[Write, ...]) -> None:
        world = self._world
        is_by_hand = process.name == "by hand"
        if process.is_misled and not is_by_hand and any(isinstance(write, MOVES) for write in writes):
            raise Violation(f"R14 {process.name} believed an answer that was not ours")
        process.is_misled = False
        if isinstance(loaded, Loaded):
            witness.before_commit(process.name, loaded, writes)
        else:
            witness.before_refund(loaded, writes)
        for invoice_id in world.books.apply(writes, loaded.company.id):
            witness.on_commit(world, invoice_id)
            world.ticks.watch(invoice_id)
        for write in writes:
            if isinstance(write, HoldBilling):
                world.held(loaded.company.id, write.because)
            if isinstance(write, InsertAttempt):
                world.attempts_opened += 1
                if process.name == "reconcile":
                    world.taken_up.add(write.attempt.id)
