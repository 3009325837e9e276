"""What one reply about a refund does to our books: facts and a reply in, writes out. Safe to repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from tenantry.core import bank_returns, dunning, postings
from tenantry.core.gateway_reply import RefundEvent, RefundReply
from tenantry.core.invoice_states import INVOICE, InvoiceEvent
from tenantry.core.money import Money
from tenantry.core.payment_effects import (
    Audit,
    CloseReview,
    EnqueueJob,
    HoldBilling,
    InsertRefund,
    MoveInvoice,
    OpenReview,
    Post,
    SendNotice,
    SetCollectAt,
    SetNextRefundAsk,
    UpdateRefund,
    Write,
)
from tenantry.core.payment_states import State
from tenantry.core.postings import Entry
from tenantry.core.refund_facts import RefundFacts, RefundsLoaded
from tenantry.core.refund_states import NEWS, NOT_ARRIVED, NOT_SENT, RefundState
from tenantry.core.refusal import Refusal
from tenantry.core.review_reasons import REFUND_BLANK as BLANK
from tenantry.core.review_reasons import REFUND_FOUND as FOUND
from tenantry.core.review_reasons import REFUND_NOT_OURS as NOT_OURS
from tenantry.core.review_reasons import REFUND_UNANSWERED as UNANSWERED

ALARM_AFTER = timedelta(hours=24)
"""When a person is told of a refund whose end is not known."""
ARRIVES_WITHIN = timedelta(hours=48)
"""How long a refund that the gateway does not know may still be on its way there; then it counts as not sent."""
WATCH_REFUSED = timedelta(days=30)
"""How long the gateway is asked daily about a refund that did not arrive: its process may have stood still."""


@dataclass(frozen=True, slots=True)
class RefundSettlement:
    """What has to be written, and how the refund stands after it."""

    writes: tuple[Write, ...]
    refund: RefundFacts


def settled(loaded: RefundsLoaded, refund: RefundFacts, reply: RefundReply) -> RefundSettlement:
    """Decide what a reply about one of our refunds changes."""
    strange = _why_not_ours(loaded, refund, reply)
    if strange:
        return _review(loaded, refund, NOT_OURS, {"detail": strange, "refund_id": reply.refund_id})
    state = NEWS.after(refund.state, reply.event)
    if isinstance(state, Refusal):
        facts = {"state": refund.state.value, "event": reply.event.value, "key": refund.key}
        return _review(loaded, refund, BLANK, facts)
    if state is RefundState.UNKNOWN and reply.event is RefundEvent.NOT_FOUND and _is_late(loaded, refund):
        return not_arrived(loaded, refund)
    if state is refund.state:
        return RefundSettlement(_no_news(loaded, refund), refund)
    code = NOT_SENT if reply.event is RefundEvent.NOT_SENT else reply.code
    return _moved(loaded, refund, state, code=code, gateway_refund_id=reply.refund_id)


def says_something(loaded: RefundsLoaded, refund: RefundFacts, reply: RefundReply) -> bool:
    """Tell whether a reply moves a refund on: it was given, it is ours, and the table lists it."""
    if _why_not_ours(loaded, refund, reply):
        return False
    state = NEWS.after(refund.state, reply.event)
    is_late = reply.event is RefundEvent.NOT_FOUND and _is_late(loaded, refund)
    return not isinstance(state, Refusal) and (state is not refund.state or is_late)


def not_arrived(loaded: RefundsLoaded, refund: RefundFacts) -> RefundSettlement:
    """Give a refund up that did not arrive: its amount is credit again. The gateway may still say otherwise."""
    return _moved(loaded, refund, RefundState.REFUSED, code=NOT_ARRIVED)


def found(loaded: RefundsLoaded, reply: RefundReply) -> RefundSettlement:
    """Take in a refund of a payment of ours that no row speaks of: the journal follows, and a person looks.

    It used the company's credit, whether there was some or not; a credit note explains it afterwards.
    """
    intent, amount = loaded.intent, reply.amount
    if intent is None or amount is None:
        raise TypeError("a refund that was found has a payment and an amount")
    refund = RefundFacts(
        id=loaded.new_id,
        invoice_id=loaded.invoice.id,
        intent_id=intent.id,
        number=next_number(loaded),
        state=RefundState.DONE,
        amount=amount,
        key=reply.key,
        reason="",
        opened_at=reply.occurred_at or loaded.now,
        moved_at=loaded.now,
        gateway_refund_id=reply.refund_id,
        was_found=True,
    )
    entry = postings.refund_found(loaded.invoice.id, amount)
    return RefundSettlement((InsertRefund(refund), *_done(loaded, refund, entry), *_look_at(loaded, refund)), refund)


def strange_in(loaded: RefundsLoaded, reply: RefundReply) -> str:
    """Name what in a refund that no row speaks of is not its payment's: the payer or the currency; else empty."""
    intent, amount = loaded.intent, reply.amount
    if intent is None or amount is None:
        raise TypeError("a refund that was found has a payment and an amount")
    if reply.customer != intent.customer:
        return "customer"
    return "currency" if amount.currency != intent.amount.currency else ""


