"""What must hold at each step, seen from the processor's own records rather than from our books."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sandbox_gateway.values import Charge, Outcome
from tenantry.core.gateway_reply import CancelIntent, ConfirmIntent, CreateIntent, CreateRefund
from tenantry.core.payment_effects import InsertAttempt, InsertRefund, Write
from tenantry.core.payment_facts import AttemptFacts, Loaded
from tenantry.core.payment_flow import Result
from tenantry.core.payment_methods import default_of
from tenantry.core.payment_outcome import PaymentOutcome, PaymentResult
from tenantry.core.payment_states import Outcome as OurOutcome
from tenantry.core.refund_facts import RefundsLoaded
from tests.simulation.processor import LIVE, Request
from tests.simulation.violation import Violation

if TYPE_CHECKING:
    from tests.simulation.world import World

DECLINED = ("payment_declined", "payment_not_approved")
HELD = (Outcome.SUCCEEDED, Outcome.RETURNED)
ENDED_AT_THE_PROCESSOR = {OurOutcome.SUCCEEDED: HELD, OurOutcome.RETURNED: (Outcome.RETURNED,)}


def before_execution(world: World, request: Request) -> None:
    """Check I-3: whatever reaches the processor stands in a committed row, with the same amount and method."""
    books = world.books
    match request:
        case CreateIntent():
            intent_id = books.by_create_key.get(request.key)
            row = books.intent(intent_id) if intent_id else None
            if row is None or (row.amount, row.customer) != (request.amount, request.customer):
                raise Violation(f"I-3 create under {request.key} is in no row")
        case ConfirmIntent():
            attempt = books.by_confirm_key.get(request.key)
            if attempt is None:
                raise Violation(f"I-3 confirm under {request.key} is in no row")
            company_id = books.company_of[books.invoice_of[attempt.id]]
            method = books.methods[company_id].get(attempt.method_id)
            if method is None or method.token != request.method_token:
                raise Violation(f"I-21 confirm under {request.key} with a method of somebody else")
            if books.intent(attempt.intent_id).gateway_id != request.gateway_id:
                raise Violation(f"I-3 confirm under {request.key} of an id that was not saved")
        case CancelIntent():
            _before_cancel(world, request)
        case CreateRefund():
            refund_id = books.refunds.by_key.get(request.key)
            refund = books.refunds.refund(refund_id) if refund_id else None
            if refund is None or refund.amount != request.amount:
                raise Violation(f"I-3 refund under {request.key} is in no row")
            if books.intent(refund.intent_id).gateway_id != request.gateway_id:
                raise Violation(f"I-3 refund under {request.key} of another payment")
        case _:
            pass


def _before_cancel(world: World, request: CancelIntent) -> None:
    """Check I-3 for a cancel: a row has its key, and the id too unless it was lost before anybody confirmed it."""
    create_key = request.key.removesuffix(":cancel")
    intent_id = world.books.by_create_key.get(create_key)
    saved = world.books.intent(intent_id).gateway_id if intent_id else None
    if saved not in ("", request.gateway_id) or world.gateway.key_of(request.gateway_id) != create_key:
        raise Violation(f"I-3 cancel of {request.gateway_id} under {request.key} is in no row")


def after_execution(world: World, gateway_id: str) -> None:
    """Check I-1 for the invoice that the processor just moved money for."""
    intent = world.gateway.intent(gateway_id) if gateway_id else None
    if intent is not None:
        live_charges(world, intent.key.split(":")[2])


def after_refund(world: World, request: CreateRefund) -> None:
    """Check I-1 for money that goes back: one refund at most under a key of ours."""
    made = [one for one in world.gateway.refunds_of(request.gateway_id) if one.key == request.key]
    if len(made) > 1:
        raise Violation(f"I-1 {request.key} was sent back {len(made)} times")


def live_charges(world: World, invoice_id: str) -> list[Charge]:
    """Check I-1: one live charge at most for an invoice. Give it."""
    live = [charge for charge in world.gateway.charges_of(invoice_id) if charge.outcome in LIVE]
    if len(live) > 1:
        raise Violation(f"I-1 {invoice_id} was charged {len(live)} times")
    return live


def before_commit(name: str, loaded: Loaded, writes: Sequence[Write]) -> None:
    """Check I-18: only an explicit Pay, or a collection that is due with the default method, opens an attempt.

    What a restored database has lost is written again by the comparison; that charges nothing. None is opened while
    the company's billing is held, or before it was compared in a recovery (R12).
    """
    nothing_may_be_charged = loaded.company.is_recovering or loaded.company.is_billing_held
    for write in writes:
        if not isinstance(write, InsertAttempt) or (name == "reconcile" and not write.attempt.is_open):
            continue
        attempt = write.attempt
        if nothing_may_be_charged:
            raise Violation(f"R12 {attempt.id} was opened by {name} while nothing may be charged")
        if not attempt.is_automatic:
            if name != "pay":
                raise Violation(f"I-18 {attempt.id} was opened by {name}")
            continue
        due_at, default = loaded.invoice.collect_at, default_of(loaded.methods)
        if name != "collect" or due_at is None or due_at > loaded.now:
            raise Violation(f"I-18 {attempt.id} was opened by {name}, collection was due at {due_at}")
        if default is None or default.id != attempt.method_id:
            raise Violation(f"I-18 {attempt.id} charges {attempt.method_id}, which is not the default")


def before_refund(loaded: RefundsLoaded, writes: Sequence[Write]) -> None:
    """Check I-10: what we send back is at most the company's credit. What the dashboard sent back is only taken in."""
    for write in writes:
        if isinstance(write, InsertRefund) and write.refund.by_kind and write.refund.amount > loaded.credit:
            raise Violation(f"I-10 {write.refund.id} of {write.refund.amount} is more than {loaded.credit} of credit")


