"""Business days as bank debits count them: Monday to Friday. Bank holidays are not simulated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SATURDAY = 5
PAID_OUT_AT_HOUR = 17


def add_business_days(instant: datetime, days: int) -> datetime:
    """Return the same time of day, `days` business days later."""
    moved = instant
    left = days
    while left > 0:
        moved += timedelta(days=1)
        if moved.weekday() < SATURDAY:
            left -= 1
    return moved


def next_payout_at(instant: datetime) -> datetime:
    """Return when the next payout is made: at 17:00 UTC of a business day, at this instant or after it."""
    at = instant.astimezone(UTC).replace(hour=PAID_OUT_AT_HOUR, minute=0, second=0, microsecond=0)
    if at < instant:
        at += timedelta(days=1)
    while at.weekday() >= SATURDAY:
        at += timedelta(days=1)
    return at
