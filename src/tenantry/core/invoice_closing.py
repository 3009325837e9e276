"""May an invoice be cancelled, or no longer collected; and what each does to the books."""

from __future__ import annotations

from tenantry.core import postings
from tenantry.core.credit_notes import Sums
from tenantry.core.invoice_states import payment_under_way
from tenantry.core.money import Money
from tenantry.core.payment_facts import IntentFacts, InvoiceFacts, InvoiceState
from tenantry.core.payment_states import State
from tenantry.core.postings import Entry
from tenantry.core.refusal import Refusal


def why_not_voidable(
    invoice: InvoiceFacts, latest: IntentFacts | None, *, is_credited: bool, is_given_back: bool
) -> Refusal | None:
    """Tell why an invoice can't be cancelled, or None: one of which nothing was paid, credited or given back can."""
    if refused := _why_not_closable(invoice, latest):
        return refused
    if is_credited:
        return Refusal("credited_in_part", {"number": invoice.number})
    return Refusal("given_back_in_part", {"number": invoice.number}) if is_given_back else None


def why_not_written_off(invoice: InvoiceFacts, latest: IntentFacts | None) -> Refusal | None:
    """Tell why collecting an invoice can't be ended, or None."""
    return _why_not_closable(invoice, latest)


def voiding(invoice: InvoiceFacts, sums: Sums, brought_forward: Money) -> Entry:
    """Book a cancelled invoice: what was issued is taken back, and credit that it had used is there again.

    What it asked for beside its total is owed as before, and asked for by the next one.

    Raises:
        UnbalancedEntry: more is due than the invoice ever asked for.
    """
    return postings.voided(
        invoice.id, net=sums.net, tax=sums.tax, still_due=invoice.amount_due, brought_forward=brought_forward
    )


def _why_not_closable(invoice: InvoiceFacts, latest: IntentFacts | None) -> Refusal | None:
    if latest is not None:
        if refused := payment_under_way(latest):
            return refused
        if latest.state is State.READY:
            return Refusal("payment_in_progress", {"amount": latest.amount})
    if invoice.state is InvoiceState.VOID:
        return Refusal("invoice_void", {"number": invoice.number})
    if invoice.state is InvoiceState.PAID:
        return Refusal("already_paid", {"number": invoice.number})
    if invoice.state is InvoiceState.UNCOLLECTIBLE:
        return Refusal("invoice_written_off", {"number": invoice.number})
    return None
