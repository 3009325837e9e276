"""Pay one invoice now, with a method that the payer chose."""

from __future__ import annotations

from tenantry.actions.payments import _driver
from tenantry.core.payment_flow import PayOrder, pay
from tenantry.core.payment_outcome import PaymentOutcome
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal


def pay_invoice(*, actor: Actor, invoice_id: str, method_id: str, request_key: str) -> PaymentOutcome | Refusal:
    """Charge the chosen method for what is due, once.

    The amount comes from our own books, never from the caller. The same `request_key` again gives the
    outcome of its attempt. Refusals: those of `core.invoice_states.payable` and of
    `core.payment_methods.pick`; a decline is the refusal `payment_declined`.
    """
    if refused := require(actor, Action.PAY_INVOICE):
        return refused
    return _driver.run(pay(PayOrder(invoice_id, method_id, request_key, actor.kind.value)), actor)
