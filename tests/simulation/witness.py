"""What must hold at each step, seen from the processor's own records rather than from our books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox_gateway.values import Charge, Outcome
from tenantry.core.gateway_reply import CancelIntent, ConfirmIntent, CreateIntent, PaymentRequest
from tenantry.core.payment_states import Outcome as OurOutcome
from tests.simulation.books import Violation
from tests.simulation.processor import LIVE

if TYPE_CHECKING:
    from tests.simulation.world import World

ENDED_AT_THE_PROCESSOR = {
    OurOutcome.SUCCEEDED: (Outcome.SUCCEEDED, Outcome.RETURNED),
    OurOutcome.RETURNED: (Outcome.RETURNED,),
}


def before_execution(world: World, request: PaymentRequest) -> None:
    """Check I-3: whatever reaches the processor stands in a committed row, with the same amount and method."""
    books = world.books
    match request:
        case CreateIntent():
            rows = [one for rows in books.intents.values() for one in rows if one.create_key == request.key]
            if len(rows) != 1 or rows[0].amount != request.amount or rows[0].customer != request.customer:
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
            if request.gateway_id not in books.by_gateway_id:
                raise Violation(f"I-3 cancel of {request.gateway_id}, which is in no row")
        case _:
            pass


def after_execution(world: World, gateway_id: str) -> None:
    """Check I-1 for the invoice that the processor just moved money for."""
    intent = world.gateway.model.find_intent(now=world.now, intent_id=gateway_id) if gateway_id else None
    if intent is not None:
        live_charges(world, intent.invoice_number)


def live_charges(world: World, invoice_number: str) -> list[Charge]:
    """Check I-1: one live charge at most for an invoice. Give it."""
    live = [charge for charge in world.gateway.charges_of(invoice_number) if charge.outcome in LIVE]
    if len(live) > 1:
        raise Violation(f"I-1 {invoice_number} was charged {len(live)} times")
    return live


def on_commit(world: World, invoice_id: str) -> None:
    """Check I-4 and I-7: an attempt has an end in our books only where the processor has that end."""
    number = world.books.invoices[invoice_id].number
    by_key: dict[str, set[Outcome]] = {}
    for charge in world.gateway.charges_of(number):
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
