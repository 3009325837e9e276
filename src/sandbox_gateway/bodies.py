"""How the values of the model look in a JSON answer."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox_gateway import codec
from sandbox_gateway.values import (
    Attempt,
    Charge,
    Customer,
    Delivery,
    Dispute,
    Event,
    Intent,
    IntentState,
    Method,
    Movement,
    PayoutLines,
    Refund,
    Setup,
)

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
        "dispute": dispute_body(intent.dispute, intent.currency) if intent.dispute else None,
        "created_at": intent.created_at.isoformat(),
        "changed_at": intent.changed_at.isoformat(),
    }


def dispute_body(dispute: Dispute, currency: str) -> Body:
    """Show a dispute. How it will end stays inside."""
    return {
        "id": dispute.id,
        "reason": dispute.reason,
        "state": dispute.state.value,
        "amount_minor": dispute.amount_minor,
        "currency": currency,
        "opened_at": dispute.opened_at.isoformat(),
        "changed_at": dispute.changed_at.isoformat(),
    }


def full_intent_body(intent: Intent, refunds: Sequence[Refund], public_url: str) -> Body:
    """Show an intent with every attempt and every refund: what a reconciliation needs."""
    return {
        **intent_body(intent, public_url),
        "all_attempts": [attempt_body(one) for one in intent.attempts],
        "refunds": [refund_body(one) for one in refunds],
    }


def refund_body(refund: Refund) -> Body:
    """Show a refund."""
    return {
        "id": refund.id,
        "key": refund.key,
        "intent": refund.intent_id,
        "customer": refund.customer,
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
        "state": "succeeded",
        "created_at": refund.created_at.isoformat(),
    }


def payout_body(listed: PayoutLines) -> Body:
    """Show a payout with its lines, and what of it belongs to each customer."""
    payout = listed.payout
    return {
        "id": payout.id,
        "state": "paid",
        "amount_minor": payout.amount_minor,
        "currency": payout.currency,
        "paid_at": payout.paid_at.isoformat(),
        "lines": [_line_body(one) for one in listed.movements],
        "by_customer": [
            {
                "customer": customer.id,
                "reference": customer.reference,
                "amount_minor": sum(one.amount_minor for one in listed.movements if one.customer == customer.id),
            }
            for customer in listed.customers
        ],
    }


def _line_body(moved: Movement) -> Body:
    return {
        "id": moved.id,
        "kind": moved.kind.value,
        "intent": moved.intent_id,
        "refund": moved.refund_id,
        "customer": moved.customer,
        "amount_minor": moved.amount_minor,
        "currency": moved.currency,
        "occurred_at": moved.occurred_at.isoformat(),
    }


def charge_body(charge: Charge) -> Body:
    """Show one line of the list of charges."""
    body: Body = codec.plain(charge)
    return body


def event_body(event: Event) -> Body:
    """Show one thing that happened."""
    body: Body = codec.plain(event)
    return body


def delivery_body(delivery: Delivery, event: Event | None) -> Body:
    """Show one delivery of an event."""
    body: Body = codec.plain(delivery)
    return {**body, "kind": event.kind if event else ""}
