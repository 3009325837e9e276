"""The frozen facts that rating takes, and the lines that it gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from tenantry.core.money import Money
from tenantry.core.periods import BillingPeriod, Interval
from tenantry.core.prices import Price
from tenantry.core.proration import SeatCount
from tenantry.core.tax_rates import TaxRates

PLAN = "plan"
ADDON = "addon"


class Reason(StrEnum):
    """Why a line stands on an invoice; a face has the words."""

    ADVANCE = "advance"
    ENABLED_MID_PERIOD = "enabled_mid_period"
    DISABLED_MID_PERIOD = "disabled_mid_period"
    SEATS_CHANGED = "seats_changed"
    PRICE_CHANGED = "price_changed"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Running:
    """A plan or an add-on at one price, on in [started_at, ended_at); no end means until further notice."""

    subject_kind: str
    code: str
    name: str
    price: Price
    started_at: datetime
    ended_at: datetime | None
    period_id: str


@dataclass(frozen=True, slots=True)
class Invoiced:
    """What one earlier invoice line asked for a subject, a price and a billing period.

    `on_days` is what that line said; `name` is used only where the subject's running rows are gone.
    `waived_minor` is what of the amount was taken back by voiding the invoice, or by its credit notes.
    `charged_at` are the tax rates of its invoice; None where it is not issued yet: those of today.
    """

    subject_kind: str
    code: str
    period_start: date
    period_end: date
    amount: Money
    price_id: str
    on_days: int
    name: str = ""
    waived_minor: int = 0
    charged_at: TaxRates | None = None


@dataclass(frozen=True, slots=True)
class BillableFacts:
    """All that rating one company may know: stored rows as values.

    For an invoice of the period P it needs every running row that touches P or the period before it, for
    each seat subject the last count before these two periods and all counts within them (oldest first), and
    every line invoiced for either period. More rows of other periods change nothing.
    """

    currency: str
    zone: str
    anchor_date: date
    running: tuple[Running, ...] = ()
    seat_counts: tuple[SeatCount, ...] = ()
    invoiced: tuple[Invoiced, ...] = ()
    interval: Interval = Interval.MONTH


class RatedLine(NamedTuple):
    """One row of an invoice before it is paper. amount = owed − already.

    `period` is the billing period that the line is for. `quantity` is the number of seats at the end of its
    last on-day (1 for a flat price); `seat_days` is the sum of each on-day's seats (0 for a flat price). `days`
    are the very days it is about, where they are one stretch and not the whole period: those on which it was on,
    for unused days those that are given back.
    """

    subject_kind: str
    code: str
    name: str
    running_period_id: str
    price_id: str
    period: BillingPeriod
    quantity: int
    unit_amount: Money
    on_days: int
    period_days: int
    seat_days: int
    owed_minor: int
    already_minor: int
    amount_minor: int
    reason: Reason
    days: BillingPeriod | None = None

    @property
    def owed(self) -> Money:
        """Give what is owed in all for the period at this price."""
        return Money(self.owed_minor, self.unit_amount.currency)

    @property
    def already(self) -> Money:
        """Give what earlier invoices asked for it."""
        return Money(self.already_minor, self.unit_amount.currency)

    @property
    def amount(self) -> Money:
        """Give what this line asks (or gives back, below zero)."""
        return Money(self.amount_minor, self.unit_amount.currency)
