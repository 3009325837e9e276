"""Pay, settle, resolve, give up, collect, settle by hand: generators that yield effects and are sent the answers.

A driver carries out `Load`, `Commit` and `Call` (see `payment_effects`): the verbs in `actions/payments`
with rows and the real gateway, the simulator with a store in memory and the processor's model. Between a
Load and its Commit there are only pure decisions, and no call is made while a transaction is open.

The order that keeps money safe: commit the intent and the attempt → create → save the gateway's id →
confirm → settle. A reply is applied only to a row that has not moved since the question; otherwise the
truth is read again by id.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from tenantry.core import dunning
from tenantry.core.gateway_reply import (
    CancelIntent,
    ConfirmIntent,
    CreateIntent,
    Event,
    FindIntent,
    GatewayReply,
    PaymentRequest,
)
from tenantry.core.invoice_states import payable, payment_under_way
from tenantry.core.payment_effects import Answer, Call, Commit, Effect, Load, Write
from tenantry.core.payment_facts import AttemptFacts, IntentFacts, InvoiceState, Loaded
from tenantry.core.payment_methods import default_of, pick, why_not_usable
from tenantry.core.payment_opening import (
    NO_COLLECTION,
    collection_skipped,
    giving_up,
    method_needed,
    opening,
)
from tenantry.core.payment_outcome import PaymentOutcome, outcome_of
from tenantry.core.payment_settlement import Settlement, says_something, settled
from tenantry.core.payment_states import State
from tenantry.core.refusal import Refusal
from tenantry.core.reviews import Decision, by_hand

Result = PaymentOutcome | Refusal
Flow = Generator[Effect, Answer, Result]

MOST_LOOKS = 5
"""How often a row that keeps moving is looked at again before it is left to its next question."""

_NOTHING = Commit(())
_UNANSWERED = frozenset({Event.NOT_SENT, Event.NO_ANSWER})


@dataclass(frozen=True, slots=True)
class PayOrder:
    """What a payer asks for. `request_key` is the form's hidden key; `by_kind` the kind of actor."""

    invoice_id: str
    method_id: str
    request_key: str
    by_kind: str


def pay(order: PayOrder) -> Flow:
    """Pay an invoice with one method, once.

    The same `request_key` again gives the outcome of that attempt and charges nothing.
    """
    for _ in range(MOST_LOOKS):
        loaded = yield from load_under_lock(Load(invoice_id=order.invoice_id, request_key=order.request_key))
        if loaded.replayed is not None:
            intent, attempt = loaded.replayed
            is_same = intent.invoice_id == order.invoice_id
            return outcome_of(intent, attempt) if is_same else Refusal("request_key_reused")
        allowed = payable(loaded.invoice, loaded.latest, loaded.company, loaded.methods, loaded.today)
        if isinstance(allowed, Refusal):
            return allowed
        method = pick(loaded.methods, order.method_id, loaded.today)
        if isinstance(method, Refusal):
            return method
        ready = loaded.latest
        if ready is not None and ready.state is State.READY and ready.amount != allowed.amount:
            yield _NOTHING
            yield from give_up(ready.id, "amount_changed")
            continue
        started = opening(loaded, allowed.amount, method.id, order.by_kind, order.request_key)
        yield Commit(started.writes)
        return (yield from _carry_out(loaded, started.intent, started.attempt, is_new=started.is_new))
    return Refusal("payment_in_progress")


def collect(invoice_id: str) -> Flow:
    """Charge the default method for an invoice whose collection is due; nobody sits in front of a screen."""
    loaded = yield from load_under_lock(Load(invoice_id=invoice_id))
    invoice, company = loaded.invoice, loaded.company
    if invoice.collect_at is None or invoice.collect_at > loaded.now:
        return NO_COLLECTION
    allowed = payable(invoice, loaded.latest, company, loaded.methods, loaded.today)
    if not company.pays_automatically or invoice.state is not InvoiceState.OPEN:
        allowed = allowed if isinstance(allowed, Refusal) else NO_COLLECTION
    default = default_of(loaded.methods)
    unusable = why_not_usable(default, loaded.today) if default else Refusal("no_usable_method")
    if isinstance(allowed, Refusal):
        yield Commit(collection_skipped(loaded, allowed))
        return allowed
    if default is None or unusable is not None:
        yield Commit(method_needed(loaded))
        return unusable or Refusal("no_usable_method")
    ready = loaded.latest
    if ready is not None and ready.state is State.READY and ready.amount != allowed.amount:
        yield _NOTHING
        return (yield from give_up(ready.id, "amount_changed"))
    started = opening(loaded, allowed.amount, default.id, "clock", "")
    yield Commit(started.writes)
    return (yield from _carry_out(loaded, started.intent, started.attempt, is_new=started.is_new))


def settle(intent_id: str) -> Flow:
    """Follow a hint (a payer who came back): read the truth by id and apply it."""
    loaded = yield from load_under_lock(Load(intent_id=intent_id))
    return (yield from _look(loaded, intent_id))


