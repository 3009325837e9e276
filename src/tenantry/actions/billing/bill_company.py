"""The same functions for a batch of one: "bill now"."""

from __future__ import annotations

from datetime import datetime

from tenantry.actions.billing.bill_companies import BatchResult, bill_companies
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id


def bill_company(*, actor: Actor, now: datetime) -> BatchResult | Refusal:
    """Issue what is due of the actor's company now."""
    if refused := require(actor, Action.BILL_COMPANY):
        return refused
    return bill_companies(actor=actor, run_id=new_id(), company_ids=[actor.company_id], now=now)