def not_taken_in(loaded: RefundsLoaded, reply: RefundReply, strange: str) -> tuple[Write, ...]:
    """Book nothing of it, hold the billing and call a person, once."""
    intent_id = loaded.intent.id if loaded.intent else ""
    facts = {"detail": strange, "refund_id": reply.refund_id}
    if NOT_OURS in loaded.open_reviews or facts in loaded.judged.get(NOT_OURS, ()):
        return ()
    audit = Audit("refund_payment", "invoice", loaded.invoice.id, {}, {"review": NOT_OURS, **facts})
    return (OpenReview(intent_id, NOT_OURS, facts), HoldBilling(NOT_OURS), audit)


def next_number(loaded: RefundsLoaded) -> int:
    """Give the number of the next refund of the payment: it is part of its key."""
    return 1 + max((one.number for one in loaded.refunds), default=0)


def next_ask(loaded: RefundsLoaded, refund: RefundFacts) -> RefundFacts:
    """Note when the gateway is asked about a refund in this state; not at all once it is done."""
    at = None
    if refund.state is RefundState.SENDING:
        at = loaded.now + dunning.STALE_AFTER
    elif refund.state is RefundState.UNKNOWN:
        at = loaded.now + dunning.ask_after(refund.times_asked)
    elif refund.code == NOT_ARRIVED and loaded.now < refund.moved_at + WATCH_REFUSED:
        at = loaded.now + dunning.ASK_DAILY
    return replace(refund, next_ask_at=at)


def soon(loaded: RefundsLoaded, refund: RefundFacts) -> list[Write]:
    """Enqueue the next question as a job where it comes sooner than a tick would."""
    at = refund.next_ask_at
    if at is None or at - loaded.now > dunning.SOON:
        return []
    return [EnqueueJob("payments.resolve", at, {"refund_id": refund.id})]


def _why_not_ours(loaded: RefundsLoaded, refund: RefundFacts, reply: RefundReply) -> str:
    """Name what in the reply is not ours; empty when all is."""
    intent = loaded.intent
    if reply.event is not RefundEvent.DONE or intent is None:
        return ""
    if reply.amount != refund.amount:
        return "amount"
    wanted = (intent.gateway_id, intent.customer, refund.key)
    given = (reply.gateway_id, reply.customer, reply.key)
    names = ("gateway_id", "customer", "key")
    return next((name for name, ours, theirs in zip(names, wanted, given, strict=True) if ours != theirs), "")


def _is_late(loaded: RefundsLoaded, refund: RefundFacts) -> bool:
    return loaded.now - refund.opened_at >= ARRIVES_WITHIN


def _moved(
    loaded: RefundsLoaded, before: RefundFacts, state: RefundState, *, code: str = "", gateway_refund_id: str = ""
) -> RefundSettlement:
    after = replace(
        before,
        state=state,
        code="" if state is RefundState.DONE else code,
        gateway_refund_id=gateway_refund_id or before.gateway_refund_id,
        was_found=state is RefundState.DONE and before.state is RefundState.REFUSED,
        moved_at=loaded.now,
        times_asked=0,
        version=before.version + 1,
    )
    after = next_ask(loaded, after)
    writes: list[Write] = [UpdateRefund(after, before.version)]
    if state is RefundState.DONE:
        book = postings.refund_found if after.was_found else postings.refunded
        writes += _done(loaded, after, book(loaded.invoice.id, after.amount))
        writes += _look_at(loaded, after) if after.was_found else []
    elif state is RefundState.REFUSED:
        entry = postings.refund_refused(loaded.invoice.id, after.amount)
        writes += [Post(entry, "", loaded.now, after.id), _audit(before, after)]
    else:
        writes += [_audit(before, after), *soon(loaded, after)]
    if UNANSWERED in loaded.open_reviews and state is not RefundState.UNKNOWN:
        writes.append(CloseReview(after.intent_id, UNANSWERED))
    return RefundSettlement(tuple(writes), after)


