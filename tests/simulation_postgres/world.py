"""One seed, one schedule on PostgreSQL: a year with storms, then 75 calm days, on a clock that jumps between events.

Processes are the product's own verbs and jobs (`crew`). Between two seams of one any other may run; at each seam it may
die, sleep, lose its answer, or find that its database connection was ended. Only rows, and the ticks that read them,
bring anything on. Storms come in spells of some days, each with rates of its own, and people do much while they last:
between them months pass in few steps.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid5

import psycopg
from django.db import connections

from sandbox_gateway.values import Intent, IntentState
from tenantry.outside import clock, ids
from tenantry.records.base import tenancy
from tests import database as databases
from tests.gateway.inside import behind_the_port
from tests.simulation.weather import CALM, DAY, HOUR, MINUTE, Profile, Weather, drawn, profile_of
from tests.simulation_postgres.crew import Crew, Died, Worker, current
from tests.simulation_postgres.line import Line
from tests.simulation_postgres.ticks import Ticks
from tests.simulation_postgres.transactions import CUTS, LOST, Transactions

STARTS_AT = datetime(2026, 1, 1, 15, tzinfo=UTC)
STORM_DAYS, CALM_DAYS = 365, 75
SPELL_EVERY_DAYS = 61
SPELL_DAYS = (3, 12)
WORKERS = (3, 4, 5)
LIVE = (IntentState.PROCESSING, IntentState.SUCCEEDED)


class Violation(AssertionError):
    """An invariant does not hold. Its first word is the invariant's number."""


