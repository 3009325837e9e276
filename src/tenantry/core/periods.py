"""Half-open billing periods, counted from the original anchor day, and the company's own midnight.

A day of a company is [its first instant, the next day's first instant). Every question about days is
answered from these instants, so that days tile the time line in any zone, also where the clock is set
back over midnight or a midnight does not exist.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

_ONE_DAY = timedelta(days=1)


class Interval(StrEnum):
    """How long a billing period lasts."""

    MONTH = "month"
    YEAR = "year"

    @property
    def months(self) -> int:
        """Give the length in months."""
        return 1 if self is Interval.MONTH else 12


@dataclass(frozen=True, slots=True)
class BillingPeriod:
    """Company-local dates billed together: `start` belongs to it, `end` is the first day after it."""

    start: date
    end: date

    def __post_init__(self) -> None:
        """Refuse a period without a day.

        Raises:
            ValueError: the end is not after the start.
        """
        if self.end <= self.start:
            raise ValueError(f"a period ends after it starts: {self.start} to {self.end}")

    @property
    def days(self) -> int:
        """Give the number of its days."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """Give the last day that belongs to it."""
        return self.end - _ONE_DAY

    def __contains__(self, day: date) -> bool:
        """Tell whether a company-local date belongs to it."""
        return self.start <= day < self.end


@lru_cache(maxsize=8192)
def nth_start(anchor_date: date, n: int, interval: Interval = Interval.MONTH) -> date:
    """Give the first day of the n-th period from the anchor (n = 0 starts on the anchor itself).

    The day is always min(original anchor day, last day of the month), so 31 January is followed by
    28 February and then by 31 March again. `n` may be negative.
    """
    months = anchor_date.year * 12 + anchor_date.month - 1 + n * interval.months
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(anchor_date.day, monthrange(year, month)[1]))


@lru_cache(maxsize=8192)
def nth_period(anchor_date: date, n: int, interval: Interval = Interval.MONTH) -> BillingPeriod:
    """Give the n-th period from the anchor."""
    return BillingPeriod(nth_start(anchor_date, n, interval), nth_start(anchor_date, n + 1, interval))


def period_containing(anchor_date: date, day: date, interval: Interval = Interval.MONTH) -> BillingPeriod:
    """Give the period that a company-local date belongs to."""
    return nth_period(anchor_date, _number_of(anchor_date, day, interval), interval)


def period_after(anchor_date: date, period: BillingPeriod, interval: Interval = Interval.MONTH) -> BillingPeriod:
    """Give the period that begins where this one ends."""
    return period_containing(anchor_date, period.end, interval)


def period_before(anchor_date: date, period: BillingPeriod, interval: Interval = Interval.MONTH) -> BillingPeriod:
    """Give the period that ends where this one begins."""
    return nth_period(anchor_date, _number_of(anchor_date, period.start, interval) - 1, interval)


def counts_from(anchor_date: date, next_start: date, interval: Interval, zone_name: str, now: datetime) -> datetime:
    """Give the instant from which a change holds that is made now: none before the last period that was begun.

    The invoice that begins a period also corrects the one before, for the last time (`rating.rate`). Whoever waited
    for a lock, slept or has a slow clock may come with an earlier instant after it was issued.
    """
    begun = nth_period(anchor_date, _number_of(anchor_date, next_start, interval) - 1, interval)
    return max(now, day_start_instant(begun.start, zone_name))


def _number_of(anchor_date: date, day: date, interval: Interval) -> int:
    months = (day.year - anchor_date.year) * 12 + day.month - anchor_date.month
    n = months // interval.months
    return n if nth_start(anchor_date, n, interval) <= day else n - 1


def local_date(instant: datetime, zone_name: str) -> date:
    """Give the company's date at an aware instant.

    Where the clock is set back over midnight, the new day has begun for good: the hour that the wall
    clock shows twice counts to the later day.
    """
    local = instant.astimezone(_zone(zone_name))
    day = local.date()
    if local.fold and day_start_instant(day + _ONE_DAY, zone_name) <= instant:
        return day + _ONE_DAY
    return day


@lru_cache(maxsize=65536)
def day_start_instant(day: date, zone_name: str) -> datetime:
    """Give the first instant, in UTC, of a company's day.

    Where midnight does not exist (the clock jumps over it), the day starts with the first instant after
    the jump; where midnight comes twice, with the first.
    """
    zone = _zone(zone_name)
    midnight = datetime.combine(day, time(0), tzinfo=zone)
    first = midnight.astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return first
    return _end_of_jump(midnight.replace(fold=1).astimezone(UTC), first, zone)


def days_later(instant: datetime, days: int, zone_name: str) -> datetime:
    """Give the instant, in UTC, at which it is the same time of day in a company's zone some days later."""
    return (instant.astimezone(_zone(zone_name)) + timedelta(days=days)).astimezone(UTC)


def _end_of_jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Find the whole second between two instants at which the zone's offset changes."""
    offset_after = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == offset_after:
            after = middle
        else:
            before = middle
    return after


@lru_cache(maxsize=1024)
def _zone(zone_name: str) -> ZoneInfo:
    return ZoneInfo(zone_name)
