"""What the gateway's own books say, for reconciling ours with them: intents with everything on them, and payouts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenantry.core.gateway_reply import GatewayReply, RefundReply
from tenantry.core.money import Money


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One confirm that the gateway executed. `outcome` is its own word; `code` a decline, return or dispute code."""

    key: str
    method_token: str
    outcome: str
    code: str
    started_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeRecord:
    """A payment that the payer disputes at the bank. An open one has moved nothing yet; a lost one is a return."""

    dispute_id: str
    reason: str
    state: str
    amount: Money
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class IntentRecord:
    """One intent as it is now: what `find` would say (`reply`), the key that created it, and all that happened on it.

    Attempts and refunds stand in the order in which they were made; those that a person made in the gateway's
    dashboard have an empty key.
    """

    reply: GatewayReply
    key: str
    invoice_number: str
    created_at: datetime
    attempts: tuple[AttemptRecord, ...] = ()
    refunds: tuple[RefundReply, ...] = ()
    dispute: DisputeRecord | None = None


class PayoutLineKind(StrEnum):
    """What moved the balance that the gateway holds for us."""

    CHARGE = "charge"
    REFUND = "refund"
    RETURN = "return"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """One movement in a payout. Charges stand above zero, everything that was taken back below."""

    line_id: str
    kind: PayoutLineKind
    gateway_id: str
    refund_id: str
    customer: str
    amount: Money
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Payout:
    """Money that the gateway moved to our bank account (below zero: took from it): exactly the sum of its lines."""

    payout_id: str
    amount: Money
    paid_at: datetime
    lines: tuple[PayoutLine, ...]
