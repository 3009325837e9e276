"""What a payment flow answers: an outcome of one attempt, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tenantry.core.dunning import NOT_APPROVED
from tenantry.core.money import Money
from tenantry.core.payment_facts import AttemptFacts, IntentFacts
from tenantry.core.payment_states import Outcome, State
from tenantry.core.refusal import Refusal


class PaymentResult(StrEnum):
    """How an attempt stands that was not refused."""

    PAID = "paid"
    PROCESSING = "payment_processing"
    AWAITING_PAYER = "requires_action"
    CONFIRMING = "payment_confirming"


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """The answer to Pay. `next_url` is where the payer goes on when the bank wants to see them."""

    result: PaymentResult
    intent_id: str
    attempt_id: str
    amount: Money
    next_url: str = ""


_REFUSED = {
    Outcome.DECLINED: "payment_declined",
    Outcome.NOT_SENT: "gateway_unavailable",
    Outcome.RETURNED: "payment_returned",
    Outcome.CANCELLED: "payment_not_completed",
}
_UNDER_WAY = {
    State.PROCESSING: PaymentResult.PROCESSING,
    State.AWAITING_PAYER: PaymentResult.AWAITING_PAYER,
}
_SPEAKS_FOR_ALL = {State.SUCCEEDED: PaymentResult.PAID, **_UNDER_WAY}
"""What an intent says to whoever's attempt was displaced by another one on it: the invoice is collected once."""


def outcome_of(intent: IntentFacts, attempt: AttemptFacts) -> PaymentOutcome | Refusal:
    """Give the answer for an attempt as it stands: the same each time that it is asked."""
    displaced_by = _SPEAKS_FOR_ALL.get(intent.state) if attempt.outcome is Outcome.CANCELLED else None
    code = _REFUSED.get(attempt.outcome)
    if attempt.outcome is Outcome.DECLINED and attempt.code == NOT_APPROVED:
        code = "payment_not_approved"
    if code and displaced_by is None:
        return Refusal(code, {"code": attempt.code, "amount": intent.amount, "method_id": attempt.method_id})
    if attempt.outcome is Outcome.SUCCEEDED:
        result = PaymentResult.PAID
    else:
        result = displaced_by or _UNDER_WAY.get(intent.state, PaymentResult.CONFIRMING)
    return PaymentOutcome(result, intent.id, attempt.id, intent.amount, intent.next_url)
