"""The writes before a call: open an attempt, start giving up, put a collection off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from tenantry.core import dunning
from tenantry.core.money import Money
from tenantry.core.payment_effects import (
    Audit,
    EnqueueJob,
    InsertAttempt,
    InsertIntent,
    SendNotice,
    SetCollectAt,
    UpdateIntent,
    Write,
)
from tenantry.core.payment_facts import AttemptFacts, IntentFacts, Loaded
from tenantry.core.payment_methods import default_of, usable_methods
from tenantry.core.payment_settlement import is_debit
from tenantry.core.payment_states import Move, State, our_moves
from tenantry.core.refusal import Refusal

NO_COLLECTION = Refusal("nothing_due")
_PASSING = frozenset({"payment_in_progress", "payment_processing", "awaiting_payer", "recovering"})


@dataclass(frozen=True, slots=True)
class Started:
    """Our own move: what to write, and how intent and attempt stand once it is committed."""

    writes: tuple[Write, ...]
    intent: IntentFacts
    attempt: AttemptFacts
    is_new: bool = False


def opening(loaded: Loaded, amount: Money, method_id: str, by_kind: str, request_key: str) -> Started:
    """Open the next attempt on the live intent, or the first one of the next generation."""
    before = loaded.latest
    is_new = before is None or not before.is_live
    intent = _new_intent(loaded, amount) if before is None or is_new else _taken_up(loaded, before)
    number = 1 + max((one.number for one in loaded.attempts_of(intent.id)), default=0)
    attempt = AttemptFacts(
        id=loaded.new_ids[1],
        intent_id=intent.id,
        number=number,
        method_id=method_id,
        confirm_key=f"{intent.create_key}:{number}",
        by_kind=by_kind,
        opened_at=loaded.now,
        request_key=request_key,
        sent_at=loaded.now if intent.state is State.SENDING else None,
    )
    row: Write = InsertIntent(intent) if is_new or before is None else UpdateIntent(intent, before.version)
    after = {"generation": intent.generation, "attempt": number, "amount_minor": amount.minor, "method_id": method_id}
    writes: list[Write] = [row, InsertAttempt(attempt), Audit("pay_invoice", "invoice", loaded.invoice.id, {}, after)]
    if attempt.is_automatic:
        # Every way in which an automatic attempt can end sets the next date.
        writes.append(SetCollectAt(loaded.invoice.id, None))
    return Started(tuple(writes), intent, attempt, is_new)


def _new_intent(loaded: Loaded, amount: Money) -> IntentFacts:
    generation = 1 + (loaded.latest.generation if loaded.latest else 0)
    intent = IntentFacts(
        id=loaded.new_ids[0],
        invoice_id=loaded.invoice.id,
        generation=generation,
        state=State.CREATING,
        amount=amount,
        customer=loaded.company.gateway_customer,
        create_key=f"am1:{loaded.company.installation}:{loaded.invoice.id}:{generation}",
        opened_at=loaded.now,
        moved_at=loaded.now,
    )
    return replace(intent, next_ask_at=dunning.next_ask(intent, is_debit=False, now=loaded.now))


def _taken_up(loaded: Loaded, before: IntentFacts) -> IntentFacts:
    state = our_moves(before.gateway_id).after(before.state, Move.PAY)
    if isinstance(state, Refusal):
        raise TypeError(f"an attempt was opened on an intent that is {before.state}")
    after = replace(before, state=state, version=before.version + 1, times_asked=0, moved_at=loaded.now)
    return replace(after, next_ask_at=dunning.next_ask(after, is_debit=False, now=loaded.now))


def giving_up(loaded: Loaded, intent: IntentFacts, because: str) -> Started | Refusal:
    """Move an intent to *cancelling*; one without a saved id to *cancelled*, since nobody can confirm it."""
    state = our_moves(intent.gateway_id).after(intent.state, Move.GIVE_UP)
    if isinstance(state, Refusal):
        code = "payment_processing" if intent.state is State.PROCESSING else "payment_in_progress"
        return Refusal(code, {"amount": intent.amount})
    attempt = loaded.attempts_of(intent.id)[-1]
    after = replace(intent, state=state, next_url="", version=intent.version + 1, times_asked=0, moved_at=loaded.now)
    after = replace(after, next_ask_at=dunning.next_ask(after, is_debit=is_debit(loaded, attempt), now=loaded.now))
    audit = Audit(
        "give_up_payment",
        "payment_intent",
        intent.id,
        {"state": intent.state.value},
        {"state": state.value, "because": because},
    )
    writes: list[Write] = [UpdateIntent(after, intent.version), audit]
    if after.next_ask_at is not None:
        writes.append(EnqueueJob("payments.resolve", after.next_ask_at, {"intent_id": intent.id}))
    return Started(tuple(writes), after, attempt)


def collection_skipped(loaded: Loaded, why: Refusal) -> tuple[Write, ...]:
    """Put a due collection off where a payment is under way or billing is held; else end it."""
    wait: timedelta | None = None
    if why.code in _PASSING:
        wait = dunning.LOOK_AGAIN_AT_COLLECTION
    elif why.code == "billing_held":
        wait = dunning.HELD_COLLECTION_LATER
    elif why.code == "no_usable_method":
        return method_needed(loaded)
    return (SetCollectAt(loaded.invoice.id, loaded.now + wait if wait else None),)


def method_needed(loaded: Loaded) -> tuple[Write, ...]:
    """End the automatic collection of an invoice and ask for another method: none takes its place by itself.

    `method_id` is the default that can't be charged, `has_other` tells whether another method on file can be.
    """
    due, default = loaded.invoice.amount_due, default_of(loaded.methods)
    facts = {
        "number": loaded.invoice.number,
        "amount_minor": due.minor,
        "currency": due.currency,
        "method_id": default.id if default else "",
        "has_other": bool(usable_methods(loaded.methods, loaded.today)),
    }
    about_key = f"{loaded.invoice.id}:{loaded.invoice.collect_at}"
    return (
        SetCollectAt(loaded.invoice.id, None),
        SendNotice("method_needed", "invoice", loaded.invoice.id, about_key, facts),
    )
