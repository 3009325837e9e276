"""Refund, and ask what became of one: generators that yield effects and are sent the answers.

The same drivers carry them out as `payment_flow`: rows and the real gateway, or the simulator. The order that keeps
money safe: commit the refund with its key, its amount set aside → ask by key, so that a database restored from a
backup finds what it forgot → create → settle. Only the process that opened a refund ever sends it, once, and not
later than `SEND_WITHIN`; everybody else asks. So whatever happens, one row is at most one refund.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenantry.core import dunning, postings
from tenantry.core.gateway_reply import CreateRefund, FindRefund, RefundEvent, RefundReply, RefundRequest
from tenantry.core.money import Money
from tenantry.core.payment_effects import Answer, Audit, Call, Commit, Effect, InsertRefund, LoadRefunds, Post, Write
from tenantry.core.payment_states import State
from tenantry.core.refund_facts import RefundFacts, RefundsLoaded
from tenantry.core.refund_settlement import (
    found,
    next_ask,
    next_number,
    not_taken_in,
    says_something,
    settled,
    soon,
    strange_in,
)
from tenantry.core.refund_states import NOT_ARRIVED, NOT_SENT, RefundState
from tenantry.core.refusal import Refusal
from tenantry.core.reviews import Decision, refund_by_hand

RefundResult = RefundFacts | Refusal
RefundFlow = Generator[Effect, Answer, RefundResult]

SEND_WITHIN = timedelta(minutes=10)
"""How late a refund may be sent that was opened: a process that stood still for longer sends nothing any more."""

_NOTHING = Commit(())
_SENT_NOTHING = RefundReply(RefundEvent.NOT_SENT)


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """What the vendor's staff ask for. Without an amount all that can be sent back is."""

    invoice_id: str
    amount: Money | None
    reason: str
    request_key: str
    by_kind: str


def refundable(loaded: RefundsLoaded) -> Money | Refusal:
    """Tell how much of the payment can be sent back now, or why nothing.

    Never more than was taken and is still ours, and never more than the company's credit.
    """
    intent, number = loaded.intent, {"number": loaded.invoice.number}
    if intent is None or intent.state is not State.SUCCEEDED:
        return Refusal("not_refundable", number)
    if any(one.is_under_way for one in loaded.refunds):
        return Refusal("refund_in_progress", number)
    left = intent.amount - loaded.taken_back
    if left.minor <= 0:
        return Refusal("nothing_to_refund", number)
    if loaded.credit.minor <= 0:
        return Refusal("no_credit_to_refund", number)
    return min(left, loaded.credit)


def refund(order: RefundOrder) -> RefundFlow:
    """Send money of a paid invoice back, once. The same `request_key` again gives that refund and sends nothing."""
    loaded = yield from _load(LoadRefunds(invoice_id=order.invoice_id, request_key=order.request_key))
    if loaded.replayed is not None:
        is_same = loaded.replayed.invoice_id == order.invoice_id
        return _outcome(loaded.replayed) if is_same else Refusal("request_key_reused")
    most = refundable(loaded)
    if isinstance(most, Refusal):
        return most
    amount = most if order.amount is None else order.amount
    if amount.minor <= 0:
        return Refusal("amount_out_of_bounds")
    if amount > most:
        return Refusal("refund_too_large", {"most": most})
    opened = _opened(loaded, order, amount)
    yield Commit(_opening(loaded, opened))
    return _outcome((yield from _send(loaded, opened)))


def resolve_refund(refund_id: str) -> RefundFlow:
    """Ask what became of a refund. Never sends it."""
    loaded = yield from _load(LoadRefunds(refund_id=refund_id))
    refund = loaded.refund(refund_id)
    if refund.state is RefundState.SENDING and loaded.now - refund.moved_at < dunning.STALE_AFTER:
        return refund
    if refund.state is RefundState.SENDING:
        yield Commit(settled(loaded, refund, RefundReply(RefundEvent.NO_ANSWER)).writes)
        loaded = yield from _load(LoadRefunds(refund_id=refund_id))
        refund = loaded.refund(refund_id)
    if loaded.intent is None:
        return refund
    yield _NOTHING
    reply = yield from _call(FindRefund(loaded.intent.gateway_id, refund.key))
    return (yield from _apply(refund, reply))


def settle_refund_by_hand(
    intent_id: str, decision: Decision, gateway_refund_id: str, ending: tuple[Write, ...]
) -> Generator[Effect, Answer, Refusal | None]:
    """Settle the refund of a payment that nobody knows the end of by a person's word; None when it is done.

    As with payments the gateway is asked first, and what it says goes before: then `gateway_answered` is refused.
    """
    loaded = yield from _load(LoadRefunds(intent_id=intent_id))
    asked = _unknown(loaded)
    wanted = refund_by_hand(loaded, asked, decision, gateway_refund_id)
    if isinstance(wanted, Refusal) or asked is None or loaded.intent is None:
        return wanted if isinstance(wanted, Refusal) else None
    yield _NOTHING
    reply = yield from _call(FindRefund(loaded.intent.gateway_id, asked.key))
    loaded = yield from _load(LoadRefunds(refund_id=asked.id))
    refund = loaded.refund(asked.id)
    if refund.version != asked.version:
        return Refusal("changed_meanwhile")
    if says_something(loaded, refund, reply):
        yield Commit(settled(loaded, refund, reply).writes)
        return Refusal("gateway_answered")
    wanted = refund_by_hand(loaded, refund, decision, gateway_refund_id)
    if isinstance(wanted, Refusal):
        return wanted
    yield Commit((*ending, *wanted))
    return None


