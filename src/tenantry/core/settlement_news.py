"""What the business hears when a payment has moved: ledger, invoice, method, next collection, mails."""

from __future__ import annotations

from datetime import datetime

from tenantry.core import bank_returns, dunning, postings
from tenantry.core.invoice_states import INVOICE, InvoiceEvent, owed
from tenantry.core.money import Money
from tenantry.core.payment_effects import (
    BlockMethod,
    HoldBilling,
    MoveInvoice,
    OpenReview,
    Post,
    SendNotice,
    SetCollectAt,
    Write,
)
from tenantry.core.payment_facts import AttemptFacts, IntentFacts, InvoiceState, Loaded
from tenantry.core.payment_states import Outcome, State
from tenantry.core.refusal import Refusal
from tenantry.core.review_reasons import BANK_RETURN, CHARGE_NOT_SENT, OVERPAID

_SETTLED = frozenset({InvoiceState.PAID, InvoiceState.VOID})


def news(
    loaded: Loaded, before: IntentFacts, after: IntentFacts, attempt: AttemptFacts, *, has_ended: bool
) -> list[Write]:
    """Give the writes that follow from an intent's move.

    `loaded.attempts` already holds how attempts ended; `has_ended` tells that this one did just now.
    """
    if after.state is State.SUCCEEDED and before.state is not State.SUCCEEDED:
        return _succeeded(loaded, after, attempt)
    if after.state is State.RETURNED and before.state is not State.RETURNED:
        was_taken = before.state is State.SUCCEEDED
        has_paid = was_taken and attempt.id not in loaded.overpaid
        is_settled = loaded.invoice.state in _SETTLED and not has_paid
        took_back = _took_back(loaded, after, attempt) if was_taken else []
        return [*took_back, *_returned(loaded, after, attempt, is_settled=is_settled)]
    if has_ended and after.state in (State.READY, State.CANCELLING, State.CANCELLED):
        return _ended_unpaid(loaded, after, attempt)
    return []


def _succeeded(loaded: Loaded, intent: IntentFacts, attempt: AttemptFacts) -> list[Write]:
    invoice = loaded.invoice
    state = INVOICE.after(invoice.state, InvoiceEvent.SETTLED)
    if isinstance(state, Refusal) or owed(invoice) != intent.amount:
        return _overpaid(loaded, intent, attempt)
    book = postings.recovered if invoice.state is InvoiceState.UNCOLLECTIBLE else postings.succeeded
    return [
        Post(book(invoice.id, intent.amount), attempt.id, loaded.now),
        MoveInvoice(invoice.id, invoice.version, state, loaded.now),
        SetCollectAt(invoice.id, None),
        _notice("receipt", loaded, intent, attempt),
    ]


def _overpaid(loaded: Loaded, intent: IntentFacts, attempt: AttemptFacts) -> list[Write]:
    """Book money that nothing was due for: it is never dropped, and a person looks before anything is charged."""
    facts = {"invoice_state": loaded.invoice.state.value, "owed_minor": owed(loaded.invoice).minor}
    return [
        Post(postings.overpaid(loaded.invoice.id, intent.amount), attempt.id, loaded.now),
        OpenReview(intent.id, OVERPAID, facts),
        HoldBilling(OVERPAID),
    ]


def _took_back(loaded: Loaded, intent: IntentFacts, attempt: AttemptFacts) -> list[Write]:
    """Book what the bank took back against what the payment was booked as: the state of the invoice doesn't tell."""
    invoice, taken = loaded.invoice, taken_by_return(intent, attempt.code)
    if not taken.minor:
        return []
    state = INVOICE.after(invoice.state, InvoiceEvent.RETURNED)
    if attempt.id in loaded.overpaid or isinstance(state, Refusal):
        return [Post(postings.overpayment_returned(invoice.id, taken), attempt.id, loaded.now)]
    return [
        Post(postings.returned(invoice.id, taken), attempt.id, loaded.now),
        MoveInvoice(invoice.id, invoice.version, state, loaded.now),
    ]


def taken_by_return(intent: IntentFacts, code: str) -> Money:
    """Give what a return takes: a bank takes the whole debit back, a lost dispute what was not refunded before."""
    if not bank_returns.is_dispute(code):
        return intent.amount
    return intent.amount - Money(intent.refunded_minor, intent.amount.currency)


def _returned(loaded: Loaded, intent: IntentFacts, attempt: AttemptFacts, *, is_settled: bool) -> list[Write]:
    """Follow the code table. An invoice that is settled without this payment stays so: a person looks instead."""
    meaning = bank_returns.meaning_of(attempt.code)
    writes: list[Write] = [] if is_settled else [_collect_again(loaded, attempt)]
    if bank_returns.blocks_method(attempt.code):
        writes.append(BlockMethod(attempt.method_id, attempt.code))
    if meaning.needs_review or is_settled:
        writes.append(OpenReview(intent.id, BANK_RETURN, {"code": attempt.code}))
    if meaning.is_unauthorized:
        writes.append(_notice("unauthorized_return", loaded, intent, attempt))
    return writes if is_settled else [*writes, _notice("payment_returned", loaded, intent, attempt)]


def _ended_unpaid(loaded: Loaded, intent: IntentFacts, attempt: AttemptFacts) -> list[Write]:
    """Schedule the next step of an automatic collection; a person's own try leaves the schedule as it was."""
    writes: list[Write] = []
    if attempt.is_automatic:
        writes += [_collect_again(loaded, attempt), *_cant_be_sent(loaded, intent)]
    if attempt.outcome is Outcome.DECLINED and dunning.forbids_retry(attempt):
        writes.append(BlockMethod(attempt.method_id, attempt.code))
    if attempt.outcome is Outcome.DECLINED and attempt.is_automatic:
        kind = "payer_needed" if attempt.code == dunning.PAYER_NEEDED else "payment_declined"
        writes.append(_notice(kind, loaded, intent, attempt))
    if attempt.outcome is Outcome.CANCELLED:
        writes.append(_notice("payment_not_completed", loaded, intent, attempt))
    return writes


def _cant_be_sent(loaded: Loaded, intent: IntentFacts) -> list[Write]:
    """Call a person, once in a row of tries: a wrong key or a closed way to the gateway does not pass by itself."""
    if not dunning.becomes_daily(loaded.attempts):
        return []
    row = dunning.unsent(loaded.attempts)
    return [OpenReview(intent.id, CHARGE_NOT_SENT, {"since": row[0].opened_at.isoformat(), "times_tried": len(row)})]


def _collect_again(loaded: Loaded, attempt: AttemptFacts) -> SetCollectAt:
    return SetCollectAt(loaded.invoice.id, _next_collection_at(loaded, attempt))


def _next_collection_at(loaded: Loaded, attempt: AttemptFacts) -> datetime | None:
    if not loaded.company.pays_automatically:
        return None
    company = loaded.company
    return dunning.next_collection(attempt, loaded.attempts, company.retry_after_days, loaded.now, company.time_zone)


def _notice(kind: str, loaded: Loaded, intent: IntentFacts, attempt: AttemptFacts) -> SendNotice:
    facts = {
        "number": loaded.invoice.number,
        "amount_minor": intent.amount.minor,
        "currency": intent.amount.currency,
        "method_id": attempt.method_id,
        "code": attempt.code,
    }
    return SendNotice(kind, "invoice", loaded.invoice.id, f"{attempt.id}:{attempt.outcome.value}", facts)
