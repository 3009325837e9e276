"""Stop collecting an invoice."""

from __future__ import annotations

from datetime import datetime

from tenantry.actions.invoices import _way
from tenantry.core import postings
from tenantry.core.credit_notes import why_not_reason
from tenantry.core.invoice_closing import why_not_written_off
from tenantry.core.invoice_states import InvoiceEvent
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.queries import lock_company
from tenantry.records.invoices import ledger
from tenantry.records.invoices.queries import lock_invoice
from tenantry.records.invoices.writer import end_invoice
from tenantry.records.payments.queries import load


def write_off_invoice(*, actor: Actor, invoice_id: str, reason: str, now: datetime) -> Refusal | None:
    """Book what is due as lost. The company can still pay it: then it is recovered.

    Refusals: `not_found`, those of `core.invoice_closing.why_not_written_off`.
    """
    if refused := require(actor, Action.WRITE_OFF_INVOICE):
        return refused
    if refused := why_not_reason(reason) or _way.cleared(actor, invoice_id, "written_off"):
        return refused
    return _write_off(actor, invoice_id, reason.strip(), now)


@tenancy.tried_again
def _write_off(actor: Actor, invoice_id: str, reason: str, now: datetime) -> Refusal | None:
    with tenancy.phase(actor.company_id):
        company = lock_company(actor.company_id)
        invoice = lock_invoice(actor.company_id, invoice_id)
        if invoice is None:
            return Refusal("not_found")
        facts = load(company, invoice, now=now, new_id=new_id, lock=True)
        if refused := why_not_written_off(facts.invoice, facts.latest):
            return refused
        due = facts.invoice.amount_due
        ledger.post(actor.company_id, postings.written_off(invoice_id, due), occurred_at=now, new_id=new_id)
        end_invoice(invoice, InvoiceEvent.WRITTEN_OFF, now=now)
        after = {
            "number": invoice.number,
            "amount_minor": due.minor,
            "currency": due.currency,
            "reason": reason,
        }
        audit.record(actor, Action.WRITE_OFF_INVOICE, "invoice", invoice_id, now=now, after=after)
    return None
