"""Processes: the product's own flows (`core.payment_flow`), one effect a step.

Between two steps any other process may run, and at each step the process may die, sleep, or lose its answer. Whoever
died is forgotten: only rows, and the ticks that read them, bring a payment on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tenantry.core.gateway_reply import GatewayReply
from tenantry.core.payment_effects import (
    Answer,
    Call,
    Commit,
    Effect,
    HoldBilling,
    InsertAttempt,
    Load,
    MoveInvoice,
    Post,
    UpdateAttempt,
    UpdateIntent,
    Write,
)
from tenantry.core.payment_facts import Loaded
from tests.simulation import witness
from tests.simulation.books import Violation

if TYPE_CHECKING:
    from tests.simulation.world import World

Flow = Generator[Effect, Answer, object]
MOVES = (UpdateIntent, UpdateAttempt, MoveInvoice, Post)


@dataclass
class Process:
    """One run of a flow, on some worker, by that worker's clock."""

    name: str
    flow: Flow
    skew: timedelta
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
        world.faults["skewed_clock"] += bool(skew)
        process = Process(name, flow, skew, hears)
        world.after(delay_seconds, lambda: self.go_on(process, None))

    def go_on(self, process: Process, answer: GatewayReply | None) -> None:
        """Give a process its answer and let it run to its next effect."""
        try:
            effect = process.flow.send(answer)
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
        if isinstance(effect, Load):
            world.after(delay, lambda: self._transaction(process, effect))
        elif isinstance(effect, Call):
            world.after(delay, lambda: world.network.send(process, effect.request))
        else:
            raise TypeError(f"{process.name} commits without a Load")

    def _transaction(self, process: Process, question: Load) -> None:
        world = self._world
        if world.strikes("no_database"):
            return
        loaded = world.books.load(question, world.now + process.skew)
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

    def _commit(self, process: Process, loaded: Loaded, writes: tuple[Write, ...]) -> None:
        world = self._world
        if process.is_misled and any(isinstance(write, MOVES) for write in writes):
            raise Violation(f"R14 {process.name} believed an answer that was not ours")
        process.is_misled = False
        witness.before_commit(process.name, loaded, writes)
        for invoice_id in world.books.apply(writes, loaded.company.id):
            witness.on_commit(world, invoice_id)
            world.ticks.watch(invoice_id)
        for write in writes:
            if isinstance(write, HoldBilling):
                world.held(loaded.company.id, write.because)
            if isinstance(write, InsertAttempt):
                world.attempts_opened += 1
