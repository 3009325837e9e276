"""Remind of cards that expire: 30 and 7 days before."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenantry.actions.notices._notify import notify
from tenantry.core.payment_methods import last_day, next_reminder_date
from tenantry.core.periods import day_start_instant, local_date
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.records.base import tenancy
from tenantry.records.companies.queries import lock_company
from tenantry.records.payments.methods import as_facts, lock_methods
from tenantry.records.payments.models import PaymentMethod


@tenancy.tried_again
def remind_of_expiry(*, actor: Actor, now: datetime) -> int | Refusal:
    """Write the reminders of the company's cards that are due; give how many."""
    if refused := require(actor, Action.REMIND_OF_EXPIRY):
        return refused
    written = 0
    with tenancy.phase(actor.company_id):
        company = lock_company(actor.company_id)
        today = local_date(now, company.time_zone)
        for row in lock_methods(actor.company_id):
            if row.remind_at is None or row.remind_at > now:
                continue
            facts = as_facts(row, is_in_use=False)
            ends = last_day(facts)
            following = next_reminder_date(facts, today + timedelta(days=1))
            PaymentMethod.objects.filter(id=row.id, company_id=actor.company_id).update(
                remind_at=day_start_instant(following, company.time_zone) if following else None
            )
            if ends is None or ends < today:
                continue
            notify(
                company_id=actor.company_id,
                kind="card_expiring",
                about_kind="payment_method",
                about_id=str(row.id),
                about_key=f"{row.id}:{row.remind_at.isoformat()}",
                facts={"last_day": ends.isoformat()},
                now=now,
            )
            written += 1
    return written
