"""Read the JSON of the simulated processor into the values of the port; what does not fit is `Unreadable`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tenantry.core.gateway_reply import Event, GatewayReply
from tenantry.core.money import Money
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


class Unreadable(Exception):
    """An answer that is not what was agreed."""


def customer_id(body: Body) -> str:
    """Read the id of a customer."""
    return _text(_object(body), "id")


def intents_listed(body: Body) -> Sequence[GatewayReply]:
    """Read a list of intents."""
    items = _object(body).get("items")
    if not isinstance(items, list):
        raise Unreadable
    return tuple(intent_reply(item) for item in items)


def intent_reply(body: object) -> GatewayReply:
    """Read an intent: the event is what its state and its last attempt mean."""
    data = _object(body)
    attempt = data.get("attempt")
    last = _object(attempt) if attempt is not None else {}
    event = _event(_text(data, "state"), str(last.get("outcome", "")))
    return GatewayReply(
        event=event,
        gateway_id=_text(data, "id"),
        customer=_text(data, "customer"),
        amount=_money(data),
        attempt_key=_text(last, "key") if last else "",
        code=_text(last, "code") if last and event in WITH_CODE else "",
        next_url=_text(data, "next_url") if event is Event.ASKS_PAYER else "",
        occurred_at=_instant(data, "changed_at"),
    )


def _event(state: str, outcome: str) -> Event:
    if state == "open":
        return Event.DECLINED if outcome == "declined" else Event.EXISTS
    if state not in EVENT_OF_STATE:
        raise Unreadable
    return EVENT_OF_STATE[state]


def setup_reply(body: Body) -> SetupReply:
    """Read a setup, with the facts of its method once there is one."""
    data = _object(body)
    method = data.get("method")
    return SetupReply(
        told=Told.DONE,
        setup_id=_text(data, "id"),
        customer=_text(data, "customer"),
        page_url=_text(data, "page_url"),
        state=_setup_state(_text(data, "state")),
        method=_method(_object(method)) if method is not None else None,
    )


def _setup_state(text: str) -> SetupState:
    try:
        return SetupState(text)
    except ValueError as error:
        raise Unreadable from error


def _method(data: Mapping[str, Any]) -> MethodFacts:
    try:
        kind = MethodKind(_text(data, "kind"))
    except ValueError as error:
        raise Unreadable from error
    return MethodFacts(
        token=_text(data, "id"),
        kind=kind,
        fingerprint=_text(data, "fingerprint"),
        last4=_text(data, "last4"),
        brand=_text(data, "brand", optional=True),
        bank_name=_text(data, "bank_name", optional=True),
        expiry_month=_whole(data, "expiry_month"),
        expiry_year=_whole(data, "expiry_year"),
        verified=data.get("verified") is True,
    )


def verify_reply(body: Body) -> VerifyReply:
    """Read the answer to two micro-deposit amounts."""
    data = _object(body)
    verified = data.get("verified")
    if not isinstance(verified, bool):
        raise Unreadable
    return VerifyReply(Told.DONE if verified else Told.REFUSED, _whole(data, "tries_left"))


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable
    return value


def _text(data: Mapping[str, Any], name: str, *, optional: bool = False) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not (value or optional):
        raise Unreadable
    return value


def _whole(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unreadable
    return value


def _money(data: Mapping[str, Any]) -> Money:
    return Money(_whole(data, "amount_minor"), _text(data, "currency"))


def _instant(data: Mapping[str, Any], name: str) -> datetime:
    try:
        read = datetime.fromisoformat(_text(data, name))
    except ValueError as error:
        raise Unreadable from error
    if read.tzinfo is None:
        raise Unreadable
    return read
