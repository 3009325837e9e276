"""A person of the vendor ends a review, with evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenantry.actions.payments import _driver
from tenantry.core.card_numbers import holds_card_number
from tenantry.core.payment_effects import Audit, EndReview, ReleaseBilling, Write
from tenantry.core.payment_flow import settle_by_hand
from tenantry.core.payment_states import State
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refund_flow import settle_refund_by_hand
from tenantry.core.refusal import Refusal
from tenantry.core.reviews import OF_A_REFUND, Decision, decisions, why_no_evidence, why_no_refund_id
from tenantry.records.base import tenancy
from tenantry.records.companies.queries import lock_company
from tenantry.records.payments import refunds
from tenantry.records.payments.models import Review
from tenantry.records.payments.review_list import lock_review


@dataclass(frozen=True, slots=True)
class Word:
    """What a person decides, what shows it, and for a refund that was made its id at the gateway."""

    decision: Decision
    evidence: str
    refund_id: str = ""

    def of(self, review_id: str) -> tuple[Write, ...]:
        """Give the writes that end the review with it."""
        after = {"decision": self.decision.value, "evidence": self.evidence}
        if self.refund_id:
            after["refund_id"] = self.refund_id
        return (
            EndReview(review_id, self.decision.value, self.evidence),
            ReleaseBilling(),
            Audit(Action.CLOSE_REVIEW.value, "review", review_id, {}, after),
        )


def close_review(
    *, actor: Actor, review_id: str, decision: Decision, evidence: str, refund_id: str = "", now: datetime
) -> Decision | Refusal:
    """End a review; the company is charged again once no review that holds its billing is left.

    All but NOTED settle the payment or the refund in the same transaction, after the gateway was asked once more.
    Refusals: `evidence_required`, `too_long`, `card_number_refused`, `refund_id_required`, `refund_id_known`,
    `not_found`, `review_closed`, `decision_not_offered`, `gateway_answered`, `changed_meanwhile`.
    """
    if refused := require(actor, Action.CLOSE_REVIEW):
        return refused
    word = Word(decision, evidence.strip(), refund_id.strip() if decision is Decision.REFUNDED else "")
    if holds_card_number(word.evidence) or holds_card_number(word.refund_id):
        return Refusal("card_number_refused")
    if refused := why_no_evidence(word.evidence) or why_no_refund_id(decision, word.refund_id):
        return refused
    ended = _ended(actor, review_id, word, now)
    if isinstance(ended, Refusal | Decision):
        return ended
    if decision in OF_A_REFUND:
        flow = settle_refund_by_hand(ended, decision, word.refund_id, word.of(review_id))
    else:
        flow = settle_by_hand(ended, decision, word.of(review_id))

    def why_not(writes: Sequence[Write]) -> Refusal | None:
        """Look at the review again: while the gateway was asked, nothing was locked."""
        ends = any(isinstance(write, EndReview) for write in writes)
        return _why_ended(actor, lock_review(actor.company_id, review_id), word) if ends else None

    return _driver.run(flow, actor, why_not=why_not) or decision


def _why_ended(actor: Actor, row: Review | None, word: Word) -> Refusal | None:
    """Tell why a review can't be ended with this word (any more), whatever its payment says."""
    if row is None:
        return Refusal("not_found")
    if row.closed_at is not None:
        return Refusal("review_closed")
    if word.refund_id and refunds.is_known(actor.company_id, word.refund_id):
        return Refusal("refund_id_known")
    return None


@tenancy.tried_again
def _ended(actor: Actor, review_id: str, word: Word, now: datetime) -> Decision | str | Refusal:
    """End it here where nothing is booked; else give the intent that has to be settled with it."""
    with tenancy.phase(actor.company_id):
        lock_company(actor.company_id)
        row = lock_review(actor.company_id, review_id)
        refused = _why_ended(actor, row, word)
        if refused or row is None:
            return refused or Refusal("not_found")
        is_unknown = refunds.is_one_unknown(actor.company_id, row.intent_id)
        if word.decision not in decisions(row.reason, _state(row), is_refund_unknown=is_unknown):
            return Refusal("decision_not_offered")
        if word.decision is not Decision.NOTED:
            return str(row.intent_id)
        _driver.write(word.of(review_id), actor)
    return word.decision


def _state(row: Review) -> State | None:
    return State(row.intent.state) if row.intent else None