def _done(loaded: RefundsLoaded, refund: RefundFacts, entry: Entry) -> list[Write]:
    facts = {
        "number": loaded.invoice.number,
        "amount_minor": refund.amount.minor,
        "currency": refund.amount.currency,
        "reason": refund.reason,
        "method_id": loaded.attempt.method_id if loaded.attempt else "",
    }
    return [
        Post(entry, "", loaded.now, refund.id),
        *_dispute_took_less(loaded, refund),
        _audit(None, refund),
        SendNotice("refunded", "invoice", loaded.invoice.id, refund.id, facts),
    ]


def _dispute_took_less(loaded: RefundsLoaded, refund: RefundFacts) -> list[Write]:
    """Correct a lost dispute that was booked before we heard of this refund: it took so much less."""
    intent, attempt = loaded.intent, loaded.attempt
    if intent is None or attempt is None or intent.state is not State.RETURNED:
        return []
    if not bank_returns.is_dispute(attempt.code):
        return []
    due = loaded.invoice.amount_due
    still_due = Money.zero(due.currency) if loaded.is_overpaid else due
    entry = postings.return_reduced(loaded.invoice.id, refund.amount, still_due=still_due)
    return [Post(entry, "", loaded.now, refund.id), *_nothing_due_any_more(loaded, refund, still_due)]


def _nothing_due_any_more(loaded: RefundsLoaded, refund: RefundFacts, still_due: Money) -> list[Write]:
    invoice = loaded.invoice
    state = INVOICE.after(invoice.state, InvoiceEvent.CREDITED_IN_FULL)
    if isinstance(state, Refusal) or not still_due.minor or refund.amount < still_due:
        return []
    return [MoveInvoice(invoice.id, invoice.version, state, loaded.now), SetCollectAt(invoice.id, None)]


def _look_at(loaded: RefundsLoaded, refund: RefundFacts) -> list[Write]:
    """Put a refund that nobody asked for here, or not any more, before a person; it stops no charge."""
    if FOUND in loaded.open_reviews:
        return []
    facts = {"refund_id": refund.gateway_refund_id, "amount_minor": refund.amount.minor, "key": refund.key}
    return [OpenReview(refund.intent_id, FOUND, facts)]


def _no_news(loaded: RefundsLoaded, refund: RefundFacts) -> tuple[Write, ...]:
    asked = next_ask(loaded, replace(refund, times_asked=refund.times_asked + 1))
    writes: list[Write] = []
    if asked.next_ask_at != refund.next_ask_at or asked.times_asked != refund.times_asked:
        writes.append(SetNextRefundAsk(refund.id, asked.next_ask_at, asked.times_asked))
    is_overdue = refund.state is RefundState.UNKNOWN and loaded.now - refund.opened_at >= ALARM_AFTER
    if is_overdue and UNANSWERED not in loaded.open_reviews:
        facts = {"since": refund.moved_at.isoformat(), "times_asked": asked.times_asked}
        writes.append(OpenReview(refund.intent_id, UNANSWERED, facts))
    return (*writes, *soon(loaded, asked))


def _review(loaded: RefundsLoaded, refund: RefundFacts, reason: str, facts: Mapping[str, object]) -> RefundSettlement:
    """Move nothing, hold the billing, call a person once, ask again tomorrow. What they judged is no news again."""
    later = SetNextRefundAsk(refund.id, loaded.now + dunning.ASK_DAILY, refund.times_asked + 1)
    if reason in loaded.open_reviews:
        return RefundSettlement((later,), refund)
    if facts in loaded.judged.get(reason, ()):
        return RefundSettlement(_no_news(loaded, refund), refund)
    audit = Audit("refund_payment", "invoice", loaded.invoice.id, {}, {"review": reason, **facts})
    return RefundSettlement((OpenReview(refund.intent_id, reason, facts), HoldBilling(reason), later, audit), refund)


def _audit(before: RefundFacts | None, after: RefundFacts) -> Audit:
    stood = {"state": before.state.value} if before else {}
    stands = {
        "state": after.state.value,
        "amount_minor": after.amount.minor,
        "currency": after.amount.currency,
        "code": after.code,
        "was_found": after.was_found,
    }
    return Audit("refund_payment", "refund", after.id, stood, stands)
