"""Words to write money and time with in tables of cases. The sample company sits in Chicago (UTC-6, -5 in summer)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tenantry.core.billable import ADDON, PLAN, BillableFacts, Invoiced, Running
from tenantry.core.money import Money
from tenantry.core.periods import BillingPeriod
from tenantry.core.prices import FlatPrice, PerSeatPrice, Price
from tenantry.core.proration import SeatCount

ZONE = "America/Chicago"
NOVEMBER = BillingPeriod(date(2026, 11, 1), date(2026, 12, 1))
DECEMBER = BillingPeriod(date(2026, 12, 1), date(2027, 1, 1))


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def at(text: str, zone: str = ZONE) -> datetime:
    """Read "2026-11-12 09:30" as the company's wall clock, in UTC; a date alone is its midnight."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


CREDIT_CHECKS = FlatPrice("price-cc", usd(1900))
EDOC = FlatPrice("price-edoc", usd(4900))
GROWTH = PerSeatPrice("price-growth", usd(1900))


def plan(price: Price = GROWTH, since: str = "2026-01-01", until: str | None = None, code: str = "growth") -> Running:
    return Running(PLAN, code, code.title(), price, at(since), at(until) if until else None, f"{code}@{since}")


def addon(code: str, price: Price, since: str, until: str | None = None) -> Running:
    return Running(ADDON, code, code.title(), price, at(since), at(until) if until else None, f"{code}@{since}")


def seats(number: int, counted: str = "2026-01-01", subject: str = "") -> SeatCount:
    return SeatCount(subject, number, at(counted))


def invoiced(
    kind: str, code: str, price: Price, minor: int, days: int = 30, period: BillingPeriod = NOVEMBER
) -> Invoiced:
    return Invoiced(kind, code, period.start, period.end, usd(minor), price.id, days, code.title())


def company(
    *running: Running,
    counts: tuple[SeatCount, ...] = (),
    already: tuple[Invoiced, ...] = (),
    anchor: date = date(2026, 1, 1),
    zone: str = ZONE,
) -> BillableFacts:
    return BillableFacts("USD", zone, anchor, running, counts, already)
