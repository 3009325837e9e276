"""Compare our books with the gateway's: daily, and after a restore before any charge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from tenantry.actions.payments import _driver, _lost_methods
from tenantry.actions.payments.begin_recovery import begin_recovery
from tenantry.core.gateway_records import IntentRecord
from tenantry.core.payment_recovery import Origin, origin_of, says_the_same, take_up
from tenantry.core.permissions import Action, Actor, ActorKind, require
from tenantry.core.refund_flow import take_in
from tenantry.core.refusal import Refusal
from tenantry.core.review_reasons import UNKNOWN_OBJECT
from tenantry.outside import alarm_log
from tenantry.outside.gateway import port
from tenantry.outside.gateway.chosen import gateway
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies import queries as companies
from tenantry.records.invoices.queries import invoice_exists
from tenantry.records.payments import methods, refunds, reviews
from tenantry.records.payments import queries as payments
from tenantry.records.subscriptions.queries import next_issue_of

LOOK_BACK = timedelta(days=3)
"""How far before the last comparison is looked again: clocks differ, and a webhook may be three days late."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one comparison came to: payments looked at, brought up to date, and put before a person."""

    compared: int
    changed: int
    reviews: int


@dataclass(frozen=True, slots=True)
class _Ours:
    """A record of the gateway with a key of this installation."""

    record: IntentRecord
    origin: Origin


def reconcile_gateway(*, actor: Actor, now: datetime) -> Reconciled | Refusal:
    """Bring the company's payments to what the gateway says since the last comparison. Never charges.

    What a restored database has lost is taken up again; what can't be is put before a person and holds the
    company's billing. Payments with our keys that no row speaks of, met outside a recovery, begin one: then
    the database is older than its owner thinks. Refusals: `gateway_unavailable`; `billing_due` where an
    invoice has to be issued again first.
    """
    if refused := require(actor, Action.RECONCILE_GATEWAY):
        return refused
    with tenancy.reading(actor.company_id):
        company = companies.company(actor.company_id)
        is_in_doubt = payments.is_one_without_id_in_review(actor.company_id)
    customer = company.gateway_customer or _lost_customer(actor)
    if isinstance(customer, Refusal):
        return customer
    if not customer:
        return _pass(actor, now, Reconciled(0, 0, 0))
    # What the gateway has under the key of such a row may be of any age.
    since = (company.opened_at if is_in_doubt else company.reconciled_at or company.opened_at) - LOOK_BACK
    reply = gateway().list_changes(customer=customer, since=since)
    if reply.told is not port.Told.DONE:
        return Refusal("gateway_unavailable")
    found = [_Ours(one, origin) for one in reply.intents if (origin := origin_of(one.key, _installation()))]
    found.sort(key=lambda ours: (ours.origin.invoice_id, ours.origin.generation))
    if not company.is_recovering and any(not _is_known(actor, ours) for ours in found):
        begin_recovery(actor=Actor(ActorKind.CLOCK, "", name=actor.name), because="unknown_objects", now=now)
    return _compare_all(actor, found, now)


def _installation() -> str:
    return str(settings.TENANTRY_INSTALLATION)


def _lost_customer(actor: Actor) -> str | Refusal:
    """Find the company's customer at the gateway again; an empty text where it never had one."""
    reply = gateway().find_customer(reference=actor.company_id)
    if reply.told is port.Told.NOT_FOUND:
        return ""
    if reply.told is not port.Told.DONE:
        return Refusal("gateway_unavailable")
    with tenancy.phase(actor.company_id):
        row = companies.lock_company(actor.company_id)
        row.gateway_customer = row.gateway_customer or reply.customer
        row.save(update_fields=["gateway_customer"])
    return row.gateway_customer


def _is_known(actor: Actor, ours: _Ours) -> bool:
    """Tell whether rows of ours speak of every attempt of the record, and of every refund that we asked for.

    What was put before a person is known, too: a database that had lost more would have lost that review.
    """
    record = ours.record
    with tenancy.reading(actor.company_id):
        if reviews.is_known(actor.company_id, UNKNOWN_OBJECT, record.reply.gateway_id):
            return True
        found = payments.intent_by_key(actor.company_id, record.key)
        asked_for = refunds.keys_of_refunds(actor.company_id, record.key)
    keys = {one.confirm_key for one in found[1]} if found else set()
    has_attempts = all(one.key in keys for one in record.attempts if one.key.startswith(f"{record.key}:"))
    return has_attempts and all(one.key in asked_for for one in record.refunds if one.key)


