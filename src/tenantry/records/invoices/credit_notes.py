"""Read credit notes, and what of an invoice they took back."""

from __future__ import annotations

from datetime import datetime

from tenantry.core.credit_notes import Sums
from tenantry.core.money import Money
from tenantry.records.invoices.models import CreditNote, CreditNoteDocument, CreditNoteLine, Invoice
from tenantry.records.invoices.tax_shares import shares_of


def sums_of(invoice: Invoice) -> Sums:
    """Give what an invoice asked for: without tax, and each tax."""
    net_minor = invoice.subtotal_minor - invoice.discount_minor
    return Sums(Money(net_minor, invoice.currency), shares_of(invoice.tax_facts, invoice.currency))


def credited(company_id: str, invoice_id: str) -> tuple[Sums, ...]:
    """Give the sums of an invoice's credit notes, the oldest first."""
    return tuple(sums_credited(row) for row in credit_notes_of(company_id, invoice_id))


def sums_credited(row: CreditNote) -> Sums:
    """Give what a credit note took back."""
    return Sums(Money(row.net_minor, row.currency), shares_of(row.tax_facts, row.currency))


def credit_notes_of(company_id: str, invoice_id: str) -> list[CreditNote]:
    """List the credit notes of an invoice, the oldest first."""
    return list(CreditNote.objects.filter(company_id=company_id, invoice_id=invoice_id).order_by("sequence"))


def credit_note(company_id: str, credit_note_id: str) -> CreditNote | None:
    """Read one credit note with its invoice."""
    rows = CreditNote.objects.select_related("invoice")
    return rows.filter(company_id=company_id, id=credit_note_id).first()


def of_request(company_id: str, request_key: str) -> CreditNote | None:
    """Give the credit note that this form has issued already."""
    if not request_key:
        return None
    return CreditNote.objects.filter(company_id=company_id, request_key=request_key).first()


def lines_of(company_id: str, credit_note_id: str) -> list[CreditNoteLine]:
    """List the lines of a credit note, with those of the invoice that they take back, in their order."""
    rows = CreditNoteLine.objects.select_related("invoice_line")
    return list(rows.filter(company_id=company_id, credit_note__id=credit_note_id).order_by("position"))


def credit_note_document(company_id: str, credit_note_id: str) -> CreditNoteDocument | None:
    """Read the paper of a credit note, if it is stored already."""
    return CreditNoteDocument.objects.filter(company_id=company_id, credit_note__id=credit_note_id).first()


def credit_notes_to_print(company_id: str, now: datetime) -> list[str]:
    """List the credit notes whose paper is not stored yet, the oldest first."""
    rows = CreditNote.objects.filter(company_id=company_id, paper_due_at__lte=now).order_by("sequence")
    return [str(id_) for id_ in rows.values_list("id", flat=True)]
