"""Customers, setups and methods in the model. Pure; `model.Processor` is the door."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sandbox_gateway.events import note
from sandbox_gateway.state import State
from sandbox_gateway.values import (
    Customer,
    Method,
    MethodKind,
    NewMethod,
    Refused,
    Setup,
    SetupState,
    Verification,
)

MICRO_DEPOSITS_MINOR = (32, 45)
"""What every micro-deposit pair is worth, in cents."""
VERIFY_TRIES = 3
VERIFY_WITHIN_DAYS = 10
VERIFY_WITHIN = timedelta(days=VERIFY_WITHIN_DAYS)


def create_customer(state: State, now: datetime, name: str, reference: str) -> Customer:
    """Make a customer."""
    customer = Customer(id=state.new_id("cus"), name=name, reference=reference, created_at=now)
    state.put(customer)
    return customer


def create_setup(
    state: State, now: datetime, customer: str, kind: MethodKind, return_url: str, reference: str
) -> Setup | Refused:
    """Open a hosted page for one payer."""
    if state.get(Customer, customer) is None:
        return Refused("customer_not_found")
    setup = Setup(
        id=state.new_id("set"),
        customer=customer,
        kind=kind,
        return_url=return_url,
        reference=reference,
        state=SetupState.OPEN,
        method_id="",
        created_at=now,
    )
    state.put(setup)
    return setup


def complete_setup(state: State, now: datetime, setup_id: str, typed: NewMethod) -> Method | Refused:
    """Keep what was typed. Typed twice, the first one stays: a double click makes one method."""
    setup = state.get(Setup, setup_id)
    if setup is None:
        return Refused("setup_not_found")
    if setup.method_id:
        return state.get(Method, setup.method_id) or Refused("setup_closed")
    if setup.state is not SetupState.OPEN or setup.kind is not typed.kind:
        return Refused("setup_closed")
    if typed.behavior.attach_decline:
        return Refused(typed.behavior.attach_decline)
    if typed.kind is MethodKind.CARD and has_expired(typed, now):
        return Refused("expired_card")
    method = _method(state, now, setup.customer, typed)
    state.put(method)
    state.put(replace(setup, state=SetupState.SUCCEEDED, method_id=method.id))
    note(state, now, "setup.succeeded", setup.customer, setup.id)
    return method


def _method(state: State, now: datetime, customer: str, typed: NewMethod) -> Method:
    is_card = typed.kind is MethodKind.CARD
    return Method(
        id=state.new_id("met"),
        customer=customer,
        kind=typed.kind,
        fingerprint=typed.fingerprint,
        last4=typed.last4,
        brand=typed.brand,
        bank_name=typed.bank_name,
        expiry_month=typed.expiry_month,
        expiry_year=typed.expiry_year,
        behavior=typed.behavior,
        verified=is_card,
        tries_left=0 if is_card else VERIFY_TRIES,
        created_at=now,
        gives_up_at=None if is_card else now + VERIFY_WITHIN + timedelta(seconds=1),
    )


def cancel_setup(state: State, now: datetime, setup_id: str) -> Setup | Refused:
    """Close the page unfinished. One that succeeded stays succeeded."""
    setup = state.get(Setup, setup_id)
    if setup is None:
        return Refused("setup_not_found")
    if setup.state is SetupState.OPEN:
        setup = replace(setup, state=SetupState.CANCELLED)
        state.put(setup)
        note(state, now, "setup.cancelled", setup.customer, setup.id)
    return setup


def verify_method(
    state: State, now: datetime, method_id: str, amounts_minor: tuple[int, int]
) -> Verification | Refused:
    """Compare two amounts with the micro-deposits, in either order; three wrong tries or ten days end it."""
    method = state.get(Method, method_id)
    if method is None or method.detached_at:
        return Refused("method_not_found")
    if method.kind is not MethodKind.ACH:
        return Refused("method_is_no_bank_account")
    if method.verified:
        return Verification(method=method, verified=True, tries_left=0)
    in_time = now <= method.created_at + VERIFY_WITHIN
    is_right = sorted(amounts_minor) == sorted(MICRO_DEPOSITS_MINOR) and not method.behavior.deposits_differ
    if in_time and method.tries_left and is_right:
        method = replace(method, verified=True, tries_left=0, gives_up_at=None)
        state.put(method)
        note(state, now, "method.verified", method.customer, method.id)
    else:
        method = _wrong(state, now, method, tries_left=max(0, method.tries_left - 1) if in_time else 0)
    return Verification(method=method, verified=method.verified, tries_left=method.tries_left)


def _wrong(state: State, now: datetime, method: Method, *, tries_left: int) -> Method:
    missed = replace(method, tries_left=tries_left, gives_up_at=method.gives_up_at if tries_left else None)
    state.put(missed)
    if method.tries_left and not tries_left:
        note(state, now, "method.verification_failed", method.customer, method.id)
    return missed


def give_up_verifying(state: State, at: datetime, method_id: str) -> None:
    """End the wait for micro-deposit amounts that nobody ever handed in."""
    method = state.get(Method, method_id)
    if method and method.gives_up_at == at and not method.verified and not method.detached_at:
        _wrong(state, at, method, tries_left=0)


def detach_method(state: State, now: datetime, method_id: str) -> Method | Refused:
    """Forget a method: no charge can be started with it any more. A debit on its way goes on."""
    method = state.get(Method, method_id)
    if method is None:
        return Refused("method_not_found")
    if method.detached_at is None:
        method = replace(method, detached_at=now)
        state.put(method)
        note(state, now, "method.detached", method.customer, method.id)
    return method


def has_expired(card: NewMethod | Method, now: datetime) -> bool:
    """Say whether the month on the card is over."""
    return (card.expiry_year, card.expiry_month) < (now.year, now.month)


def label(method: Method) -> str:
    """Name a method as people do: brand or bank, and last four digits."""
    return f"{method.brand or method.bank_name} {method.last4}"
