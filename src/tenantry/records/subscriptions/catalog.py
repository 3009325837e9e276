"""The add-ons of one company: what it is offered, what is on, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenantry.core.addons import AddOnFacts, OnPeriod, period_at
from tenantry.core.periods import local_date
from tenantry.core.prices import Price
from tenantry.records.catalog.queries import OfferedAddOn, offered, price_value
from tenantry.records.companies.models import Company
from tenantry.records.subscriptions.models import AddOnPeriod, Subscription


@dataclass(frozen=True, slots=True)
class CompanyAddOn:
    """One add-on as one company has it. `price` is the confirmed one while it is on, else the offered one."""

    offer: OfferedAddOn
    facts: AddOnFacts
    price: Price | None
    since: datetime | None

    @property
    def is_on(self) -> bool:
        """Tell whether it is on now."""
        return self.since is not None


def company_addons(company: Company, subscription: Subscription | None, now: datetime) -> list[CompanyAddOn]:
    """List the add-ons that the company is offered or has running, in the catalog's order."""
    company_id = str(company.id)
    interval = subscription.interval if subscription else "month"
    today = local_date(now, company.time_zone)
    offers = offered(company_id, currency=company.currency, on_date=today, interval=interval)
    stretches: dict[str, list[OnPeriod]] = {}
    running: dict[str, AddOnPeriod] = {}
    for row in (
        AddOnPeriod.objects.select_related("addon", "price").filter(company_id=company_id).order_by("started_at")
    ):
        stretches.setdefault(row.addon.code, []).append(OnPeriod(row.started_at, row.ended_at))
        if row.ended_at is None or row.ended_at > now:
            running[row.addon.code] = row
    found = [_addon(offer, stretches, running, now, is_offered=True) for offer in offers]
    known = {offer.code for offer in offers}
    withdrawn = [row for code, row in running.items() if code not in known]
    return found + [_addon(_as_offer(row), stretches, running, now, is_offered=False) for row in withdrawn]


def company_addon(company: Company, subscription: Subscription | None, code: str, now: datetime) -> CompanyAddOn | None:
    """Give one add-on of the company, or None: one that it is not offered does not exist for it."""
    return next((addon for addon in company_addons(company, subscription, now) if addon.offer.code == code), None)


def _addon(
    offer: OfferedAddOn,
    stretches: dict[str, list[OnPeriod]],
    running: dict[str, AddOnPeriod],
    now: datetime,
    *,
    is_offered: bool,
) -> CompanyAddOn:
    periods = tuple(stretches.get(offer.code, ()))
    facts = AddOnFacts(
        code=offer.code,
        is_offered=is_offered,
        periods=periods,
        needs_method=offer.needs_method,
        terms_version=offer.terms_version if offer.terms else 0,
    )
    on = period_at(periods, now)
    row = running.get(offer.code)
    price = _price(row) if on and row else offer.price
    return CompanyAddOn(offer, facts, price, on.started_at if on else None)


def _price(row: AddOnPeriod) -> Price:
    price = row.price
    return price_value(price.id, price.shape, price.amount_minor, price.currency, price.proration)


def _as_offer(row: AddOnPeriod) -> OfferedAddOn:
    addon = row.addon
    return OfferedAddOn(
        addon_id=str(addon.id),
        code=addon.code,
        name=addon.name,
        description=addon.description,
        documentation=addon.documentation,
        learn_more_url=addon.learn_more_url,
        terms=addon.terms,
        terms_version=addon.terms_version,
        needs_method=addon.needs_method,
        price=_price(row),
    )
