"""Refunds and disputes in the model: what a payer gets back after a payment succeeded. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sandbox_gateway import intents
from sandbox_gateway.balance import move_balance
from sandbox_gateway.events import note
from sandbox_gateway.state import State
from sandbox_gateway.values import (
    Behavior,
    Dispute,
    DisputeState,
    Intent,
    IntentState,
    MovementKind,
    Refund,
    Refused,
)


def refund(state: State, now: datetime, key: str, intent_id: str, amount_minor: int, currency: str) -> Refund | Refused:
    """Send money of a succeeded intent back: all of it, or a part. An empty currency is the intent's own."""
    intent = state.get(Intent, intent_id)
    if intent is None:
        return Refused("intent_not_found")
    if why_not := _not_refundable(intent, amount_minor, currency):
        return Refused(why_not, intent)
    made = Refund(
        id=state.new_id("ref"),
        intent_id=intent.id,
        amount_minor=amount_minor,
        currency=intent.currency,
        created_at=now,
        customer=intent.customer,
        key=key,
    )
    state.put(made)
    state.put(replace(intent, refunded_minor=intent.refunded_minor + amount_minor, changed_at=now))
    move_balance(state, now, MovementKind.REFUND, intent, -amount_minor, made.id)
    note(state, now, "refund.succeeded", intent.customer, made.id, intent.id)
    return made


def _not_refundable(intent: Intent, amount_minor: int, currency: str) -> str:
    if intent.state is not IntentState.SUCCEEDED:
        return "not_refundable"
    if intent.dispute and intent.dispute.state is DisputeState.OPEN:
        return "intent_disputed"
    if amount_minor <= 0:
        return "amount_invalid"
    if currency not in ("", intent.currency):
        return "currency_differs"
    return "refund_too_large" if intent.refunded_minor + amount_minor > intent.amount_minor else ""


def open_dispute(state: State, now: datetime, intent_id: str, reason: str) -> Intent | Refused:
    """Let the payer dispute a payment. It is decided by command."""
    intent = state.get(Intent, intent_id)
    if intent is None:
        return Refused("intent_not_found")
    if intent.state is not IntentState.SUCCEEDED or intent.dispute or intent.refunded_minor == intent.amount_minor:
        return Refused("not_disputable", intent)
    return _dispute(state, now, intent, reason)


def dispute_as_due(state: State, at: datetime, intent: Intent, does: Behavior) -> None:
    """Open the dispute that a payment's number stands for; the same number says how and when it is decided."""
    attempt = replace(intent.attempts[-1], due_at=None)
    intent = replace(intent, attempts=(*intent.attempts[:-1], attempt))
    if intent.dispute or intent.refunded_minor == intent.amount_minor:
        return
    decided_at = at + timedelta(days=does.dispute_decided_after_days)
    _dispute(state, at, intent, does.dispute_reason, due_at=decided_at, will_be_won=does.dispute_is_won)


def _dispute(
    state: State,
    now: datetime,
    intent: Intent,
    reason: str,
    *,
    due_at: datetime | None = None,
    will_be_won: bool = False,
) -> Intent:
    opened = Dispute(
        id=state.new_id("dsp"),
        reason=reason,
        state=DisputeState.OPEN,
        amount_minor=intent.amount_minor - intent.refunded_minor,
        opened_at=now,
        changed_at=now,
        due_at=due_at,
        will_be_won=will_be_won,
    )
    disputed = replace(intent, dispute=opened, changed_at=now)
    state.put(disputed)
    note(state, now, "dispute.opened", intent.customer, opened.id, intent.id)
    return disputed


def decide_dispute(state: State, now: datetime, intent_id: str, *, is_won: bool) -> Intent | Refused:
    """Close an open dispute. Lost, the money goes back as by a return, with the code `dispute_REASON`."""
    intent = state.get(Intent, intent_id)
    if intent is None:
        return Refused("intent_not_found")
    dispute = intent.dispute
    if dispute is None or dispute.state is not DisputeState.OPEN:
        return Refused("no_open_dispute", intent)
    outcome = DisputeState.WON if is_won else DisputeState.LOST
    decided = replace(intent, dispute=replace(dispute, state=outcome, changed_at=now, due_at=None), changed_at=now)
    state.put(decided)
    note(state, now, f"dispute.{outcome}", intent.customer, dispute.id, intent.id)
    if is_won or decided.state is not IntentState.SUCCEEDED:
        return decided  # a debit that the bank has returned meanwhile is not taken back twice
    return intents.take_back(state, now, decided, MovementKind.DISPUTE, f"dispute_{dispute.reason}")