def on_commit(world: World, invoice_id: str) -> None:
    """Check I-4 and I-7: an attempt has an end in our books only where the processor has that end."""
    by_key: dict[str, set[Outcome]] = {}
    for charge in world.gateway.charges_of(invoice_id):
        by_key.setdefault(charge.attempt_key, set()).add(charge.outcome)
    for intent in world.books.intents[invoice_id]:
        known = world.gateway.key_of(intent.gateway_id) if intent.gateway_id else intent.create_key
        if known != intent.create_key:
            raise Violation(f"I-3 {intent.id} keeps {intent.gateway_id}, which is not what its key created")
    for attempt in world.books.attempts[invoice_id]:
        seen = by_key.get(attempt.confirm_key, set())
        if attempt.outcome is OurOutcome.DECLINED and Outcome.DECLINED not in seen:
            raise Violation(f"I-4 {attempt.id} is declined here, not at the processor: {sorted(seen)}")
        wanted = ENDED_AT_THE_PROCESSOR.get(attempt.outcome)
        if wanted and not seen.intersection(wanted):
            raise Violation(f"I-7 {attempt.id} is {attempt.outcome} here, not at the processor: {sorted(seen)}")


def methods(world: World, company_id: str) -> None:
    """Check I-19: one default at most, and it is not a removed one."""
    defaults = [one for one in world.books.methods[company_id].values() if one.is_default]
    if len(defaults) > 1 or any(one.is_removed for one in defaults):
        raise Violation(f"I-19 {company_id} has {defaults} as default")


def told(world: World, company_id: str, request_key: str, result: Result) -> None:
    """Check I-22 and what a payer is told: one form, one attempt, and no word that the processor would deny."""
    attempt_id = world.books.by_request_key.get((company_id, request_key))
    if attempt_id is None:
        return
    attempt = world.books.attempt(attempt_id)
    if isinstance(result, PaymentOutcome):
        if result.attempt_id != attempt.id:
            raise Violation(f"I-22 the form {request_key} is answered with {result.attempt_id}, it made {attempt.id}")
        if result.result is PaymentResult.PAID and not _outcomes(world, attempt).intersection(HELD):
            raise Violation(f"I-4 {attempt.id} was told paid, the processor holds nothing")
    elif result.code in DECLINED and Outcome.DECLINED not in _outcomes(world, attempt, only=True):
        raise Violation(f"I-4 {attempt.id} was told declined, the processor did not")


def _outcomes(world: World, attempt: AttemptFacts, *, only: bool = False) -> set[Outcome]:
    """Give what the processor has for the attempt, or for its whole intent."""
    invoice_id = world.books.invoice_of[attempt.id]
    gateway_id = world.books.intent(attempt.intent_id).gateway_id
    mine = [one for one in world.gateway.charges_of(invoice_id) if one.intent_id == gateway_id]
    return {one.outcome for one in mine if not only or one.attempt_key == attempt.confirm_key}
