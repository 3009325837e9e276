"""Read invoices, their lines and balances."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Case, OuterRef, Subquery, Sum, TextField, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from tenantry.core.company_credit import LAST_OF_AN_INSTANT, Move, standing
from tenantry.core.invoice_lines import LineFacts
from tenantry.core.money import Money
from tenantry.core.postings import Account
from tenantry.records.invoices.books import with_books
from tenantry.records.invoices.models import Invoice, InvoiceDocument, InvoiceLine, Posting


def invoice_exists(company_id: str, invoice_id: str) -> bool:
    """Tell whether the company has this invoice. The id may come from a gateway, so it may be any text."""
    rows = Invoice.objects.filter(company_id=company_id).annotate(as_text=Cast("id", TextField()))
    return rows.filter(as_text=invoice_id).exists()


def lock_invoice(company_id: str, invoice_id: str) -> Invoice | None:
    """Lock one invoice, after the company."""
    return Invoice.objects.select_for_update(no_key=True).filter(company_id=company_id, id=invoice_id).first()


def invoice(company_id: str, invoice_id: str) -> Invoice | None:
    """Read one invoice, with its books."""
    return with_books(Invoice.objects.filter(company_id=company_id, id=invoice_id)).first()


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
        days_start=row.days_start or row.period_start,
        days_end=row.days_end or row.period_end,
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


def company_credits(company_ids: Sequence[str]) -> dict[str, int]:
    """Give the credit that each company has left, in minor units; below zero: what it owes (`core.company_credit`)."""
    rows = (
        Posting.objects.filter(company_id__in=company_ids, account=Account.COMPANY_CREDIT)
        .values_list("company_id")
        .annotate(balance=Sum("amount_minor"))
    )
    left = {str(company_id): -int(balance) for company_id, balance in rows}
    return {**left, **below_zero([company_id for company_id, minor in left.items() if minor < 0])}


def below_zero(company_ids: Sequence[str]) -> dict[str, int]:
    """Tell what is owed from what was overdrawn, for the few companies whose credit is below zero: at most 0."""
    if not company_ids:
        return {}
    moves: dict[str, list[Move]] = {company_id: [] for company_id in company_ids}
    rows = Posting.objects.filter(company_id__in=company_ids, account=Account.COMPANY_CREDIT)
    fields = ("company_id", "entry__kind", "amount_minor")
    for company_id, kind, minor in rows.order_by(*in_order("entry__")).values_list(*fields):
        moves[str(company_id)].append((kind, minor))
    return {company_id: standing(mine).usable_minor for company_id, mine in moves.items()}


def in_order(entry: str = "") -> tuple[str | Combinable, ...]:
    """Give the order in which entries came to be; `entry` leads to them from another row."""
    kinds = sorted(LAST_OF_AN_INSTANT)
    comes_last = Case(When(**{f"{entry}kind__in": kinds}, then=1), default=0)
    return (f"{entry}occurred_at", comes_last, f"{entry}id")


def credit_beside() -> Combinable:
    """Give the balance of the credit beside a row of the company, to annotate with; one below zero is looked into."""
    posted = Posting.objects.filter(company_id=OuterRef("company_id"), account=Account.COMPANY_CREDIT)
    balance = posted.values("company_id").annotate(balance=Sum("amount_minor")).values("balance")
    return -Coalesce(Subquery(balance), 0)


def invoices_to_print(company_id: str, now: datetime) -> list[str]:
    """List the invoices whose paper is not stored yet, the oldest first."""
    rows = Invoice.objects.filter(company_id=company_id, paper_due_at__lte=now).order_by("sequence")
    return [str(id_) for id_ in rows.values_list("id", flat=True)]


def open_invoices(company_id: str) -> list[str]:
    """List the ids of the invoices that are open, the oldest first."""
    rows = Invoice.objects.filter(company_id=company_id, state="open").order_by("sequence")
    return [str(id_) for id_ in rows.values_list("id", flat=True)]
