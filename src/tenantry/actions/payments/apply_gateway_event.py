"""Follow an event that was kept: find whose object it is, read the truth, settle."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tenantry.actions.payments import _driver
from tenantry.actions.payments.read_payouts import PayoutsRead, read_payouts
from tenantry.actions.payments.take_in_refund import take_in_refund
from tenantry.core.gateway_events import (
    UNKNOWN_KIND,
    UNKNOWN_OBJECT,
    Concern,
    EventOutcome,
    concern_of,
    is_unknown_for_good,
    next_look,
)
from tenantry.core.payment_facts import IntentFacts
from tenantry.core.payment_flow import heed
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.gateway.chosen import gateway
from tenantry.records.base import tenancy
from tenantry.records.payments import gateway_events
from tenantry.records.payments.gateway_events import WaitingEvent


def apply_gateway_event(*, actor: Actor, event_id: str, now: datetime) -> EventOutcome | Refusal:
    """Read what an event points at and apply it; give what became of the event.

    Nothing that the event itself said is believed, so their order and number don't matter. While the truth
    can't be read the event waits. Refuses `not_found` once it has ended.
    """
    if refused := require(actor, Action.APPLY_GATEWAY_EVENT):
        return refused
    event = gateway_events.waiting(event_id)
    if event is None:
        return Refusal("not_found")
    outcome, because = _followed(actor, event, now)
    with tenancy.vendor_phase():
        if outcome is EventOutcome.WAITING:
            looked = event.times_looked + 1
            gateway_events.wait(event.id, times_looked=looked, look_at=next_look(looked, now))
        else:
            gateway_events.end(event.id, outcome, now, because=because)
    return outcome


def _followed(actor: Actor, event: WaitingEvent, now: datetime) -> tuple[EventOutcome, str]:
    concern = concern_of(event.kind)
    if concern is Concern.NOTHING:
        return EventOutcome.IGNORED, UNKNOWN_KIND
    if concern is Concern.PAYOUT:
        read = read_payouts(actor=actor, now=now)
        was_answered = isinstance(read, PayoutsRead) and read.was_answered
        return (EventOutcome.APPLIED if was_answered else EventOutcome.WAITING), ""
    company_id = tenancy.company_of_gateway_object(event.gateway, event.intent_object_id)
    if company_id is None:
        is_for_good = is_unknown_for_good(event.times_looked + 1)
        return (EventOutcome.IGNORED, UNKNOWN_OBJECT) if is_for_good else (EventOutcome.WAITING, "")
    with tenancy.reading(company_id):
        intent = gateway_events.intent_of_object(company_id, event.gateway, event.intent_object_id)
    if intent is None:
        return EventOutcome.WAITING, ""
    follow = _refunds if concern is Concern.REFUND else _payment
    was_read = follow(replace(actor, company_id=company_id), event, intent)
    return (EventOutcome.APPLIED if was_read else EventOutcome.WAITING), ""


def _payment(actor: Actor, event: WaitingEvent, intent: IntentFacts) -> bool:
    """Settle the payment; tell whether its truth was read."""
    return _driver.run(heed(intent.id), actor) is True


def _refunds(actor: Actor, event: WaitingEvent, intent: IntentFacts) -> bool:
    """Take in what the gateway's books show of the payment's refunds; tell whether they were read."""
    listed = gateway().list_changes(customer=intent.customer, since=event.happened_at)
    record = next((one for one in listed.intents if one.reply.gateway_id == intent.gateway_id), None)
    if record is None:
        return False
    for refund in record.refunds:
        take_in_refund(actor=actor, intent_id=intent.id, reply=refund)
    return True
