"""How the values of the model look in a JSON answer."""

from __future__ import annotations

from sandbox_gateway import codec
from sandbox_gateway.values import Attempt, Charge, Customer, Intent, IntentState, Method, Refund, Setup

Body = dict[str, object]


def customer_body(customer: Customer) -> Body:
    """Show a customer."""
    return {"id": customer.id, "name": customer.name, "reference": customer.reference}


def setup_body(setup: Setup, method: Method | None, public_url: str) -> Body:
    """Show a setup, with the facts of its method once there is one."""
    return {
        "id": setup.id,
        "customer": setup.customer,
        "kind": setup.kind.value,
        "reference": setup.reference,
        "state": setup.state.value,
        "page_url": f"{public_url}/setup/{setup.id}",
        "method": method_body(method) if method else None,
    }


def method_body(method: Method) -> Body:
    """Show the facts of a method. What its number stands for stays inside."""
    return {
        "id": method.id,
        "customer": method.customer,
        "kind": method.kind.value,
        "fingerprint": method.fingerprint,
        "last4": method.last4,
        "brand": method.brand,
        "bank_name": method.bank_name,
        "expiry_month": method.expiry_month,
        "expiry_year": method.expiry_year,
        "verified": method.verified,
        "tries_left": method.tries_left,
        "detached": method.detached_at is not None,
    }


def attempt_body(attempt: Attempt) -> Body:
    """Show one attempt to charge."""
    return {
        "id": attempt.id,
        "key": attempt.key,
        "method": attempt.method_id,
        "outcome": attempt.outcome.value,
        "code": attempt.code,
        "started_at": attempt.started_at.isoformat(),
        "changed_at": attempt.changed_at.isoformat(),
    }


def intent_body(intent: Intent, public_url: str) -> Body:
    """Show an intent: where it stands, and the last attempt on it."""
    asks_payer = intent.state is IntentState.ASKS_PAYER
    return {
        "id": intent.id,
        "key": intent.key,
        "customer": intent.customer,
        "amount_minor": intent.amount_minor,
        "currency": intent.currency,
        "invoice_number": intent.invoice_number,
        "state": intent.state.value,
        "attempt": attempt_body(intent.latest) if intent.latest else None,
        "attempts": len(intent.attempts),
        "next_url": f"{public_url}/approve/{intent.id}" if asks_payer else "",
        "refunded_minor": intent.refunded_minor,
        "created_at": intent.created_at.isoformat(),
        "changed_at": intent.changed_at.isoformat(),
    }


def refund_body(refund: Refund) -> Body:
    """Show a refund."""
    return {
        "id": refund.id,
        "intent": refund.intent_id,
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
        "state": "succeeded",
        "created_at": refund.created_at.isoformat(),
    }


def charge_body(charge: Charge) -> Body:
    """Show one line of the list of charges."""
    body: Body = codec.plain(charge)
    return body
