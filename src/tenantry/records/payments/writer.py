"""Write what a payment flow decided. Every conditional update checks that it hit exactly one row."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import singledispatch
from typing import Any

from django.db.models import F

from tenantry.core import payment_effects as effects
from tenantry.core.bank_returns import block_after
from tenantry.core.ids import NewId
from tenantry.core.permissions import Actor
from tenantry.core.review_reasons import HOLDING
from tenantry.records.base import audit
from tenantry.records.companies.models import Company
from tenantry.records.invoices import ledger
from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.models import PaymentAttempt, PaymentIntent, PaymentMethod, Refund, Review

SOON_SECONDS = 15 * 60


class RowHasMoved(Exception):
    """A row was not as the decision took it to be; the transaction is undone and nothing has happened."""


@dataclass(frozen=True, slots=True)
class Context:
    """Who writes for which company, when, and through which doors to the queue and the mails."""

    actor: Actor
    now: datetime
    gateway: str
    new_id: NewId
    wake: Callable[[str, int], None]
    write_notice: Callable[..., None]

    @property
    def company_id(self) -> str:
        """Give the company of the actor."""
        return self.actor.company_id


@singledispatch
def apply(write: Any, context: Context) -> None:
    """Apply one write inside the open phase.

    Raises:
        RowHasMoved: a row was not as expected.
        TypeError: the write is unknown.
    """
    raise TypeError(type(write).__name__)


@apply.register
def _insert_intent(write: effects.InsertIntent, context: Context) -> None:
    intent = write.intent
    PaymentIntent.objects.create(
        id=intent.id,
        company_id=context.company_id,
        invoice_id=intent.invoice_id,
        generation=intent.generation,
        amount_minor=intent.amount.minor,
        currency=intent.amount.currency,
        gateway=context.gateway,
        customer=intent.customer,
        create_key=intent.create_key,
        opened_at=intent.opened_at,
        version=intent.version,
        **_moving(intent),
    )


@apply.register
def _update_intent(write: effects.UpdateIntent, context: Context) -> None:
    rows = PaymentIntent.objects.filter(
        company_id=context.company_id, id=write.intent.id, version=write.expected_version
    )
    _exactly_one(rows.update(version=write.intent.version, **_moving(write.intent)))


def _moving(intent: Any) -> dict[str, Any]:
    return {
        "state": intent.state.value,
        "gateway_id": intent.gateway_id,
        "next_url": intent.next_url,
        "next_ask_at": intent.next_ask_at,
        "times_asked": intent.times_asked,
        "moved_at": intent.moved_at,
    }


@apply.register
def _adopt_amount(write: effects.AdoptAmount, context: Context) -> None:
    rows = PaymentIntent.objects.filter(company_id=context.company_id, id=write.intent_id, gateway_id="")
    _exactly_one(rows.update(amount_minor=write.amount.minor, currency=write.amount.currency))


@apply.register
def _set_next_ask(write: effects.SetNextAsk, context: Context) -> None:
    rows = PaymentIntent.objects.filter(company_id=context.company_id, id=write.intent_id)
    _exactly_one(rows.update(next_ask_at=write.at, times_asked=write.times_asked))


@apply.register
def _insert_attempt(write: effects.InsertAttempt, context: Context) -> None:
    attempt = write.attempt
    PaymentAttempt.objects.create(
        id=attempt.id,
        company_id=context.company_id,
        intent_id=attempt.intent_id,
        number=attempt.number,
        method_id=attempt.method_id,
        confirm_key=attempt.confirm_key,
        request_key=attempt.request_key,
        by_kind=attempt.by_kind,
        by_id=context.actor.user_id,
        by_name=context.actor.name,
        opened_at=attempt.opened_at,
        **_outcome(attempt),
    )


@apply.register
def _update_attempt(write: effects.UpdateAttempt, context: Context) -> None:
    rows = PaymentAttempt.objects.filter(
        company_id=context.company_id, id=write.attempt.id, outcome=write.expected_outcome.value
    )
    _exactly_one(rows.update(method_id=write.attempt.method_id, **_outcome(write.attempt)))


def _outcome(attempt: Any) -> dict[str, Any]:
    return {
        "outcome": attempt.outcome.value,
        "code": attempt.code,
        "sent_at": attempt.sent_at,
        "decided_at": attempt.decided_at,
    }


@apply.register
def _insert_refund(write: effects.InsertRefund, context: Context) -> None:
    refund = write.refund
    Refund.objects.create(
        id=refund.id,
        company_id=context.company_id,
        intent_id=refund.intent_id,
        number=refund.number,
        amount_minor=refund.amount.minor,
        currency=refund.amount.currency,
        key=refund.key,
        reason=refund.reason,
        request_key=refund.request_key,
        by_kind=refund.by_kind,
        by_id=context.actor.user_id if refund.by_kind else "",
        by_name=context.actor.name if refund.by_kind else "",
        opened_at=refund.opened_at,
        version=refund.version,
        **_moving_refund(refund),
    )


@apply.register
def _update_refund(write: effects.UpdateRefund, context: Context) -> None:
    rows = Refund.objects.filter(company_id=context.company_id, id=write.refund.id, version=write.expected_version)
    _exactly_one(rows.update(version=write.refund.version, **_moving_refund(write.refund)))


def _moving_refund(refund: Any) -> dict[str, Any]:
    return {
        "state": refund.state.value,
        "gateway_refund_id": refund.gateway_refund_id,
        "code": refund.code,
        "was_found": refund.was_found,
        "moved_at": refund.moved_at,
        "next_ask_at": refund.next_ask_at,
        "times_asked": refund.times_asked,
    }


@apply.register
def _set_next_refund_ask(write: effects.SetNextRefundAsk, context: Context) -> None:
    rows = Refund.objects.filter(company_id=context.company_id, id=write.refund_id)
    _exactly_one(rows.update(next_ask_at=write.at, times_asked=write.times_asked))


@apply.register
def _move_invoice(write: effects.MoveInvoice, context: Context) -> None:
    rows = Invoice.objects.filter(company_id=context.company_id, id=write.invoice_id, version=write.expected_version)
    _exactly_one(rows.update(state=write.state.value, state_moved_at=write.moved_at, version=F("version") + 1))


@apply.register
def _set_collect_at(write: effects.SetCollectAt, context: Context) -> None:
    rows = Invoice.objects.filter(company_id=context.company_id, id=write.invoice_id)
    _exactly_one(rows.update(collect_at=write.at))


@apply.register
def _post(write: effects.Post, context: Context) -> None:
    ledger.post(
        context.company_id,
        write.entry,
        occurred_at=write.occurred_at,
        new_id=context.new_id,
        booked=ledger.Booked(attempt_id=write.attempt_id, refund_id=write.refund_id),
    )


@apply.register
def _block_method(write: effects.BlockMethod, context: Context) -> None:
    rows = PaymentMethod.objects.filter(company_id=context.company_id, id=write.method_id)
    known = rows.values_list("blocked_because", flat=True).first() or ""
    _exactly_one(rows.update(blocked_because=block_after(known, write.code)))


@apply.register
def _open_review(write: effects.OpenReview, context: Context) -> None:
    Review.objects.create(
        id=context.new_id(),
        company_id=context.company_id,
        intent_id=write.intent_id,
        reason=write.reason,
        facts=_plain(write.facts),
        opened_at=context.now,
    )


@apply.register
def _close_review(write: effects.CloseReview, context: Context) -> None:
    Review.objects.filter(
        company_id=context.company_id, intent__id=write.intent_id, reason=write.reason, closed_at__isnull=True
    ).update(closed_at=context.now, closed_by="gateway", evidence="The gateway answered.")


@apply.register
def _end_review(write: effects.EndReview, context: Context) -> None:
    rows = Review.objects.filter(company_id=context.company_id, id=write.review_id, closed_at__isnull=True)
    _exactly_one(
        rows.update(
            closed_at=context.now,
            closed_by=context.actor.name or context.actor.user_id,
            decision=write.decision,
            evidence=write.evidence,
        )
    )


@apply.register
def _release_billing(write: effects.ReleaseBilling, context: Context) -> None:
    still_open = Review.objects.filter(company_id=context.company_id, reason__in=HOLDING, closed_at__isnull=True)
    if not still_open.exists():
        Company.objects.filter(id=context.company_id, billing_held_because__in=HOLDING).update(
            billing_held_at=None, billing_held_because=""
        )


@apply.register
def _hold_billing(write: effects.HoldBilling, context: Context) -> None:
    Company.objects.filter(id=context.company_id, billing_held_at__isnull=True).update(
        billing_held_at=context.now, billing_held_because=write.because
    )


@apply.register
def _send_notice(write: effects.SendNotice, context: Context) -> None:
    context.write_notice(
        company_id=context.company_id,
        kind=write.kind,
        about_kind=write.about_kind,
        about_id=write.about_id,
        about_key=write.about_key,
        facts=_plain(write.facts),
        now=context.now,
    )


@apply.register
def _enqueue(write: effects.EnqueueJob, context: Context) -> None:
    # What is due much later stands in rows, and the tick finds it; minutes should not wait for a tick.
    seconds = max(0, math.ceil((write.at - context.now).total_seconds()))
    if seconds <= SOON_SECONDS:
        context.wake(write.name, seconds)


@apply.register
def _audit(write: effects.Audit, context: Context) -> None:
    audit.record(
        context.actor,
        write.action,
        write.object_kind,
        write.object_id,
        now=context.now,
        before=_plain(write.before),
        after=_plain(write.after),
    )


def _plain(facts: Mapping[str, object]) -> dict[str, object]:
    return dict(facts)


def _exactly_one(count: int) -> None:
    if count != 1:
        raise RowHasMoved(f"{count} rows")
