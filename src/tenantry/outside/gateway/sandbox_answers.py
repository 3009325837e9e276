"""Read the JSON of the simulated processor into the values of the port; what does not fit is `Unreadable`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tenantry.core.gateway_reply import Event, GatewayReply
from tenantry.outside.gateway.json_fields import Unreadable, address, instant, money, object_of, objects, text, whole
from tenantry.outside.gateway.port import (
    MethodFacts,
    MethodKind,
    SetupReply,
    SetupState,
    Told,
    VerifyReply,
)

Body = Mapping[str, Any] | None
EVENT_OF_STATE = {
    "asks_payer": Event.ASKS_PAYER,
    "processing": Event.PROCESSING,
    "succeeded": Event.SUCCEEDED,
    "returned": Event.RETURNED,
    "cancelled": Event.CANCELLED,
}
WITH_CODE = (Event.DECLINED, Event.RETURNED)


def customers_listed(body: Body) -> Sequence[str]:
    """Read the ids in a list of customers, the oldest first."""
    return tuple(customer_id(item) for item in objects(object_of(body), "items"))


def customer_id(body: Body) -> str:
    """Read the id of a customer."""
    return text(object_of(body), "id")


def intents_listed(body: Body) -> Sequence[GatewayReply]:
    """Read a list of intents."""
    return tuple(intent_reply(item) for item in objects(object_of(body), "items"))


def intent_reply(body: object) -> GatewayReply:
    """Read an intent: the event is what its state and its last attempt mean."""
    data = object_of(body)
    attempt = data.get("attempt")
    last = object_of(attempt) if attempt is not None else {}
    event = _event(text(data, "state"), str(last.get("outcome", "")))
    return GatewayReply(
        event=event,
        gateway_id=text(data, "id"),
        customer=text(data, "customer"),
        amount=money(data),
        attempt_key=text(last, "key") if last else "",
        code=text(last, "code") if last and event in WITH_CODE else "",
        next_url=address(data, "next_url") if event is Event.ASKS_PAYER else "",
        occurred_at=instant(data, "changed_at"),
    )


def _event(state: str, outcome: str) -> Event:
    if state == "open":
        return Event.DECLINED if outcome == "declined" else Event.EXISTS
    if state not in EVENT_OF_STATE:
        raise Unreadable
    return EVENT_OF_STATE[state]


def setup_reply(body: Body) -> SetupReply:
    """Read a setup, with the facts of its method once there is one."""
    data = object_of(body)
    method = data.get("method")
    return SetupReply(
        told=Told.DONE,
        setup_id=text(data, "id"),
        customer=text(data, "customer"),
        page_url=address(data, "page_url"),
        state=_setup_state(text(data, "state")),
        method=_method(object_of(method)) if method is not None else None,
    )


def _setup_state(name: str) -> SetupState:
    try:
        return SetupState(name)
    except ValueError as error:
        raise Unreadable from error


def method_facts(body: Body) -> MethodFacts:
    """Read a method."""
    return _method(object_of(body))


def _method(data: Mapping[str, Any]) -> MethodFacts:
    try:
        kind = MethodKind(text(data, "kind"))
    except ValueError as error:
        raise Unreadable from error
    return MethodFacts(
        token=text(data, "id"),
        kind=kind,
        fingerprint=text(data, "fingerprint"),
        last4=text(data, "last4"),
        brand=text(data, "brand", optional=True),
        bank_name=text(data, "bank_name", optional=True),
        expiry_month=whole(data, "expiry_month"),
        expiry_year=whole(data, "expiry_year"),
        verified=data.get("verified") is True,
    )


def verify_reply(body: Body) -> VerifyReply:
    """Read the answer to two micro-deposit amounts."""
    data = object_of(body)
    verified = data.get("verified")
    if not isinstance(verified, bool):
        raise Unreadable
    return VerifyReply(Told.DONE if verified else Told.REFUSED, whole(data, "tries_left"))
