"""What is due stands in rows, and ticks find it: questions to the gateway, collections, billing runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from tenantry.core import payment_flow, refund_flow
from tests.simulation.processes import Flow
from tests.simulation.weather import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from tests.simulation.world import World

FLOWS: dict[str, Callable[[str], Flow]] = {
    "collect": payment_flow.collect,
    "resolve": payment_flow.resolve,
    "refund": refund_flow.resolve_refund,
}
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
            for refund in books.refunds.rows.get(intent.id, ()):
                self._watch("refund", refund.id, refund.next_ask_at)

    def start_over(self) -> None:
        """Look at every row again: the database was restored."""
        self._waiting.clear()
        for invoice_id in self._world.books.invoices:
            self.watch(invoice_id)

    def _watch(self, kind: str, row_id: str, due_at: datetime | None) -> None:
        if due_at is None or (kind, row_id) in self._waiting:
            return
        self._waiting.add((kind, row_id))
        world = self._world
        jitter = timedelta(seconds=world.between(0, MINUTE))
        world.at(max(due_at, world.now) + jitter, partial(self._tick, kind, row_id, world.epoch))

    def _due_at(self, kind: str, row_id: str) -> datetime | None:
        books = self._world.books
        if kind == "collect":
            return books.invoices[row_id].collect_at
        return books.intent(row_id).next_ask_at if kind == "resolve" else books.refunds.refund(row_id).next_ask_at

    def _tick(self, kind: str, row_id: str, epoch: int) -> None:
        world = self._world
        if epoch != world.epoch:
            return
        self._waiting.discard((kind, row_id))
        due_at = self._due_at(kind, row_id)
        if due_at is None or due_at > world.now:
            self._watch(kind, row_id, due_at)
            return
        if world.strikes("tick_missed"):
            self._watch(kind, row_id, world.now + timedelta(seconds=world.between(HOUR, 3 * DAY)))
            return
        world.processes.start(kind, FLOWS[kind](row_id))
        self._watch(kind, row_id, world.now + TICK_EVERY)
