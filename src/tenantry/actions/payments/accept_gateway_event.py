"""Take in what a gateway tells unasked: check who says it, keep its ids once, enqueue, answer fast."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings

from tenantry.core.gateway_events import FIRST_LOOK_AFTER
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside import queue
from tenantry.outside.gateway.chosen import gateway
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.payments import gateway_events
from tenantry.records.payments.gateway_events import Told

LONGEST_ID = 256


def accept_gateway_event(
    *, actor: Actor, gateway_name: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> bool | Refusal:
    """Keep an event that the gateway signed, and enqueue what it asks for; give whether it is new.

    The body is read and forgotten. An event of another account, or of the test mode where ours is live, is
    kept and ignored. Refusals: `not_found` (no such gateway here), `bad_signature`, `event_too_old`,
    `event_unreadable`.
    """
    if refused := require(actor, Action.ACCEPT_GATEWAY_EVENT):
        return refused
    if gateway_name != settings.TENANTRY_GATEWAY:
        return Refusal("not_found")
    hint = gateway().verify_event(headers, body, now)
    if isinstance(hint, Refusal):
        return hint
    if max(map(len, (hint.event_id, hint.kind, hint.object_id, hint.intent))) > LONGEST_ID:
        return Refusal("event_unreadable")
    told = Told(gateway_name, hint.event_id, hint.kind, hint.object_id, hint.intent, hint.happened_at)
    id_, why_not = new_id(), hint.not_ours.value if hint.not_ours else ""
    look_at = None if why_not else now + FIRST_LOOK_AFTER
    with tenancy.vendor_phase():
        is_new = gateway_events.keep(told, id_=id_, received_at=now, look_at=look_at, because=why_not)
        if is_new and not why_not:
            queue.enqueue("payments.apply_event", once=f"payments.apply_event:{id_}", event_id=id_)
    return is_new
