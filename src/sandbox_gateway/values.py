"""The plain frozen values that the simulated processor keeps and answers with. None is a card or account number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MethodKind(StrEnum):
    """What can be charged."""

    CARD = "card"
    ACH = "ach"


class SetupState(StrEnum):
    """Where a setup stands."""

    OPEN = "open"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"


class IntentState(StrEnum):
    """Where an intent stands. Only an open one can be confirmed."""

    OPEN = "open"
    ASKS_PAYER = "asks_payer"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What became of one attempt to charge."""

    ASKS_PAYER = "asks_payer"
    PROCESSING = "processing"
    DECLINED = "declined"
    SUCCEEDED = "succeeded"
    RETURNED = "returned"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Behavior:
    """What a documented test number stands for; kept in the place of the number.

    `attach_decline` refuses the method when it is typed; `charge_decline` each charge. `asks_payer` wants
    an approval from whoever sits in front of the screen. A bank debit settles after
    `settle_after_business_days`, with `return_code` as returned instead of succeeded; `late_return_code`
    takes a succeeded one back `late_return_after_business_days` (or, if set, `late_return_after_days`) later.
    A succeeded payment with a `dispute_reason` is disputed `dispute_after_days` later, and that is decided
    `dispute_decided_after_days` after it was opened. With `deposits_differ` no amounts verify the account.
    """

    attach_decline: str = ""
    charge_decline: str = ""
    asks_payer: bool = False
    settle_after_business_days: int = 3
    return_code: str = ""
    late_return_code: str = ""
    late_return_after_business_days: int = 0
    late_return_after_days: int = 0
    dispute_reason: str = ""
    dispute_after_days: int = 7
    dispute_decided_after_days: int = 14
    dispute_is_won: bool = False
    deposits_differ: bool = False


@dataclass(frozen=True, slots=True)
class NewMethod:
    """What is kept of a card or an account that was typed on the hosted page."""

    kind: MethodKind
    fingerprint: str
    last4: str
    behavior: Behavior
    brand: str = ""
    bank_name: str = ""
    expiry_month: int = 0
    expiry_year: int = 0


@dataclass(frozen=True, slots=True)
class Customer:
    """A company that pays. `reference` is the caller's own name for it."""

    id: str
    name: str
    reference: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Setup:
    """One visit of a payer to the hosted page. `method_id` is empty until it succeeded."""

    id: str
    customer: str
    kind: MethodKind
    return_url: str
    reference: str
    state: SetupState
    method_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Method:
    """A stored card or bank account.

    `tries_left` counts the micro-deposit guesses of an unverified account; at `gives_up_at` it is too late for them.
    """

    id: str
    customer: str
    kind: MethodKind
    fingerprint: str
    last4: str
    brand: str
    bank_name: str
    expiry_month: int
    expiry_year: int
    behavior: Behavior
    verified: bool
    tries_left: int
    created_at: datetime
    detached_at: datetime | None = None
    gives_up_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One confirm that was executed.

    `due_at` is when it moves on by itself: a bank debit settles, a succeeded one is returned late or disputed.
    `forced` is set where a fault decided how it behaves, in the place of its number.
    """

    id: str
    key: str
    method_id: str
    outcome: Outcome
    code: str
    return_url: str
    started_at: datetime
    changed_at: datetime
    due_at: datetime | None = None
    forced: Behavior | None = None


class DisputeState(StrEnum):
    """Where a dispute stands. An open one has moved nothing yet."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A payer says at the bank that a succeeded payment was not right. Lost, it takes the money back."""

    id: str
    reason: str
    state: DisputeState
    amount_minor: int
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None = None
    will_be_won: bool = False


@dataclass(frozen=True, slots=True)
class Intent:
    """The promise to take this amount at most once. `key` is the key that created it."""

    id: str
    key: str
    customer: str
    amount_minor: int
    currency: str
    invoice_number: str
    state: IntentState
    attempts: tuple[Attempt, ...]
    refunded_minor: int
    created_at: datetime
    changed_at: datetime
    dispute: Dispute | None = None

    @property
    def latest(self) -> Attempt | None:
        """The last attempt: the one that speaks for the intent."""
        return self.attempts[-1] if self.attempts else None


