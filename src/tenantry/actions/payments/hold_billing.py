"""Stop the charges of a company because a check on money failed."""

from __future__ import annotations

from datetime import datetime

from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.core.review_reasons import BREACH
from tenantry.outside import alarm_log
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.queries import lock_company
from tenantry.records.payments import reviews

LONGEST_DETAIL = 500


@tenancy.tried_again
def hold_billing(*, actor: Actor, detail: str, now: datetime) -> Refusal | None:
    """Hold the company's billing and put `detail` before a person, unless a breach is before one already (R14)."""
    if refused := require(actor, Action.HOLD_BILLING):
        return refused
    facts = {"detail": detail[:LONGEST_DETAIL]}
    with tenancy.phase(actor.company_id):
        company = lock_company(actor.company_id)
        if reviews.is_open(actor.company_id, BREACH):
            return None
        review_id = new_id()
        reviews.open_without_intent(actor.company_id, review_id, BREACH, facts, now=now)
        reviews.hold_billing(company, BREACH, now=now)
        audit.record(actor, Action.HOLD_BILLING, "review", review_id, now=now, after=facts)
    alarm_log.review_opened(company=actor.company_id, reason=BREACH, about=review_id)
    alarm_log.billing_held(company=actor.company_id, reason=BREACH)
    return None
