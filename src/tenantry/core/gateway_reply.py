"""What we may ask a gateway about a payment or a refund, what it can say, and the event that each reply means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenantry.core.money import Money


class Event(StrEnum):
    """The columns of the payment table: what a reply (or the lack of one) means for an intent."""

    EXISTS = "exists"
    DECLINED = "declined"
    ASKS_PAYER = "asks_payer"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    NOT_FOUND = "not_found"
    NOT_SENT = "not_sent"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class CreateIntent:
    """Ask the gateway to promise that this amount is taken at most once. Moves no money."""

    key: str
    customer: str
    amount: Money
    invoice_number: str


@dataclass(frozen=True, slots=True)
class ConfirmIntent:
    """Ask the gateway to take the money of an intent now, with one method.

    `off_session` is true when no payer sits in front of a screen; `return_url` is where the payer comes
    back to when the bank wants to see them.
    """

    key: str
    gateway_id: str
    method_token: str
    off_session: bool
    return_url: str = ""


@dataclass(frozen=True, slots=True)
class CancelIntent:
    """Ask the gateway to close an intent for good: the only way to give up."""

    key: str
    gateway_id: str


@dataclass(frozen=True, slots=True)
class FindIntent:
    """Ask what became of an intent: by its id where we have one, else by the key that created it."""

    customer: str
    gateway_id: str = ""
    key: str = ""


PaymentRequest = CreateIntent | ConfirmIntent | CancelIntent | FindIntent


@dataclass(frozen=True, slots=True)
class GatewayReply:
    """One answer about one intent, already read as an event.

    `event` alone is set for NOT_SENT (refused before a byte was sent), NO_ANSWER (timeout, reset, 5xx,
    unreadable) and NOT_FOUND. `attempt_key` names the confirm that the gateway speaks of. `code` is a
    decline or bank return code. `next_url` is where an asked payer goes on.
    """

    event: Event
    gateway_id: str = ""
    customer: str = ""
    amount: Money | None = None
    attempt_key: str = ""
    code: str = ""
    next_url: str = ""
    occurred_at: datetime | None = None


class RefundEvent(StrEnum):
    """What a reply (or the lack of one) means for a refund."""

    DONE = "done"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    NOT_SENT = "not_sent"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class CreateRefund:
    """Ask the gateway to send money of a succeeded intent back: all of it, or a part."""

    key: str
    gateway_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class FindRefund:
    """Ask what became of a refund, by its intent and the key that made it; also after the key has expired."""

    gateway_id: str
    key: str


RefundRequest = CreateRefund | FindRefund


@dataclass(frozen=True, slots=True)
class RefundReply:
    """One answer about one refund.

    DONE carries the gateway's own words: `gateway_id` is the intent's id there, `key` the key that made the
    refund (empty: a person made it in the gateway's dashboard). REFUSED carries the reason as `code`
    (`not_refundable`, `refund_too_large`, `intent_disputed`, `intent_not_found`, `amount_invalid`,
    `currency_differs`): no money moved. NO_ANSWER (timeout, reset, 5xx, unreadable, a key that was used for
    something else) says nothing.
    """

    event: RefundEvent
    refund_id: str = ""
    gateway_id: str = ""
    customer: str = ""
    amount: Money | None = None
    key: str = ""
    code: str = ""
    occurred_at: datetime | None = None
