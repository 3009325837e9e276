"""Open an AddOnPeriod at the price that was confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.actions.notices._notify import notify
from tenantry.core.addons import may_confirm_enable
from tenantry.core.payment_methods import usable_methods
from tenantry.core.periods import local_date
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.quote import Quote, QuotedAddOn, quote_enable
from tenantry.core.refusal import Refusal
from tenantry.outside import host, tax
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.queries import lock_company
from tenantry.records.invoices.standing import standing
from tenantry.records.payments.methods import method_facts
from tenantry.records.subscriptions.catalog import company_addons, others_of
from tenantry.records.subscriptions.models import AddOnPeriod
from tenantry.records.subscriptions.queries import change_counts_from, lock_subscription


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the person confirmed: the quote's fingerprint, the terms they accepted, the text that they saw."""

    fingerprint: str
    accepted_terms_version: int = 0
    words: str = ""
    language: str = "en"


@tenancy.tried_again
def enable_addon(*, actor: Actor, addon_code: str, confirmed: Confirmation, now: datetime) -> Quote | Refusal:
    """Switch an add-on on now, at the price of the quote that was confirmed; give that quote.

    No charge is made and none is written down: the next run rates the period that is opened here.
    Refusals: `not_subscribed`, `quote_changed` (with the fresh `quote` in its facts), `confirm_required`, and
    those of `core.addons.may_confirm_enable`.
    """
    if refused := require(actor, Action.ENABLE_ADDON):
        return refused
    with tenancy.phase(actor.company_id):
        company = lock_company(actor.company_id)
        subscription = lock_subscription(actor.company_id)
        here = standing(company, rates_for=tax.rates_for)
        if subscription is None or here is None:
            return Refusal("not_subscribed")
        now = change_counts_from(subscription, company.time_zone, now)
        addons = {addon.offer.code: addon for addon in company_addons(company, here.facts, now)}
        addon = addons.get(addon_code)
        if addon is None:
            return Refusal("not_offered", {"addon": addon_code})
        today = local_date(now, company.time_zone)
        allowed = may_confirm_enable(
            host.as_declared(addon.facts),
            now,
            others=others_of(addons.values()),
            has_usable_method=bool(usable_methods(method_facts(actor.company_id), today)),
            accepted_terms_version=confirmed.accepted_terms_version,
        )
        if isinstance(allowed, Refusal):
            return allowed
        if addon.price is None:
            return Refusal("price_missing", {"addon": addon_code})
        quoted = QuotedAddOn(addon_code, addon.offer.name, addon.facts.terms_version)
        quote = quote_enable(here.facts, quoted, addon.price, now, here.outlook)
        if quote.fingerprint != confirmed.fingerprint:
            return Refusal("quote_changed" if confirmed.fingerprint else "confirm_required", {"quote": quote})
        period_id = _open(actor, subscription.id, addon.offer.addon_id, quote, now)
        _record(actor, addon.offer.name, period_id, quote, confirmed, now)
    return quote


def _open(actor: Actor, subscription_id: UUID, addon_id: str, quote: Quote, now: datetime) -> str:
    period_id = new_id()
    AddOnPeriod.objects.create(
        id=period_id,
        company_id=actor.company_id,
        subscription_id=subscription_id,
        addon_id=addon_id,
        price_id=quote.price_id,
        started_at=now,
        fingerprint=quote.fingerprint,
    )
    return period_id


def _record(actor: Actor, name: str, period_id: str, quote: Quote, confirmed: Confirmation, now: datetime) -> None:
    after = {
        "addon": quote.addon_code,
        "name": name,
        "price_id": quote.price_id,
        "unit_amount_minor": quote.unit_amount.minor,
        "currency": quote.unit_amount.currency,
        "seats": quote.seats,
        "this_period_minor": quote.this_period.minor,
        "recurring_minor": quote.recurring.minor,
        "terms_version": quote.terms_version,
        "fingerprint": quote.fingerprint,
    }
    audit.record(
        actor,
        Action.ENABLE_ADDON,
        "addon_period",
        period_id,
        now=now,
        after=after,
        words=confirmed.words,
        language=confirmed.language,
    )
    notify(
        company_id=actor.company_id,
        kind="addon_enabled",
        about_kind="addon_period",
        about_id=period_id,
        about_key=period_id,
        facts={"name": name, "by": actor.name, **after},
        now=now,
    )