def heed(intent_id: str) -> Generator[Effect, Answer, bool]:
    """Follow a gateway's event like `settle`; tell whether the truth was read and applied.

    An intent whose id is not saved yet has nothing to tell.
    """
    loaded = yield from load_under_lock(Load(intent_id=intent_id))
    return (yield from _read(loaded, intent_id))[1] is not None


def resolve(intent_id: str) -> Flow:
    """Ask what became of a payment and bring it to rest. Never charges to find out.

    What was sent and is known not to have arrived goes out again under its own key, inside the key's
    window; after that it is given up by a cancel.
    """
    loaded = yield from load_under_lock(Load(intent_id=intent_id))
    intent = loaded.intent(intent_id)
    if dunning.is_stale(intent, loaded.now):
        yield Commit(settled(loaded, intent_id, GatewayReply(Event.NO_ANSWER)).writes)
        loaded = yield from load_under_lock(Load(intent_id=intent_id))
        intent = loaded.intent(intent_id)
    if not intent.gateway_id or intent.state is State.SENDING:
        return _outcome(loaded, intent_id)
    yield _NOTHING
    reply = yield from _call(FindIntent(intent.customer, gateway_id=intent.gateway_id))
    loaded = yield from load_under_lock(Load(intent_id=intent_id))
    if loaded.intent(intent_id).version != intent.version:
        return (yield from _look(loaded, intent_id))
    done = settled(loaded, intent_id, reply)
    yield Commit(done.writes)
    return (yield from _go_on(loaded, done, reply))


def give_up(intent_id: str, because: str) -> Flow:
    """Close an intent unpaid: only the gateway's own cancel does it, since a sleeping process could still confirm."""
    loaded = yield from load_under_lock(Load(intent_id=intent_id))
    intent = loaded.intent(intent_id)
    if intent.state is State.CANCELLING and not intent.gateway_id:
        return Refusal("payment_in_progress", {"amount": intent.amount})  # the comparison is closing a lost one
    if intent.state is not State.CANCELLING:
        moved = giving_up(loaded, intent, because)
        if isinstance(moved, Refusal):
            return moved
        yield Commit(moved.writes)
        intent = moved.intent
        if intent.state is State.CANCELLED:
            return outcome_of(intent, moved.attempt)
    return (yield from _cancel(intent))


def make_way(invoice_id: str, because: str) -> Generator[Effect, Answer, Refusal | None]:
    """Close an intent at rest before its invoice is credited, voided or written off: it promises another amount.

    Refused while a payment is under way, and while the gateway has not confirmed the cancel.
    """
    for _ in range(MOST_LOOKS):
        loaded = yield from load_under_lock(Load(invoice_id=invoice_id))
        latest = loaded.latest
        if latest is None or (refused := payment_under_way(latest)):
            return None if latest is None else refused
        if latest.state is not State.READY:
            return None
        yield _NOTHING
        yield from give_up(latest.id, because)
    return Refusal("payment_in_progress")


def settle_by_hand(
    intent_id: str, decision: Decision, ending: tuple[Write, ...]
) -> Generator[Effect, Answer, Refusal | None]:
    """Settle a payment by a person's word, together with the writes that end its review; None when it is done.

    The gateway is asked first, and what it says goes before what a person says: then `gateway_answered` is
    refused, its answer is applied, and the review stays as that leaves it.
    """
    loaded = yield from load_under_lock(Load(intent_id=intent_id))
    intent = loaded.intent(intent_id)
    wanted = by_hand(loaded, intent_id, decision)
    if isinstance(wanted, Refusal):
        return wanted
    yield _NOTHING
    reply = yield from _call(FindIntent(intent.customer, gateway_id=intent.gateway_id))
    loaded = yield from load_under_lock(Load(intent_id=intent_id))
    if loaded.intent(intent_id).version != intent.version:
        return Refusal("changed_meanwhile")
    if says_something(loaded, intent_id, reply):
        done = settled(loaded, intent_id, reply)
        yield Commit(done.writes)
        yield from _go_on(loaded, done, reply)
        return Refusal("gateway_answered")
    wanted = by_hand(loaded, intent_id, decision)
    if isinstance(wanted, Refusal):
        return wanted
    yield Commit((*ending, *wanted))
    return None


def load_under_lock(question: Load) -> Generator[Effect, Answer, Loaded]:
    """Ask for the facts of one invoice's payment; the driver answers with them under lock."""
    answer = yield question
    if not isinstance(answer, Loaded):
        raise TypeError(f"a Load is answered with Loaded, not {answer!r}")
    return answer


def _call(request: PaymentRequest) -> Generator[Effect, Answer, GatewayReply]:
    answer = yield Call(request)
    if not isinstance(answer, GatewayReply):
        raise TypeError(f"a Call is answered with a GatewayReply, not {answer!r}")
    return answer


