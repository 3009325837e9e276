"""Cancel an unpaid invoice."""

from __future__ import annotations

from datetime import datetime

from tenantry.actions.invoices import _way
from tenantry.actions.notices._notify import notify
from tenantry.core.credit_notes import why_not_reason
from tenantry.core.invoice_closing import voiding, why_not_voidable
from tenantry.core.invoice_states import InvoiceEvent
from tenantry.core.money import Money
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.queries import lock_company
from tenantry.records.invoices import billable, credit_notes, ledger
from tenantry.records.invoices.queries import lock_invoice
from tenantry.records.invoices.writer import end_invoice
from tenantry.records.payments.queries import load


def void_invoice(*, actor: Actor, invoice_id: str, reason: str, now: datetime) -> Refusal | None:
    """Cancel an invoice of which nothing was paid, credited or given back for unused days.

    Its number stays, and what it billed is not billed again.

    Refusals: `not_found`, those of `core.invoice_closing.why_not_voidable`.
    """
    if refused := require(actor, Action.VOID_INVOICE):
        return refused
    if refused := why_not_reason(reason) or _way.cleared(actor, invoice_id, "voided"):
        return refused
    return _void(actor, invoice_id, reason.strip(), now)


@tenancy.tried_again
def _void(actor: Actor, invoice_id: str, reason: str, now: datetime) -> Refusal | None:
    with tenancy.phase(actor.company_id):
        company = lock_company(actor.company_id)
        invoice = lock_invoice(actor.company_id, invoice_id)
        if invoice is None:
            return Refusal("not_found")
        facts = load(company, invoice, now=now, new_id=new_id, lock=True)
        is_credited = bool(credit_notes.credited(actor.company_id, invoice_id))
        is_given_back = bool(billable.given_back(invoice))
        if refused := why_not_voidable(
            facts.invoice, facts.latest, is_credited=is_credited, is_given_back=is_given_back
        ):
            return refused
        brought_forward = Money(max(0, -invoice.credit_used_minor), invoice.currency)
        entry = voiding(facts.invoice, credit_notes.sums_of(invoice), brought_forward)
        ledger.post(actor.company_id, entry, occurred_at=now, new_id=new_id)
        end_invoice(invoice, InvoiceEvent.VOIDED, now=now)
        said = {"number": invoice.number, "amount_minor": invoice.total_minor, "currency": invoice.currency}
        audit.record(actor, Action.VOID_INVOICE, "invoice", invoice_id, now=now, after={**said, "reason": reason})
        notify(
            company_id=actor.company_id,
            kind="invoice_voided",
            about_kind="invoice",
            about_id=invoice_id,
            about_key=invoice_id,
            facts={**said, "reason": reason},
            now=now,
        )
    return None
