"""Ask the gateway what became of a refund; never send it to find out."""

from __future__ import annotations

from tenantry.actions.payments import _driver
from tenantry.actions.payments._put_off import put_off_on_error
from tenantry.core import refund_flow
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refund_facts import RefundFacts
from tenantry.core.refusal import Refusal
from tenantry.records.payments.models import Refund


def resolve_refund(*, actor: Actor, refund_id: str) -> RefundFacts | Refusal:
    """Bring a refund whose end is not known to rest, or note when to ask again."""
    if refused := require(actor, Action.RESOLVE_REFUND):
        return refused
    with put_off_on_error(actor.company_id, Refund, refund_id):
        return _driver.run(refund_flow.resolve_refund(refund_id), actor)
