"""Cancel an intent at the gateway: the only way to close one unpaid."""

from __future__ import annotations

from tenantry.actions.payments import _driver
from tenantry.core.payment_flow import give_up
from tenantry.core.payment_outcome import PaymentOutcome
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal


def give_up_payment(*, actor: Actor, intent_id: str, because: str) -> PaymentOutcome | Refusal:
    """Close a payment unpaid; it is closed only once the gateway confirmed the cancel."""
    if refused := require(actor, Action.GIVE_UP_PAYMENT):
        return refused
    return _driver.run(give_up(intent_id, because), actor)
