"""Payments in review: what a person may decide about each, and the writes that settle by hand.

A person can say what became of a payment or a refund only where the gateway says nothing that we can use, and only
what the tables list. Nobody can name an amount: what is booked is the payment's or the refund's own, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from tenantry.core import dunning
from tenantry.core.gateway_reply import Event, GatewayReply, RefundEvent, RefundReply
from tenantry.core.payment_effects import CloseReview, UpdateAttempt, UpdateIntent, Write
from tenantry.core.payment_facts import Loaded
from tenantry.core.payment_settlement import is_debit, settled
from tenantry.core.payment_states import Move, Outcome, State, our_moves
from tenantry.core.refund_facts import RefundFacts, RefundsLoaded
from tenantry.core.refund_settlement import not_arrived
from tenantry.core.refund_settlement import settled as settle_refund
from tenantry.core.refusal import Refusal
from tenantry.core.review_reasons import ENDING_BY_THEMSELVES, OF_REFUNDS
from tenantry.core.settlement_news import news

SHORTEST_EVIDENCE, LONGEST_EVIDENCE = 10, 2000


class Decision(StrEnum):
    """What a person may decide.

    NOTED: there is nothing to book. TAKEN: the money of this payment was taken. NOT_TAKEN: it was not, and the
    invoice may be paid again, on the same intent, which the gateway lets succeed once. REFUNDED: the refund was
    made, under an id at the gateway. NOT_REFUNDED: it was not, and its amount is the company's credit again.
    """

    NOTED = "noted"
    TAKEN = "taken"
    NOT_TAKEN = "not_taken"
    REFUNDED = "refunded"
    NOT_REFUNDED = "not_refunded"


OF_A_REFUND = frozenset({Decision.REFUNDED, Decision.NOT_REFUNDED})
LONGEST_REFUND_ID = 200

_BY_HAND = {
    State.UNKNOWN: (Decision.TAKEN, Decision.NOT_TAKEN),
    State.PROCESSING: (Decision.TAKEN, Decision.NOT_TAKEN),
    State.CANCELLING: (Decision.TAKEN,),
}
"""What may be said of a payment under way. One that is being given up is closed by the gateway alone."""


def decisions(reason: str, state: State | None, *, is_refund_unknown: bool = False) -> tuple[Decision, ...]:
    """List what a person may decide about a review for this reason.

    `state` is that of its payment, `is_refund_unknown` tells that nobody knows what became of a refund of it.
    """
    by_hand = _BY_HAND.get(state, ()) if state else ()
    if reason in OF_REFUNDS:
        by_hand = (Decision.REFUNDED, Decision.NOT_REFUNDED) if is_refund_unknown else ()
    waits = reason in ENDING_BY_THEMSELVES and bool(by_hand)
    return by_hand if waits else (Decision.NOTED, *by_hand)


def why_no_refund_id(decision: Decision, refund_id: str) -> Refusal | None:
    """Tell what is wrong with the gateway's id of a refund that somebody names; None when it can stand."""
    if decision is not Decision.REFUNDED:
        return None
    if not refund_id:
        return Refusal("refund_id_required")
    return Refusal("too_long", {"most": LONGEST_REFUND_ID}) if len(refund_id) > LONGEST_REFUND_ID else None


def why_no_evidence(evidence: str) -> Refusal | None:
    """Tell what is wrong with the evidence that somebody gives; None when it can stand."""
    if len(evidence) < SHORTEST_EVIDENCE:
        return Refusal("evidence_required", {"least": SHORTEST_EVIDENCE})
    if len(evidence) > LONGEST_EVIDENCE:
        return Refusal("too_long", {"most": LONGEST_EVIDENCE})
    return None


def by_hand(loaded: Loaded, intent_id: str, decision: Decision) -> tuple[Write, ...] | Refusal:
    """Give the writes that settle a payment by a person's word."""
    intent = loaded.intent(intent_id)
    if decision not in _BY_HAND.get(intent.state, ()):
        return Refusal("move_not_listed", {"state": intent.state.value, "event": decision.value})
    if decision is Decision.NOT_TAKEN:
        return _not_taken(loaded, intent_id)
    attempt = loaded.open_attempt(intent_id) or loaded.attempts_of(intent_id)[-1]
    taken = GatewayReply(
        Event.SUCCEEDED, intent.gateway_id, intent.customer, intent.amount, attempt_key=attempt.confirm_key
    )
    return _without_closing(settled(loaded, intent_id, taken).writes)


def _not_taken(loaded: Loaded, intent_id: str) -> tuple[Write, ...] | Refusal:
    before = loaded.intent(intent_id)
    state = our_moves(before.gateway_id).after(before.state, Move.NOT_TAKEN)
    attempt = loaded.open_attempt(intent_id)
    if isinstance(state, Refusal) or attempt is None:
        return state if isinstance(state, Refusal) else Refusal("move_not_listed", {"state": before.state.value})
    ended = replace(attempt, outcome=Outcome.CANCELLED, decided_at=loaded.now)
    after = replace(before, state=state, next_url="", times_asked=0, version=before.version + 1, moved_at=loaded.now)
    after = replace(after, next_ask_at=dunning.next_ask(after, is_debit=is_debit(loaded, ended), now=loaded.now))
    history = tuple(ended if one.id == ended.id else one for one in loaded.attempts)
    told = news(replace(loaded, attempts=history), before, after, ended, has_ended=True)
    return (UpdateAttempt(ended, attempt.outcome), UpdateIntent(after, before.version), *told)


def refund_by_hand(
    loaded: RefundsLoaded, refund: RefundFacts | None, decision: Decision, refund_id: str
) -> tuple[Write, ...] | Refusal:
    """Give the writes that settle a refund by a person's word: as the gateway's word would, of its own amount."""
    if refund is None or loaded.intent is None or decision not in OF_A_REFUND:
        state = refund.state.value if refund else ""
        return Refusal("move_not_listed", {"state": state, "event": decision.value})
    if decision is Decision.NOT_REFUNDED:
        return _without_closing(not_arrived(loaded, refund).writes)
    intent = loaded.intent
    made = RefundReply(
        RefundEvent.DONE, refund_id, intent.gateway_id, intent.customer, refund.amount, refund.key,
        occurred_at=loaded.now,
    )  # fmt: skip
    return _without_closing(settle_refund(loaded, refund, made).writes)


def _without_closing(writes: Iterable[Write]) -> tuple[Write, ...]:
    """Leave out that the gateway ends the review: the person ends it."""
    return tuple(write for write in writes if not isinstance(write, CloseReview))
