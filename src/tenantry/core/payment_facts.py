"""What a payment flow is given: frozen copies of rows, read under their locks, and the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from tenantry.core.money import Money
from tenantry.core.payment_methods import MethodFacts
from tenantry.core.payment_states import CLOSED, Outcome, State


class InvoiceState(StrEnum):
    """What the invoice machine moves."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """The company that pays, and the settings in force for it.

    `gateway_customer` is empty until its first method was set up. `is_recovering` tells that the database was
    restored and this company's books were not compared with the gateway's yet, `compared_at` up to when they
    were last. `retry_after_days` is the published schedule after the first automatic decline (D5).
    """

    id: str
    gateway_customer: str
    installation: str
    pays_automatically: bool = True
    is_billing_held: bool = False
    is_recovering: bool = False
    compared_at: datetime | None = None
    retry_after_days: tuple[int, ...] = (2, 5, 9)
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """An issued invoice.

    `amount_due` is the receivable balance, `recoverable` what was written off and may still be paid.
    `collect_at` is when the default method is charged next.
    """

    id: str
    number: str
    state: InvoiceState
    version: int
    amount_due: Money
    recoverable: Money
    due_date: date
    state_moved_at: datetime
    collect_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IntentFacts:
    """One collection of an invoice. `version` rises with every move; `moved_at` is the last change of state.

    `refunded_minor` is what of its money was sent back, as far as we know.
    """

    id: str
    invoice_id: str
    generation: int
    state: State
    amount: Money
    customer: str
    create_key: str
    opened_at: datetime
    moved_at: datetime
    gateway_id: str = ""
    next_url: str = ""
    next_ask_at: datetime | None = None
    times_asked: int = 0
    version: int = 1
    refunded_minor: int = 0

    @property
    def is_live(self) -> bool:
        """Tell whether it still stands in the way of the next generation."""
        return self.state not in CLOSED


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """One try on an intent: one method, one key. `by_kind` is the kind of actor; the clock's are automatic.

    `by_name` is how the actor is called; nothing is decided by it.
    """

    id: str
    intent_id: str
    number: int
    method_id: str
    confirm_key: str
    by_kind: str
    opened_at: datetime
    request_key: str = ""
    outcome: Outcome = Outcome.OPEN
    code: str = ""
    sent_at: datetime | None = None
    decided_at: datetime | None = None
    by_name: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether nothing is known about its end yet."""
        return self.outcome is Outcome.OPEN

    @property
    def is_automatic(self) -> bool:
        """Tell whether no person asked for it."""
        return self.by_kind == "clock"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The answer to `Load`: everything that a decision about one invoice's payment needs, under lock.

    `intents` and `attempts` are all of this invoice's, oldest first (attempts by generation, then number).
    `methods` are those on file, and any other that an attempt used (marked removed). `replayed` is the
    attempt of this company that carries the `request_key` of the Load, with its intent. `open_reviews` are
    the open reviews of all these intents: intent id and reason;
    `judged` what the ended reviews of contradictions said, by the same two. `today` is the company's local date.
    `overpaid` are the attempts that were booked as credit, since nothing was due for them.
    `return_url` is where a payer comes back to: derived from the invoice, so that a repeated confirm says
    the same. `new_ids` are two ids that no row has yet.
    """

    now: datetime
    today: date
    company: CompanyFacts
    invoice: InvoiceFacts
    intents: tuple[IntentFacts, ...]
    attempts: tuple[AttemptFacts, ...]
    methods: tuple[MethodFacts, ...]
    new_ids: tuple[str, str]
    return_url: str = ""
    replayed: tuple[IntentFacts, AttemptFacts] | None = None
    open_reviews: frozenset[tuple[str, str]] = frozenset()
    judged: Mapping[tuple[str, str], Sequence[Mapping[str, object]]] = field(default_factory=dict)
    overpaid: frozenset[str] = frozenset()

    @property
    def latest(self) -> IntentFacts | None:
        """Give the intent of the highest generation."""
        return self.intents[-1] if self.intents else None

    def intent(self, intent_id: str) -> IntentFacts:
        """Give one intent of this invoice."""
        return next(intent for intent in self.intents if intent.id == intent_id)

    def attempts_of(self, intent_id: str) -> tuple[AttemptFacts, ...]:
        """Give the attempts on one intent, oldest first."""
        return tuple(attempt for attempt in self.attempts if attempt.intent_id == intent_id)

    def open_reasons(self, intent_id: str) -> frozenset[str]:
        """Give the reasons of the open reviews of one intent."""
        return frozenset(reason for of, reason in self.open_reviews if of == intent_id)

    def open_attempt(self, intent_id: str) -> AttemptFacts | None:
        """Give the one open attempt on an intent."""
        return next((attempt for attempt in self.attempts_of(intent_id) if attempt.is_open), None)

    def method(self, method_id: str) -> MethodFacts:
        """Give one of the methods."""
        return next(method for method in self.methods if method.id == method_id)
