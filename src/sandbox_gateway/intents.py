"""Intents and their attempts in the model. Pure; `model.Processor` is the door."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sandbox_gateway.balance import move_balance
from sandbox_gateway.business_days import add_business_days
from sandbox_gateway.events import note
from sandbox_gateway.methods import has_expired
from sandbox_gateway.state import State
from sandbox_gateway.values import (
    Attempt,
    Behavior,
    Customer,
    Intent,
    IntentState,
    Method,
    MethodKind,
    MovementKind,
    Outcome,
    Refused,
)

MAX_AMOUNT_MINOR = 10**12
CURRENCY_LETTERS = 3
ASKED_STATES = (IntentState.OPEN, IntentState.ASKS_PAYER)


def create_intent(
    state: State, now: datetime, key: str, customer: str, amount_minor: int, currency: str, invoice_number: str
) -> Intent | Refused:
    """Promise to take an amount at most once. Moves nothing."""
    if state.get(Customer, customer) is None:
        return Refused("customer_not_found")
    if not 0 < amount_minor <= MAX_AMOUNT_MINOR:
        return Refused("amount_invalid")
    if len(currency) != CURRENCY_LETTERS or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        return Refused("currency_invalid")
    intent = Intent(
        id=state.new_id("int"),
        key=key,
        customer=customer,
        amount_minor=amount_minor,
        currency=currency,
        invoice_number=invoice_number,
        state=IntentState.OPEN,
        attempts=(),
        refunded_minor=0,
        created_at=now,
        changed_at=now,
    )
    state.put(intent)
    note(state, now, "intent.created", customer, intent.id, intent.id)
    return intent


def confirm_intent(
    state: State,
    now: datetime,
    key: str,
    intent_id: str,
    method_id: str,
    *,
    off_session: bool,
    return_url: str,
    forced_decline: str,
    forced: Behavior | None,
) -> Intent | Refused:
    """Try to take the money. Only an open intent is tried: so there is one success at most.

    `forced_decline` declines whatever the method is; `forced` makes a method that could be charged behave so.
    """
    intent = state.get(Intent, intent_id)
    if intent is None:
        return Refused("intent_not_found")
    if intent.state is not IntentState.OPEN:
        return Refused("not_confirmable", intent)
    method = state.get(Method, method_id)
    if method is not None and method.customer != intent.customer:
        method = None
    does = forced or (method.behavior if method else Behavior())
    decline = forced_decline or _decline(method, does, now, off_session=off_session)
    attempt = Attempt(
        id=state.new_id("chg"),
        key=key,
        method_id=method_id,
        outcome=Outcome.DECLINED,
        code=decline,
        return_url=return_url,
        started_at=now,
        changed_at=now,
        forced=forced,
    )
    started = replace(intent, attempts=(*intent.attempts, attempt))
    if decline or method is None:
        return _move(state, now, started, IntentState.OPEN, Outcome.DECLINED, code=decline)
    if does.asks_payer:
        return _move(state, now, started, IntentState.ASKS_PAYER, Outcome.ASKS_PAYER)
    return _charge(state, now, started, method)


def _decline(method: Method | None, does: Behavior, now: datetime, *, off_session: bool) -> str:
    if method is None:
        return "method_not_found"
    if method.detached_at:
        return "method_detached"
    if not method.verified:
        return "method_unverified"
    if method.kind is MethodKind.CARD and has_expired(method, now):
        return "expired_card"
    if does.asks_payer and not off_session:
        return ""
    return does.charge_decline or ("authentication_required" if does.asks_payer else "")


def _behavior(intent: Intent, method: Method) -> Behavior:
    return intent.attempts[-1].forced or method.behavior


def _charge(state: State, now: datetime, intent: Intent, method: Method) -> Intent:
    does = _behavior(intent, method)
    if method.kind is MethodKind.CARD:
        return _succeed(state, now, intent, does)
    due_at = add_business_days(now, does.settle_after_business_days)
    return _move(state, now, intent, IntentState.PROCESSING, Outcome.PROCESSING, due_at=due_at)


def _succeed(state: State, now: datetime, intent: Intent, does: Behavior) -> Intent:
    due_at = None
    if does.dispute_reason:
        due_at = now + timedelta(days=does.dispute_after_days)
    elif does.late_return_code and intent.state is IntentState.PROCESSING:
        due_at = _returned_at(now, does)
    moved = _move(state, now, intent, IntentState.SUCCEEDED, Outcome.SUCCEEDED, due_at=due_at)
    move_balance(state, now, MovementKind.CHARGE, moved, moved.amount_minor)
    return moved


def _returned_at(settled_at: datetime, does: Behavior) -> datetime:
    if does.late_return_after_days:
        return settled_at + timedelta(days=does.late_return_after_days)
    return add_business_days(settled_at, does.late_return_after_business_days)


def _move(
    state: State,
    now: datetime,
    intent: Intent,
    to: IntentState,
    outcome: Outcome,
    *,
    code: str = "",
    due_at: datetime | None = None,
) -> Intent:
    attempt = replace(intent.attempts[-1], outcome=outcome, code=code, changed_at=now, due_at=due_at)
    moved = replace(intent, state=to, attempts=(*intent.attempts[:-1], attempt), changed_at=now)
    state.put(moved)
    note(state, now, f"intent.{outcome}", moved.customer, moved.id, moved.id)
    return moved


def approve_payment(state: State, now: datetime, intent_id: str) -> Intent | Refused:
    """Go on with an attempt that the payer approved at the bank."""
    intent = state.get(Intent, intent_id)
    if intent is None:
        return Refused("intent_not_found")
    if intent.state is not IntentState.ASKS_PAYER:
        return Refused("not_awaiting_payer", intent)
    method = state.get(Method, intent.attempts[-1].method_id)
    decline = _behavior(intent, method).charge_decline if method else ""
    if method is None or method.detached_at or decline:
        code = decline if method and not method.detached_at else "method_detached"
        return _move(state, now, intent, IntentState.OPEN, Outcome.DECLINED, code=code)
    return _charge(state, now, intent, method)


def refuse_payment(state: State, now: datetime, intent_id: str) -> Intent | Refused:
    """End an attempt that the payer refused at the bank."""
    intent = state.get(Intent, intent_id)
    if intent is None:
        return Refused("intent_not_found")
    if intent.state is not IntentState.ASKS_PAYER:
        return Refused("not_awaiting_payer", intent)
    return _move(state, now, intent, IntentState.OPEN, Outcome.DECLINED, code="authentication_failed")


def cancel_intent(state: State, now: datetime, intent_id: str) -> Intent | Refused:
    """Close an intent for good; refused once money is on its way or was taken."""
    intent = state.get(Intent, intent_id)
    if intent is None:
        return Refused("intent_not_found")
    if intent.state is IntentState.CANCELLED:
        return intent
    if intent.state not in ASKED_STATES:
        return Refused("not_cancellable", intent)
    if intent.state is IntentState.ASKS_PAYER:
        return _move(state, now, intent, IntentState.CANCELLED, Outcome.CANCELLED)
    closed = replace(intent, state=IntentState.CANCELLED, changed_at=now)
    state.put(closed)
    note(state, now, "intent.cancelled", closed.customer, closed.id, closed.id)
    return closed


def move_debit(state: State, at: datetime, intent: Intent) -> Intent:
    """Let a payment do what it does by itself at this instant: a debit settles, or is returned, sooner or later."""
    method = state.get(Method, intent.attempts[-1].method_id)
    if method is None:
        raise LookupError(f"the payment {intent.id} has lost its method")
    does = _behavior(intent, method)
    if intent.state is IntentState.SUCCEEDED:
        return take_back(state, at, intent, MovementKind.RETURN, does.late_return_code)
    if does.return_code:
        return take_back(state, at, intent, MovementKind.RETURN, does.return_code)
    return _succeed(state, at, intent, does)


def due_dispute(state: State, intent: Intent) -> Behavior | None:
    """Give how a succeeded payment is disputed, if that is what comes next."""
    method = state.get(Method, intent.attempts[-1].method_id)
    does = _behavior(intent, method) if method else Behavior()
    return does if intent.state is IntentState.SUCCEEDED and does.dispute_reason else None


def take_back(state: State, now: datetime, intent: Intent, kind: MovementKind, code: str) -> Intent:
    """Let the bank take money back: all of a debit, or what is left of a disputed payment."""
    taken = intent.amount_minor
    if kind is MovementKind.DISPUTE:
        taken -= intent.refunded_minor
    moved = _move(state, now, intent, IntentState.RETURNED, Outcome.RETURNED, code=code)
    if intent.state is IntentState.SUCCEEDED:
        move_balance(state, now, kind, moved, -taken)
    return moved


def return_payment(state: State, now: datetime, intent_id: str, code: str) -> Intent | Refused:
    """Let the bank take a debit back now, before or after it succeeded."""
    intent = state.get(Intent, intent_id)
    if intent is None:
        return Refused("intent_not_found")
    method = state.get(Method, intent.attempts[-1].method_id) if intent.attempts else None
    moved_money = intent.state in (IntentState.PROCESSING, IntentState.SUCCEEDED)
    if method is None or method.kind is not MethodKind.ACH or not moved_money:
        return Refused("not_returnable", intent)
    return take_back(state, now, intent, MovementKind.RETURN, code)


def find_by_key(state: State, customer: str, key: str) -> Intent | None:
    """Find the intent that a key created. Of several, one that moved money stands in front."""
    found = [intent for intent in state.intents_by_key(key) if intent.customer == customer]
    found.sort(key=lambda intent: intent.state in (IntentState.OPEN, IntentState.CANCELLED))
    return found[0] if found else None
