"""What happens by itself as time goes by: debits settle, disputes open and end, deposits expire, payouts. Pure."""

from __future__ import annotations

from datetime import datetime

from sandbox_gateway import intents, taking_back
from sandbox_gateway.balance import pay_out
from sandbox_gateway.methods import give_up_verifying
from sandbox_gateway.state import PAYOUT, State
from sandbox_gateway.values import Intent


def settle_due(state: State, now: datetime) -> int:
    """Let everything that is due happen, each thing at its own instant; return how many bank debits moved."""
    moved = 0
    while (due := state.next_due(now)) is not None:
        at, thing_id = due
        intent = state.get(Intent, thing_id)
        if intent is not None:
            moved += _move_intent(state, at, intent)
        elif thing_id == PAYOUT:
            pay_out(state, at)
        else:
            give_up_verifying(state, at, thing_id)
    return moved


def _move_intent(state: State, at: datetime, intent: Intent) -> int:
    """Do what is due for an intent; nothing if it has moved on since that was put down."""
    if intent.dispute and intent.dispute.due_at == at:
        taking_back.decide_dispute(state, at, intent.id, is_won=intent.dispute.will_be_won)
        return 0
    if intent.latest is None or intent.latest.due_at != at:
        return 0
    if does := intents.due_dispute(state, intent):
        taking_back.dispute_as_due(state, at, intent, does)
        return 0
    intents.move_debit(state, at, intent)
    return 1