@dataclass(frozen=True, slots=True)
class Refund:
    """Money of a succeeded intent that was sent back. Without a `key` a person did it in the dashboard."""

    id: str
    intent_id: str
    amount_minor: int
    currency: str
    created_at: datetime
    customer: str = ""
    key: str = ""


class MovementKind(StrEnum):
    """What moved the balance that the processor holds for the vendor."""

    CHARGE = "charge"
    REFUND = "refund"
    RETURN = "return"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of the vendor's balance; below zero where money was taken back. Paid out once it is available."""

    id: str
    kind: MovementKind
    intent_id: str
    refund_id: str
    customer: str
    amount_minor: int
    currency: str
    occurred_at: datetime
    available_at: datetime
    payout_id: str = ""


@dataclass(frozen=True, slots=True)
class Payout:
    """What was paid to the vendor's bank account (below zero: drawn from it): the sum of its movements."""

    id: str
    currency: str
    amount_minor: int
    paid_at: datetime
    movement_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PayoutLines:
    """A payout with its movements, and what it holds of each customer."""

    payout: Payout
    movements: tuple[Movement, ...]
    customers: tuple[Customer, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an object. `sequence` counts up in the order in which things happened."""

    id: str
    kind: str
    customer: str
    object_id: str
    happened_at: datetime
    intent_id: str = ""
    sequence: int = 0


class DeliveryForm(StrEnum):
    """What is sent about an event: the event itself, or what a receiver must not fall for."""

    GENUINE = "genuine"
    FORGED = "forged"
    REPLAYED = "replayed"
    UNKNOWN_TYPE = "unknown_type"
    OTHER_MODE = "other_mode"
    OTHER_ACCOUNT = "other_account"
    OTHER_VERSION = "other_version"
    TOO_BIG = "too_big"


class DeliveryState(StrEnum):
    """Where a delivery stands. FAILED: nobody took it; LOST: it was never sent, because a fault said so."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to the vendor's endpoint; tried at `due_at`, again and again while it is genuine.

    `last_status` is what the endpoint answered (0: nothing). `signed_at` is set where an old signature is sent.
    `is_held` waits until a later event of the same customer was sent.
    """

    id: str
    event_id: str
    customer: str
    form: DeliveryForm
    state: DeliveryState
    created_at: datetime
    due_at: datetime
    tries: int = 0
    last_status: int = 0
    last_at: datetime | None = None
    signed_at: datetime | None = None
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer to two micro-deposit amounts."""

    method: Method
    verified: bool
    tries_left: int


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the list of charges: one attempt. `net_minor` is what the vendor holds of it now."""

    id: str
    intent_id: str
    attempt_key: str
    intent_key: str
    invoice_number: str
    customer: str
    customer_name: str
    customer_reference: str
    amount_minor: int
    net_minor: int
    refunded_minor: int
    currency: str
    method_id: str
    method: str
    outcome: Outcome
    code: str
    started_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """The first answer given under an idempotency key, as text, and what was asked. `id` is the key."""

    id: str
    digest: str
    answer_kind: str
    answer: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Counter:
    """How many ids were given out so far."""

    id: str
    value: int


@dataclass(frozen=True, slots=True)
class Refused:
    """An anticipated no. `intent` is the truth about the intent that could not be moved.

    Codes: customer_not_found, setup_not_found, setup_closed, method_not_found, method_is_no_bank_account,
    intent_not_found, event_not_found, key_conflict, not_confirmable, not_cancellable, not_awaiting_payer,
    not_returnable, not_refundable, refund_too_large, intent_disputed, not_disputable, no_open_dispute,
    amount_invalid, currency_invalid, currency_differs; from `complete_setup` also every decline code.
    """

    code: str
    intent: Intent | None = None
