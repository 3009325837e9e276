"""Follow a refund that the gateway's own books show."""

from __future__ import annotations

from tenantry.actions.payments import _driver
from tenantry.core.gateway_reply import RefundReply
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refund_facts import RefundFacts
from tenantry.core.refund_flow import take_in
from tenantry.core.refusal import Refusal


def take_in_refund(*, actor: Actor, intent_id: str, reply: RefundReply) -> RefundFacts | Refusal | None:
    """Book a refund of a payment of ours: one that we wait for is settled, an unknown one is booked and reviewed.

    Safe to repeat. None: it is not about this payment.
    """
    if refused := require(actor, Action.TAKE_IN_REFUND):
        return refused
    return _driver.run(take_in(intent_id, reply), actor)