def _carry_out(loaded: Loaded, intent: IntentFacts, attempt: AttemptFacts, *, is_new: bool) -> Flow:
    """Go on from a committed attempt: create and save the id where there is none, then confirm."""
    if intent.state is State.SENDING:
        return (yield from _confirm(loaded, intent, attempt))
    reply = yield from _create(loaded, intent, is_new=is_new)
    loaded = yield from load_under_lock(Load(intent_id=intent.id))
    if loaded.intent(intent.id).version != intent.version:
        return _outcome(loaded, intent.id, attempt.id)
    done = settled(loaded, intent.id, reply)
    yield Commit(done.writes)
    mine = done.attempt_of(attempt.id)
    if done.intent.state is not State.SENDING:
        return outcome_of(done.intent, mine)
    return (yield from _confirm(loaded, done.intent, mine))


def _create(loaded: Loaded, intent: IntentFacts, *, is_new: bool) -> Generator[Effect, Answer, GatewayReply]:
    """Create the intent at the gateway; where an earlier create may have arrived (or been forgotten), look first."""
    if not is_new or dunning.looks_before_creating(loaded.company, loaded.now):
        found = yield from _call(FindIntent(intent.customer, key=intent.create_key))
        if found.event is not Event.NOT_FOUND:
            return found
    reply = yield from _call(CreateIntent(intent.create_key, intent.customer, intent.amount, loaded.invoice.number))
    # A create that is told "not found" (no such payer) moved no money and will not by itself.
    return GatewayReply(Event.NO_ANSWER) if reply.event is Event.NOT_FOUND else reply


def _confirm(loaded: Loaded, intent: IntentFacts, attempt: AttemptFacts) -> Flow:
    reply = yield from _call(
        ConfirmIntent(
            key=attempt.confirm_key,
            gateway_id=intent.gateway_id,
            method_token=loaded.method(attempt.method_id).token,
            off_session=attempt.by_kind != "member",
            return_url=loaded.return_url,
        )
    )
    return (yield from _apply(intent, reply, attempt.id))


def _cancel(intent: IntentFacts) -> Flow:
    reply = yield from _call(CancelIntent(f"{intent.create_key}:cancel", intent.gateway_id))
    return (yield from _apply(intent, reply))


def _apply(asked: IntentFacts, reply: GatewayReply, attempt_id: str = "") -> Flow:
    """Apply a reply to the row that asked; if it has moved since, the reply is only a hint.

    Whoever asked is answered about their own attempt, also where the gateway speaks of another.
    """
    loaded = yield from load_under_lock(Load(intent_id=asked.id))
    if loaded.intent(asked.id).version != asked.version:
        return (yield from _look(loaded, asked.id, attempt_id))
    done = settled(loaded, asked.id, reply)
    yield Commit(done.writes)
    return outcome_of(done.intent, done.attempt_of(attempt_id))


def _look(loaded: Loaded, intent_id: str, attempt_id: str = "") -> Flow:
    """Read the truth by id and apply it; answer with how it stands, read or not."""
    loaded, done = yield from _read(loaded, intent_id)
    return outcome_of(done.intent, done.attempt_of(attempt_id)) if done else _outcome(loaded, intent_id, attempt_id)


def _read(loaded: Loaded, intent_id: str) -> Generator[Effect, Answer, tuple[Loaded, Settlement | None]]:
    """Read the truth by id and apply it, again while the row keeps moving under the question.

    Gives the rows as they were seen last, and what was applied: None where nothing was learned.
    """
    for _ in range(MOST_LOOKS):
        intent = loaded.intent(intent_id)
        if not intent.gateway_id:
            break
        yield _NOTHING
        reply = yield from _call(FindIntent(intent.customer, gateway_id=intent.gateway_id))
        loaded = yield from load_under_lock(Load(intent_id=intent_id))
        if reply.event in _UNANSWERED:
            # Nothing was learned, above all not that a confirm under way was not sent: the next question is due anyway.
            break
        if loaded.intent(intent_id).version == intent.version:
            done = settled(loaded, intent_id, reply, is_hint=True)
            yield Commit(done.writes)
            return loaded, done
    return loaded, None


def _go_on(loaded: Loaded, done: Settlement, reply: GatewayReply) -> Flow:
    """Take the next step of a payment whose truth was just read."""
    intent, attempt = done.intent, done.attempt
    if intent.state is State.CANCELLING:
        return (yield from _cancel(intent))
    if dunning.has_payer_gone(intent, loaded.now):
        return (yield from give_up(intent.id, "payer_gone"))
    has_not_arrived = intent.state is State.UNKNOWN and done.event is Event.EXISTS and attempt.is_open
    if not has_not_arrived or loaded.company.is_recovering:
        return outcome_of(intent, attempt)
    if not dunning.may_send_again(attempt, loaded.now):
        # A cancel moves no money: it brings the payment to rest while the billing is held, too.
        return (yield from give_up(intent.id, "key_expired"))
    if loaded.company.is_billing_held:
        return outcome_of(intent, attempt)
    return (yield from _confirm(loaded, intent, attempt))


def _outcome(loaded: Loaded, intent_id: str, attempt_id: str = "") -> Result:
    attempts = loaded.attempts_of(intent_id)
    attempt = next((one for one in attempts if one.id == attempt_id), attempts[-1])
    return outcome_of(loaded.intent(intent_id), attempt)
