"""Render the PDF once and keep it with its SHA-256; the same bytes for ever."""

from __future__ import annotations

import hashlib
from datetime import datetime

from tenantry.actions.invoices import _paper
from tenantry.actions.notices._notify import notify
from tenantry.core.money import Money
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.outside.pdf.document import PrintableInvoice, PrintableLine
from tenantry.outside.pdf.render import render_invoice
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.models import Company
from tenantry.records.companies.queries import company, lock_company
from tenantry.records.invoices import queries
from tenantry.records.invoices.models import Invoice, InvoiceDocument
from tenantry.ui import formats, paper


def store_document(*, actor: Actor, invoice_id: str, now: datetime) -> str | Refusal:
    """Render and keep the paper of an invoice, then mail it; give its SHA-256.

    One that is stored already is left as it is. Rendering happens outside any transaction.
    Refusals: `not_found`.
    """
    if refused := require(actor, Action.STORE_DOCUMENT):
        return refused
    with tenancy.reading(actor.company_id):
        invoice = queries.invoice(actor.company_id, invoice_id)
        if invoice is None:
            return Refusal("not_found")
        kept = queries.document(actor.company_id, invoice_id)
        document = _printable(actor.company_id, invoice, company(actor.company_id))
    if kept is not None:
        return kept.sha256
    pdf = render_invoice(document)
    sha256 = hashlib.sha256(pdf).hexdigest()
    with tenancy.phase(actor.company_id):
        lock_company(actor.company_id)
        kept = queries.document(actor.company_id, invoice_id)
        if kept is not None:
            return kept.sha256
        InvoiceDocument.objects.create(
            id=new_id(), company_id=actor.company_id, invoice_id=invoice_id, pdf=pdf, sha256=sha256, rendered_at=now
        )
        Invoice.objects.filter(company_id=actor.company_id, id=invoice_id).update(paper_due_at=None)
        audit.record(actor, Action.STORE_DOCUMENT, "invoice", invoice_id, now=now, after={"sha256": sha256})
        notify(
            company_id=actor.company_id,
            kind="invoice_issued",
            about_kind="invoice",
            about_id=invoice_id,
            about_key=invoice_id,
            facts=_mailed(invoice),
            now=now,
        )
    return sha256


def _mailed(invoice: Invoice) -> dict[str, object]:
    facts = {"number": invoice.number, "amount_minor": invoice.total_minor, "currency": invoice.currency}
    if not invoice.credit_used_minor:
        return facts
    name = "credit_used_minor" if invoice.credit_used_minor > 0 else "brought_forward_minor"
    due_minor = invoice.total_minor - invoice.credit_used_minor
    return {**facts, name: abs(invoice.credit_used_minor), "amount_due_minor": due_minor}


def _printable(company_id: str, invoice: Invoice, payer: Company) -> PrintableInvoice:
    locale, currency = payer.locale, invoice.currency

    def words(minor: int) -> str:
        return formats.money(Money(minor, currency), locale)

    lines = [queries.line_facts(row, currency) for row in queries.lines(company_id, str(invoice.id))]
    return PrintableInvoice(
        vendor=_paper.vendor_party(invoice.sold_by),
        company=_paper.company_party(invoice.billed_to, locale),
        number=invoice.number,
        issue_date=formats.day_text(invoice.issue_date, locale),
        due_date=formats.day_text(invoice.due_date, locale),
        billing_period=formats.period_text(invoice.period_start, invoice.period_end, locale),
        lines=tuple(
            PrintableLine(
                what=paper.line_name(line),
                amount=formats.money(line.amount, locale),
                dates=formats.period_text(line.days_start, line.days_end, locale),
                explanation=paper.line_explanation(line, locale),
            )
            for line in lines
        ),
        subtotal=words(invoice.subtotal_minor),
        taxes=_paper.tax_sums(invoice.tax_facts, currency, locale),
        total=words(invoice.total_minor),
        credit_used=words(-invoice.credit_used_minor) if invoice.credit_used_minor > 0 else "",
        brought_forward=words(-invoice.credit_used_minor) if invoice.credit_used_minor < 0 else "",
        amount_due=words(invoice.total_minor - invoice.credit_used_minor),
        payment=paper.how_paid(invoice.paid_how, locale),
        issued_at=invoice.issued_at,
        po_number=invoice.billed_to.get("po_number", ""),
        logo_svg=_paper.logo_svg(),
        language=locale.replace("_", "-"),
    )
