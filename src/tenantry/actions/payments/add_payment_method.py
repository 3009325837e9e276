"""Keep what came back: token, brand or bank, last 4, expiry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

from tenantry.core.method_setups import MOST_ON_FILE, VERIFY_TRIES, VERIFY_WITHIN
from tenantry.core.payment_methods import (
    MethodFacts,
    MethodKind,
    becomes_default,
    block_kept,
    next_reminder_date,
    takes_place_of,
    why_not_default,
)
from tenantry.core.periods import day_start_instant, local_date
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.gateway import port
from tenantry.outside.gateway.chosen import gateway
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies import queries as companies
from tenantry.records.companies.models import Company
from tenantry.records.payments import methods
from tenantry.records.payments.models import MethodSetup, PaymentMethod


@dataclass(frozen=True, slots=True)
class AddedMethod:
    """What is on file now. `is_new` is false where the same setup was saved before.

    `renewed` is what it took the place of: the card of the same number with an earlier expiry, or the same account
    whose verification was over.
    """

    method_id: str
    method: MethodFacts
    return_to: str
    is_new: bool
    renewed: MethodFacts | None = None


_NOT_KEPT = ("duplicate_method", "duplicate_account", "method_in_use", "method_limit")


def add_payment_method(*, actor: Actor, setup_id: str, now: datetime) -> AddedMethod | Refusal:
    """Put on file what a payer typed on the gateway's page. Nothing is charged.

    The facts come from the gateway alone. The same setup gives the same method again. What is on file is refused,
    but for a renewed card, with a later expiry: that takes the old one's place, as the default too. So does an
    account whose verification failed or was late: it is verified anew. Refusals: `setup_not_usable`,
    `duplicate_method`, `duplicate_account`, `method_in_use`, `method_limit`, `gateway_unavailable`.
    """
    if refused := require(actor, Action.ADD_PAYMENT_METHOD):
        return refused
    with tenancy.reading(actor.company_id):
        known = methods.setup(actor.company_id, setup_id)
    if known is None:
        return Refusal("setup_not_usable")
    if known.method_id is not None:
        return _replay(actor, known)
    reply = gateway().read_setup(setup_id=setup_id)
    if reply.told in (port.Told.NOT_SENT, port.Told.NO_ANSWER):
        return Refusal("gateway_unavailable")
    told = reply.method
    if reply.told is not port.Told.DONE or reply.state is not port.SetupState.SUCCEEDED or told is None:
        return Refusal("setup_not_usable")
    saved = _save(actor, setup_id, reply.customer, told, now)
    if isinstance(saved, Refusal) and saved.code in _NOT_KEPT:
        # It stays at the gateway only if something on file here refers to it.
        _forget(actor, told.token)
    if isinstance(saved, AddedMethod) and saved.renewed:
        gateway().detach_method(method_token=saved.renewed.token)
    return saved


def _replay(actor: Actor, row: MethodSetup) -> AddedMethod | Refusal:
    with tenancy.reading(actor.company_id):
        facts = next((m for m in methods.method_facts(actor.company_id) if m.id == str(row.method_id)), None)
    return AddedMethod(facts.id, facts, row.return_to, is_new=False) if facts else Refusal("setup_not_usable")


@tenancy.tried_again
def _save(actor: Actor, setup_id: str, customer: str, told: port.MethodFacts, now: datetime) -> AddedMethod | Refusal:
    with tenancy.phase(actor.company_id):
        company = companies.lock_company(actor.company_id)
        row = methods.lock_setup(actor.company_id, setup_id)
        if row is None or customer != company.gateway_customer or told.kind.value != row.kind:
            return Refusal("setup_not_usable")
        if row.method_id is None:
            return _write(actor, company, row, told, now)
    return _replay(actor, row)


def _write(
    actor: Actor, company: Company, setup: MethodSetup, told: port.MethodFacts, now: datetime
) -> AddedMethod | Refusal:
    on_file = methods.lock_methods(actor.company_id)
    row = _row(actor, setup, told, now)
    facts = methods.as_facts(row, is_in_use=False)
    same = next(
        (methods.as_facts(one, is_in_use=False) for one in on_file if one.fingerprint == told.fingerprint), None
    )
    if same and not takes_place_of(facts, same, now):
        return Refusal("duplicate_method" if same.kind is MethodKind.CARD else "duplicate_account")
    if same and same.id in methods.methods_in_use(actor.company_id):
        return Refusal("method_in_use", {"method_id": same.id})
    others = [methods.as_facts(one, is_in_use=False) for one in on_file if not same or str(one.id) != same.id]
    if len(others) >= MOST_ON_FILE:
        return Refusal("method_limit", {"most": MOST_ON_FILE})
    if methods.is_token_known(actor.company_id, told.token):
        return Refusal("setup_not_usable")
    if same:
        methods.take_off_file(actor.company_id, same.id, now)
    added = _put_on_file(actor, company, setup, row, others, same, now)
    return AddedMethod(added.id, added, setup.return_to, is_new=True, renewed=same)


def _put_on_file(
    actor: Actor,
    company: Company,
    setup: MethodSetup,
    row: PaymentMethod,
    others: Sequence[MethodFacts],
    renewed: MethodFacts | None,
    now: datetime,
) -> MethodFacts:
    today = local_date(now, company.time_zone)
    row.blocked_because = _block(actor, row)
    facts = methods.as_facts(row, is_in_use=False)
    row.remind_at = _remind_at(facts, today, company.time_zone)
    row.save(force_insert=True)
    # A renewed card is the one that it was: it stays the default, usable or not (as any default does).
    was_default = renewed is not None and renewed.is_default
    chosen = setup.make_default and not _stays_out(facts, today)
    if was_default or chosen or becomes_default(facts, others, today):
        methods.swap_default(actor.company_id, facts.id)
        row.is_default = True
    setup.method_id = row.id
    setup.save(update_fields=["method_id"])
    after = {
        "kind": row.kind, "name": row.brand or row.bank_name, "last4": row.last4, "expiry_month": row.expiry_month,
        "expiry_year": row.expiry_year, "is_verified": row.is_verified, "is_default": row.is_default,
    }  # fmt: skip
    before = _before(renewed) if renewed else {}
    audit.record(actor, Action.ADD_PAYMENT_METHOD, "payment_method", facts.id, now=now, before=before, after=after)
    return methods.as_facts(row, is_in_use=False)


def _before(renewed: MethodFacts) -> dict[str, object]:
    return {
        "method": renewed.id, "expiry_month": renewed.expiry_month, "expiry_year": renewed.expiry_year,
        "is_default": renewed.is_default, "blocked_because": renewed.blocked_because,
    }  # fmt: skip


def _block(actor: Actor, row: PaymentMethod) -> str:
    facts = methods.as_facts(row, is_in_use=False)
    return block_kept(facts, methods.blocked_before(actor.company_id, row.fingerprint))


def _stays_out(facts: MethodFacts, today: date) -> bool:
    return why_not_default(facts, today) is not None


def _row(actor: Actor, setup: MethodSetup, told: port.MethodFacts, now: datetime) -> PaymentMethod:
    return PaymentMethod(
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
        verify_tries_left=0 if told.verified else VERIFY_TRIES,
        verify_until_at=None if told.verified else now + VERIFY_WITHIN,
        billing_address=setup.billing_address,
        debit_authorization=setup.debit_authorization,
        added_at=now,
        added_by=actor.user_id,
    )


def _remind_at(facts: MethodFacts, today: date, zone: str) -> datetime | None:
    day = next_reminder_date(facts, today)
    return day_start_instant(day, zone) if day else None


def _forget(actor: Actor, token: str) -> None:
    with tenancy.reading(actor.company_id):
        is_ours = methods.is_token_known(actor.company_id, token)
    if not is_ours:
        gateway().detach_method(method_token=token)
