"""What the processor holds for the vendor, and the payouts of it on business days. Pure.

A charge can be paid out two business days after it succeeded; what is taken back counts at once. So a payout may be
below zero: then the vendor's bank account is drawn on. No fee is simulated: what is paid out is what was charged.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sandbox_gateway.business_days import add_business_days
from sandbox_gateway.events import note
from sandbox_gateway.state import State
from sandbox_gateway.values import Intent, Movement, MovementKind, Payout

CLEARS_AFTER_BUSINESS_DAYS = 2


def move_balance(
    state: State, now: datetime, kind: MovementKind, intent: Intent, amount_minor: int, refund_id: str = ""
) -> None:
    """Write down what an intent moved."""
    moved = Movement(
        id=state.new_id("mov"),
        kind=kind,
        intent_id=intent.id,
        refund_id=refund_id,
        customer=intent.customer,
        amount_minor=amount_minor,
        currency=intent.currency,
        occurred_at=now,
        available_at=add_business_days(now, CLEARS_AFTER_BUSINESS_DAYS) if amount_minor > 0 else now,
    )
    state.put(moved)


def pay_out(state: State, at: datetime) -> None:
    """Pay out what is available: one payout for each currency."""
    by_currency: dict[str, list[Movement]] = {}
    for moved in state.not_paid_out():
        if moved.available_at <= at:
            by_currency.setdefault(moved.currency, []).append(moved)
    for currency, movements in sorted(by_currency.items()):
        _pay_out(state, at, currency, movements)


def _pay_out(state: State, at: datetime, currency: str, movements: list[Movement]) -> None:
    payout = Payout(
        id=state.new_id("pay"),
        currency=currency,
        amount_minor=sum(moved.amount_minor for moved in movements),
        paid_at=at,
        movement_ids=tuple(moved.id for moved in movements),
    )
    state.put(payout)
    for moved in movements:
        state.put(replace(moved, payout_id=payout.id))
    note(state, at, "payout.paid", "", payout.id)