class World:
    """Everything of one schedule. Same seed, same history."""

    def __init__(self, seed: int, server: databases.TestServer, directory: Path) -> None:
        self.random = Random(seed)
        self.weather: Weather = CALM
        self.hears_nothing = profile_of(seed) is Profile.SILENT
        self.cards_share = 1.0
        self.prints = self.random.random() < 0.1
        self.now = STARTS_AT
        self.storm_ends_at = STARTS_AT + timedelta(days=STORM_DAYS)
        self.ends_at = self.storm_ends_at + timedelta(days=CALM_DAYS)
        # What happens at the processor is in our books a day later, so nothing happens there on the last day.
        self.processor_stops_at = self.ends_at - timedelta(days=1)
        self.faults: Counter[str] = Counter()
        self.steps = 0
        self.trouble: list[str] = []
        self.company_ids: list[str] = []
        self.people: list[Callable[[], object]] = []
        self.running: Counter[str] = Counter()
        self.operator: Any = None
        self._ids = Random(f"ids of {seed}")
        self._events: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = count()
        self._asked: set[tuple[str, int]] = set()
        self._server = server
        self.crew = Crew(self.random.choice(WORKERS))
        self.transactions = Transactions(self)
        self.ticks = Ticks(self)
        self.line = Line(self, directory)

    # Time and dice

    def after(self, seconds: float, run: Callable[[], object]) -> None:
        """Let something happen later."""
        self.at(self.now + timedelta(seconds=seconds), run)

    def at(self, instant: datetime, run: Callable[[], object]) -> None:
        """Let something happen at an instant."""
        heapq.heappush(self._events, (max(instant, self.now), next(self._order), run))

    def between(self, low: float, high: float) -> float:
        """Draw a number of seconds."""
        return low + (high - low) * self.random.random()

    def strikes(self, fault: str) -> bool:
        """Draw whether a fault strikes now, and count it."""
        chance: float = getattr(self.weather, fault)
        if chance == 0.0 or self.random.random() >= chance:
            return False
        self.faults[fault] += 1
        return True

    @property
    def is_storm(self) -> bool:
        """Tell whether people still act, and storms still come."""
        return self.now < self.storm_ends_at

    def our_now(self) -> datetime:
        """Give the time as the process sees it that asks."""
        worker = current()
        return self.now + timedelta(seconds=worker.skew_seconds if worker else 0.0)

    @property
    def processor_now(self) -> datetime:
        """Give the time at the processor."""
        return min(self.now, self.processor_stops_at)

    def new_uuid(self) -> UUID:
        """Make the next id of this world."""
        return UUID(int=self._ids.getrandbits(128), version=4)

    # Running

    @contextmanager
    def standing(self, database: str) -> Iterator[None]:
        """Put the product into this world: its clock, its ids, its processor, its phases."""
        url = self._server.named(self._server.superuser_url, database)
        with ExitStack() as patches, psycopg.connect(url, autocommit=True) as operator:
            self.operator = operator
            patches.enter_context(patch.object(clock, "now", self.our_now))
            patches.enter_context(patch.object(ids, "uuid", _Ids(self)))
            patches.enter_context(behind_the_port(self.line))
            wrapped = {"phase": self.transactions.of_a_company}
            for name in ("phase", "batch_phase", "vendor_phase"):
                wrap = wrapped.get(name, self.transactions.of_many)
                patches.enter_context(patch.object(tenancy, name, wrap(getattr(tenancy, name))))
            try:
                yield
            finally:
                self.crew.end()
                connections.close_all()
                self.line.close()

    def run(self) -> None:
        """Let the storms and the calm pass."""
        for days in range(0, STORM_DAYS - SPELL_EVERY_DAYS, SPELL_EVERY_DAYS):
            lasts = self.between(SPELL_DAYS[0] * DAY, SPELL_DAYS[1] * DAY)
            begins = days * DAY + self.between(0, SPELL_EVERY_DAYS * DAY - lasts)
            self.after(begins, self._begin_spell)
            self.after(begins + lasts, self._end_spell)
        self.at(self.now, self._daily)
        while self._events and self._events[0][0] <= self.ends_at:
            self.now, _, run = heapq.heappop(self._events)
            run()
        self.now = self.ends_at

    def _begin_spell(self) -> None:
        self.weather = drawn(self.random, Profile.STORM)
        self.transactions.cut_chance = self.random.choice(CUTS)
        for act in self.people:
            for _ in range(self.random.randint(1, 4)):
                self.after(self.between(0, SPELL_DAYS[0] * DAY), act)

    def _end_spell(self) -> None:
        self.weather = CALM

    def _daily(self) -> None:
        self.line.let_time_pass()
        self.ticks.of_the_day()
        self.after(DAY, self._daily)

    # Processes

    def start(self, name: str, job: Callable[[], object], delay_seconds: float = 0.0) -> None:
        """Let a process begin, as soon as a worker is free."""
        self.running[name] += 1
        self.after(delay_seconds, lambda: self._begin(name, job))

    def _begin(self, name: str, job: Callable[[], object]) -> None:
        worker = self.crew.free()
        if worker is None:
            self.after(MINUTE, lambda: self._begin(name, job))
            return
        worker.job, worker.name_of_job = job, name
        worker.skew_seconds = self.random.choice(self.weather.skews)
        self._go_on(worker)

    def _go_on(self, worker: Worker) -> None:
        self.steps += 1
        self.transactions.at_a_seam(worker)
        worker.go_on()
        if worker.job is not None:
            self.after(worker.wakes_in, lambda: self._go_on(worker))
            return
        self.running[worker.name_of_job] -= 1
        if worker.error is not None and not (worker.was_cut and isinstance(worker.error, LOST)):
            error = f"{type(worker.error).__name__}: {worker.error}"[:400]
            self.trouble.append(f"{worker.name_of_job} at {self.now} raised {error}")
        self.ticks.look()

    def seam(self, seconds: float | None = None) -> None:
        """Hand the baton back; the process may die here, or sleep.

        Raises:
            Died: it does.
        """
        worker = current()
        if worker is None:
            return
        if self.strikes("crash"):
            raise Died
        delay = self.between(0.001, 0.2) if seconds is None else seconds
        if self.strikes("stall"):
            delay += self.between(*self.weather.stall_seconds)
        worker.pause(delay)

    # What comes back by itself

    def hear(self, event_id: str, body: bytes) -> None:
        """Let an event of the processor come in: not at all, late, or several times."""
        if self.hears_nothing or self.strikes("hint_lost"):
            return
        for _ in range(1 + self.strikes("hint_doubled") * self.random.randint(1, 3)):
            delay = self.between(0, 3 * DAY) if self.strikes("hint_late") else self.between(0.05, 5)
            self.start(f"hear {event_id}", partial(self.ticks.take_in, event_id, body), delay)

    def meet_payer(self, gateway_id: str) -> None:
        """Let a payer answer the bank's question, or leave it."""
        intent = self.line.model.find_intent(now=self.processor_now, intent_id=gateway_id)
        if intent is None or intent.state is not IntentState.ASKS_PAYER:
            return
        if (gateway_id, len(intent.attempts)) in self._asked:
            return
        self._asked.add((gateway_id, len(intent.attempts)))
        answer = self.random.choice((self.line.model.approve_payment, self.line.model.refuse_payment, None))
        if answer is None:
            return

        def answers() -> None:
            answer(now=self.processor_now, intent_id=gateway_id)
            self.line.tell()

        self.after(self.between(20, self.random.choice((300, 30 * HOUR))), answers)

    def watch_money(self) -> None:
        """Check I-1 in the processor's own records: at most one live charge of an invoice."""
        intents = [one for one in self.line.model._state.every(Intent) if one.state in LIVE]
        live = Counter(one.key.rpartition(":")[0] for one in intents if one.refunded_minor < one.amount_minor)
        if twice := [key for key, charges in live.items() if charges > 1]:
            raise Violation(f"I-1 {twice} charged twice")


class _Ids:
    """What `outside.ids` makes ids with: the world's dice; derived ids are derived as ever."""

    UUID = UUID
    uuid5 = staticmethod(uuid5)

    def __init__(self, world: World) -> None:
        self.uuid4 = world.new_uuid
