"""Offer an add-on to a company, at the listed price or its own, or withdraw the offer."""

from __future__ import annotations

from datetime import datetime

from tenantry.core.periods import Interval, local_date
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.catalog import queries
from tenantry.records.catalog.models import AddOn, Offer
from tenantry.records.companies.models import Company
from tenantry.records.companies.queries import lock_company
from tenantry.records.subscriptions.queries import subscription


@tenancy.tried_again
def offer_addon(
    *, actor: Actor, addon_code: str, is_offered: bool, own_price_id: str | None = None, now: datetime
) -> str | Refusal:
    """Offer or withdraw; give the id of the offer that is live now, empty when there is none.

    A running add-on keeps its price and goes on running when its offer is withdrawn.
    Refusals: `not_found` (no such add-on), `price_missing` (the own price is another's, of another currency or
    interval, or holds from a later day on only).
    """
    if refused := require(actor, Action.OFFER_ADDON):
        return refused
    with tenancy.phase(actor.company_id):
        company = lock_company(actor.company_id)
        addon = queries.addon_by_code(addon_code)
        if addon is None:
            return Refusal("not_found")
        if own_price_id is not None and not _may_be_charged(company, addon, own_price_id, now):
            return Refusal("price_missing", {"addon": addon_code})
        live = Offer.objects.filter(company_id=actor.company_id, addon=addon, withdrawn_at__isnull=True)
        live.update(withdrawn_at=now)
        offer_id = ""
        if is_offered:
            offer_id = new_id()
            Offer.objects.create(
                id=offer_id, company_id=actor.company_id, addon=addon, own_price_id=own_price_id, offered_at=now
            )
        after = {"addon": addon_code, "name": addon.name, "is_offered": is_offered, "own_price": own_price_id}
        audit.record(actor, Action.OFFER_ADDON, "offer", str(addon.id), now=now, after=after)
    return offer_id


def _may_be_charged(company: Company, addon: AddOn, price_id: str, now: datetime) -> bool:
    subscribed = subscription(str(company.id))
    return queries.is_price_of(
        addon,
        price_id,
        currency=company.currency,
        on_date=local_date(now, company.time_zone),
        interval=subscribed.interval if subscribed else Interval.MONTH,
    )
