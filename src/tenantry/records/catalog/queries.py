"""Read the catalog: what a company is offered, and at which price."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from tenantry.core.money import Money
from tenantry.core.prices import FlatPrice, PerSeatPrice, Proration
from tenantry.core.prices import Price as PriceValue
from tenantry.records.catalog.models import AddOn, Offer, Plan, Price


@dataclass(frozen=True, slots=True)
class OfferedAddOn:
    """An add-on as one company is offered it. `price` is None where none is published for it yet."""

    addon_id: str
    code: str
    name: str
    description: str
    documentation: str
    learn_more_url: str
    terms: str
    terms_version: int
    needs_method: bool
    price: PriceValue | None


def price_value(price_id: Any, shape: str, amount_minor: int, currency: str, proration: str) -> PriceValue:
    """Read a price row as the core's value."""
    kind = FlatPrice if shape == "flat" else PerSeatPrice
    return kind(str(price_id), Money(amount_minor, currency), Proration(proration))


def prices_by_id(ids: Iterable[Any]) -> dict[str, PriceValue]:
    """Read prices by id."""
    rows = Price.objects.filter(id__in=set(ids)).values_list("id", "shape", "amount_minor", "currency", "proration")
    return {str(row[0]): price_value(*row) for row in rows}


def listed_prices(addon_ids: Iterable[Any], *, currency: str, on_date: date, interval: str) -> dict[str, PriceValue]:
    """Give the listed price in force of each add-on: add-on id → price."""
    rows = (
        Price.objects.filter(
            addon_id__in=list(addon_ids), currency=currency, interval=interval, is_listed=True, from_date__lte=on_date
        )
        .order_by("from_date", "published_at", "id")
        .values_list("addon_id", "id", "shape", "amount_minor", "currency", "proration")
    )
    return {str(row[0]): price_value(*row[1:]) for row in rows}


def offered(company_id: str, *, currency: str, on_date: date, interval: str) -> list[OfferedAddOn]:
    """List the add-ons that a company is offered, in the catalog's order."""
    offers = list(
        Offer.objects.select_related("addon", "own_price")
        .filter(company_id=company_id, withdrawn_at__isnull=True, addon__retired_at__isnull=True)
        .order_by("addon__position", "addon__name")
    )
    listed = listed_prices([o.addon_id for o in offers], currency=currency, on_date=on_date, interval=interval)
    return [_offered(offer, listed.get(str(offer.addon_id))) for offer in offers]


def _offered(offer: Offer, listed: PriceValue | None) -> OfferedAddOn:
    addon, own = offer.addon, offer.own_price
    price = price_value(own.id, own.shape, own.amount_minor, own.currency, own.proration) if own else listed
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
        price=price,
    )


def addon_by_code(code: str) -> AddOn | None:
    """Read an add-on's words."""
    return AddOn.objects.filter(code=code).first()


def plan_by_code(code: str) -> Plan | None:
    """Read a plan's words."""
    return Plan.objects.filter(code=code).first()


def plan_price(plan_id: Any, *, currency: str, on_date: date, interval: str) -> PriceValue | None:
    """Give the listed price in force of a plan."""
    row = (
        Price.objects.filter(
            plan_id=plan_id, currency=currency, interval=interval, is_listed=True, from_date__lte=on_date
        )
        .order_by("-from_date", "-published_at", "-id")
        .values_list("id", "shape", "amount_minor", "currency", "proration")
        .first()
    )
    return price_value(*row) if row else None
