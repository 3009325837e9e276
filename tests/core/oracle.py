"""What is owed, counted day by day with exact fractions: a second opinion that shares no code with rating.

It only shares the values (rows, prices, periods). A day starts where a scan in steps of fifteen minutes first
meets its date on the wall clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from tenantry.core.billable import BillableFacts, RatedLine, Running
from tenantry.core.periods import BillingPeriod
from tenantry.core.prices import FlatPrice, Proration


@cache
def first_instant(day: date, zone: str) -> datetime:
    """Scan for the first instant whose local date is the day, or later where the day does not exist."""
    info, step = ZoneInfo(zone), timedelta(minutes=15)
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    while at.astimezone(info).date() < day:
        at += step
    return at


@lru_cache(maxsize=4096)
def days_of(period: BillingPeriod, zone: str) -> tuple[tuple[datetime, datetime], ...]:
    days = [period.start + timedelta(days=n) for n in range((period.end - period.start).days + 1)]
    starts = [first_instant(day, zone) for day in days]
    return tuple(pairwise(starts))


def rows_of(facts: BillableFacts, kind: str, code: str) -> list[Running]:
    return [row for row in facts.running if row.subject_kind == kind and (kind == "plan" or row.code == code)]


def row_of_day(rows: Sequence[Running], starts_at: datetime, ends_at: datetime) -> Running | None:
    """Give the last row that was on at any moment of the day."""
    last = None
    for row in rows:
        ended_at = row.ended_at or ends_at + timedelta(days=1)
        on_within = max(row.started_at, starts_at) < min(ended_at, ends_at)
        if on_within and (last is None or row.started_at > last.started_at):
            last = row
    return last


def seats_of_day(facts: BillableFacts, code: str, ends_at: datetime) -> int:
    counted = {"": 0}
    for count in facts.seat_counts:
        if count.counted_at < ends_at:
            counted[count.subject] = count.seats
    return counted.get(code, counted[""])


def half_away(exact: Fraction) -> int:
    whole = abs(exact) + Fraction(1, 2)
    return int(whole) if exact >= 0 else -int(whole)


def owed_exact(facts: BillableFacts, kind: str, code: str, period: BillingPeriod) -> dict[str, Fraction]:
    """Give price id → exact minor units for the prorated days of a period."""
    rows = rows_of(facts, kind, code)
    owed: dict[str, int] = {}
    for starts_at, ends_at in days_of(period, facts.zone):
        row = row_of_day(rows, starts_at, ends_at)
        if row is not None:
            owed[row.price.id] = owed.get(row.price.id, 0) + month_minor(facts, row, ends_at)
    return {price_id: Fraction(months_minor, period.days) for price_id, months_minor in owed.items()}


def month_minor(facts: BillableFacts, row: Running, ends_at: datetime) -> int:
    if isinstance(row.price, FlatPrice):
        return row.price.amount.minor
    return row.price.unit_amount.minor * seats_of_day(facts, row.code if row.subject_kind == "addon" else "", ends_at)


def owed_minor(facts: BillableFacts, kind: str, code: str, period: BillingPeriod) -> int:
    """Give what is owed for a period: never less than a full month of an unprorated price that was on."""
    least = 0
    for row in rows_of(facts, kind, code):
        if row.price.proration is Proration.NONE:
            for starts_at, ends_at in days_of(period, facts.zone):
                if row_of_day([row], starts_at, ends_at) is not None:
                    least = max(least, month_minor(facts, row, ends_at))
    return max(least, half_away(sum(owed_exact(facts, kind, code, period).values(), Fraction(0))))


def on_days(facts: BillableFacts, code: str, period: BillingPeriod, price_id: str) -> int:
    rows = rows_of(facts, "addon", code)
    counted = [row_of_day(rows, *day) for day in days_of(period, facts.zone)]
    return sum(row is not None and row.price.id == price_id for row in counted)


def asked(lines: Sequence[RatedLine], kind: str, code: str, period: BillingPeriod) -> int:
    """Sum what lines ask for one subject and one period, in minor units."""
    mine = [line for line in lines if line.subject_kind == kind and (kind == "plan" or line.code == code)]
    return sum(line.amount_minor for line in mine if line.period == period)


def days_in_month(day: date) -> int:
    """Count the days of the month that a date is in."""
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (following - timedelta(days=1)).day
