"""A new price from a date; the old one stays, and who confirmed it keeps it (D6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tenantry.core.catalog import check_price
from tenantry.core.money import Money
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.catalog import queries
from tenantry.records.catalog.models import Price


@dataclass(frozen=True, slots=True)
class NewPrice:
    """A price of a plan or an add-on. `is_listed` is false for one company's own price."""

    subject_kind: str
    code: str
    shape: str
    amount: Money
    from_date: date
    proration: str = "daily"
    interval: str = "month"
    is_listed: bool = True


def publish_price(*, actor: Actor, price: NewPrice, now: datetime) -> str | Refusal:
    """Publish a price; give its id.

    Refusals: those of `core.catalog.check_price`, `not_found`.
    """
    if refused := require(actor, Action.PUBLISH_PRICE):
        return refused
    if refused := check_price(price.shape, price.amount):
        return refused
    with tenancy.vendor_phase():
        plan = queries.plan_by_code(price.code) if price.subject_kind == "plan" else None
        addon = queries.addon_by_code(price.code) if price.subject_kind == "addon" else None
        if plan is None and addon is None:
            return Refusal("not_found")
        row = Price.objects.create(
            id=new_id(),
            plan=plan,
            addon=addon,
            shape=price.shape,
            amount_minor=price.amount.minor,
            currency=price.amount.currency,
            interval=price.interval,
            proration=price.proration,
            from_date=price.from_date,
            is_listed=price.is_listed,
            published_at=now,
        )
        after = {"code": price.code, "amount_minor": price.amount.minor, "from_date": price.from_date}
        audit.record_for_vendor(
            actor, Action.PUBLISH_PRICE, "price", str(row.id), entry_id=new_id(), now=now, after=after
        )
    return str(row.id)
