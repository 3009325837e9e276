"""What is charged next by itself, and what is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenantry.core.money import Money
from tenantry.core.payment_states import UNDER_WAY
from tenantry.records.invoices.models import Invoice
from tenantry.records.invoices.queries import amounts_due
from tenantry.records.payments.models import PaymentIntent
from tenantry.records.subscriptions.queries import next_issue_of


@dataclass(frozen=True, slots=True)
class ScheduledCharge:
    """The earliest charge that is scheduled: a retry of an open invoice (`number`), or the next invoice."""

    at: datetime
    number: str = ""
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class UnpaidInvoice:
    """An open invoice that somebody could pay now."""

    invoice_id: str
    number: str
    amount: Money


def next_charge(company_id: str) -> ScheduledCharge | None:
    """Give the earliest charge that is scheduled (M6); None without a subscription and with nothing open."""
    row = Invoice.objects.filter(company_id=company_id, collect_at__isnull=False).order_by("collect_at").first()
    issue_at = next_issue_of(company_id)
    if row is None or row.collect_at is None or (issue_at is not None and issue_at <= row.collect_at):
        return ScheduledCharge(issue_at) if issue_at else None
    due = amounts_due(company_id, [row.id]).get(str(row.id), 0)
    return ScheduledCharge(row.collect_at, row.number, Money(due, row.currency))


def unpaid_invoices(company_id: str) -> list[UnpaidInvoice]:
    """List the open invoices without a payment under way, the oldest first."""
    busy = PaymentIntent.objects.filter(company_id=company_id, state__in=[s.value for s in UNDER_WAY])
    rows = list(
        Invoice.objects.filter(company_id=company_id, state="open")
        .exclude(id__in=busy.values("invoice_id"))
        .order_by("sequence")
    )
    due = amounts_due(company_id, [row.id for row in rows])
    return [
        UnpaidInvoice(str(row.id), row.number, Money(due[str(row.id)], row.currency))
        for row in rows
        if due.get(str(row.id), 0) > 0
    ]
