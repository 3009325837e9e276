"""Ask the gateway what happened; never charge to find out."""

from __future__ import annotations

from tenantry.actions.payments import _driver
from tenantry.core.payment_flow import resolve
from tenantry.core.payment_outcome import PaymentOutcome
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal


def resolve_payment(*, actor: Actor, intent_id: str) -> PaymentOutcome | Refusal:
    """Bring a payment whose end is not known to rest, or note when to ask again."""
    if refused := require(actor, Action.RESOLVE_PAYMENT):
        return refused
    return _driver.run(resolve(intent_id), actor)
