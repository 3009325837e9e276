"""Write down what happens, for whoever wants to be told. Pure."""

from __future__ import annotations

from datetime import datetime

from sandbox_gateway.state import EVENTS, State
from sandbox_gateway.values import Event


def note(state: State, now: datetime, kind: str, customer: str, object_id: str, intent_id: str = "") -> None:
    """Write down that something happened to an object, and to the intent that it belongs to."""
    event = Event(
        id=state.new_id("evt"),
        kind=kind,
        customer=customer,
        object_id=object_id,
        happened_at=now,
        intent_id=intent_id,
        sequence=state.count(EVENTS),
    )
    state.put(event)
