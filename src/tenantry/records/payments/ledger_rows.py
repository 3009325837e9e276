"""Read the raw rows of one company's ledger, and the payouts of all: what `core.ledger_check` recomputes from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from tenantry.core.billable import ADDON
from tenantry.core.ledger_facts import (
    AttemptRow,
    CreditNoteRow,
    EntryRow,
    InvoiceRow,
    LedgerFacts,
    LineRow,
    PayoutLineRow,
    PayoutRow,
    PayoutShareRow,
    PostingRow,
    RefundRow,
)
from tenantry.core.payment_facts import InvoiceState
from tenantry.core.payment_states import Outcome, State
from tenantry.core.refund_states import RefundState
from tenantry.records.companies.models import Company
from tenantry.records.invoices.books import NO_BOOKS, books_of
from tenantry.records.invoices.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine, LedgerEntry, Posting
from tenantry.records.invoices.queries import in_order
from tenantry.records.payments.models import PaymentAttempt, PaymentIntent, Payout, PayoutLine, PayoutShare, Refund


def ledger_facts(company_id: str) -> LedgerFacts:
    """Read everything of one company, with one query for each kind of row. Needs an open reading."""
    company = Company.objects.get(id=company_id)
    return LedgerFacts(
        company_id=company_id,
        slug=company.slug,
        last_invoice_number=company.last_invoice_number,
        last_credit_note_number=company.last_credit_note_number,
        invoices=_invoices(company_id),
        credit_notes=_credit_notes(company_id),
        attempts=_attempts(company_id),
        refunds=_refunds(company_id),
        payout_shares=_payout_shares(company_id),
        entries=_entries(company_id),
    )


def payout_rows() -> list[PayoutRow]:
    """Read the payouts of all companies with the sum of their shares, the oldest first. Needs a vendor's reading."""
    sums = PayoutShare.objects.values_list("payout_id").annotate(minor=Sum("amount_minor"))
    shares = {payout_id: int(minor) for payout_id, minor in sums}
    return [
        PayoutRow(
            id=str(row.id),
            label=row.gateway_id,
            amount_minor=row.amount_minor,
            currency=row.currency,
            shares_minor=shares.get(row.id, 0),
            strange_minor=sum(line["amount_minor"] for line in row.strange_lines),
            has_strange_lines=bool(row.strange_lines),
        )
        for row in Payout.objects.order_by("paid_at", "gateway_id")
    ]


def _text(value: Any) -> str:
    return str(value) if value else ""


def _taxes(facts: Iterable[dict[str, Any]]) -> tuple[int, ...]:
    return tuple(tax["amount_minor"] for tax in facts)


def _invoices(company_id: str) -> tuple[InvoiceRow, ...]:
    lines: dict[Any, list[LineRow]] = defaultdict(list)
    fields = ("invoice_id", "id", "subject_kind", "code", "period_start", "owed_minor", "already_minor", "amount_minor")
    rows = InvoiceLine.objects.filter(company_id=company_id).order_by("invoice_id", "position")
    for invoice_id, line_id, kind, code, start, owed, already, amount in rows.values_list(*fields):
        days_of = (code if kind == ADDON else kind, start)
        lines[invoice_id].append(LineRow(str(line_id), owed, already, amount, days_of))
    invoices = list(Invoice.objects.filter(company_id=company_id).order_by("sequence"))
    shown = books_of(company_id, invoices)
    return tuple(
        InvoiceRow(
            id=str(row.id),
            number=row.number,
            sequence=row.sequence,
            state=InvoiceState(row.state),
            currency=row.currency,
            subtotal_minor=row.subtotal_minor,
            discount_minor=row.discount_minor,
            tax_minor=row.tax_minor,
            total_minor=row.total_minor,
            credit_used_minor=row.credit_used_minor,
            taxes_minor=_taxes(row.tax_facts),
            lines=tuple(lines[row.id]),
            shown_due_minor=shown.get(str(row.id), NO_BOOKS).due_minor,
        )
        for row in invoices
    )


def _credit_notes(company_id: str) -> tuple[CreditNoteRow, ...]:
    lines: dict[Any, list[int]] = defaultdict(list)
    rows = CreditNoteLine.objects.filter(company_id=company_id).values_list("credit_note_id", "amount_minor")
    for credit_note_id, minor in rows:
        lines[credit_note_id].append(minor)
    return tuple(
        CreditNoteRow(
            id=str(row.id),
            invoice_id=str(row.invoice_id),
            number=row.number,
            sequence=row.sequence,
            currency=row.currency,
            net_minor=row.net_minor,
            tax_minor=row.tax_minor,
            total_minor=row.total_minor,
            to_receivable_minor=row.to_receivable_minor,
            to_credit_minor=row.to_credit_minor,
            taxes_minor=_taxes(row.tax_facts),
            lines_minor=tuple(lines[row.id]),
        )
        for row in CreditNote.objects.filter(company_id=company_id).order_by("sequence")
    )


