"""What a refund's flow is given: frozen copies of rows, read under their locks, and the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tenantry.core.money import Money, total
from tenantry.core.payment_facts import AttemptFacts, CompanyFacts, IntentFacts, InvoiceFacts
from tenantry.core.refund_states import UNDER_WAY, RefundState


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """Money of one payment that is sent back. `version` rises with every move.

    `key` names it at the gateway; a refund that a person made in the gateway's dashboard has none. `was_found`: the
    gateway made it without our waiting for it. `code` says why it was refused.
    """

    id: str
    invoice_id: str
    intent_id: str
    number: int
    state: RefundState
    amount: Money
    key: str
    reason: str
    opened_at: datetime
    moved_at: datetime
    by_kind: str = ""
    request_key: str = ""
    gateway_refund_id: str = ""
    code: str = ""
    was_found: bool = False
    next_ask_at: datetime | None = None
    times_asked: int = 0
    version: int = 1

    @property
    def is_under_way(self) -> bool:
        """Tell whether money may be on its way."""
        return self.state in UNDER_WAY


@dataclass(frozen=True, slots=True)
class RefundsLoaded:
    """The answer to `LoadRefunds`: an invoice's payment with every refund of it, under lock.

    `intent` is the payment that a refund is taken from: the named one, else the latest that succeeded; None: nothing
    was paid. `attempt` is the one on it that took the money, `is_overpaid` that this was booked as credit. `credit` is
    the company's credit. `replayed` is the refund of this company that carries the `request_key` of the question.
    `open_reviews` are the reasons of the payment's open reviews, `judged` what its ended reviews said, by reason.
    `new_id` is one that no row has yet.
    """

    now: datetime
    company: CompanyFacts
    invoice: InvoiceFacts
    intent: IntentFacts | None
    attempt: AttemptFacts | None
    refunds: tuple[RefundFacts, ...]
    credit: Money
    new_id: str
    replayed: RefundFacts | None = None
    open_reviews: frozenset[str] = frozenset()
    judged: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    is_overpaid: bool = False

    def refund(self, refund_id: str) -> RefundFacts:
        """Give one refund of this payment."""
        return next(refund for refund in self.refunds if refund.id == refund_id)

    @property
    def taken_back(self) -> Money:
        """Give what was sent back, or may be."""
        taken = (one.amount for one in self.refunds if one.state is not RefundState.REFUSED)
        return total(taken, self.credit.currency)
