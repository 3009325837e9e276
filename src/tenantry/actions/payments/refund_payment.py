"""Send money of a paid invoice back."""

from __future__ import annotations

from dataclasses import dataclass

from tenantry.actions.payments import _driver
from tenantry.core.credit_notes import why_not_reason
from tenantry.core.money import Money
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refund_facts import RefundFacts
from tenantry.core.refund_flow import RefundOrder, refund
from tenantry.core.refusal import Refusal


@dataclass(frozen=True, slots=True)
class RefundForm:
    """What the vendor's staff say. Without an amount all that can be sent back is."""

    reason: str
    amount: Money | None = None
    request_key: str = ""


def refund_payment(*, actor: Actor, invoice_id: str, form: RefundForm) -> RefundFacts | Refusal:
    """Send company credit back through the payment that this invoice was paid with, once.

    A refund whose end is not known comes back as it stands, and resolves by itself. Refusals: those of
    `core.refund_flow.refundable`, `amount_out_of_bounds`, `refund_too_large`, `refund_refused`, `refund_not_sent`.
    """
    if refused := require(actor, Action.REFUND_PAYMENT):
        return refused
    if refused := why_not_reason(form.reason):
        return refused
    order = RefundOrder(invoice_id, form.amount, form.reason.strip(), form.request_key, actor.kind.value)
    return _driver.run(refund(order), actor)
