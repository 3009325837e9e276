"""Close the running AddOnPeriod at once; delete nothing."""

from __future__ import annotations

from datetime import datetime

from tenantry.actions.notices._notify import notify
from tenantry.actions.subscriptions.enable_addon import Confirmation
from tenantry.core.addons import may_disable
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.quote import Quote, quote_disable
from tenantry.core.refusal import Refusal
from tenantry.outside import host, tax
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.queries import lock_company
from tenantry.records.invoices.standing import standing
from tenantry.records.subscriptions.catalog import company_addons
from tenantry.records.subscriptions.models import AddOnPeriod
from tenantry.records.subscriptions.queries import change_counts_from, lock_running_addon, lock_subscription


@tenancy.tried_again
def disable_addon(*, actor: Actor, addon_code: str, confirmed: Confirmation, now: datetime) -> Quote | Refusal:
    """Switch an add-on off now; give the quote that was confirmed.

    The lock on the running period waits for writes that hold it (`sdk.gates.writing_with`), so each of them
    either committed before or is refused after. Refusals: `not_subscribed`, `quote_changed` (with the fresh
    `quote`), `confirm_required`, and those of `core.addons.may_disable`.
    """
    if refused := require(actor, Action.DISABLE_ADDON):
        return refused
    with tenancy.phase(actor.company_id):
        company = lock_company(actor.company_id)
        subscription = lock_subscription(actor.company_id)
        running = lock_running_addon(actor.company_id, addon_code)
        here = standing(company, rates_for=tax.rates_for)
        if subscription is None or here is None:
            return Refusal("not_subscribed")
        now = change_counts_from(subscription, company.time_zone, now)
        addons = {addon.offer.code: addon for addon in company_addons(company, here.facts, now)}
        addon = addons.get(addon_code)
        if addon is None:
            return Refusal("not_offered", {"addon": addon_code})
        on_codes = [code for code, other in addons.items() if other.is_on]
        allowed = may_disable(addon.facts, now, needed_by=host.needing(addon_code, on_codes))
        if isinstance(allowed, Refusal):
            return allowed
        quote = quote_disable(here.facts, addon_code, now, here.outlook)
        if quote.fingerprint != confirmed.fingerprint:
            return Refusal("quote_changed" if confirmed.fingerprint else "confirm_required", {"quote": quote})
        _close(actor, running, now)
        _record(actor, addon.offer.name, str(running.id), quote, confirmed, now)
    return quote


def _close(actor: Actor, running: AddOnPeriod, now: datetime) -> None:
    rows = AddOnPeriod.objects.filter(company_id=actor.company_id, id=running.id, ended_at__isnull=True)
    if rows.update(ended_at=now) != 1:
        raise RuntimeError("the running period was closed by somebody else under our lock")


def _record(actor: Actor, name: str, period_id: str, quote: Quote, confirmed: Confirmation, now: datetime) -> None:
    after = {
        "addon": quote.addon_code,
        "name": name,
        "this_period_minor": quote.this_period.minor,
        "given_back_minor": quote.given_back.minor,
        "currency": quote.unit_amount.currency,
        "fingerprint": quote.fingerprint,
    }
    audit.record(
        actor,
        Action.DISABLE_ADDON,
        "addon_period",
        period_id,
        now=now,
        after=after,
        words=confirmed.words,
        language=confirmed.language,
    )
    notify(
        company_id=actor.company_id,
        kind="addon_disabled",
        about_kind="addon_period",
        about_id=period_id,
        about_key=f"{period_id}:off",
        facts={"name": name, "by": actor.name, "left_to_charge_minor": quote.left_to_charge.minor, **after},
        now=now,
    )
