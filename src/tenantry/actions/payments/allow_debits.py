"""Let a bank account be debited again whose owner had stopped a payment."""

from __future__ import annotations

from datetime import datetime

from tenantry.core.payment_methods import MethodFacts, becomes_default, why_not_allowed_again
from tenantry.core.periods import local_date
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.queries import lock_company
from tenantry.records.payments import methods


@tenancy.tried_again
def allow_debits(*, actor: Actor, method_id: str, authorization: str, now: datetime) -> MethodFacts | Refusal:
    """Lift the block that a stopped payment (R08) left, on the word of a user; give the method as it is then.

    The authorization that they accepted is kept on the method and in the audit. Nothing is charged now. Refusals:
    `debit_authorization_required`, `method_not_found`, `method_not_stopped`, `method_blocked`.
    """
    if refused := require(actor, Action.ALLOW_DEBITS):
        return refused
    if not authorization:
        return Refusal("debit_authorization_required")
    with tenancy.phase(actor.company_id):
        company = lock_company(actor.company_id)
        row = next((one for one in methods.lock_methods(actor.company_id) if str(one.id) == method_id), None)
        if row is None:
            return Refusal("method_not_found", {"method_id": method_id})
        if refused := why_not_allowed_again(methods.as_facts(row, is_in_use=False)):
            return refused
        before = row.blocked_because
        row.blocked_because, row.debit_authorization = "", authorization
        row.save(update_fields=["blocked_because", "debit_authorization"])
        facts = methods.method_facts(actor.company_id)
        own = next(method for method in facts if method.id == method_id)
        if becomes_default(own, [one for one in facts if one.id != method_id], local_date(now, company.time_zone)):
            methods.swap_default(actor.company_id, method_id)
            row.is_default = True
        audit.record(
            actor,
            Action.ALLOW_DEBITS,
            "payment_method",
            method_id,
            now=now,
            before={"blocked_because": before},
            after={"name": row.bank_name, "last4": row.last4, "is_default": row.is_default},
            words=authorization,
        )
        return methods.as_facts(row, is_in_use=False)
