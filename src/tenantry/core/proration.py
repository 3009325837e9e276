"""On-days and seat-days of a period, and what is owed for them.

A day counts when the thing was on at any moment of it, in the company's zone, once, at the price in force
at its end. Owed for a period = price × on-days ÷ days of the period; per seat the seat-days take the place
of the on-days. Days are offsets on a DayLine here, because this runs for every line of every invoice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol

from tenantry.core.money import divide_half_away, round_shares
from tenantry.core.periods import day_start_instant
from tenantry.core.prices import FlatPrice, Price, Proration


@dataclass(frozen=True, slots=True)
class SeatCount:
    """How many seats there were from an instant on; `subject` is an add-on's code, or empty for all."""

    subject: str
    seats: int
    counted_at: datetime


DayLine = tuple[datetime, ...]
"""The instants at which a company's consecutive days start; the last one ends the last day."""


@lru_cache(maxsize=4096)
def day_line(start: date, end: date, zone_name: str) -> DayLine:
    """Lay the days [start, end) on the time line of a zone."""
    days = (end - start).days
    return tuple(day_start_instant(start + timedelta(days=offset), zone_name) for offset in range(days + 1))


class Span(NamedTuple):
    """The days of a line that one stretch touches, [first, touched_end), and keeps, [first, end)."""

    first: int
    end: int
    touched_end: int


class Stretch(Protocol):
    """Whatever is on in [started_at, ended_at); no end means until further notice."""

    @property
    def started_at(self) -> datetime:
        """Give the first instant."""
        ...

    @property
    def ended_at(self) -> datetime | None:
        """Give the first instant after it."""
        ...


def spans(stretches: Sequence[Stretch], line: DayLine) -> list[Span | None]:
    """Give each stretch its days, and each day to the last stretch that touches it.

    So no day counts twice. The stretches come in the order of their starts and never overlap in time: only
    a day in which one ends and another starts is shared. A stretch outside the line gives None, and so does
    one without a moment (ended as it started).
    """
    if len(stretches) == 1:
        return [_span(stretches[0], line, len(line))]
    found: list[Span | None] = []
    next_first = len(line)
    for stretch in reversed(stretches):
        span = _span(stretch, line, next_first)
        found.append(span)
        if span is not None:
            next_first = span.first
    found.reverse()
    return found


def _span(stretch: Stretch, line: DayLine, next_first: int) -> Span | None:
    started_at, ended_at = stretch.started_at, stretch.ended_at
    if started_at >= line[-1]:
        return None
    if ended_at is not None and (ended_at <= line[0] or ended_at <= started_at):
        return None
    first = 0 if started_at <= line[0] else bisect_right(line, started_at) - 1
    end = len(line) - 1 if ended_at is None or ended_at >= line[-1] else bisect_left(line, ended_at)
    return Span(first, max(first, min(end, next_first)), end)


class SeatSteps:
    """The seats of one subject as steps: from which day on, how many, by the count at each day's end.

    Before the first count there are none.
    """

    __slots__ = ("_steps",)

    def __init__(self, counts: Sequence[SeatCount], line: DayLine) -> None:
        """Read counts of one subject, oldest first."""
        steps = [(0, 0)]
        for count in counts:
            if count.counted_at >= line[-1]:
                break
            offset = 0 if count.counted_at <= line[0] else bisect_right(line, count.counted_at) - 1
            if steps[-1][0] == offset:
                steps.pop()
            steps.append((offset, count.seats))
        self._steps = steps

    def of_day(self, offset: int) -> int:
        """Give the seats in force at a day's end."""
        if len(self._steps) == 1:
            return self._steps[0][1]
        for first, seats in reversed(self._steps):
            if first <= offset:
                return seats
        return 0

    def seat_days(self, first: int, end: int) -> int:
        """Give the sum of each day's seats over [first, end)."""
        if len(self._steps) == 1 and end > first:
            return self._steps[0][1] * (end - first)
        return sum(seats * length for seats, length in self._lengths(first, end))

    def most(self, first: int, end: int) -> int:
        """Give the most seats of any day of [first, end)."""
        return max((seats for seats, _ in self._lengths(first, end)), default=0)

    def _lengths(self, first: int, end: int) -> list[tuple[int, int]]:
        """Cut days into runs of the same number of seats: (seats, length)."""
        runs = []
        until = end
        for from_day, seats in reversed(self._steps):
            if until > max(from_day, first):
                runs.append((seats, until - max(from_day, first)))
                until = from_day
        return runs


class SeatBook:
    """The seat steps of each subject: its own counts from the first one on, until then the company's."""

    __slots__ = ("_counts", "_general", "_line", "_own")

    def __init__(self, counts: Sequence[SeatCount], line: DayLine) -> None:
        """Read the counts of one company, oldest first."""
        general = [count for count in counts if not count.subject]
        self._counts = counts
        self._line = line
        self._own = {count.subject for count in counts} if len(general) < len(counts) else ()
        self._general = SeatSteps(general, line)

    def of(self, code: str) -> SeatSteps:
        """Give the steps of one add-on, or of the plan: an empty code."""
        if not code or code not in self._own:
            return self._general
        own = [count for count in self._counts if count.subject == code]
        general = [count for count in self._counts if not count.subject and count.counted_at < own[0].counted_at]
        return SeatSteps(general + own, self._line)


def seats_at(counts: Sequence[SeatCount], code: str, at: datetime) -> int:
    """Give the seats of an add-on (or of the company: an empty code) by the last count until an instant."""
    for subject in dict.fromkeys((code, "")):
        for count in reversed(counts):
            if count.subject == subject and count.counted_at <= at:
                return count.seats
    return 0


_DAILY = Proration.DAILY


class Usage(Protocol):
    """What one price was used for within one period.

    `price_days` are on-days for a flat price and seat-days per seat; `most` is what a full period is
    charged for where the price is not prorated: 1, or the most seats of any day.
    """

    price: Price
    price_days: int
    most: int


def owed_minor(usages: Sequence[Usage], period_days: int) -> tuple[int, ...]:
    """Give what is owed for a period, in minor units, one share for each price; their sum is rounded once.

    A price without proration asks for its full period whenever it was on: the sum is never less, and
    that price carries the difference.
    """
    if len(usages) == 1:
        alone = usages[0]
        if alone.price.proration is not _DAILY:
            return (_full_minor(alone),)
        return (divide_half_away(alone.price.unit_amount.minor * alone.price_days, period_days),)
    shares = round_shares([usage.price.unit_amount.minor * usage.price_days for usage in usages], period_days)
    fulls = [_full_minor(usage) for usage in usages]
    missing = max(fulls, default=0) - sum(shares)
    if missing <= 0:
        return shares
    at = fulls.index(max(fulls))
    return (*shares[:at], shares[at] + missing, *shares[at + 1 :])


def _full_minor(usage: Usage) -> int:
    if usage.price.proration is _DAILY:
        return 0
    return usage.price.unit_amount.minor * (1 if isinstance(usage.price, FlatPrice) else usage.most)
