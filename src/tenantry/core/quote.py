"""What enabling or disabling an add-on costs or gives back, and the fingerprint that pins it (O3, O4, O6).

A quote is the difference between two ratings of the same facts, with and without the change, so it cannot
disagree with the bill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256

from tenantry.core.addons import period_at
from tenantry.core.billable import ADDON, BillableFacts, RatedLine, Running
from tenantry.core.forecast import Outlook, monthly_amounts, totals_of
from tenantry.core.money import Money, total
from tenantry.core.periods import BillingPeriod, day_start_instant, local_date, period_after, period_containing
from tenantry.core.prices import FlatPrice, Price, Proration, monthly
from tenantry.core.proration import seats_at
from tenantry.core.rating import on_days, rate, with_invoiced
from tenantry.core.tax_rates import TaxRates
from tenantry.core.totals import Totals, charged_before


class QuoteKind(StrEnum):
    """Which of the two changes is quoted."""

    ENABLE = "enable"
    DISABLE = "disable"


@dataclass(frozen=True, slots=True)
class QuotedAddOn:
    """The add-on that is about to be enabled; `terms_version` is zero where there is nothing to accept."""

    code: str
    name: str
    terms_version: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """What a person confirms.

    Binding to the cent, and pinned by `fingerprint`: `price_id`, `unit_amount`, `this_period` (the charge for
    the rest of this period, below zero the credit for its unused days, before tax) and `recurring` (a full
    period at `seats`, before tax). About, because seats and other add-ons may still change: `invoice_before`
    and `invoice_after`, the sums of the invoice that will carry it, and `asked_this_period`, what that invoice
    then asks in all for this add-on and the period of `day` (below zero what it gives back, before tax).
    `monthly_total_before` and `…_after` are what all that is on comes to from the end of that period on.
    `on_days` are the days that `this_period` charges or gives back at this price. Where the day of the quote was
    counted at another price until now, they hold it, and `replaced` is what that price asks less for it (else zero):
    a day counts once, at the price in force at its end. `seats` is zero for a flat price; `day` is the company's
    date of the quote.
    """

    kind: QuoteKind
    addon_code: str
    price_id: str
    unit_amount: Money
    is_per_seat: bool
    proration: Proration
    seats: int
    recurring: Money
    this_period: Money
    asked_this_period: Money
    period: BillingPeriod
    on_days: int
    replaced: Money
    period_days: int
    day: date
    invoice_date: date
    invoice_before: Totals
    invoice_after: Totals
    monthly_total_before: Money
    monthly_total_after: Money
    tax_rates: TaxRates
    terms_version: int
    fingerprint: str = ""

    @property
    def given_back(self) -> Money:
        """Give what disabling brings back of what was invoiced for the period of `day`; zero where nothing was."""
        return max(Money.zero(self.recurring.currency), -max(self.this_period, self.asked_this_period))

    @property
    def left_to_charge(self) -> Money:
        """Give what stays to be charged where disabling spares a part of what was not invoiced yet; else zero."""
        zero = Money.zero(self.recurring.currency)
        return max(zero, self.asked_this_period) if self.this_period.is_negative else zero

    @property
    def invoice_total_about(self) -> Money:
        """Give about what will be charged with the next invoice: tax included, credit used."""
        return self.invoice_after.amount_due

    @property
    def invoice_total_before(self) -> Money:
        """Give what would be charged with the next invoice without the change."""
        return self.invoice_before.amount_due


def quote_enable(facts: BillableFacts, addon: QuotedAddOn, price: Price, now: datetime, outlook: Outlook) -> Quote:
    """Quote switching an add-on on now, at a price, until further notice.

    Raises:
        ValueError: it is on already (`core.addons.may_enable` comes first).
        ArithmeticBreach: a sum of the next invoice does not hold.
        CurrencyMismatch: the price is in another currency than the company.
    """
    if _running(facts, addon.code, now) is not None:
        raise ValueError(f"{addon.code} is on already")
    started = Running(ADDON, addon.code, addon.name, price, now, None, "")
    after = replace(facts, running=(*facts.running, started))
    return _quote(QuoteKind.ENABLE, started, (facts, after), now, outlook, addon.terms_version)


def quote_disable(facts: BillableFacts, addon_code: str, now: datetime, outlook: Outlook) -> Quote:
    """Quote switching an add-on off now.

    Raises:
        ValueError: it is not on (`core.addons.may_disable` comes first).
        ArithmeticBreach: a sum of the next invoice does not hold.
    """
    running = _running(facts, addon_code, now)
    if running is None:
        raise ValueError(f"{addon_code} is not on")
    stopped = tuple(replace(row, ended_at=now) if row is running else row for row in facts.running)
    return _quote(QuoteKind.DISABLE, running, (facts, replace(facts, running=stopped)), now, outlook, 0)


def _running(facts: BillableFacts, code: str, now: datetime) -> Running | None:
    return period_at((row for row in facts.running if (row.subject_kind, row.code) == (ADDON, code)), now)


def _quote(
    kind: QuoteKind,
    running: Running,
    two: tuple[BillableFacts, BillableFacts],
    now: datetime,
    outlook: Outlook,
    terms_version: int,
) -> Quote:
    before, after = two
    code, price, day = running.code, running.price, local_date(now, before.zone)
    seats = 0 if isinstance(price, FlatPrice) else seats_at(before.seat_counts, code, now)
    period = period_containing(before.anchor_date, day, before.interval)
    carrying = _carrying(before, period, outlook)
    days = _more_days(two, code, period, price.id)
    caught_up = [_caught_up(each, carrying, outlook) for each in two]
    bill_before, bill_after = (rate(each, carrying) for each in caught_up)
    charged_at = charged_before(caught_up[0], carrying)
    asked_after = _asked(bill_after, running, period)
    has_replaced = days != _more_days(two, code, period, None)
    replaced = _asked_at_others(bill_before, running, period) - _asked_at_others(bill_after, running, period)
    quote = Quote(
        kind=kind,
        addon_code=code,
        price_id=price.id,
        unit_amount=price.unit_amount,
        is_per_seat=not isinstance(price, FlatPrice),
        proration=price.proration,
        seats=seats,
        recurring=monthly(price, seats),
        this_period=asked_after - _asked(bill_before, running, period),
        asked_this_period=asked_after,
        period=period,
        on_days=abs(days),
        replaced=replaced if has_replaced else Money.zero(replaced.currency),
        period_days=period.days,
        day=day,
        invoice_date=max(carrying.start, day),
        invoice_before=totals_of(bill_before, before.currency, outlook, charged_at),
        invoice_after=totals_of(bill_after, before.currency, outlook, charged_at),
        monthly_total_before=_monthly_total(before, period.end, now),
        monthly_total_after=_monthly_total(after, period.end, now),
        tax_rates=outlook.tax_rates,
        terms_version=terms_version,
    )
    return replace(quote, fingerprint=fingerprint(quote))


def _carrying(facts: BillableFacts, period: BillingPeriod, outlook: Outlook) -> BillingPeriod:
    """Name the period whose invoice carries a change of today: the next one, or a late one of today's period."""
    following = period_containing(facts.anchor_date, outlook.next_start, facts.interval)
    return following if following.start > period.start else period


