"""Random companies from a seed: catalogs, switches, seats, dates and zones, the awkward ones more often."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from tenantry.core.billable import ADDON, PLAN, BillableFacts, Running
from tenantry.core.money import Money
from tenantry.core.periods import BillingPeriod, nth_period
from tenantry.core.prices import FlatPrice, PerSeatPrice, Price, Proration
from tenantry.core.proration import SeatCount
from tests.core.oracle import first_instant

ZONES = (
    "UTC",
    "America/Chicago",
    "America/Santiago",  # no midnight on a day of spring
    "Asia/Beirut",  # neither
    "Africa/Cairo",  # neither, and a midnight that comes twice
    "America/Havana",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
)
ADDONS = ("credit-checks", "edoc", "quickbooks")
MONTHS = 4


class RandomCompany:
    """One company with four billing periods of history, drawn from a seed.

    Its anchor and its zone are one of so many `calendars`: laying out days is slow, and is kept from case to case.
    """

    def __init__(self, seed: str, calendars: int = 80) -> None:
        self.random = Random(seed)
        self.anchor, self.zone = self._calendar(Random(f"calendar-{self.random.randrange(calendars)}"))
        self.periods = [nth_period(self.anchor, n) for n in range(MONTHS)]
        self.starts_at = first_instant(self.anchor, self.zone)
        self.ends_at = first_instant(self.periods[-1].end, self.zone)
        self.prices = 0

    @staticmethod
    def _calendar(random: Random) -> tuple[date, str]:
        year, month = 2021 + random.randrange(6), random.choice((1, 2, 3, 4, 8, 9, 10, 11, 12))
        day = min(random.choice((1, 15, 28, 29, 30, 31)), monthrange(year, month)[1])
        return date(year, month, day), random.choice(ZONES)

    def instant(self, since: datetime, until: datetime) -> datetime:
        """Draw an instant in [since, until): often a local midnight, or within the hour of one."""
        whole_minutes = max(int((until - since).total_seconds()) // 60, 1)
        at = since + timedelta(minutes=self.random.randrange(whole_minutes))
        if self.random.random() < 0.3:
            day = (at + timedelta(hours=12)).date()
            near = first_instant(day, self.zone) + timedelta(minutes=self.random.choice((0, 0, -1, 1, 45, -45)))
            at = near if since <= near < until else at
        return at

    def price(self) -> Price:
        """Draw a price: flat or per seat, now and then free, odd, huge or without proration."""
        self.prices += 1
        minor = self.random.choice((0, 1, 1900, 4900, 9999, 12345, 1000003, self.random.randrange(20000)))
        proration = Proration.NONE if self.random.random() < 0.12 else Proration.DAILY
        shape = self.random.choice((FlatPrice, PerSeatPrice))
        return shape(f"price-{self.prices}", Money(minor, "USD"), proration)

    def plan_rows(self) -> list[Running]:
        """One plan at a time, now and then changed."""
        changes = sorted(self.instant(self.starts_at, self.ends_at) for _ in range(self.random.choice((0, 0, 1, 2))))
        bounds = [self.starts_at, *changes]
        return [
            Running(PLAN, f"plan-{n}", f"Plan {n}", self.price(), at, (*bounds, None)[n + 1], f"p{n}")
            for n, at in enumerate(bounds)
        ]

    def addon_rows(self, code: str) -> list[Running]:
        """Switch an add-on on and off any number of times, at one price or another."""
        count = self.random.choice((1, 2, 3, 6))
        moments = [self.instant(self.starts_at, self.ends_at) for _ in range(count)]
        if self.random.random() < 0.4:  # a nervous day
            first = moments[0]
            moments += [min(first + timedelta(minutes=7 * n), self.ends_at) for n in range(1, 4)]
        moments.sort()
        rows, price = [], self.price()
        for at, ended_at in zip(moments[::2], [*moments[1::2], None], strict=False):
            price = self.price() if self.random.random() < 0.3 else price
            rows.append(Running(ADDON, code, code.title(), price, at, ended_at, f"{code}{at.isoformat()}"))
        return rows

    def seat_counts(self) -> list[SeatCount]:
        counts = [SeatCount("", self.random.randrange(20), self.starts_at)]
        counts += [
            SeatCount("", self.random.randrange(20), self.instant(self.starts_at, self.ends_at))
            for _ in range(self.random.choice((0, 1, 4)))
        ]
        if self.random.random() < 0.3:
            own = self.random.choice(ADDONS)
            counts += [SeatCount(own, n, self.instant(self.starts_at, self.ends_at)) for n in (3, 8)]
        return sorted(counts, key=lambda count: count.counted_at)

    def facts(self) -> BillableFacts:
        """Draw everything that ever happens to this company."""
        codes = ADDONS[: self.random.choice((1, 2, 3))]
        rows = [*self.plan_rows(), *(row for code in codes for row in self.addon_rows(code))]
        return BillableFacts("USD", self.zone, self.anchor, tuple(rows), tuple(self.seat_counts()))

    def issue_instant(self, period: BillingPeriod) -> datetime:
        """Draw when the invoice of a period is issued: at its first instant, some hours or days late."""
        starts_at = first_instant(period.start, self.zone)
        return starts_at + timedelta(minutes=self.random.choice((0, 0, 10, 600, 60 * 24 * 3, 60 * 24 * 40)))


def known_at(facts: BillableFacts, at: datetime) -> BillableFacts:
    """Give what the rows said at an instant: what starts or ends later is not known yet."""
    running = tuple(
        replace(row, ended_at=None) if row.ended_at is not None and row.ended_at > at else row
        for row in facts.running
        if row.started_at <= at
    )
    counts = tuple(count for count in facts.seat_counts if count.counted_at <= at)
    return replace(facts, running=running, seat_counts=counts)
