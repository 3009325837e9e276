"""Write a credit note: its number from the company's own counter, its lines, its entry in the books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from tenantry.core import postings
from tenantry.core.credit_notes import Credit
from tenantry.core.ids import NewId
from tenantry.records.invoices import ledger, tax_shares
from tenantry.records.invoices.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine


@dataclass(frozen=True, slots=True)
class NewCreditNote:
    """A credit note that was decided on and is not written yet; its number is not known yet."""

    id: str
    invoice: Invoice
    credit: Credit
    reason: str
    issued_at: datetime
    issue_date: date
    sold_by: Mapping[str, object]
    request_key: str = ""


def write_credit_note(new: NewCreditNote, *, new_id: NewId) -> CreditNote:
    """Write a credit note of a locked company, with its lines and its entry; give the row."""
    invoice, credit = new.invoice, new.credit
    company_id = str(invoice.company_id)
    sequence, number = _reserve(company_id)
    row = CreditNote.objects.create(
        id=new.id,
        company_id=company_id,
        invoice_id=invoice.id,
        number=number,
        sequence=sequence,
        issued_at=new.issued_at,
        issue_date=new.issue_date,
        currency=invoice.currency,
        net_minor=credit.sums.net.minor,
        tax_minor=credit.sums.tax.minor,
        total_minor=credit.sums.whole.minor,
        to_receivable_minor=credit.to_receivable.minor,
        to_credit_minor=credit.to_credit.minor,
        tax_facts=[tax_shares.fact_of(share) for share in credit.sums.tax_shares],
        reason=new.reason,
        billed_to=invoice.billed_to,
        sold_by=dict(new.sold_by),
        request_key=new.request_key,
        paper_due_at=new.issued_at,
    )
    CreditNoteLine.objects.bulk_create(_lines(new, new_id))
    entry = postings.credited(
        str(invoice.id), net=credit.sums.net, tax=credit.sums.tax, to_receivable=credit.to_receivable
    )
    booked = ledger.Booked(credit_note_id=new.id)
    ledger.post(company_id, entry, occurred_at=new.issued_at, new_id=new_id, booked=booked)
    return row


def _reserve(company_id: str) -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "update tenantry_companies_company set last_credit_note_number = last_credit_note_number + 1"
            " where id = %s returning last_credit_note_number, number_prefix",
            [company_id],
        )
        sequence, prefix = cursor.fetchone()
    return sequence, f"{prefix}-CN-{sequence:06d}"


def _lines(new: NewCreditNote, new_id: NewId) -> list[CreditNoteLine]:
    """Mirror the invoice where all of it is taken back at once; else one line says the part."""
    invoice = new.invoice
    parts: list[tuple[str, UUID | None, int]] = [("part", None, new.credit.sums.net.minor)]
    if new.credit.is_whole:
        rows = InvoiceLine.objects.filter(company_id=invoice.company_id, invoice_id=invoice.id).order_by("position")
        parts = [("line", row.id, row.amount_minor) for row in rows]
        parts += [("discount", None, -invoice.discount_minor)] * bool(invoice.discount_minor)
    return [
        CreditNoteLine(
            id=new_id(),
            company_id=invoice.company_id,
            credit_note_id=new.id,
            position=position,
            kind=kind,
            invoice_line_id=line_id,
            amount_minor=amount_minor,
        )
        for position, (kind, line_id, amount_minor) in enumerate(parts, start=1)
    ]
