"""Open a subscription on a plan and anchor its periods."""

from __future__ import annotations

from datetime import date, datetime

from tenantry.core.periods import day_start_instant, local_date
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.catalog import queries as catalog
from tenantry.records.companies import queries as companies
from tenantry.records.subscriptions.models import PlanPeriod, Subscription
from tenantry.records.subscriptions.queries import subscription
from tenantry.records.subscriptions.seats import count_members


@tenancy.tried_again
def start_subscription(*, actor: Actor, plan_code: str, first_day: date | None = None, now: datetime) -> str | Refusal:
    """Start the company's subscription, on a plan at its listed price; give the subscription's id.

    The first period begins on `first_day`, a company-local date from today on (today where none is given):
    the anchor of all later ones. Its invoice is due at the start of that day, and the plan costs nothing before.
    Refusals: `already_subscribed`, `not_found`, `price_missing`, `day_in_the_past`.
    """
    if refused := require(actor, Action.START_SUBSCRIPTION):
        return refused
    with tenancy.phase(actor.company_id):
        company = companies.lock_company(actor.company_id)
        if subscription(actor.company_id) is not None:
            return Refusal("already_subscribed")
        plan = catalog.plan_by_code(plan_code)
        if plan is None:
            return Refusal("not_found")
        today = local_date(now, company.time_zone)
        anchor = first_day or today
        if anchor < today:
            return Refusal("day_in_the_past", {"day": anchor})
        price = catalog.plan_price(plan.id, currency=company.currency, on_date=today, interval="month")
        if price is None:
            return Refusal("price_missing", {"plan": plan_code})
        row = Subscription.objects.create(
            id=new_id(),
            company_id=actor.company_id,
            anchor_date=anchor,
            started_at=now,
            next_period_start=anchor,
            next_issue_at=day_start_instant(anchor, company.time_zone),
        )
        PlanPeriod.objects.create(
            id=new_id(),
            company_id=actor.company_id,
            subscription=row,
            plan=plan,
            price_id=price.id,
            started_at=max(now, day_start_instant(anchor, company.time_zone)),
        )
        count_members(company, now=now, new_id=new_id)
        after = {"plan": plan_code, "anchor_date": anchor}
        audit.record(actor, Action.START_SUBSCRIPTION, "subscription", str(row.id), now=now, after=after)
    return str(row.id)
