"""The add-ons of one company: what it is offered, what is on, and since when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tenantry.core.addons import AddOnFacts, Others, is_on, period_at
from tenantry.core.billable import ADDON, BillableFacts, Running
from tenantry.core.periods import Interval, local_date
from tenantry.core.prices import Price
from tenantry.records.catalog.queries import OfferedAddOn, offered
from tenantry.records.companies.models import Company


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


def company_addons(company: Company, facts: BillableFacts | None, now: datetime) -> list[CompanyAddOn]:
    """List the add-ons that the company is offered or has on, in the catalog's order.

    `facts` are those that it is rated from, None while it has no subscription: they know what is on, at which
    price, so that a card cannot disagree with the bill.
    """
    stretches: dict[str, list[Running]] = {}
    for one in facts.running if facts else ():
        if one.subject_kind == ADDON:
            stretches.setdefault(one.code, []).append(one)
    offers = offered(
        str(company.id),
        currency=company.currency,
        on_date=local_date(now, company.time_zone),
        interval=facts.interval if facts else Interval.MONTH,
        also=[code for code, periods in stretches.items() if is_on(periods, now)],
    )
    return [_addon(offer, tuple(stretches.get(offer.code, ())), now) for offer in offers]


def others_of(addons: Iterable[CompanyAddOn]) -> Others:
    """Say which add-ons a company has, and which of them are on."""
    listed = list(addons)
    return Others(
        known_codes=frozenset(addon.offer.code for addon in listed),
        on_codes=frozenset(addon.offer.code for addon in listed if addon.is_on),
    )


def _addon(offer: OfferedAddOn, periods: tuple[Running, ...], now: datetime) -> CompanyAddOn:
    facts = AddOnFacts(
        code=offer.code,
        is_offered=offer.is_offered,
        periods=periods,
        needs_method=offer.needs_method,
        terms_version=offer.terms_version if offer.terms else 0,
    )
    on = period_at(periods, now)
    return CompanyAddOn(offer, facts, on.price if on else offer.price, on.started_at if on else None)
