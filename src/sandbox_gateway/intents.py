"""Intents, their attempts, bank debits and refunds in the model. Pure; `model.Processor` is the door."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sandbox_gateway.business_days import add_business_days
from sandbox_gateway.methods import has_expired, note
from sandbox_gateway.state import State
from sandbox_gateway.values import (
    Attempt,
    Customer,
    Intent,
    IntentState,
    Method,
    MethodKind,
    Outcome,
    Refund,
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
    note(state, now, "intent.created", customer, intent.id)
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
) -> Intent | Refused:
    """Try to take the money. Only an open intent is tried: so there is one success at most."""
    intent = state.get(Intent, intent_id)
    if intent is None:
        return Refused("intent_not_found")
    if intent.state is not IntentState.OPEN:
        return Refused("not_confirmable", intent)
    method = state.get(Method, method_id)
    if method is not None and method.customer != intent.customer:
        method = None
    decline = forced_decline or _decline(method, now, off_session=off_session)
    attempt = Attempt(
        id=state.new_id("chg"),
        key=key,
        method_id=method_id,
        outcome=Outcome.DECLINED,
        code=decline,
        return_url=return_url,
        started_at=now,
        changed_at=now,
    )
    started = replace(intent, attempts=(*intent.attempts, attempt))
    if decline or method is None:
        return _move(state, now, started, IntentState.OPEN, Outcome.DECLINED, code=decline)
    if method.behavior.asks_payer:
        return _move(state, now, started, IntentState.ASKS_PAYER, Outcome.ASKS_PAYER)
    return _charge(state, now, started, method)


def _decline(method: Method | None, now: datetime, *, off_session: bool) -> str:
    if method is None:
        return "method_not_found"
    if method.detached_at:
        return "method_detached"
    if not method.verified:
        return "method_unverified"
    if method.kind is MethodKind.CARD and has_expired(method, now):
        return "expired_card"
    if method.behavior.asks_payer and not off_session:
        return ""
    return method.behavior.charge_decline or ("authentication_required" if method.behavior.asks_payer else "")


def _charge(state: State, now: datetime, intent: Intent, method: Method) -> Intent:
    if method.kind is MethodKind.CARD:
        return _move(state, now, intent, IntentState.SUCCEEDED, Outcome.SUCCEEDED)
    due_at = add_business_days(now, method.behavior.settle_after_business_days)
    return _move(state, now, intent, IntentState.PROCESSING, Outcome.PROCESSING, due_at=due_at)


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
    note(state, now, f"intent.{outcome}", moved.customer, moved.id)
    return moved


def approve_payment(state: State, now: datetime, intent_id: str) -> Intent | Refused:
    """Go on with an attempt that the payer approved at the bank."""
    intent = state.get(Intent, intent_id)
    if intent is None:
        return Refused("intent_not_found")
    if intent.state is not IntentState.ASKS_PAYER:
        return Refused("not_awaiting_payer", intent)
    method = state.get(Method, intent.attempts[-1].method_id)
    if method is None or method.detached_at or method.behavior.charge_decline:
        code = method.behavior.charge_decline if method and not method.detached_at else "method_detached"
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
    note(state, now, "intent.cancelled", closed.customer, closed.id)
    return closed


def settle_due(state: State, now: datetime) -> int:
    """Move the bank debits that are due, each at its own instant; return how many moved."""
    moved = 0
    while (intent := state.next_due(now)) is not None:
        _settle(state, intent)
        moved += 1
    return moved


def _settle(state: State, intent: Intent) -> None:
    attempt = intent.attempts[-1]
    method = state.get(Method, attempt.method_id)
    if method is None or attempt.due_at is None:
        raise LookupError(f"the bank debit {attempt.id} has lost its account")
    at, does = attempt.due_at, method.behavior
    if intent.state is IntentState.SUCCEEDED:
        _move(state, at, intent, IntentState.RETURNED, Outcome.RETURNED, code=does.late_return_code)
    elif does.return_code:
        _move(state, at, intent, IntentState.RETURNED, Outcome.RETURNED, code=does.return_code)
    else:
        late_at = add_business_days(at, does.late_return_after_business_days) if does.late_return_code else None
        _move(state, at, intent, IntentState.SUCCEEDED, Outcome.SUCCEEDED, due_at=late_at)


def return_payment(state: State, now: datetime, intent_id: str, code: str) -> Intent | Refused:
    """Let the bank take a debit back now, before or after it succeeded."""
    intent = state.get(Intent, intent_id)
    if intent is None:
        return Refused("intent_not_found")
    method = state.get(Method, intent.attempts[-1].method_id) if intent.attempts else None
    moved_money = intent.state in (IntentState.PROCESSING, IntentState.SUCCEEDED)
    if method is None or method.kind is not MethodKind.ACH or not moved_money:
        return Refused("not_returnable", intent)
    return _move(state, now, intent, IntentState.RETURNED, Outcome.RETURNED, code=code)


def refund(state: State, now: datetime, intent_id: str, amount_minor: int) -> Refund | Refused:
    """Send money of a succeeded intent back: all of it, or a part."""
    intent = state.get(Intent, intent_id)
    if intent is None:
        return Refused("intent_not_found")
    if intent.state is not IntentState.SUCCEEDED:
        return Refused("not_refundable", intent)
    if amount_minor <= 0:
        return Refused("amount_invalid", intent)
    if intent.refunded_minor + amount_minor > intent.amount_minor:
        return Refused("refund_too_large", intent)
    made = Refund(
        id=state.new_id("ref"), intent_id=intent.id, amount_minor=amount_minor, currency=intent.currency, created_at=now
    )
    state.put(made)
    state.put(replace(intent, refunded_minor=intent.refunded_minor + amount_minor, changed_at=now))
    note(state, now, "refund.succeeded", intent.customer, made.id)
    return made


def find_by_key(state: State, customer: str, key: str) -> Intent | None:
    """Find the intent that a key created. Of several, one that moved money stands in front."""
    found = [intent for intent in state.intents_by_key(key) if intent.customer == customer]
    found.sort(key=lambda intent: intent.state in (IntentState.OPEN, IntentState.CANCELLED))
    return found[0] if found else None
