"""Hand in the two micro-deposit amounts."""

from __future__ import annotations

from datetime import datetime

from tenantry.core.payment_methods import MethodFacts, becomes_default, why_not_verifiable
from tenantry.core.periods import local_date
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.gateway import port
from tenantry.outside.gateway.chosen import gateway
from tenantry.records.base import audit, tenancy
from tenantry.records.companies import queries as companies
from tenantry.records.payments import methods
from tenantry.records.payments.models import PaymentMethod


def verify_bank_account(
    *, actor: Actor, method_id: str, amounts_minor: tuple[int, int], now: datetime
) -> MethodFacts | Refusal:
    """Verify a bank account by the two amounts, in any order; give the account as it is now.

    The first usable method, or one that was added to be the default, becomes the default. Refusals:
    `method_not_found`, `method_already_verified`, `verification_expired`, `amounts_dont_match` (with the tries
    left), `verification_failed` (none left), `gateway_unavailable`.
    """
    if refused := require(actor, Action.VERIFY_BANK_ACCOUNT):
        return refused
    token = _token(actor, method_id, now)
    if isinstance(token, Refusal):
        return token
    reply = gateway().verify_bank_account(method_token=token, amounts_minor=amounts_minor)
    if reply.told is port.Told.DONE:
        return _verified(actor, method_id, now)
    if reply.told is port.Told.REFUSED:
        return _not_matching(actor, method_id, reply.tries_left)
    return Refusal("gateway_unavailable")


@tenancy.tried_again
def _token(actor: Actor, method_id: str, now: datetime) -> str | Refusal:
    with tenancy.phase(actor.company_id):
        companies.lock_company(actor.company_id)
        row = _on_file(actor.company_id, method_id)
        if row is None:
            return Refusal("method_not_found", {"method_id": method_id})
        refused = why_not_verifiable(methods.as_facts(row, is_in_use=False), now)
    return refused or row.token


def _on_file(company_id: str, method_id: str) -> PaymentMethod | None:
    return next((row for row in methods.lock_methods(company_id) if str(row.id) == method_id), None)


@tenancy.tried_again
def _verified(actor: Actor, method_id: str, now: datetime) -> MethodFacts | Refusal:
    with tenancy.phase(actor.company_id):
        company = companies.lock_company(actor.company_id)
        row = _on_file(actor.company_id, method_id)
        if row is None:
            return Refusal("method_not_found", {"method_id": method_id})
        if row.is_verified:
            return methods.as_facts(row, is_in_use=False)
        row.is_verified, row.verify_tries_left, row.verify_until_at = True, 0, None
        row.save(update_fields=["is_verified", "verify_tries_left", "verify_until_at"])
        today = local_date(now, company.time_zone)
        facts = methods.method_facts(actor.company_id)
        own = next(method for method in facts if method.id == method_id)
        setup = methods.setup_of_method(actor.company_id, method_id)
        is_chosen = setup is not None and setup.make_default
        if becomes_default(own, [m for m in facts if m.id != method_id], today, is_chosen=is_chosen):
            methods.swap_default(actor.company_id, method_id)
            row.is_default = True
        after = {"name": row.bank_name, "last4": row.last4, "is_default": row.is_default}
        audit.record(actor, Action.VERIFY_BANK_ACCOUNT, "payment_method", method_id, now=now, after=after)
        return methods.as_facts(row, is_in_use=False)


@tenancy.tried_again
def _not_matching(actor: Actor, method_id: str, tries_left: int) -> Refusal:
    """Keep how many tries are left: never more than before, whatever the gateway counts."""
    with tenancy.phase(actor.company_id):
        companies.lock_company(actor.company_id)
        row = _on_file(actor.company_id, method_id)
        if row is None:
            return Refusal("method_not_found", {"method_id": method_id})
        left = max(0, min(tries_left, row.verify_tries_left - 1))
        PaymentMethod.objects.filter(company_id=actor.company_id, id=method_id).update(verify_tries_left=left)
    return Refusal("amounts_dont_match", {"tries_left": left}) if left else Refusal("verification_failed")