def _attempts(company_id: str) -> tuple[AttemptRow, ...]:
    rows = PaymentAttempt.objects.select_related("intent").filter(company_id=company_id)
    return tuple(
        AttemptRow(
            id=str(row.id),
            invoice_id=str(row.intent.invoice_id),
            intent_id=str(row.intent_id),
            label=f"payment {row.intent.generation}.{row.number}",
            outcome=Outcome(row.outcome),
            code=row.code,
            intent_state=State(row.intent.state),
            amount_minor=row.intent.amount_minor,
            currency=row.intent.currency,
            gateway=row.intent.gateway,
            decided_at=row.decided_at,
        )
        for row in rows.order_by("opened_at", "number", "id")
    )


def _refunds(company_id: str) -> tuple[RefundRow, ...]:
    rows = Refund.objects.select_related("intent").filter(company_id=company_id)
    return tuple(
        RefundRow(
            id=str(row.id),
            invoice_id=str(row.intent.invoice_id),
            intent_id=str(row.intent_id),
            label=f"refund {row.intent.generation}.{row.number}",
            state=RefundState(row.state),
            was_asked=bool(row.by_kind),
            was_found=row.was_found,
            gateway_refund_id=row.gateway_refund_id,
            amount_minor=row.amount_minor,
            currency=row.currency,
            gateway=row.intent.gateway,
            done_at=row.moved_at if row.state == RefundState.DONE.value else None,
        )
        for row in rows.order_by("opened_at", "number", "id")
    )


def _payout_shares(company_id: str) -> tuple[PayoutShareRow, ...]:
    lines: dict[Any, list[PayoutLineRow]] = defaultdict(list)
    fields = ("share_id", "id", "kind", "meant_id", "gateway_refund_id", "amount_minor")
    rows = PayoutLine.objects.filter(company_id=company_id).order_by("occurred_at", "gateway_line_id")
    # A payment that a restored database had lost may have been taken up again after its payout was read.
    taken_up = PaymentIntent.objects.filter(
        company_id=company_id, gateway=OuterRef("share__payout__gateway"), gateway_id=OuterRef("gateway_intent_id")
    )
    meant = rows.annotate(meant_id=Coalesce("intent_id", Subquery(taken_up.values("id")[:1])))
    for share_id, line_id, kind, intent_id, refund_id, minor in meant.values_list(*fields):
        lines[share_id].append(PayoutLineRow(str(line_id), kind, _text(intent_id), refund_id, minor))
    shares = PayoutShare.objects.select_related("payout").filter(company_id=company_id)
    return tuple(
        PayoutShareRow(
            id=str(row.id),
            label=f"payout {row.payout.gateway_id}",
            gateway=row.payout.gateway,
            amount_minor=row.amount_minor,
            currency=row.currency,
            lines=tuple(lines[row.id]),
        )
        for row in shares.order_by("payout__paid_at", "id")
    )


def _entries(company_id: str) -> tuple[EntryRow, ...]:
    legs: dict[Any, list[PostingRow]] = defaultdict(list)
    fields = ("entry_id", "id", "account", "invoice_id", "amount_minor", "currency")
    rows = Posting.objects.filter(company_id=company_id).order_by("entry_id", "id")
    for entry_id, posting_id, account, invoice_id, minor, currency in rows.values_list(*fields):
        legs[entry_id].append(PostingRow(str(posting_id), account, _text(invoice_id), minor, currency))
    found = tuple(
        EntryRow(
            id=str(row.id),
            kind=row.kind,
            invoice_id=_text(row.invoice_id),
            postings=tuple(legs.pop(row.id, ())),
            attempt_id=_text(row.attempt_id),
            credit_note_id=_text(row.credit_note_id),
            refund_id=_text(row.refund_id),
            payout_share_id=_text(row.payout_share_id),
        )
        for row in LedgerEntry.objects.filter(company_id=company_id).order_by(*in_order())
    )
    # Postings whose entry is gone stand as an entry that nothing explains.
    lost = tuple(EntryRow(str(entry_id), "", "", tuple(rows)) for entry_id, rows in legs.items())
    return found + lost
