"""What the simulated processor knows, in memory: objects by kind and id, the next due instants, and what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from heapq import heappop, heappush
from typing import TypeVar

from sandbox_gateway import codec
from sandbox_gateway.values import Counter, Customer, Event, Intent, KeyRecord, Method, Refund, Setup

Thing = Customer | Setup | Method | Intent | Refund | Event | KeyRecord | Counter
KINDS: dict[str, type[Thing]] = {
    kind.__name__: kind for kind in (Customer, Setup, Method, Intent, Refund, Event, KeyRecord, Counter)
}
T = TypeVar("T", Customer, Setup, Method, Intent, Refund, Event, KeyRecord, Counter)
COUNTER_ID = "ids"

Row = tuple[str, str, str]
"""Kind, id, JSON text; an empty text means that the object is gone."""


class State:
    """The objects. `secret` makes ids that nobody can guess and that are the same in each replay."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._tables: dict[type[Thing], dict[str, Thing]] = {kind: {} for kind in KINDS.values()}
        self._intents_of: dict[str, list[str]] = {}
        self._intents_by_key: dict[str, list[str]] = {}
        self._due: list[tuple[datetime, str]] = []
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

    def drop(self, record: KeyRecord) -> None:
        """Forget an expired key."""
        del self._tables[KeyRecord][record.id]
        self._changed[KeyRecord.__name__, record.id] = None

    def new_id(self, prefix: str) -> str:
        """Make the next id: derived from a counter, so that a replay gives the same."""
        counter = self.get(Counter, COUNTER_ID) or Counter(id=COUNTER_ID, value=0)
        counter = Counter(id=COUNTER_ID, value=counter.value + 1)
        self.put(counter)
        return f"{prefix}_{sha256(f'{self._secret}:{prefix}:{counter.value}'.encode()).hexdigest()[:24]}"

    def intents_of(self, customer: str) -> list[Intent]:
        """Read the intents of one customer, oldest first."""
        return [intent for one in self._intents_of.get(customer, ()) if (intent := self.get(Intent, one))]

    def intents_by_key(self, key: str) -> list[Intent]:
        """Read the intents that were created under a key: more than one if the key had expired in between."""
        return [intent for one in self._intents_by_key.get(key, ()) if (intent := self.get(Intent, one))]

    def next_due(self, now: datetime) -> Intent | None:
        """Take the intent whose bank debit moves on next, at or before `now`."""
        while self._due and self._due[0][0] <= now:
            due_at, intent_id = heappop(self._due)
            intent = self.get(Intent, intent_id)
            if intent and intent.latest and intent.latest.due_at == due_at:
                return intent
        return None

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
        if isinstance(thing, Intent):
            self._index(thing, is_new=thing.id not in table)
        table[thing.id] = thing

    def _index(self, intent: Intent, *, is_new: bool) -> None:
        if is_new:
            self._intents_of.setdefault(intent.customer, []).append(intent.id)
            self._intents_by_key.setdefault(intent.key, []).append(intent.id)
        if intent.latest and intent.latest.due_at:
            heappush(self._due, (intent.latest.due_at, intent.id))
