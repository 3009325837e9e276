"""Swap the default."""

from __future__ import annotations

from datetime import datetime

from tenantry.core.payment_methods import MethodFacts, default_of, why_not_default
from tenantry.core.periods import local_date
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.records.base import audit, tenancy
from tenantry.records.companies import queries as companies
from tenantry.records.payments import methods


@tenancy.tried_again
def make_default(*, actor: Actor, method_id: str, now: datetime) -> MethodFacts | Refusal:
    """Make a method the one that is charged; give it as it was before. Nothing is charged now.

    The default itself stays as it is. Refusals: `method_not_found`, `method_expired`, `method_blocked`,
    `method_unverified`.
    """
    if refused := require(actor, Action.MAKE_DEFAULT):
        return refused
    with tenancy.phase(actor.company_id):
        company = companies.lock_company(actor.company_id)
        on_file = [methods.as_facts(row, is_in_use=False) for row in methods.lock_methods(actor.company_id)]
        chosen = next((method for method in on_file if method.id == method_id), None)
        if chosen is None:
            return Refusal("method_not_found", {"method_id": method_id})
        if chosen.is_default:
            return chosen
        if refused := why_not_default(chosen, local_date(now, company.time_zone)):
            return refused
        before = default_of(on_file)
        methods.swap_default(actor.company_id, method_id)
        audit.record(
            actor,
            Action.MAKE_DEFAULT,
            "payment_method",
            method_id,
            now=now,
            before={"default": before.id, "name": _name(before), "last4": before.last4} if before else {},
            after={"default": method_id, "name": _name(chosen), "last4": chosen.last4},
        )
    return chosen


def _name(method: MethodFacts) -> str:
    return method.brand or method.bank_name
