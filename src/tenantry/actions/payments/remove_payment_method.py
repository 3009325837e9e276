"""Detach a method that is neither default nor in use."""

from __future__ import annotations

from datetime import datetime

from tenantry.core.payment_methods import MethodFacts, why_not_removable
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.gateway.chosen import gateway
from tenantry.records.base import audit, tenancy
from tenantry.records.companies import queries as companies
from tenantry.records.payments import methods
from tenantry.records.payments.models import PaymentMethod


def remove_payment_method(*, actor: Actor, method_id: str, now: datetime) -> MethodFacts | Refusal:
    """Take a method off file, then let the gateway forget it; give what it was. Nothing is charged.

    From the commit on no payment uses it, whether the gateway answers or not. Refusals: `method_not_found`,
    `default_method`, `method_in_use`.
    """
    if refused := require(actor, Action.REMOVE_PAYMENT_METHOD):
        return refused
    removed = _remove(actor, method_id, now)
    if isinstance(removed, MethodFacts):
        gateway().detach_method(method_token=removed.token)
    return removed


@tenancy.tried_again
def _remove(actor: Actor, method_id: str, now: datetime) -> MethodFacts | Refusal:
    with tenancy.phase(actor.company_id):
        companies.lock_company(actor.company_id)
        in_use = methods.methods_in_use(actor.company_id)
        row = next((row for row in methods.lock_methods(actor.company_id) if str(row.id) == method_id), None)
        if row is None:
            return Refusal("method_not_found", {"method_id": method_id})
        facts = methods.as_facts(row, is_in_use=method_id in in_use)
        if refused := why_not_removable(facts):
            return refused
        rows = PaymentMethod.objects.filter(company_id=actor.company_id, id=method_id, is_default=False)
        if rows.filter(removed_at__isnull=True).update(removed_at=now, remind_at=None) != 1:
            raise methods.RowsMoved(method_id)
        before = {"kind": row.kind, "name": row.brand or row.bank_name, "last4": row.last4}
        audit.record(actor, Action.REMOVE_PAYMENT_METHOD, "payment_method", method_id, now=now, before=before)
    return facts
