"""Render the PDF of a credit note once and keep it with its SHA-256; the same bytes for ever."""

from __future__ import annotations

import hashlib
from datetime import datetime

from tenantry.actions.invoices import _paper
from tenantry.actions.notices._notify import notify
from tenantry.core.money import Money
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.outside.pdf.document import CREDIT_NOTE, PrintableInvoice, PrintableLine
from tenantry.outside.pdf.render import render_invoice
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.models import Company
from tenantry.records.companies.queries import company, lock_company
from tenantry.records.invoices import credit_notes
from tenantry.records.invoices.models import CreditNote, CreditNoteDocument, CreditNoteLine
from tenantry.records.invoices.queries import line_facts
from tenantry.ui import formats, paper


def store_credit_note_document(*, actor: Actor, credit_note_id: str, now: datetime) -> str | Refusal:
    """Render and keep the paper of a credit note, then mail it; give its SHA-256.

    One that is stored already is left as it is. Rendering happens outside any transaction.
    Refusals: `not_found`.
    """
    if refused := require(actor, Action.STORE_CREDIT_NOTE_DOCUMENT):
        return refused
    with tenancy.reading(actor.company_id):
        note = credit_notes.credit_note(actor.company_id, credit_note_id)
        if note is None:
            return Refusal("not_found")
        kept = credit_notes.credit_note_document(actor.company_id, credit_note_id)
        lines = credit_notes.lines_of(actor.company_id, credit_note_id)
        document = _printable(note, lines, company(actor.company_id))
    if kept is not None:
        return kept.sha256
    pdf = render_invoice(document)
    return _keep(actor, note, pdf, now)


def _keep(actor: Actor, note: CreditNote, pdf: bytes, now: datetime) -> str:
    sha256 = hashlib.sha256(pdf).hexdigest()
    company_id = actor.company_id
    with tenancy.phase(company_id):
        lock_company(company_id)
        kept = credit_notes.credit_note_document(company_id, str(note.id))
        if kept is not None:
            return kept.sha256
        CreditNoteDocument.objects.create(
            id=new_id(), company_id=company_id, credit_note_id=note.id, pdf=pdf, sha256=sha256, rendered_at=now
        )
        CreditNote.objects.filter(company_id=company_id, id=note.id).update(paper_due_at=None)
        after = {"credit_note": note.number, "sha256": sha256}
        audit.record(actor, Action.STORE_CREDIT_NOTE_DOCUMENT, "invoice", str(note.invoice_id), now=now, after=after)
        notify(
            company_id=company_id,
            kind="credit_note_issued",
            about_kind="credit_note",
            about_id=str(note.id),
            about_key=str(note.id),
            facts={
                "number": note.number,
                "invoice_number": note.invoice.number,
                "invoice_id": str(note.invoice_id),
                "amount_minor": note.total_minor,
                "to_receivable_minor": note.to_receivable_minor,
                "to_credit_minor": note.to_credit_minor,
                "currency": note.currency,
                "reason": note.reason,
            },
            now=now,
        )
    return sha256


def _printable(note: CreditNote, lines: list[CreditNoteLine], payer: Company) -> PrintableInvoice:
    locale, currency = payer.locale, note.currency

    def words(minor: int) -> str:
        return formats.money(Money(minor, currency), locale)

    return PrintableInvoice(
        vendor=_paper.vendor_party(note.sold_by),
        company=_paper.company_party(note.billed_to, locale),
        number=note.number,
        issue_date=formats.day_text(note.issue_date, locale),
        due_date="",
        billing_period=note.invoice.number,
        lines=tuple(_line(row, note, locale) for row in lines),
        subtotal=words(note.net_minor),
        taxes=_paper.tax_sums(note.tax_facts, currency, locale),
        total=words(note.total_minor),
        amount_due=words(note.total_minor),
        payment=paper.what_becomes_of_credit(
            Money(note.to_receivable_minor, currency), Money(note.to_credit_minor, currency), locale
        ),
        issued_at=note.issued_at,
        po_number=note.billed_to.get("po_number", ""),
        notes=(note.reason,),
        logo_svg=_paper.logo_svg(),
        language=locale.replace("_", "-"),
        labels=CREDIT_NOTE,
    )


def _line(row: CreditNoteLine, note: CreditNote, locale: str) -> PrintableLine:
    line = line_facts(row.invoice_line, note.currency) if row.invoice_line is not None else None
    return PrintableLine(
        what=paper.credit_line_name(row.kind, line, note.invoice.number),
        amount=formats.money(Money(row.amount_minor, note.currency), locale),
        dates=formats.period_text(line.days_start, line.days_end, locale) if line else "",
    )
