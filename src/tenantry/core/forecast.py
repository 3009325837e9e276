"""What is paid each month now, when the next invoice comes, and what it should say (A7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tenantry.core.addons import period_at
from tenantry.core.billable import ADDON, PLAN, BillableFacts, RatedLine, Running
from tenantry.core.money import Money, total
from tenantry.core.periods import BillingPeriod, local_date, period_containing
from tenantry.core.prices import FlatPrice, monthly
from tenantry.core.proration import seats_at
from tenantry.core.rating import rate
from tenantry.core.tax_rates import NO_TAX, TaxRates
from tenantry.core.totals import Discount, Totals, add_up, charged_before


@dataclass(frozen=True, slots=True)
class Outlook:
    """What decides the next invoice beside the billable facts.

    `next_start` is the first day of the first period that has no invoice yet; `credit_available` is what the
    company's credit stands at.
    """

    next_start: date
    tax_rates: TaxRates = NO_TAX
    credit_available: Money | None = None
    discounts: tuple[Discount, ...] = ()


@dataclass(frozen=True, slots=True)
class MonthlyAmount:
    """What one thing that is on costs for a full period now. `seats` is None for a flat price."""

    subject_kind: str
    code: str
    name: str
    price_id: str
    unit_amount: Money
    seats: int | None
    amount: Money


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary on every page of the area. Monthly amounts are before tax.

    `next_invoice_date` is the company's day on which it is issued; `next_invoice` is what it would say if
    nothing changed until then.
    """

    monthly: tuple[MonthlyAmount, ...]
    monthly_total: Money
    next_period: BillingPeriod
    next_invoice_date: date
    next_invoice: Totals


def summary(facts: BillableFacts, now: datetime, outlook: Outlook) -> Summary:
    """Sum up what the company pays: the plan, then each add-on that is on, by code.

    Raises:
        ArithmeticBreach: a sum of the next invoice does not hold.
        CurrencyMismatch: a price is in another currency than the company.
    """
    amounts = monthly_amounts(facts, now)
    period = period_containing(facts.anchor_date, outlook.next_start, facts.interval)
    return Summary(
        monthly=amounts,
        monthly_total=total((each.amount for each in amounts), facts.currency),
        next_period=period,
        next_invoice_date=max(period.start, local_date(now, facts.zone)),
        next_invoice=next_totals(facts, period, outlook),
    )


def monthly_amounts(facts: BillableFacts, now: datetime) -> tuple[MonthlyAmount, ...]:
    """Give what each thing that is on costs for a full period at the seats counted now."""
    running = [row for row in facts.running if period_at((row,), now) is not None]
    running.sort(key=lambda row: (row.subject_kind != PLAN, row.code))
    return tuple(_monthly(facts, row, now) for row in running)


def seat_price(facts: BillableFacts, now: datetime) -> Money:
    """Give what one more seat of the company costs for a full period: all that runs by its count, before tax."""
    own = {count.subject for count in facts.seat_counts}
    running = (row for row in facts.running if row.subject_kind == PLAN or row.code not in own)
    prices = (row.price for row in running if period_at((row,), now) is not None)
    return total((price.unit_amount for price in prices if not isinstance(price, FlatPrice)), facts.currency)


def next_totals(facts: BillableFacts, period: BillingPeriod, outlook: Outlook) -> Totals:
    """Rate and add up the invoice of a period as if it were issued now."""
    return totals_of(rate(facts, period), facts.currency, outlook, charged_before(facts, period))


def totals_of(
    lines: Sequence[RatedLine], currency: str, outlook: Outlook, charged_at: TaxRates | None = None
) -> Totals:
    """Add up rated lines with the tax, the credit and the discounts of an outlook."""
    return add_up(
        lines,
        currency,
        outlook.tax_rates,
        credit_available=outlook.credit_available,
        discounts=outlook.discounts,
        charged_at=charged_at,
    )


def _monthly(facts: BillableFacts, row: Running, now: datetime) -> MonthlyAmount:
    seats = seats_at(facts.seat_counts, row.code if row.subject_kind == ADDON else "", now)
    return MonthlyAmount(
        subject_kind=row.subject_kind,
        code=row.code,
        name=row.name,
        price_id=row.price.id,
        unit_amount=row.price.unit_amount,
        seats=None if isinstance(row.price, FlatPrice) else seats,
        amount=monthly(row.price, seats),
    )
