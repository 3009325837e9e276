"""One seed, one schedule: months of invoices in a storm, then 75 calm days, on a clock that jumps from event to event.

The world holds the clock, the dice and the faults; `processes` runs the product's own flows in it, `network` lies
between them and the simulated processor, `ticks` finds what is due in rows.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from tenantry.core.company_credit import standing
from tenantry.core.money import Money
from tests.simulation.accounts import Account
from tests.simulation.books import Books
from tests.simulation.inbox import Inbox
from tests.simulation.network import Network
from tests.simulation.processes import Processes
from tests.simulation.processor import Gateway
from tests.simulation.ticks import Ticks
from tests.simulation.violation import CURRENCY, Violation
from tests.simulation.weather import CALM, DAY, HOUR, MINUTE, Profile, Weather, drawn, profile_of

STARTS_AT = datetime(2026, 1, 1, tzinfo=UTC)
STORM_DAYS = 92
CALM_DAYS = 75
CLOGGABLE = {
    "database": "no_database",
    "gateway": "not_sent",
    "answers": "lost_answer",
    "webhooks": "hint_lost",
    "worker": "tick_missed",
}
"""What can stop for a while, and the fault that then strikes each time."""
_CLOGGED_BY = {fault: thing for thing, fault in CLOGGABLE.items()}


class World:
    """Everything of one schedule. Same seed, same history."""

    def __init__(self, seed: int, profile: Profile | None = None) -> None:
        self.random = Random(seed)
        self.profile = profile_of(seed) if profile is None else profile
        self.weather: Weather = drawn(self.random, self.profile)
        self.now = STARTS_AT
        self.storm_ends_at = STARTS_AT + timedelta(days=STORM_DAYS)
        self.ends_at = self.storm_ends_at + timedelta(days=CALM_DAYS)
        self.books = Books()
        self.accounts: dict[str, Account] = {}
        self.gateway = Gateway()
        self.faults: Counter[str] = Counter(skewed_clocks=len(self.weather.skews) > 1)
        self.epoch = 0
        self.strange: set[str] = set()
        self.taken_up: set[str] = set()
        self.company_months = 0
        self.attempts_opened = 0
        self.processes = Processes(self)
        self.network = Network(self)
        self.ticks = Ticks(self)
        self.inbox = Inbox(self)
        self.on_hold: Callable[[str], None] | None = None
        self._clogged: Counter[str] = Counter()
        self._events: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = count()
        self._plan_outages()

    @property
    def is_distorting(self) -> bool:
        """Tell whether answers are bent in this schedule, so that an alarm is right."""
        return self.profile is Profile.DISTORTED

    @property
    def is_storm(self) -> bool:
        """Tell whether faults may still strike, and people still act."""
        return self.weather is not CALM

    def usable_credit_of(self, company_id: str) -> Money:
        """Give what an invoice can use of the company's credit; below zero: what it asks for."""
        return Money(standing(self.books.credit_moves[company_id]).usable_minor, CURRENCY)

    def account_of(self, invoice_id: str) -> Account:
        """Give the subscription that an invoice is of."""
        return self.accounts[self.books.company_of[invoice_id]]

    # Time

    def after(self, seconds: float, run: Callable[[], object]) -> None:
        """Let something happen later."""
        self.at(self.now + timedelta(seconds=seconds), run)

    def at(self, instant: datetime, run: Callable[[], object]) -> None:
        """Let something happen at an instant."""
        heapq.heappush(self._events, (max(instant, self.now), next(self._order), run))

    def run(self) -> None:
        """Let the storm and the calm pass."""
        self.at(self.storm_ends_at, self._calm_down)
        while self._events and self._events[0][0] <= self.ends_at:
            self.now, _, run = heapq.heappop(self._events)
            run()
        self.now = self.ends_at

    def _calm_down(self) -> None:
        self.weather = CALM
        self._clogged.clear()

    # Dice

    def strikes(self, fault: str) -> bool:
        """Draw whether a fault strikes now, and count it."""
        chance: float = self.weather.__dict__[fault]
        if self._clogged and self._clogged[_CLOGGED_BY.get(fault, "")] > 0:
            chance = 1.0
        if chance == 0.0 or (chance < 1.0 and self.random.random() >= chance):
            return False
        self.faults[fault] += 1
        return True

    def between(self, low: float, high: float) -> float:
        """Draw a number of seconds."""
        return low + (high - low) * self.random.random()

    # Outages

    def _plan_outages(self) -> None:
        """Let a random set of things stop one by one, and come back in another order."""
        for _ in range(self.random.choice((0, 0, 1, 2))):
            begins = self.between(0, STORM_DAYS * DAY)
            lasts = self.random.choice((20 * MINUTE, 5 * HOUR, 2 * DAY))
            for thing in self.random.sample(sorted(CLOGGABLE), self.random.randint(1, len(CLOGGABLE))):
                stops = begins + self.between(0, lasts)
                self.after(stops, lambda thing=thing: self._clog(thing))  # type: ignore[misc]
                self.after(stops + self.between(0, lasts), lambda thing=thing: self._unclog(thing))  # type: ignore[misc]

    def _clog(self, thing: str) -> None:
        if self.is_storm:
            self._clogged[thing] += 1
            self.faults["outage"] += 1

    def _unclog(self, thing: str) -> None:
        if self._clogged[thing] > 0:
            self._clogged[thing] -= 1

    # Alarms

    def held(self, company_id: str, because: str) -> None:
        """Hear that a company's billing was held: right where answers were bent or rows lost, else a false alarm."""
        if not self.faults["distorted"] and not self.epoch:
            raise Violation(f"R14 {company_id} held for {because}, though nothing was wrong in any answer")
        if self.on_hold is not None:
            self.on_hold(company_id)
