"""Ask the gateway what happened; never charge to find out."""

from __future__ import annotations

from tenantry.actions.payments import _driver
from tenantry.actions.payments._put_off import put_off_on_error
from tenantry.core.payment_flow import resolve
from tenantry.core.payment_outcome import PaymentOutcome
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.records.payments.models import PaymentIntent


def resolve_payment(*, actor: Actor, intent_id: str) -> PaymentOutcome | Refusal:
    """Bring a payment whose end is not known to rest, or note when to ask again."""
    if refused := require(actor, Action.RESOLVE_PAYMENT):
        return refused
    with put_off_on_error(actor.company_id, PaymentIntent, intent_id):
        return _driver.run(resolve(intent_id), actor)
