"""Ask the gateway what came of a setup, so that a person can see what they are about to save."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tenantry.core.payment_methods import MethodFacts, MethodKind, block_kept, takes_place_of
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.gateway import port
from tenantry.outside.gateway.chosen import gateway
from tenantry.records.base import tenancy
from tenantry.records.payments import methods


@dataclass(frozen=True, slots=True)
class FoundSetup:
    """What came of a setup. `method` is None while nothing was typed; `is_saved` tells that it is on file already.

    `method` is blocked where saving it would bring back what was blocked before.

    `renews` is what it takes the place of: the same card with an earlier expiry, or the same account whose
    verification is over.
    """

    method: MethodFacts | None
    makes_default: bool
    return_to: str
    is_saved: bool
    renews: MethodFacts | None = None


def look_up_setup(*, actor: Actor, setup_id: str, now: datetime) -> FoundSetup | Refusal:
    """Give what came of a setup of this company; nothing changes.

    Refusals: `setup_not_usable`, `gateway_unavailable`.
    """
    if refused := require(actor, Action.LOOK_UP_SETUP):
        return refused
    with tenancy.reading(actor.company_id):
        row = methods.setup(actor.company_id, setup_id)
    if row is None:
        return Refusal("setup_not_usable")
    if row.method_id is not None:
        return FoundSetup(None, row.make_default, row.return_to, is_saved=True)
    reply = gateway().read_setup(setup_id=setup_id)
    if reply.told in (port.Told.NOT_SENT, port.Told.NO_ANSWER):
        return Refusal("gateway_unavailable")
    if reply.told is not port.Told.DONE or reply.customer != row.customer:
        return Refusal("setup_not_usable")
    if reply.state is not port.SetupState.SUCCEEDED or reply.method is None:
        return FoundSetup(None, row.make_default, row.return_to, is_saved=False)
    found = _facts(reply.method)
    same, removed = methods.same_as(row.known, reply.method.fingerprint)
    renewed = same if same and takes_place_of(found, same, now) else None
    found = replace(found, blocked_because=block_kept(found, (*filter(None, [renewed]), *removed)))
    return FoundSetup(found, row.make_default, row.return_to, is_saved=False, renews=renewed)


def _facts(told: port.MethodFacts) -> MethodFacts:
    return MethodFacts(
        id="",
        kind=MethodKind(told.kind.value),
        token="",
        brand=told.brand,
        bank_name=told.bank_name,
        last4=told.last4,
        expiry_month=told.expiry_month,
        expiry_year=told.expiry_year,
        is_verified=told.verified,
    )
