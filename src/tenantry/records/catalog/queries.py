"""Read the catalog: what a company is offered, and at which price."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from tenantry.core.money import Money
from tenantry.core.prices import FlatPrice, PerSeatPrice, Proration
from tenantry.core.prices import Price as PriceValue
from tenantry.records.base.facts import Facts
from tenantry.records.catalog.models import AddOn, Offer, Plan, Price


@dataclass(frozen=True, slots=True)
class OfferedAddOn:
    """An add-on as one company is offered it. `price` is None where none is published for it yet.

    One that is on although its offer was withdrawn is here too, with `is_offered` false.
    """

    is_offered: bool
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


def offered(
    company_id: str, *, currency: str, on_date: date, interval: str, also: Collection[str] = ()
) -> list[OfferedAddOn]:
    """List the add-ons that a company is offered, and those with the codes of `also`, in the catalog's order."""
    offers = Offer.objects.filter(company_id=company_id, addon_id=OuterRef("id"), withdrawn_at__isnull=True)
    owned = offers.filter(_in_force(currency, on_date, interval, of="own_price__"))
    rows = AddOn.objects.annotate(
        is_offered=Q(retired_at__isnull=True) & Exists(offers),
        own=Subquery(owned.values(price=_of_offer)),
        listed=Subquery(_listed(currency, on_date, interval).values(price=Facts(*_PRICE))[:1]),
    )
    shown = rows.filter(Q(is_offered=True) | Q(code__in=list(also)))
    return [_offered(row) for row in shown.order_by("position", "name")]


_PRICE = ("id", "shape", "amount_minor", "currency", "proration")
_of_offer = Facts(*(f"own_price__{column}" for column in _PRICE))


def _in_force(currency: str, on_date: date, interval: str, *, of: str = "") -> Q:
    """Ask of a price, listed or a company's own, whether it may be charged on a day; `of` leads to the price."""
    fits = {"currency": currency, "interval": interval, "from_date__lte": on_date}
    return Q(**{f"{of}{column}": value for column, value in fits.items()})


def _listed(currency: str, on_date: date, interval: str) -> QuerySet[Price]:
    """Find the listed price in force of an add-on beside it, the newest first."""
    rows = Price.objects.filter(_in_force(currency, on_date, interval), addon_id=OuterRef("id"), is_listed=True)
    return rows.order_by("-from_date", "-published_at", "-id")


def _offered(row: Any) -> OfferedAddOn:
    price = row.own or row.listed
    return OfferedAddOn(
        is_offered=row.is_offered,
        addon_id=str(row.id),
        code=row.code,
        name=row.name,
        description=row.description,
        documentation=row.documentation,
        learn_more_url=row.learn_more_url,
        terms=row.terms,
        terms_version=row.terms_version,
        needs_method=row.needs_method,
        price=price_value(*price) if price else None,
    )


def addon_by_code(code: str) -> AddOn | None:
    """Read an add-on's words."""
    return AddOn.objects.filter(code=code).first()


def is_price_of(addon: AddOn, price_id: str, *, currency: str, on_date: date, interval: str) -> bool:
    """Tell whether a price is one of this add-on and may be charged on a day, by the rule of the listed ones."""
    return Price.objects.filter(_in_force(currency, on_date, interval), id=price_id, addon=addon).exists()


def addon_names(codes: Collection[str]) -> dict[str, str]:
    """Give the names of add-ons by their codes, whoever is offered them."""
    return dict(AddOn.objects.filter(code__in=list(codes)).values_list("code", "name"))


def plan_by_code(code: str) -> Plan | None:
    """Read a plan's words."""
    return Plan.objects.filter(code=code).first()


def plan_price(plan_id: Any, *, currency: str, on_date: date, interval: str) -> PriceValue | None:
    """Give the listed price in force of a plan."""
    row = (
        Price.objects.filter(_in_force(currency, on_date, interval), plan_id=plan_id, is_listed=True)
        .order_by("-from_date", "-published_at", "-id")
        .values_list("id", "shape", "amount_minor", "currency", "proration")
        .first()
    )
    return price_value(*row) if row else None
