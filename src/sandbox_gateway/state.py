"""What the simulated processor knows, in memory: objects by kind and id, the next due instants, and what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from heapq import heappop, heappush
from typing import TypeVar

from sandbox_gateway import codec
from sandbox_gateway.business_days import next_payout_at
from sandbox_gateway.values import (
    Counter,
    Customer,
    Delivery,
    DeliveryState,
    Event,
    Intent,
    KeyRecord,
    Method,
    Movement,
    Payout,
    Refund,
    Setup,
)

Thing = Customer | Setup | Method | Intent | Refund | Movement | Payout | Event | Delivery | KeyRecord | Counter
KINDS: dict[str, type[Thing]] = {
    kind.__name__: kind
    for kind in (Customer, Setup, Method, Intent, Refund, Movement, Payout, Event, Delivery, KeyRecord, Counter)
}
T = TypeVar("T", Customer, Setup, Method, Intent, Refund, Movement, Payout, Event, Delivery, KeyRecord, Counter)
IDS, EVENTS = "ids", "events"
PAYOUT = "~payout"  # sorts behind every id: what moves at the same instant is still paid out with it

Row = tuple[str, str, str]
"""Kind, id, JSON text; an empty text means that the object is gone."""


class State:
    """The objects. `secret` makes ids that nobody can guess and that are the same in each replay."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._tables: dict[type[Thing], dict[str, Thing]] = {kind: {} for kind in KINDS.values()}
        self._intents_of: dict[str, list[str]] = {}
        self._intents_by_key: dict[str, list[str]] = {}
        self._refunds_of: dict[str, list[str]] = {}
        self._movements_of: dict[str, list[str]] = {}
        self._not_paid_out: dict[str, None] = {}
        self._due: list[tuple[datetime, str]] = []
        self._versions: dict[str, list[Intent]] = {}
        self._to_send: list[tuple[datetime, int, str]] = []
        self._held: dict[str, list[str]] = {}
        self._new_events: list[Event] = []
        self._kept = 0
        self._changed: dict[tuple[str, str], Thing | None] = {}

    def get(self, kind: type[T], thing_id: str) -> T | None:
        """Read one object."""
        found = self._tables[kind].get(thing_id)
        return found if isinstance(found, kind) else None

    def every(self, kind: type[T]) -> Iterator[T]:
        """Walk over the objects of a kind, oldest first."""
        return (thing for thing in self._tables[kind].values() if isinstance(thing, kind))

    def put(self, thing: Thing) -> None:
        """Keep an object in the place of its former self."""
        self._keep(thing)
        self._changed[type(thing).__name__, thing.id] = thing
        if isinstance(thing, Event):
            self._new_events.append(thing)

    def drop(self, record: KeyRecord) -> None:
        """Forget an expired key."""
        del self._tables[KeyRecord][record.id]
        self._changed[KeyRecord.__name__, record.id] = None

    def new_id(self, prefix: str) -> str:
        """Make the next id: derived from a counter, so that a replay gives the same."""
        return f"{prefix}_{sha256(f'{self._secret}:{prefix}:{self.count(IDS)}'.encode()).hexdigest()[:24]}"

    @property
    def account(self) -> str:
        """Name the vendor's account here: the same for ever."""
        return f"acc_{sha256(f'{self._secret}:account'.encode()).hexdigest()[:24]}"

    def count(self, name: str) -> int:
        """Count one further, from 1."""
        counter = Counter(id=name, value=(self.get(Counter, name) or Counter(id=name, value=0)).value + 1)
        self.put(counter)
        return counter.value

    def intents_of(self, customer: str) -> list[Intent]:
        """Read the intents of one customer, oldest first."""
        return [intent for one in self._intents_of.get(customer, ()) if (intent := self.get(Intent, one))]

    def intents_by_key(self, key: str) -> list[Intent]:
        """Read the intents that were created under a key: more than one if the key had expired in between."""
        return [intent for one in self._intents_by_key.get(key, ()) if (intent := self.get(Intent, one))]

    def refunds_of(self, intent_id: str) -> list[Refund]:
        """Read the refunds of an intent, oldest first."""
        return [refund for one in self._refunds_of.get(intent_id, ()) if (refund := self.get(Refund, one))]

    def movements_of(self, intent_id: str) -> list[Movement]:
        """Read what an intent moved, oldest first."""
        return [moved for one in self._movements_of.get(intent_id, ()) if (moved := self.get(Movement, one))]

    def not_paid_out(self) -> list[Movement]:
        """Read the movements that stand in no payout yet, oldest first."""
        return [moved for one in self._not_paid_out if (moved := self.get(Movement, one))]

    def next_due(self, now: datetime) -> tuple[datetime, str] | None:
        """Take what comes next, at or before `now`: an instant and the id of what may move then.

        The id is `PAYOUT` for a payout. Whoever takes it looks whether that is still so.
        """
        return heappop(self._due) if self._due and self._due[0][0] <= now else None

    def next_at(self) -> datetime | None:
        """Tell when something may happen next by itself."""
        nexts = [waiting[0][0] for waiting in (self._due, self._to_send) if waiting]
        return min(nexts) if nexts else None

    def take_new_events(self) -> list[Event]:
        """Hand over the events that were noted since the last call, once."""
        taken, self._new_events = self._new_events, []
        return taken

    def next_to_send(self, now: datetime) -> Delivery | None:
        """Read the delivery that is due first, at or before `now`. It stays until it is put back changed."""
        while self._to_send and self._to_send[0][0] <= now:
            due_at, _, delivery_id = self._to_send[0]
            found = self.get(Delivery, delivery_id)
            if found and found.state is DeliveryState.WAITING and found.due_at == due_at:
                return found
            heappop(self._to_send)
        return None

    def held(self, customer: str) -> list[Delivery]:
        """Read the deliveries that wait for a later event of this customer."""
        found = (self.get(Delivery, one) for one in self._held.get(customer, ()))
        return [one for one in found if one and one.is_held]

    def as_of(self, intent: Intent, instant: datetime) -> Intent | None:
        """Read an intent as it was at an instant, as far as this process remembers."""
        known = [one for one in self._versions.get(intent.id, ()) if one.changed_at <= instant]
        return known[-1] if known else None

    def is_empty(self) -> bool:
        """Say whether nothing was ever created here."""
        return not any(self._tables.values())

    def take_changes(self) -> list[Row]:
        """Hand over what changed since the last call, once."""
        rows = [
            (kind, thing_id, "" if thing is None else codec.dumps(thing))
            for (kind, thing_id), thing in self._changed.items()
        ]
        self._changed = {}
        return rows

    def restore(self, rows: Iterable[Row]) -> None:
        """Take in rows that `take_changes` handed out, in their old order."""
        for kind, _, text in rows:
            self._keep(codec.loads(KINDS[kind], text))

    def _keep(self, thing: Thing) -> None:
        table = self._tables[type(thing)]
        is_new = thing.id not in table
        table[thing.id] = thing
        if isinstance(thing, Intent):
            self._index_intent(thing, is_new=is_new)
        elif isinstance(thing, Movement):
            self._index_movement(thing, is_new=is_new)
        elif isinstance(thing, Refund) and is_new:
            self._refunds_of.setdefault(thing.intent_id, []).append(thing.id)
        elif isinstance(thing, Delivery):
            self._index_delivery(thing, is_new=is_new)
        elif isinstance(thing, Method) and thing.gives_up_at:
            heappush(self._due, (thing.gives_up_at, thing.id))

    def _index_intent(self, intent: Intent, *, is_new: bool) -> None:
        self._versions.setdefault(intent.id, []).append(intent)
        if is_new:
            self._intents_of.setdefault(intent.customer, []).append(intent.id)
            self._intents_by_key.setdefault(intent.key, []).append(intent.id)
        if intent.latest and intent.latest.due_at:
            heappush(self._due, (intent.latest.due_at, intent.id))
        if intent.dispute and intent.dispute.due_at:
            heappush(self._due, (intent.dispute.due_at, intent.id))

    def _index_movement(self, moved: Movement, *, is_new: bool) -> None:
        if is_new:
            self._movements_of.setdefault(moved.intent_id, []).append(moved.id)
        if moved.payout_id:
            self._not_paid_out.pop(moved.id, None)
        elif moved.id not in self._not_paid_out:
            self._not_paid_out[moved.id] = None
            heappush(self._due, (next_payout_at(moved.available_at), PAYOUT))

    def _index_delivery(self, delivery: Delivery, *, is_new: bool) -> None:
        if delivery.state is DeliveryState.WAITING:
            self._kept += 1
            heappush(self._to_send, (delivery.due_at, self._kept, delivery.id))
        if delivery.is_held and is_new:
            self._held.setdefault(delivery.customer, []).append(delivery.id)
        elif not is_new and not delivery.is_held and delivery.id in self._held.get(delivery.customer, ()):
            self._held[delivery.customer].remove(delivery.id)
