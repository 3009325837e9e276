"""Business days as bank debits count them: Monday to Friday. Bank holidays are not simulated."""

from __future__ import annotations

from datetime import datetime, timedelta

SATURDAY = 5


def add_business_days(instant: datetime, days: int) -> datetime:
    """Return the same time of day, `days` business days later."""
    moved = instant
    left = days
    while left > 0:
        moved += timedelta(days=1)
        if moved.weekday() < SATURDAY:
            left -= 1
    return moved
