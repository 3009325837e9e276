"""A kept invoice line, as the plain values that its words are made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tenantry.core.money import Money


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One kept line, as plain values; the days [`days_start`, `days_end`) are the very ones it is about."""

    name: str
    subject_kind: str
    reason: str
    period_start: date
    period_end: date
    days_start: date
    days_end: date
    quantity: int
    is_per_seat: bool
    unit_amount: Money
    on_days: int
    period_days: int
    seat_days: int
    owed: Money
    already: Money
    amount: Money
