"""Make way for a change of an invoice itself: no payment of it may be under way, or promised."""

from __future__ import annotations

from tenantry.actions.payments import _driver
from tenantry.core.payment_flow import make_way
from tenantry.core.permissions import Actor
from tenantry.core.refusal import Refusal


def cleared(actor: Actor, invoice_id: str, because: str) -> Refusal | None:
    """Give up a payment at rest; give the refusal while one is under way. Calls the gateway: no phase may be open."""
    return _driver.run(make_way(invoice_id, because), actor)
