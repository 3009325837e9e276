"""Find our rows for the gateway's method tokens; make one for a method that a restored database has lost."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.conf import settings

from tenantry.core.permissions import Action, Actor
from tenantry.core.refusal import Refusal
from tenantry.outside.gateway import port
from tenantry.outside.gateway.chosen import gateway
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies import queries as companies
from tenantry.records.payments import methods
from tenantry.records.payments.models import PaymentMethod


def known_or_kept(actor: Actor, tokens: Collection[str], now: datetime) -> dict[str, str] | Refusal:
    """Give our method's id for each token of the gateway.

    A lost method comes back as a removed one: it names what was charged, and is never charged again before
    somebody adds it. Refuses `gateway_unavailable`.
    """
    with tenancy.reading(actor.company_id):
        found = methods.ids_of_tokens(actor.company_id, tokens)
    for token in sorted(set(tokens) - set(found)):
        reply = gateway().read_method(method_token=token)
        if reply.told is not port.Told.DONE or reply.method is None:
            return Refusal("gateway_unavailable")
        found[token] = _keep(actor, reply.method, now)
    return found


@tenancy.tried_again
def _keep(actor: Actor, told: port.MethodFacts, now: datetime) -> str:
    with tenancy.phase(actor.company_id):
        companies.lock_company(actor.company_id)
        known = methods.ids_of_tokens(actor.company_id, [told.token])
        if known:
            return known[told.token]
        row = PaymentMethod.objects.create(
            id=new_id(),
            company_id=actor.company_id,
            kind=told.kind.value,
            gateway=settings.TENANTRY_GATEWAY,
            token=told.token,
            fingerprint=told.fingerprint,
            brand=told.brand,
            bank_name=told.bank_name,
            last4=told.last4,
            expiry_month=told.expiry_month,
            expiry_year=told.expiry_year,
            is_verified=told.verified,
            billing_address={},
            added_at=now,
            added_by=actor.user_id,
            removed_at=now,
        )
        after = {"kind": row.kind, "name": row.brand or row.bank_name, "last4": row.last4, "is_on_file": False}
        audit.record(actor, Action.RECONCILE_GATEWAY, "payment_method", str(row.id), now=now, after=after)
    return str(row.id)
