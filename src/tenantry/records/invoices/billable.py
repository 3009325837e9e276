"""Gather the facts that rating takes, with one statement for one company or hundreds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum

from tenantry.core.credit_notes import given_back_minor, waived_minor
from tenantry.core.money import Money
from tenantry.core.payment_facts import InvoiceState
from tenantry.core.periods import BillingPeriod, Interval, day_start_instant, period_before
from tenantry.core.rating import BillableFacts, Invoiced
from tenantry.core.tax_rates import NO_TAX
from tenantry.core.totals import rates_charged
from tenantry.records.base.facts import Parts, part, read_parts
from tenantry.records.companies.models import Company
from tenantry.records.invoices.models import CreditNote, Invoice, InvoiceLine
from tenantry.records.invoices.tax_shares import shares_of
from tenantry.records.subscriptions import timeline
from tenantry.records.subscriptions.models import Subscription

INVOICED = "invoiced"
_NET = F("invoice__subtotal_minor") - F("invoice__discount_minor")
_NOTES = CreditNote.objects.filter(company_id=OuterRef("company_id"), invoice=OuterRef("invoice")).order_by()
_CREDITED = Subquery(_NOTES.values("invoice").annotate(credited=Sum("net_minor")).values("credited"))
"""What the credit notes of a line's invoice took back without tax; null where there is none."""


def billable_facts(companies: Sequence[Company], rows: Mapping[str, Subscription]) -> dict[str, BillableFacts]:
    """Gather what rating may know of each company that has a subscription: company id → facts.

    The facts cover the period that begins at each subscription's `next_period_start` and the one before it.
    """
    subscribed = [company for company in companies if str(company.id) in rows]
    if not subscribed:
        return {}
    frames = [_since(company, rows[str(company.id)]) for company in subscribed]
    ids = [str(company.id) for company in subscribed]
    since_at, since_date = min(frame[0] for frame in frames), min(frame[1] for frame in frames)
    parts = read_parts(*timeline.parts_since(ids, since_at), _invoiced_since(ids, since_date))
    return {id_: _facts(company, rows[id_], parts.get(id_, {})) for id_, company in zip(ids, subscribed, strict=True)}


def _since(company: Company, row: Subscription) -> tuple[datetime, date]:
    interval = Interval(row.interval)
    begins = BillingPeriod(row.next_period_start, row.next_period_start + timedelta(days=1))
    before = period_before(row.anchor_date, begins, interval)
    # Two periods back: the page of a running period rates the one that will begin, and a late run the one before.
    earlier = period_before(row.anchor_date, before, interval)
    return day_start_instant(earlier.start, company.time_zone), earlier.start


def _invoiced_since(company_ids: Sequence[str], since: date) -> QuerySet[Any]:
    return _invoiced(InvoiceLine.objects.filter(company_id__in=company_ids, period_start__gte=since))


def _invoiced(rows: QuerySet[InvoiceLine]) -> QuerySet[Any]:
    return part(
        rows.exclude(subject_kind="other").annotate(net=_NET, credited=_CREDITED), INVOICED, "period_start",
        "invoice__sequence", "position", "period_end", "subject_kind", "code", "amount_minor", "invoice__currency",
        "price_id", "on_days", "name", "invoice__state", "net", "credited", "invoice__tax_facts",
    )  # fmt: skip


def given_back(invoice: Invoice) -> int:
    """Give what later invoices gave back for the period that an invoice begins with, without tax, in minor units.

    Its other lines correct the period before: what is owed for that one no later invoice changes any more.
    """
    company_id = str(invoice.company_id)
    rows = InvoiceLine.objects.filter(company_id=company_id, period_start=invoice.period_start)
    parts = read_parts(_invoiced(rows.filter(invoice__sequence__gt=invoice.sequence))).get(company_id, {})
    net_minor = invoice.subtotal_minor - invoice.discount_minor
    return given_back_minor(_invoiced_of(parts), invoice.subtotal_minor, net_minor)


def _facts(company: Company, row: Subscription, parts: Parts) -> BillableFacts:
    return BillableFacts(
        currency=company.currency,
        zone=company.time_zone,
        anchor_date=row.anchor_date,
        running=timeline.running_of(parts),
        seat_counts=timeline.seat_counts_of(parts),
        invoiced=_invoiced_of(parts),
        interval=Interval(row.interval),
    )


def _invoiced_of(parts: Parts) -> tuple[Invoiced, ...]:
    """Read the lines by their period, then in the order in which they were invoiced."""
    return tuple(_line(*row) for row in sorted(parts.get(INVOICED, ()), key=lambda row: row[:3]))


def _line(
    start: str, _number: int, _position: int, end: str, kind: str, code: str, minor: int, currency: str,
    price_id: str, on_days: int, name: str, state: str, net_minor: int, credited_minor: int | None,
    taxes: Sequence[Mapping[str, Any]],
) -> Invoiced:  # fmt: skip
    waived = minor if state == InvoiceState.VOID else waived_minor(minor, net_minor, credited_minor or 0)
    amount = Money(minor, currency)
    charged_at = rates_charged(shares_of(taxes, currency), Money(net_minor, currency)) if taxes else NO_TAX
    return Invoiced(kind, code, _day(start), _day(end), amount, str(price_id), on_days, name, waived, charged_at)


def _day(text: str) -> date:
    return date.fromisoformat(text)
