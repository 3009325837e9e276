"""Read the gateway's truth about one payment and apply it; safe to repeat."""

from __future__ import annotations

from tenantry.actions.payments import _driver
from tenantry.core.payment_flow import settle
from tenantry.core.payment_outcome import PaymentOutcome
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal


def settle_payment(*, actor: Actor, intent_id: str) -> PaymentOutcome | Refusal:
    """Follow a hint that something happened: a payer who came back from the bank's page."""
    if refused := require(actor, Action.SETTLE_PAYMENT):
        return refused
    return _driver.run(settle(intent_id), actor)
