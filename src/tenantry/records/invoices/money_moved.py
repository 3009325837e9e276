"""What money moved for invoices, and what was paid each month: read from the books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Max, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce, TruncMonth

from tenantry.core.money import Money
from tenantry.core.postings import Account
from tenantry.records.invoices.models import CreditNote, Invoice, InvoiceLine, Posting


@dataclass(frozen=True, slots=True)
class MoneyMove:
    """Money that came in for an invoice (above zero) or went back (below). `kind` is that of the ledger entry."""

    kind: str
    at: datetime
    amount: Money


@dataclass(frozen=True, slots=True)
class PaidShare:
    """What one thing came to on the invoices that were paid in a month."""

    month: date
    subject_kind: str
    code: str
    name: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PaidSums:
    """Of the invoices paid in a month: tax, and what discounts, credit and credit notes changed (mostly below zero)."""

    tax_minor: int
    credit_minor: int


def money_moves(company_id: str, invoice_ids: Sequence[Any]) -> dict[str, list[MoneyMove]]:
    """Give what moved for each invoice, oldest first: invoice id → moves."""
    rows = (
        Posting.objects.filter(
            company_id=company_id, account=Account.GATEWAY_CLEARING, invoice_id__in=list(invoice_ids)
        )
        .order_by("entry__occurred_at", "id")
        .values_list("invoice_id", "entry__kind", "entry__occurred_at", "amount_minor", "currency")
    )
    found: dict[str, list[MoneyMove]] = defaultdict(list)
    for invoice_id, kind, at, minor, currency in rows:
        found[str(invoice_id)].append(MoneyMove(kind, at, Money(minor, currency)))
    return found


def paid_shares(company_id: str, since: datetime, zone: str) -> list[PaidShare]:
    """List what the plan and each add-on came to in each month since an instant, months by the company's zone."""
    rows = (
        InvoiceLine.objects.filter(company_id=company_id, invoice__state="paid", invoice__state_moved_at__gte=since)
        .annotate(month=TruncMonth("invoice__state_moved_at", tzinfo=ZoneInfo(zone)))
        .values_list("month", "subject_kind", "code")
        .annotate(name=Max("name"), minor=Sum("amount_minor"))
        .order_by("month", "subject_kind", "code")
    )
    return [PaidShare(month.date(), kind, code, name, int(minor)) for month, kind, code, name, minor in rows]


def paid_sums(company_id: str, since: datetime, zone: str) -> dict[date, PaidSums]:
    """Give the other sums of the same invoices by month; with the shares they make what was really paid."""
    notes = CreditNote.objects.filter(company_id=company_id, invoice_id=OuterRef("id")).values("invoice_id")
    credited = Coalesce(Subquery(notes.annotate(off=Sum("to_receivable_minor")).values("off")), 0)
    asked = F("total_minor") - F("credit_used_minor") - F("credited")
    rows = (
        Invoice.objects.filter(company_id=company_id, state="paid", state_moved_at__gte=since)
        .annotate(month=TruncMonth("state_moved_at", tzinfo=ZoneInfo(zone)), credited=credited)
        .values_list("month")
        .annotate(tax=Sum("tax_minor"), credit=Sum(asked - F("subtotal_minor") - F("tax_minor")))
    )
    return {month.date(): PaidSums(int(tax), int(credit)) for month, tax, credit in rows}