def _compare_all(actor: Actor, found: list[_Ours], now: datetime) -> Reconciled | Refusal:
    changed = reviewed = 0
    for ours in found:
        outcome = _compare(actor, ours, now)
        if outcome in ("same", "changed") and _take_in_refunds(actor, ours.record):
            outcome = "changed"
        if outcome in ("gateway_unavailable", "billing_due"):
            return Refusal(outcome)
        changed += outcome == "changed"
        reviewed += outcome == UNKNOWN_OBJECT
    return _pass(actor, now, Reconciled(len(found), changed, reviewed))


def _compare(actor: Actor, ours: _Ours, now: datetime) -> str:
    """Compare one payment; give what came of it in a word."""
    record, origin = ours.record, ours.origin
    with tenancy.reading(actor.company_id):
        has_invoice = invoice_exists(actor.company_id, origin.invoice_id)
        known = payments.intent_by_key(actor.company_id, record.key)
        on_file = methods.ids_of_tokens(actor.company_id, {one.method_token for one in record.attempts})
        due_at = next_issue_of(actor.company_id)
    if known and says_the_same(record, *known, on_file):
        return "same"
    if not has_invoice:
        return "billing_due" if due_at and due_at <= now else _put_before_a_person(actor, record, now)
    method_ids = _lost_methods.known_or_kept(actor, {one.method_token for one in record.attempts}, now)
    if isinstance(method_ids, Refusal):
        return method_ids.code
    taken = _driver.run(take_up(record, origin, method_ids), actor)
    if taken is None:
        return "changed"
    if taken.code == UNKNOWN_OBJECT:
        return _put_before_a_person(actor, record, now)
    return "same" if taken.code == "nothing_due" else taken.code


def _take_in_refunds(actor: Actor, record: IntentRecord) -> int:
    """Book the refunds that no row speaks of, lost ones and those of the gateway's dashboard; count them."""
    if not record.refunds:
        return 0
    with tenancy.reading(actor.company_id):
        known = refunds.refunds_known(actor.company_id, record.key)
        found = payments.intent_by_key(actor.company_id, record.key)
    unknown = [one for one in record.refunds if one.refund_id not in known]
    if found is None:
        return 0
    for one in unknown:
        _driver.run(take_in(found[0].id, one), actor)
    return len(unknown)


def _put_before_a_person(actor: Actor, record: IntentRecord, now: datetime) -> str:
    """Open a review of a payment that no row can be made for, once, and hold the company's billing."""
    amount = record.reply.amount
    facts = {
        "gateway_id": record.reply.gateway_id,
        "key": record.key,
        "invoice_number": record.invoice_number,
        "event": record.reply.event.value,
        "amount_minor": amount.minor if amount else None,
        "currency": amount.currency if amount else "",
    }
    with tenancy.phase(actor.company_id):
        company = companies.lock_company(actor.company_id)
        if reviews.is_known(actor.company_id, UNKNOWN_OBJECT, record.reply.gateway_id):
            return "same"
        review_id = new_id()
        reviews.open_without_intent(actor.company_id, review_id, UNKNOWN_OBJECT, facts, now=now)
        reviews.hold_billing(company, UNKNOWN_OBJECT, now=now)
        audit.record(actor, Action.RECONCILE_GATEWAY, "review", review_id, now=now, after=facts)
    alarm_log.review_opened(company=actor.company_id, reason=UNKNOWN_OBJECT, about=record.reply.gateway_id)
    alarm_log.billing_held(company=actor.company_id, reason=UNKNOWN_OBJECT)
    return UNKNOWN_OBJECT


@tenancy.tried_again
def _pass(actor: Actor, now: datetime, reconciled: Reconciled) -> Reconciled:
    with tenancy.phase(actor.company_id):
        row = companies.lock_company(actor.company_id)
        recovery = companies.open_recovery(lock=False)
        row.reconciled_at = now
        row.passed_recovery_id = recovery.id if recovery else row.passed_recovery_id
        row.save(update_fields=["reconciled_at", "passed_recovery_id"])
    return reconciled