def _caught_up(facts: BillableFacts, carrying: BillingPeriod, outlook: Outlook) -> BillableFacts:
    """Give the facts as they are once every invoice before the carrying one was issued."""
    period = period_containing(facts.anchor_date, outlook.next_start, facts.interval)
    while period.start < carrying.start:
        facts = with_invoiced(facts, rate(facts, period))
        period = period_after(facts.anchor_date, period, facts.interval)
    return facts


def _asked(bill: Sequence[RatedLine], running: Running, period: BillingPeriod) -> Money:
    """Sum what a bill asks for one add-on and one period."""
    mine = (x.amount for x in bill if (x.subject_kind, x.code, x.period) == (ADDON, running.code, period))
    return total(mine, running.price.unit_amount.currency)


def _asked_at_others(bill: Sequence[RatedLine], running: Running, period: BillingPeriod) -> Money:
    return _asked([line for line in bill if line.price_id != running.price.id], running, period)


def _more_days(two: tuple[BillableFacts, BillableFacts], code: str, period: BillingPeriod, price_id: str | None) -> int:
    before, after = two
    return on_days(after, ADDON, code, period, price_id) - on_days(before, ADDON, code, period, price_id)


def _monthly_total(facts: BillableFacts, first: date, now: datetime) -> Money:
    """Sum what is paid each month from a day on: a plan that begins by then is part of it."""
    at = max(now, day_start_instant(first, facts.zone))
    return total((each.amount for each in monthly_amounts(facts, at)), facts.currency)


def fingerprint(quote: Quote) -> str:
    """Hash what is binding, and what it was counted from; never words.

    Another day, price, number of seats, charge or version of the terms gives another fingerprint.
    """
    bound = {
        "quote": "1",
        "kind": quote.kind.value,
        "addon": quote.addon_code,
        "price": quote.price_id,
        "currency": quote.unit_amount.currency,
        "unit_amount_minor": str(quote.unit_amount.minor),
        "seats": str(quote.seats),
        "recurring_minor": str(quote.recurring.minor),
        "this_period_minor": str(quote.this_period.minor),
        "day": quote.day.isoformat(),
        "terms_version": str(quote.terms_version),
    }
    parts = (f"{len(value)}:{name}={value}" for name, value in sorted(bound.items()))
    return sha256("\n".join(parts).encode()).hexdigest()
