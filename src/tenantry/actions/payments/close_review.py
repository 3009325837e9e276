"""A person of the vendor ends a review, with evidence."""

from __future__ import annotations

from datetime import datetime

from tenantry.actions.payments import _driver
from tenantry.core.card_numbers import holds_card_number
from tenantry.core.payment_effects import Audit, EndReview, ReleaseBilling, Write
from tenantry.core.payment_flow import settle_by_hand
from tenantry.core.payment_states import State
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.core.reviews import Decision, decisions, why_no_evidence
from tenantry.records.base import tenancy
from tenantry.records.companies.queries import lock_company
from tenantry.records.payments.models import Review
from tenantry.records.payments.review_list import lock_review


def close_review(
    *, actor: Actor, review_id: str, decision: Decision, evidence: str, now: datetime
) -> Decision | Refusal:
    """End a review; the company is charged again once no review that holds its billing is left.

    TAKEN and NOT_TAKEN settle the payment in the same transaction, after the gateway was asked once more.
    Refusals: `evidence_required`, `too_long`, `card_number_refused`, `not_found`, `review_closed`,
    `decision_not_offered`, `gateway_answered`, `changed_meanwhile`.
    """
    if refused := require(actor, Action.CLOSE_REVIEW):
        return refused
    words = evidence.strip()
    if holds_card_number(words):
        return Refusal("card_number_refused")
    if refused := why_no_evidence(words):
        return refused
    ended = _ended(actor, review_id, decision, words, now)
    if isinstance(ended, Refusal | Decision):
        return ended
    settled = _driver.run(settle_by_hand(ended, decision, _ending(review_id, decision, words)), actor)
    return settled or decision


@tenancy.tried_again
def _ended(actor: Actor, review_id: str, decision: Decision, words: str, now: datetime) -> Decision | str | Refusal:
    """End it here where nothing is booked; else give the intent that has to be settled with it."""
    with tenancy.phase(actor.company_id):
        lock_company(actor.company_id)
        row = lock_review(actor.company_id, review_id)
        if row is None:
            return Refusal("not_found")
        if row.closed_at is not None:
            return Refusal("review_closed")
        if decision not in decisions(row.reason, _state(row)):
            return Refusal("decision_not_offered")
        if decision is not Decision.NOTED:
            return str(row.intent_id)
        _driver.write(_ending(review_id, decision, words), actor)
    return decision


def _state(row: Review) -> State | None:
    return State(row.intent.state) if row.intent else None


def _ending(review_id: str, decision: Decision, words: str) -> tuple[Write, ...]:
    after = {"decision": decision.value, "evidence": words}
    return (
        EndReview(review_id, decision.value, words),
        ReleaseBilling(),
        Audit(Action.CLOSE_REVIEW.value, "review", review_id, {}, after),
    )
