"""What a payment flow yields: load, commit these writes, call the gateway. A driver carries it out.

Every yield is a point where the process may die.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tenantry.core.gateway_reply import GatewayReply, PaymentRequest, RefundReply, RefundRequest
from tenantry.core.money import Money
from tenantry.core.payment_facts import AttemptFacts, IntentFacts, InvoiceState, Loaded
from tenantry.core.payment_states import Outcome
from tenantry.core.postings import Entry
from tenantry.core.refund_facts import RefundFacts, RefundsLoaded


@dataclass(frozen=True, slots=True)
class Load:
    """Open a durable transaction, lock company → invoice → intents → attempts, answer with `Loaded`.

    Names the invoice, or an intent of it. The transaction stays open until the flow yields its next
    effect: a `Commit` (write and commit) or anything else, or returns (roll back: nothing was written).
    """

    invoice_id: str = ""
    intent_id: str = ""
    request_key: str = ""


@dataclass(frozen=True, slots=True)
class LoadRefunds:
    """The same for the refunds of a payment: lock company → invoice → intents → refunds, answer with `RefundsLoaded`.

    Names the invoice, an intent of it, or a refund.
    """

    invoice_id: str = ""
    intent_id: str = ""
    refund_id: str = ""
    request_key: str = ""


@dataclass(frozen=True, slots=True)
class InsertIntent:
    """Add an intent row with these values (`version` 1)."""

    intent: IntentFacts


@dataclass(frozen=True, slots=True)
class UpdateIntent:
    """Bring the moving columns of an intent row to these values; exactly one row of `expected_version` must match.

    Moving: state, gateway_id, next_url, next_ask_at, times_asked, moved_at, version.
    """

    intent: IntentFacts
    expected_version: int


@dataclass(frozen=True, slots=True)
class AdoptAmount:
    """Let an intent row without a gateway's id be about what the gateway has under its key: exactly one must match."""

    intent_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class SetNextAsk:
    """Note when the gateway is asked next and how often it was; this is no move, so `version` stays."""

    intent_id: str
    at: datetime | None
    times_asked: int


@dataclass(frozen=True, slots=True)
class InsertAttempt:
    """Add an attempt row with these values; the driver adds who asked (id and name of the actor)."""

    attempt: AttemptFacts


@dataclass(frozen=True, slots=True)
class UpdateAttempt:
    """Bring outcome, code, sent_at and decided_at of an attempt to these values; `expected_outcome` must match."""

    attempt: AttemptFacts
    expected_outcome: Outcome


@dataclass(frozen=True, slots=True)
class InsertRefund:
    """Add a refund row with these values; the driver adds who asked (id and name of the actor)."""

    refund: RefundFacts


@dataclass(frozen=True, slots=True)
class UpdateRefund:
    """Bring the moving columns of a refund row to these values; exactly one row of `expected_version` must match.

    Moving: state, gateway_refund_id, code, was_found, moved_at, next_ask_at, times_asked, version.
    """

    refund: RefundFacts
    expected_version: int


@dataclass(frozen=True, slots=True)
class SetNextRefundAsk:
    """Note when the gateway is asked next about a refund; this is no move, so `version` stays."""

    refund_id: str
    at: datetime | None
    times_asked: int


@dataclass(frozen=True, slots=True)
class MoveInvoice:
    """Move the invoice's state (`version` + 1); exactly one row of `expected_version` must match."""

    invoice_id: str
    expected_version: int
    state: InvoiceState
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class SetCollectAt:
    """Note when the default method is charged next; None: not by itself any more."""

    invoice_id: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Post:
    """Write a balanced ledger entry for an attempt, or for a refund."""

    entry: Entry
    attempt_id: str
    occurred_at: datetime
    refund_id: str = ""


@dataclass(frozen=True, slots=True)
class BlockMethod:
    """Note on the method why it can't be charged any more: a bank return or decline code."""

    method_id: str
    code: str


@dataclass(frozen=True, slots=True)
class OpenReview:
    """Put a contradiction, or something that takes too long, before a person of the vendor; facts are plain JSON.

    Alone it holds nothing: `HoldBilling` does.
    """

    intent_id: str
    reason: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class CloseReview:
    """Close a review by itself, because the gateway answered after all."""

    intent_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class EndReview:
    """Close a review by a person, who decided and gives evidence; exactly one open row must match."""

    review_id: str
    decision: str
    evidence: str


@dataclass(frozen=True, slots=True)
class ReleaseBilling:
    """Let the company be charged again, unless a review that holds its billing is still open."""


@dataclass(frozen=True, slots=True)
class HoldBilling:
    """Stop every charge of this company until a person has looked."""

    because: str


@dataclass(frozen=True, slots=True)
class SendNotice:
    """Write a notice, once for each (kind, about_key); facts are plain JSON."""

    kind: str
    about_kind: str
    about_id: str
    about_key: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class EnqueueJob:
    """Enqueue a job in this transaction, to run at an instant; running it twice changes things once."""

    name: str
    at: datetime
    args: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Audit:
    """Record a change in the same transaction; before and after are plain JSON."""

    action: str
    object_kind: str
    object_id: str
    before: Mapping[str, object] = field(default_factory=dict)
    after: Mapping[str, object] = field(default_factory=dict)


Write = (
    InsertIntent
    | UpdateIntent
    | AdoptAmount
    | SetNextAsk
    | InsertAttempt
    | UpdateAttempt
    | InsertRefund
    | UpdateRefund
    | SetNextRefundAsk
    | MoveInvoice
    | SetCollectAt
    | Post
    | BlockMethod
    | OpenReview
    | CloseReview
    | EndReview
    | ReleaseBilling
    | HoldBilling
    | SendNotice
    | EnqueueJob
    | Audit
)


@dataclass(frozen=True, slots=True)
class Commit:
    """Apply the writes in this order and commit the transaction of the last load; answered with None."""

    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """Call the gateway, with no transaction open; answered with its `GatewayReply` or `RefundReply`.

    With `not_after` the driver looks at the clock right before it sends: later than that it sends nothing, and the
    answer is NOT_SENT.
    """

    request: PaymentRequest | RefundRequest
    not_after: datetime | None = None


Effect = Load | LoadRefunds | Commit | Call
Answer = Loaded | RefundsLoaded | GatewayReply | RefundReply | None
