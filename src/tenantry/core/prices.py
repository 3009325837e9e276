"""Price shapes: a price and a number of seats give Money for a month.

A price row is never edited, so its `id` stands for everything here. A new shape is one class more.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tenantry.core.money import Money


class Proration(StrEnum):
    """Whether part of a period costs part of the price."""

    DAILY = "daily"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FlatPrice:
    """So much per period, whatever the number of seats."""

    id: str
    unit_amount: Money
    proration: Proration = Proration.DAILY

    @property
    def amount(self) -> Money:
        """Give the amount: the unit is the whole."""
        return self.unit_amount


@dataclass(frozen=True, slots=True)
class PerSeatPrice:
    """So much per seat and period."""

    id: str
    unit_amount: Money
    proration: Proration = Proration.DAILY


Price = FlatPrice | PerSeatPrice


def monthly(price: Price, seats: int) -> Money:
    """Give what a full period costs at this number of seats (which a flat price ignores).

    Raises:
        ValueError: the number of seats is negative.
    """
    if seats < 0:
        raise ValueError(f"seats must not be negative: {seats}")
    return price.amount if isinstance(price, FlatPrice) else price.unit_amount.times(seats)
