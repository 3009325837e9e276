"""A company of the reference host, for the tests of its pages and of the gates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.actions.subscriptions.enable_addon import Confirmation, enable_addon
from tenantry.core.permissions import Grant
from tenantry.core.refusal import Refusal
from tenantry.records.base import tenancy
from tests.builders import (
    NOW,
    Member,
    Place,
    add_member,
    done,
    give_password,
    offer,
    open_place,
    save_group,
    set_up_addon,
    set_up_plan,
    subscribe,
)

NOV_1 = datetime(2026, 11, 1, 18, tzinfo=UTC)
CREDIT_CHECKS = "credit-checks"


def dealer(slug: str = "acme", *, is_on: bool = True) -> Place:
    """Open a subscribed company that is offered Credit Checks, which is on or off."""
    set_up_plan(f"plan-{slug}", now=NOV_1)
    if slug == "acme":
        set_up_addon(CREDIT_CHECKS, name="Credit Checks", now=NOV_1)
    place = open_place(slug, now=NOV_1)
    offer(place, CREDIT_CHECKS, now=NOV_1)
    subscribe(place, f"plan-{slug}", now=NOV_1)
    if is_on:
        switch_on(place)
    return place


def switch_on(place: Place, code: str = CREDIT_CHECKS, *, now: datetime = NOW) -> None:
    """Enable an add-on, as the owner confirms it."""
    _confirm(enable_addon, place, code, now)


def switch_off(place: Place, code: str = CREDIT_CHECKS, *, now: datetime = NOW) -> None:
    """Disable an add-on, as the owner confirms it."""
    _confirm(disable_addon, place, code, now)


def fingerprint(verb: Any, place: Place, code: str = CREDIT_CHECKS, *, now: datetime = NOW) -> Confirmation:
    """Ask for the quote; give what confirms it."""
    asked = verb(actor=place.owner.actor, addon_code=code, confirmed=Confirmation(""), now=now)
    assert isinstance(asked, Refusal), asked
    return Confirmation(asked.facts["quote"].fingerprint)  # type: ignore[attr-defined]


def _confirm(verb: Any, place: Place, code: str, now: datetime) -> None:
    confirmed = fingerprint(verb, place, code, now=now)
    done(verb(actor=place.owner.actor, addon_code=code, confirmed=confirmed, now=now))


def person(place: Place, name: str, *grants: Grant) -> Member:
    """Take somebody into the company who holds exactly these grants."""
    group = save_group(place.id, f"Group of {name}", *grants)
    member = add_member(place.id, f"{name}@{place.slug}.test", name.title(), group)
    give_password(member)
    return member


def rows(place: Place, model: Any) -> list[Any]:
    """List what a company keeps, by name."""
    with tenancy.reading(place.id):
        return list(model.objects.order_by("name"))
