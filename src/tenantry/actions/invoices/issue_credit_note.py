"""Give money back on paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from tenantry.actions.invoices import _way
from tenantry.core.credit_notes import Credit, credit, why_not_reason
from tenantry.core.invoice_states import InvoiceEvent
from tenantry.core.money import Money
from tenantry.core.periods import local_date
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside import queue
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.models import Company
from tenantry.records.companies.queries import lock_company
from tenantry.records.invoices import billable, credit_notes
from tenantry.records.invoices.credit_note_writer import NewCreditNote, write_credit_note
from tenantry.records.invoices.models import CreditNote, Invoice
from tenantry.records.invoices.queries import lock_invoice
from tenantry.records.invoices.writer import end_invoice
from tenantry.records.payments.queries import load


@dataclass(frozen=True, slots=True)
class CreditNoteForm:
    """What the vendor's staff say. Without an amount all that is left of the invoice is credited."""

    reason: str
    amount_minor: int | None = None
    request_key: str = ""


@dataclass(frozen=True, slots=True)
class IssuedCreditNote:
    """The note that was issued, and what it did."""

    id: str
    number: str
    total: Money
    to_receivable: Money
    to_credit: Money


def issue_credit_note(
    *, actor: Actor, invoice_id: str, form: CreditNoteForm, now: datetime
) -> IssuedCreditNote | Refusal:
    """Credit an invoice, in full or in part: first what is still due, the rest becomes company credit.

    The same `request_key` again gives the note that it issued. Refusals: `not_found`, those of
    `core.credit_notes`, and while a payment is under way those of `core.invoice_states.payment_under_way`.
    """
    if refused := require(actor, Action.ISSUE_CREDIT_NOTE):
        return refused
    if refused := why_not_reason(form.reason):
        return refused
    with tenancy.reading(actor.company_id):
        issued = credit_notes.of_request(actor.company_id, form.request_key)
    if issued is not None:
        return _again(issued, invoice_id)
    if refused := _way.cleared(actor, invoice_id, "credit_note"):
        return refused
    return _issue(actor, invoice_id, form, now)


@tenancy.tried_again
def _issue(actor: Actor, invoice_id: str, form: CreditNoteForm, now: datetime) -> IssuedCreditNote | Refusal:
    with tenancy.phase(actor.company_id):
        company = lock_company(actor.company_id)
        invoice = lock_invoice(actor.company_id, invoice_id)
        if invoice is None:
            return Refusal("not_found")
        issued = credit_notes.of_request(actor.company_id, form.request_key)
        if issued is not None:
            return _again(issued, invoice_id)
        facts = load(company, invoice, now=now, new_id=new_id, lock=True)
        wanted = None if form.amount_minor is None else Money(form.amount_minor, invoice.currency)
        before = credit_notes.credited(actor.company_id, invoice_id)
        sums, given_back = credit_notes.sums_of(invoice), billable.given_back(invoice)
        decided = credit(facts.invoice, facts.latest, sums, before, wanted, given_back)
        if isinstance(decided, Refusal):
            return decided
        row = _write(company, invoice, decided, form, now)
        if decided.pays_off:
            end_invoice(invoice, InvoiceEvent.CREDITED_IN_FULL, now=now)
        _record(actor, row, now)
        queue.enqueue("documents.store", once=f"documents.store:{actor.company_id}", company_id=actor.company_id)
    return _result(row)


def _write(company: Company, invoice: Invoice, decided: Credit, form: CreditNoteForm, now: datetime) -> CreditNote:
    new = NewCreditNote(
        id=new_id(),
        invoice=invoice,
        credit=decided,
        reason=form.reason.strip(),
        issued_at=now,
        issue_date=local_date(now, company.time_zone),
        sold_by={name: value for name, value in settings.TENANTRY_VENDOR.items() if name != "logo"},
        request_key=form.request_key,
    )
    return write_credit_note(new, new_id=new_id)


def _record(actor: Actor, row: CreditNote, now: datetime) -> None:
    after = {
        "credit_note": row.number,
        "total_minor": row.total_minor,
        "to_receivable_minor": row.to_receivable_minor,
        "to_credit_minor": row.to_credit_minor,
        "currency": row.currency,
        "reason": row.reason,
    }
    audit.record(actor, Action.ISSUE_CREDIT_NOTE, "invoice", str(row.invoice_id), now=now, after=after)


def _again(row: CreditNote, invoice_id: str) -> IssuedCreditNote | Refusal:
    return _result(row) if str(row.invoice_id) == invoice_id else Refusal("request_key_reused")


def _result(row: CreditNote) -> IssuedCreditNote:
    return IssuedCreditNote(
        id=str(row.id),
        number=row.number,
        total=Money(row.total_minor, row.currency),
        to_receivable=Money(row.to_receivable_minor, row.currency),
        to_credit=Money(row.to_credit_minor, row.currency),
    )
