"""Charge the default method, at issue and on each retry date."""

from __future__ import annotations

from tenantry.actions.payments import _driver
from tenantry.core.payment_flow import collect
from tenantry.core.payment_outcome import PaymentOutcome
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal


def collect_invoice(*, actor: Actor, invoice_id: str) -> PaymentOutcome | Refusal:
    """Charge an invoice whose collection is due; one that is not due, or paid already, is left alone."""
    if refused := require(actor, Action.COLLECT_INVOICE):
        return refused
    return _driver.run(collect(invoice_id), actor)
