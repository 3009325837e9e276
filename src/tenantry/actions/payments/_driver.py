"""Drive a payment flow on rows and the real gateway: the product's driver of the generators in `core`.

The simulator has the other driver of the same ones. Every effect is a point where this process may die; whatever
is left behind is found by the sweep of `resolve_payment`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from typing import TypeVar

from tenantry.actions.notices._notify import notify
from tenantry.core.gateway_reply import (
    CancelIntent,
    ConfirmIntent,
    CreateIntent,
    CreateRefund,
    FindIntent,
    FindRefund,
    GatewayReply,
    PaymentRequest,
    RefundEvent,
    RefundReply,
    RefundRequest,
)
from tenantry.core.payment_effects import (
    Answer,
    Call,
    Commit,
    Effect,
    HoldBilling,
    Load,
    LoadRefunds,
    OpenReview,
    Write,
)
from tenantry.core.payment_facts import Loaded
from tenantry.core.permissions import Actor
from tenantry.core.refund_facts import RefundsLoaded
from tenantry.core.refusal import Refusal
from tenantry.outside import alarm_log, clock, queue
from tenantry.outside.gateway.chosen import gateway
from tenantry.outside.gateway.port import PaymentGateway
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.companies.queries import lock_company
from tenantry.records.invoices.queries import lock_invoice
from tenantry.records.payments import queries, refunds
from tenantry.records.payments.writer import Context, apply

T = TypeVar("T")
GATEWAY = "sandbox"


def run(
    flow: Generator[Effect, Answer, T],
    actor: Actor,
    *,
    why_not: Callable[[Sequence[Write]], Refusal | None] | None = None,
) -> T | Refusal:
    """Carry out a flow for the actor's company; give what it returns.

    `why_not` is asked under the flow's locks before each commit: its refusal ends the flow, and nothing is written.
    Refuses `not_found` when the flow names an invoice or intent that this company does not have.
    """
    with ExitStack() as open_phase:
        answer: Answer = None
        while True:
            try:
                effect = flow.send(answer)
            except StopIteration as ended:
                value: T = ended.value
                return value
            if isinstance(effect, Commit):
                if why_not and (refused := why_not(effect.writes)):
                    return refused
                write(effect.writes, actor)
                open_phase.close()
                _raise_alarms(effect.writes, actor)
                answer = None
                continue
            open_phase.close()
            if isinstance(effect, Call):
                answer = _called(effect)
                continue
            open_phase.enter_context(tenancy.phase(actor.company_id))
            loaded = _load(effect, actor)
            if loaded is None:
                return Refusal("not_found")
            answer = loaded


def write(writes: Sequence[Write], actor: Actor) -> None:
    """Apply writes in the open phase of the actor's company."""

    def wake(job_name: str, in_seconds: int) -> None:
        once = f"{job_name}:{actor.company_id}" + (f":{in_seconds}" if in_seconds else "")
        queue.enqueue(job_name, in_seconds=in_seconds, once=once, company_id=actor.company_id)

    context = Context(actor, clock.now(), GATEWAY, new_id, wake, notify)
    for one in writes:
        apply(one, context)


def _raise_alarms(writes: Sequence[Write], actor: Actor) -> None:
    """Tell the log about what a person has to look at, once it is committed."""
    for one in writes:
        if isinstance(one, OpenReview):
            alarm_log.review_opened(company=actor.company_id, reason=one.reason, about=one.intent_id)
        elif isinstance(one, HoldBilling):
            alarm_log.billing_held(company=actor.company_id, reason=one.because)


def _called(effect: Call) -> GatewayReply | RefundReply:
    if effect.not_after is not None and clock.now() > effect.not_after:
        return RefundReply(RefundEvent.NOT_SENT)
    return call(gateway(), effect.request)


def _load(effect: Load | LoadRefunds, actor: Actor) -> Loaded | RefundsLoaded | None:
    return _load_payment(effect, actor) if isinstance(effect, Load) else _load_refunds(effect, actor)


def _load_refunds(effect: LoadRefunds, actor: Actor) -> RefundsLoaded | None:
    company = lock_company(actor.company_id)
    invoice_id, intent_id = effect.invoice_id, effect.intent_id
    if effect.refund_id:
        invoice_id, intent_id = refunds.place_of_refund(actor.company_id, effect.refund_id) or ("", "")
    elif intent_id:
        invoice_id = queries.invoice_of_intent(actor.company_id, intent_id) or ""
    invoice = lock_invoice(actor.company_id, invoice_id) if invoice_id else None
    if invoice is None:
        return None
    return refunds.load_refunds(
        company,
        invoice,
        now=clock.now(),
        new_id=new_id,
        intent_id=intent_id,
        request_key=effect.request_key,
        lock=True,
    )


def _load_payment(effect: Load, actor: Actor) -> Loaded | None:
    company = lock_company(actor.company_id)
    invoice_id = effect.invoice_id or queries.invoice_of_intent(actor.company_id, effect.intent_id)
    invoice = lock_invoice(actor.company_id, invoice_id) if invoice_id else None
    if invoice is None:
        return None
    return queries.load(company, invoice, now=clock.now(), new_id=new_id, request_key=effect.request_key, lock=True)


def call(port: PaymentGateway, request: PaymentRequest | RefundRequest) -> GatewayReply | RefundReply:
    """Put one request to the gateway."""
    to: dict[type, Callable[..., GatewayReply | RefundReply]] = {
        CreateIntent: port.create_intent,
        ConfirmIntent: port.confirm,
        CancelIntent: port.cancel,
        FindIntent: port.find,
        CreateRefund: port.refund,
        FindRefund: port.find_refund,
    }
    return to[type(request)](request)
