"""What the processor tells unasked: kept once by its id, followed later, and looked at again until its truth was read.

What the verbs `accept_gateway_event` and `apply_gateway_event` do around `core.gateway_events` is done here in the same
order; jobs get lost, and the sweep finds their rows.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox_gateway.deliveries import RETRY_AFTER_SECONDS
from sandbox_gateway.values import Event
from tenantry.core.gateway_events import (
    FIRST_LOOK_AFTER,
    Concern,
    EventOutcome,
    concern_of,
    is_unknown_for_good,
    next_look,
)
from tenantry.core.payment_effects import Call
from tenantry.core.payment_flow import heed
from tenantry.core.refund_flow import take_in
from tests.simulation import payouts
from tests.simulation.processor import ListChanges
from tests.simulation.weather import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from tests.simulation.world import World

LOOKS_EVERY = timedelta(minutes=10)
Steps = Generator[Any, Any, EventOutcome]


@dataclass(frozen=True)
class KeptEvent:
    """One event as it was kept: ids and an instant."""

    id: str
    kind: str
    gateway_id: str
    happened_at: datetime
    look_at: datetime
    outcome: EventOutcome = EventOutcome.WAITING
    times_looked: int = 0


class Inbox:
    """The address where the processor tells, and the sweep that looks at what waits."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._watched: set[str] = set()

    def hear(self, event: Event, tries: int = 0) -> None:
        """Take an event in. While there is no database it is not taken, and told again."""
        world, kept = self._world, self._world.books.inbox
        if world.strikes("no_database"):
            if tries < len(RETRY_AFTER_SECONDS):
                world.after(RETRY_AFTER_SECONDS[tries], partial(self.hear, event, tries + 1))
            return
        if event.id in kept:
            return
        look_at = world.now + FIRST_LOOK_AFTER
        kept[event.id] = KeptEvent(event.id, event.kind, event.intent_id, event.happened_at, look_at)
        if not world.strikes("crash"):
            world.after(world.between(0.05, 5), partial(self._follow, event.id, world.epoch))
        self._watch(event.id)

    def start_over(self) -> None:
        """Look at every row again: the database was restored."""
        self._watched.clear()
        for event_id in self._world.books.inbox:
            self._watch(event_id)

    def _watch(self, event_id: str, at: datetime | None = None) -> None:
        world, event = self._world, self._world.books.inbox[event_id]
        if event.outcome is EventOutcome.WAITING and event_id not in self._watched:
            self._watched.add(event_id)
            jitter = timedelta(seconds=world.between(0, MINUTE))
            world.at(max(at or event.look_at, world.now) + jitter, partial(self._sweep, event_id, world.epoch))

    def _sweep(self, event_id: str, epoch: int) -> None:
        world = self._world
        if epoch != world.epoch:
            return
        self._watched.discard(event_id)
        if world.books.inbox[event_id].look_at > world.now:
            self._watch(event_id)
        elif world.strikes("tick_missed"):
            self._watch(event_id, world.now + timedelta(seconds=world.between(HOUR, 3 * DAY)))
        else:
            self._follow(event_id, epoch)
            self._watch(event_id, world.now + LOOKS_EVERY)

    def _follow(self, event_id: str, epoch: int) -> None:
        world = self._world
        if epoch != world.epoch:
            return
        event = world.books.inbox[event_id]
        if event.outcome is EventOutcome.WAITING:
            world.processes.start("event", self._followed(event), hears=partial(self._note, event_id))

    def _note(self, event_id: str, outcome: object) -> None:
        """Note what became of it; whatever could not be read is looked at again."""
        kept = self._world.books.inbox
        event = kept[event_id]
        if event.outcome is not EventOutcome.WAITING:
            return
        if outcome in (EventOutcome.APPLIED, EventOutcome.IGNORED):
            kept[event_id] = replace(event, outcome=outcome)
            return
        looked = event.times_looked + 1
        kept[event_id] = replace(event, times_looked=looked, look_at=next_look(looked, self._world.now))
        self._watch(event_id)

    def _followed(self, event: KeptEvent) -> Steps:
        concern, books = concern_of(event.kind), self._world.books
        if concern is Concern.NOTHING:
            return EventOutcome.IGNORED
        if concern is Concern.PAYOUT:
            was_read = yield from payouts.read(self._world)
            return EventOutcome.APPLIED if was_read else EventOutcome.WAITING
        intent_id = books.by_gateway_id.get(event.gateway_id)
        if intent_id is None:
            return EventOutcome.IGNORED if is_unknown_for_good(event.times_looked + 1) else EventOutcome.WAITING
        if concern is Concern.REFUND:
            was_read = yield from self._refunds(event, intent_id)
        else:
            was_read = yield from heed(intent_id)
        return EventOutcome.APPLIED if was_read else EventOutcome.WAITING

    def _refunds(self, event: KeptEvent, intent_id: str) -> Generator[Any, Any, bool]:
        customer = self._world.books.intent(intent_id).customer
        listed = yield Call(ListChanges(customer, event.happened_at))  # type: ignore[arg-type]
        records = listed if isinstance(listed, list) else []
        record = next((one for one in records if one.reply.gateway_id == event.gateway_id), None)
        for reply in record.refunds if record else ():
            yield from take_in(intent_id, reply)
        return record is not None
