"""What of a company is unpaid, and which charge is scheduled next (M6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery, Sum

from tenantry.core.invoice_states import Shown, owed, shown
from tenantry.core.money import Money
from tenantry.core.payment_facts import Loaded
from tenantry.core.postings import Account
from tenantry.records.invoices.books import with_books
from tenantry.records.invoices.models import Invoice, Posting

MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class UnpaidInvoice:
    """An open invoice with something to pay."""

    id: str
    number: str
    amount: Money
    shown: Shown


@dataclass(frozen=True, slots=True)
class ScheduledCharge:
    """The charge of an open invoice that is scheduled."""

    number: str
    amount: Money
    at: datetime


def open_invoices(company_id: str) -> list[Invoice]:
    """List the open invoices with their books, oldest first: MOST_SHOWN, and one more where there are more."""
    rows = with_books(Invoice.objects.filter(company_id=company_id, state="open"))
    return list(rows.order_by("sequence")[: MOST_SHOWN + 1])


def unpaid_invoices(rows: Sequence[Invoice], loaded: Mapping[str, Loaded]) -> tuple[UnpaidInvoice, ...]:
    """Give those of these open invoices that have something to pay, in their order."""
    found = [(row, loaded[str(row.id)]) for row in rows]
    return tuple(
        UnpaidInvoice(str(row.id), row.number, owed(facts.invoice), shown(facts))
        for row, facts in found
        if owed(facts.invoice).minor
    )


def next_collection(company_id: str) -> ScheduledCharge | None:
    """Give the charge of an open invoice that is scheduled first, or None while there is none."""
    posted = Posting.objects.filter(company_id=company_id, invoice_id=OuterRef("id"), account=Account.RECEIVABLE)
    due = posted.values("invoice_id").annotate(due=Sum("amount_minor")).values("due")
    row: Any = (
        Invoice.objects.filter(company_id=company_id, state="open", collect_at__isnull=False)
        .annotate(due_minor=Subquery(due))
        .filter(due_minor__gt=0)
        .order_by("collect_at", "number")
        .first()
    )
    return ScheduledCharge(row.number, Money(int(row.due_minor), row.currency), row.collect_at) if row else None
