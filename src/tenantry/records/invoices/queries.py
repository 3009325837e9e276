"""Read invoices, their lines and balances; gather the facts that rating takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Sum

from tenantry.core.invoice_lines import LineFacts
from tenantry.core.money import Money
from tenantry.core.periods import BillingPeriod, Interval, day_start_instant, period_before
from tenantry.core.postings import Account
from tenantry.core.rating import BillableFacts, Invoiced
from tenantry.records.companies.models import Company
from tenantry.records.invoices.models import Invoice, InvoiceDocument, InvoiceLine, Posting
from tenantry.records.subscriptions import queries as subscriptions
from tenantry.records.subscriptions.models import Subscription


def billable_facts(companies: Sequence[Company], rows: Mapping[str, Subscription]) -> dict[str, BillableFacts]:
    """Gather what rating may know of each company, with four queries for all of them together.

    The facts cover the period that begins at each subscription's `next_period_start` and the one before it.
    """
    ids = [str(company.id) for company in companies if str(company.id) in rows]
    if not ids:
        return {}
    frames = {str(c.id): _since(c, rows[str(c.id)]) for c in companies if str(c.id) in rows}
    since_at, since_date = min(f[0] for f in frames.values()), min(f[1] for f in frames.values())
    running = subscriptions.running_since(ids, since_at)
    seats = subscriptions.seat_counts_since(ids, since_at)
    invoiced = invoiced_since(ids, since_date)
    return {
        str(company.id): BillableFacts(
            currency=company.currency,
            zone=company.time_zone,
            anchor_date=rows[str(company.id)].anchor_date,
            running=tuple(running.get(str(company.id), ())),
            seat_counts=tuple(seats.get(str(company.id), ())),
            invoiced=tuple(invoiced.get(str(company.id), ())),
            interval=Interval(rows[str(company.id)].interval),
        )
        for company in companies
        if str(company.id) in rows
    }


def _since(company: Company, row: Subscription) -> tuple[datetime, date]:
    interval = Interval(row.interval)
    begins = BillingPeriod(row.next_period_start, row.next_period_start + timedelta(days=1))
    before = period_before(row.anchor_date, begins, interval)
    # Two periods back: the page of a running period rates the one that will begin, and a late run the one before.
    earlier = period_before(row.anchor_date, before, interval)
    return day_start_instant(earlier.start, company.time_zone), earlier.start


def invoiced_since(company_ids: Sequence[str], since: date) -> dict[str, list[Invoiced]]:
    """Give what was invoiced for periods from a date on: company id → lines."""
    rows = (
        InvoiceLine.objects.filter(company_id__in=company_ids, period_start__gte=since)
        .exclude(subject_kind="other")
        .order_by("period_start", "invoice_id", "position")
        .values_list(
            "company_id", "subject_kind", "code", "period_start", "period_end", "amount_minor", "price_id",
            "on_days", "name", "invoice__currency",
        )
    )  # fmt: skip
    found: dict[str, list[Invoiced]] = defaultdict(list)
    for company_id, kind, code, start, end, minor, price_id, on_days, name, currency in rows:
        line = Invoiced(kind, code, start, end, Money(minor, currency), str(price_id), on_days, name)
        found[str(company_id)].append(line)
    return found


def lock_invoice(company_id: str, invoice_id: str) -> Invoice | None:
    """Lock one invoice, after the company."""
    return Invoice.objects.select_for_update(no_key=True).filter(company_id=company_id, id=invoice_id).first()


def invoice(company_id: str, invoice_id: str) -> Invoice | None:
    """Read one invoice."""
    return Invoice.objects.filter(company_id=company_id, id=invoice_id).first()


def lines(company_id: str, invoice_id: str) -> list[InvoiceLine]:
    """List the lines of an invoice, in their order."""
    return list(InvoiceLine.objects.filter(company_id=company_id, invoice_id=invoice_id).order_by("position"))


def line_facts(row: InvoiceLine, currency: str) -> LineFacts:
    """Read a kept line as plain values."""
    return LineFacts(
        name=row.name,
        subject_kind=row.subject_kind,
        reason=row.reason,
        period_start=row.period_start,
        period_end=row.period_end,
        quantity=row.quantity,
        is_per_seat=row.seat_days > 0 or row.quantity != 1,
        unit_amount=Money(row.unit_amount_minor, currency),
        on_days=row.on_days,
        period_days=row.period_days,
        seat_days=row.seat_days,
        owed=Money(row.owed_minor, currency),
        already=Money(row.already_minor, currency),
        amount=Money(row.amount_minor, currency),
    )


def document(company_id: str, invoice_id: str) -> InvoiceDocument | None:
    """Read the paper of an invoice, if it is stored already."""
    return InvoiceDocument.objects.filter(company_id=company_id, invoice_id=invoice_id).first()


def amounts_due(company_id: str, invoice_ids: Sequence[Any]) -> dict[str, int]:
    """Give what is still to pay of each invoice, in minor units: the balance of its receivable."""
    rows = (
        Posting.objects.filter(company_id=company_id, account=Account.RECEIVABLE, invoice_id__in=list(invoice_ids))
        .values_list("invoice_id")
        .annotate(due=Sum("amount_minor"))
    )
    return {str(invoice_id): int(due) for invoice_id, due in rows}


def amount_due(company_id: str, invoice_id: str) -> int:
    """Give what is still to pay of one invoice, in minor units."""
    return amounts_due(company_id, [invoice_id]).get(invoice_id, 0)


def company_credits(company_ids: Sequence[str]) -> dict[str, int]:
    """Give the credit that each company has left, in minor units, at least 0."""
    rows = (
        Posting.objects.filter(company_id__in=company_ids, account=Account.COMPANY_CREDIT)
        .values_list("company_id")
        .annotate(balance=Sum("amount_minor"))
    )
    return {str(company_id): max(0, -int(balance)) for company_id, balance in rows}


def invoices_to_print(company_id: str, now: datetime) -> list[str]:
    """List the invoices whose paper is not stored yet, the oldest first."""
    rows = Invoice.objects.filter(company_id=company_id, paper_due_at__lte=now).order_by("sequence")
    return [str(id_) for id_ in rows.values_list("id", flat=True)]


def open_invoices(company_id: str) -> list[str]:
    """List the ids of the invoices that are open, the oldest first."""
    rows = Invoice.objects.filter(company_id=company_id, state="open").order_by("sequence")
    return [str(id_) for id_ in rows.values_list("id", flat=True)]
