"""How events are delivered, and when each is tried again. Pure: sending is `sender.py`'s."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from sandbox_gateway.faults import MOST_LATE_SECONDS, Fault, FaultKind
from sandbox_gateway.state import State
from sandbox_gateway.values import Delivery, DeliveryForm, DeliveryState, Event, Refused

RETRY_AFTER_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 72_000)
"""After each failed try; together just under three days. Then it is given up."""
HELD_AT_MOST = timedelta(hours=1)
REPLAYED_AFTER = timedelta(hours=1)
FEWEST_COPIES, MOST_COPIES = 2, 5
ADDED_BY: dict[FaultKind, DeliveryForm] = {
    FaultKind.FORGED: DeliveryForm.FORGED,
    FaultKind.UNKNOWN_TYPE: DeliveryForm.UNKNOWN_TYPE,
    FaultKind.OTHER_MODE: DeliveryForm.OTHER_MODE,
    FaultKind.OTHER_ACCOUNT: DeliveryForm.OTHER_ACCOUNT,
    FaultKind.OTHER_VERSION: DeliveryForm.OTHER_VERSION,
    FaultKind.TOO_BIG: DeliveryForm.TOO_BIG,
}
"""What is sent in front of the genuine event."""


def queue(state: State, now: datetime, event: Event, fault: Fault | None) -> None:
    """Put an event on its way, as a fault wants it."""
    kind = fault.kind if fault else None
    if kind in ADDED_BY:
        _put(state, now, event, form=ADDED_BY[kind])
    match kind:
        case FaultKind.LOST:
            _put(state, now, event, outcome=DeliveryState.LOST)
        case FaultKind.LATE:
            _put(state, now, event, due_at=now + _lateness(event, fault))
        case FaultKind.REORDERED:
            _put(state, now, event, due_at=now + HELD_AT_MOST, is_held=True)
        case FaultKind.DOUBLED:
            for _ in range(_copies(event, fault)):
                _put(state, now, event)
        case _:
            _put(state, now, event)
    if kind is FaultKind.REPLAYED:
        _put(state, now, event, form=DeliveryForm.REPLAYED, due_at=now + REPLAYED_AFTER, signed_at=now)


def _put(
    state: State,
    now: datetime,
    event: Event,
    *,
    form: DeliveryForm = DeliveryForm.GENUINE,
    outcome: DeliveryState = DeliveryState.WAITING,
    due_at: datetime | None = None,
    signed_at: datetime | None = None,
    is_held: bool = False,
) -> None:
    delivery = Delivery(
        id=state.new_id("dlv"),
        event_id=event.id,
        customer=event.customer,
        form=form,
        state=outcome,
        created_at=now,
        due_at=due_at or now,
        signed_at=signed_at,
        is_held=is_held,
    )
    state.put(delivery)


def _lateness(event: Event, fault: Fault | None) -> timedelta:
    named = fault.seconds if fault else 0.0
    return timedelta(seconds=named or 1 + _drawn(event, "late") % MOST_LATE_SECONDS)


def _copies(event: Event, fault: Fault | None) -> int:
    named = fault.number if fault else 0
    return named or FEWEST_COPIES + _drawn(event, "doubled") % (MOST_COPIES - FEWEST_COPIES + 1)


def _drawn(event: Event, purpose: str) -> int:
    return int.from_bytes(sha256(f"{purpose}:{event.id}".encode()).digest()[:8])


def send_again(state: State, now: datetime, event_id: str) -> Event | Refused:
    """Send an event once more, as a person can in the dashboard."""
    event = state.get(Event, event_id)
    if event is None:
        return Refused("event_not_found")
    _put(state, now, event)
    return event


def record_try(state: State, now: datetime, delivery_id: str, status: int) -> None:
    """Write down what the endpoint answered, and when the delivery is tried again if it did not take it."""
    delivery = state.get(Delivery, delivery_id)
    if delivery is None or delivery.state is not DeliveryState.WAITING:
        return
    tried = replace(delivery, tries=delivery.tries + 1, last_status=status, last_at=now, is_held=False)
    is_taken = 200 <= status < 300
    is_over = delivery.form is not DeliveryForm.GENUINE or tried.tries > len(RETRY_AFTER_SECONDS)
    if is_taken or is_over:
        state.put(replace(tried, state=DeliveryState.DELIVERED if is_taken else DeliveryState.FAILED))
    else:
        again_at = now + timedelta(seconds=RETRY_AFTER_SECONDS[tried.tries - 1])
        state.put(replace(tried, due_at=again_at))
    _release(state, now, delivery)


def _release(state: State, now: datetime, sent: Delivery) -> None:
    """Let those go that were held until a later event of the same customer was sent."""
    for held in state.held(sent.customer):
        if _sequence(state, held) < _sequence(state, sent):
            state.put(replace(held, is_held=False, due_at=now))


def _sequence(state: State, delivery: Delivery) -> int:
    event = state.get(Event, delivery.event_id)
    return event.sequence if event else 0
