"""What is due stands in rows, and ticks find it: questions to the gateway, collections, billing runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tenantry.core import payment_flow
from tests.simulation.weather import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from tests.simulation.world import World

TICK_EVERY = timedelta(minutes=10)


class Ticks:
    """The worker that looks for rows that are due."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: set[tuple[str, str]] = set()

    def watch(self, invoice_id: str) -> None:
        """See what is due for an invoice."""
        books = self._world.books
        self._watch("collect", invoice_id, books.invoices[invoice_id].collect_at)
        for intent in books.intents[invoice_id]:
            self._watch("resolve", intent.id, intent.next_ask_at)

    def _watch(self, kind: str, row_id: str, due_at: datetime | None) -> None:
        if due_at is None or (kind, row_id) in self._waiting:
            return
        self._waiting.add((kind, row_id))
        world = self._world
        jitter = timedelta(seconds=world.between(0, MINUTE))
        world.at(max(due_at, world.now) + jitter, lambda: self._tick(kind, row_id))

    def _due_at(self, kind: str, row_id: str) -> datetime | None:
        books = self._world.books
        return books.invoices[row_id].collect_at if kind == "collect" else books.intent(row_id).next_ask_at

    def _tick(self, kind: str, row_id: str) -> None:
        world = self._world
        self._waiting.discard((kind, row_id))
        due_at = self._due_at(kind, row_id)
        if due_at is None or due_at > world.now:
            self._watch(kind, row_id, due_at)
            return
        if world.strikes("tick_missed"):
            self._watch(kind, row_id, world.now + timedelta(seconds=world.between(HOUR, 3 * DAY)))
            return
        flow = payment_flow.collect(row_id) if kind == "collect" else payment_flow.resolve(row_id)
        world.processes.start(kind, flow)
        self._watch(kind, row_id, world.now + TICK_EVERY)
