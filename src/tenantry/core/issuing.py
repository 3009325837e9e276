"""The sums of an invoice give its first state and its ledger entries; the billing run and the simulator share them."""

from __future__ import annotations

from tenantry.core import postings
from tenantry.core.payment_facts import InvoiceState
from tenantry.core.postings import Entry
from tenantry.core.totals import Totals


def first_state(totals: Totals) -> InvoiceState:
    """Give the state an invoice is issued in: one with nothing due is paid."""
    return InvoiceState.OPEN if totals.amount_due.minor else InvoiceState.PAID


def entries(invoice_id: str, totals: Totals) -> tuple[Entry, ...]:
    """Give the entries of an issued invoice: what it asks for, then the company credit that it uses, or the debt.

    Raises:
        UnbalancedEntry: the sums would not balance.
    """
    issued = postings.issued(
        invoice_id,
        net=totals.subtotal - totals.discount,
        tax=totals.tax,
        credit_left_over=totals.credit_left_over,
    )
    booked = (issued,) if issued.lines else ()
    if totals.credit_applied.minor > 0:
        booked = (*booked, postings.credit_used(invoice_id, totals.credit_applied))
    elif totals.brought_forward.minor:
        booked = (*booked, postings.brought_forward(invoice_id, totals.brought_forward))
    return booked