def _unknown(loaded: RefundsLoaded) -> RefundFacts | None:
    return next((one for one in loaded.refunds if one.state is RefundState.UNKNOWN), None)


def take_in(intent_id: str, reply: RefundReply) -> Generator[Effect, Answer, RefundResult | None]:
    """Follow a refund that the gateway's own books show: one of ours is settled, an unknown one is taken in.

    None: the reply is not about a refund of this payment, or of another company's or currency: a person looks.
    """
    loaded = yield from _load(LoadRefunds(intent_id=intent_id))
    intent = loaded.intent
    if intent is None or reply.event is not RefundEvent.DONE or reply.gateway_id != intent.gateway_id:
        return None
    known = next((one for one in loaded.refunds if one.gateway_refund_id == reply.refund_id), None)
    if known is not None:
        return known
    ours = next((one for one in loaded.refunds if one.key and one.key == reply.key), None)
    if ours is None and (strange := strange_in(loaded, reply)):
        yield Commit(not_taken_in(loaded, reply, strange))
        return None
    done = settled(loaded, ours, reply) if ours else found(loaded, reply)
    yield Commit(done.writes)
    return done.refund


def _outcome(refund: RefundFacts) -> RefundResult:
    """Give the answer to whoever asked for it, the same each time."""
    if refund.state is not RefundState.REFUSED:
        return refund
    if refund.code in (NOT_SENT, NOT_ARRIVED):
        return Refusal("refund_not_sent", {"amount": refund.amount})
    return Refusal("refund_refused", {"amount": refund.amount, "code": refund.code})


def _opened(loaded: RefundsLoaded, order: RefundOrder, amount: Money) -> RefundFacts:
    intent, number = loaded.intent, next_number(loaded)
    if intent is None:
        raise TypeError("a refund is taken from a payment")
    opened = RefundFacts(
        id=loaded.new_id,
        invoice_id=loaded.invoice.id,
        intent_id=intent.id,
        number=number,
        state=RefundState.SENDING,
        amount=amount,
        key=f"{intent.create_key}:refund:{number}",
        reason=order.reason,
        opened_at=loaded.now,
        moved_at=loaded.now,
        by_kind=order.by_kind,
        request_key=order.request_key,
    )
    return next_ask(loaded, opened)


def _opening(loaded: RefundsLoaded, opened: RefundFacts) -> tuple[Write, ...]:
    after = {
        "refund": opened.number,
        "amount_minor": opened.amount.minor,
        "currency": opened.amount.currency,
        "reason": opened.reason,
    }
    return (
        InsertRefund(opened),
        Post(postings.refund_opened(loaded.invoice.id, opened.amount), "", loaded.now, opened.id),
        Audit("refund_payment", "invoice", loaded.invoice.id, {}, after),
        *soon(loaded, opened),
    )


def _send(loaded: RefundsLoaded, opened: RefundFacts) -> Generator[Effect, Answer, RefundFacts]:
    gateway_id = loaded.intent.gateway_id if loaded.intent else ""
    reply = yield from _call(FindRefund(gateway_id, opened.key))
    if reply.event is RefundEvent.NOT_FOUND:
        request = CreateRefund(opened.key, gateway_id, opened.amount)
        reply = yield from _call(request, not_after=opened.opened_at + SEND_WITHIN)
    elif reply.event is not RefundEvent.DONE:
        # The question alone went out, so nothing was sent back and nothing will be.
        reply = _SENT_NOTHING
    return (yield from _apply(opened, reply))


def _apply(asked: RefundFacts, reply: RefundReply) -> Generator[Effect, Answer, RefundFacts]:
    """Apply a reply to the row that asked. Has it moved since, only what is final is believed.

    A refund that was made stays made. One that the gateway refused is final too, since it was sent only once.
    """
    loaded = yield from _load(LoadRefunds(refund_id=asked.id))
    refund = loaded.refund(asked.id)
    is_final = reply.event is RefundEvent.DONE or (reply.event is RefundEvent.REFUSED and refund.is_under_way)
    if refund.version != asked.version and not is_final:
        return refund
    done = settled(loaded, refund, reply)
    yield Commit(done.writes)
    return done.refund


def _load(question: LoadRefunds) -> Generator[Effect, Answer, RefundsLoaded]:
    answer = yield question
    if not isinstance(answer, RefundsLoaded):
        raise TypeError(f"a LoadRefunds is answered with RefundsLoaded, not {answer!r}")
    return answer


def _call(request: RefundRequest, not_after: datetime | None = None) -> Generator[Effect, Answer, RefundReply]:
    answer = yield Call(request, not_after)
    if not isinstance(answer, RefundReply):
        raise TypeError(f"a call about a refund is answered with a RefundReply, not {answer!r}")
    return answer
