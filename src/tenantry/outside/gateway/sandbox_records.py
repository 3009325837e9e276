"""Read the simulated processor's own books and its webhooks into the values of the port."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenantry.core.gateway_records import (
    AttemptRecord,
    DisputeRecord,
    IntentRecord,
    Payout,
    PayoutLine,
    PayoutLineKind,
)
from tenantry.core.gateway_reply import RefundEvent, RefundReply
from tenantry.core.money import total
from tenantry.outside.gateway.json_fields import Unreadable, instant, money, object_of, objects, parsed, text, whole
from tenantry.outside.gateway.port import EventHint, NotOurs
from tenantry.outside.gateway.sandbox_answers import intent_reply

MODE, VERSION = "test", 1


def refund_reply(body: object) -> RefundReply:
    """Read a refund."""
    data = object_of(body)
    if text(data, "state") != "succeeded":
        raise Unreadable
    return RefundReply(
        event=RefundEvent.DONE,
        refund_id=text(data, "id"),
        gateway_id=text(data, "intent"),
        customer=text(data, "customer"),
        amount=money(data),
        key=text(data, "key", optional=True),
        occurred_at=instant(data, "created_at"),
    )


def refunds_listed(body: object) -> tuple[RefundReply, ...]:
    """Read a list of refunds."""
    return tuple(refund_reply(item) for item in objects(object_of(body), "items"))


def intent_records(body: object) -> tuple[IntentRecord, ...]:
    """Read a list of intents with everything that happened on them."""
    return tuple(_intent_record(item) for item in objects(object_of(body), "items"))


def _intent_record(data: Mapping[str, Any]) -> IntentRecord:
    dispute = data.get("dispute")
    return IntentRecord(
        reply=intent_reply(data),
        key=text(data, "key", optional=True),
        invoice_number=text(data, "invoice_number"),
        created_at=instant(data, "created_at"),
        attempts=tuple(_attempt(item) for item in objects(data, "all_attempts")),
        refunds=tuple(refund_reply(item) for item in objects(data, "refunds")),
        dispute=_dispute(object_of(dispute)) if dispute is not None else None,
    )


def _attempt(data: Mapping[str, Any]) -> AttemptRecord:
    return AttemptRecord(
        key=text(data, "key", optional=True),
        method_token=text(data, "method"),
        outcome=text(data, "outcome"),
        code=text(data, "code", optional=True),
        started_at=instant(data, "started_at"),
        changed_at=instant(data, "changed_at"),
    )


def _dispute(data: Mapping[str, Any]) -> DisputeRecord:
    return DisputeRecord(
        dispute_id=text(data, "id"),
        reason=text(data, "reason"),
        state=text(data, "state"),
        amount=money(data),
        opened_at=instant(data, "opened_at"),
    )


def payouts_listed(body: object) -> tuple[Payout, ...]:
    """Read a list of payouts; one that is not the sum of its lines is unreadable."""
    return tuple(_payout(item) for item in objects(object_of(body), "items"))


def _payout(data: Mapping[str, Any]) -> Payout:
    amount = money(data)
    lines = tuple(_payout_line(item) for item in objects(data, "lines"))
    if any(line.amount.currency != amount.currency for line in lines):
        raise Unreadable
    if total((line.amount for line in lines), amount.currency) != amount:
        raise Unreadable
    return Payout(payout_id=text(data, "id"), amount=amount, paid_at=instant(data, "paid_at"), lines=lines)


def _payout_line(data: Mapping[str, Any]) -> PayoutLine:
    try:
        kind = PayoutLineKind(text(data, "kind"))
    except ValueError as error:
        raise Unreadable from error
    return PayoutLine(
        line_id=text(data, "id"),
        kind=kind,
        gateway_id=text(data, "intent"),
        refund_id=text(data, "refund", optional=True),
        customer=text(data, "customer"),
        amount=money(data),
        occurred_at=instant(data, "occurred_at"),
    )


def event_hint(content: bytes, *, message_id: str, account: str) -> EventHint:
    """Read a webhook whose signature was right. An empty `account` takes those of any."""
    data = parsed(content)
    about = object_of(data.get("data"))
    if text(data, "id") != message_id:
        raise Unreadable
    return EventHint(
        event_id=message_id,
        kind=text(data, "type"),
        object_id=text(about, "object", optional=True),
        customer=text(about, "customer", optional=True),
        intent=text(about, "intent", optional=True),
        happened_at=instant(data, "created"),
        sequence=whole(data, "sequence"),
        not_ours=_not_ours(data, account),
    )


def _not_ours(data: Mapping[str, Any], account: str) -> NotOurs | None:
    if text(data, "mode") != MODE:
        return NotOurs.OTHER_MODE
    if account and text(data, "account") != account:
        return NotOurs.OTHER_ACCOUNT
    return None if whole(data, "version") == VERSION else NotOurs.OTHER_VERSION
