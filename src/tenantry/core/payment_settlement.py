"""What one reply of the gateway does to our books: facts and a reply in, writes out. Safe to repeat.

Three questions are answered in this order. Is it ours? Is it listed? What changes? A reply that is not
ours, and a blank of the table, move nothing: they open a review and hold the company's billing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tenantry.core import dunning, settlement_news
from tenantry.core.gateway_reply import Event, GatewayReply
from tenantry.core.payment_effects import (
    Audit,
    CloseReview,
    EnqueueJob,
    HoldBilling,
    OpenReview,
    SetNextAsk,
    UpdateAttempt,
    UpdateIntent,
    Write,
)
from tenantry.core.payment_facts import AttemptFacts, IntentFacts, Loaded
from tenantry.core.payment_methods import MethodKind
from tenantry.core.payment_states import NEWS, OUTCOME_OF_NEWS, Outcome, State, outcome_at_rest
from tenantry.core.refusal import Refusal
from tenantry.core.review_reasons import BLANK, CHARGE_NOT_SENT, DEBIT_OVERDUE, NOT_OURS, UNANSWERED

_WITHOUT_OBJECT = frozenset({Event.NOT_FOUND, Event.NOT_SENT, Event.NO_ANSWER})
_WITH_AMOUNT = frozenset({Event.EXISTS, Event.ASKS_PAYER, Event.PROCESSING, Event.SUCCEEDED, Event.RETURNED})
_MOVES_MONEY = frozenset({Event.PROCESSING, Event.SUCCEEDED, Event.RETURNED})
_REACHED = frozenset({State.AWAITING_PAYER, State.PROCESSING, State.SUCCEEDED, State.RETURNED})
_WITHOUT_ATTEMPT = frozenset({State.CREATING, State.SENDING, State.UNKNOWN, State.CANCELLING})


@dataclass(frozen=True, slots=True)
class Settlement:
    """What has to be written, and how the intent and the attempt that the reply is about stand after it.

    `attempts` are all of the intent's, as they stand after it.
    """

    writes: tuple[Write, ...]
    intent: IntentFacts
    attempt: AttemptFacts
    event: Event
    attempts: tuple[AttemptFacts, ...]

    def attempt_of(self, attempt_id: str) -> AttemptFacts:
        """Give one attempt as it stands after the reply; without an id the one that the reply is about."""
        return next((one for one in self.attempts if one.id == attempt_id), self.attempt)


def settled(loaded: Loaded, intent_id: str, reply: GatewayReply, *, is_hint: bool = False) -> Settlement:
    """Decide what a reply about an intent changes.

    A reply that a hint made us ask for is none of our own questions: where it brings no news it changes
    nothing, so that events told five times don't bring an alarm nearer.
    """
    intent = loaded.intent(intent_id)
    attempts = loaded.attempts_of(intent_id)
    strange = _why_not_ours(intent, attempts, reply)
    if strange:
        return _review(loaded, intent, NOT_OURS, reply, strange, is_hint=is_hint)
    reply = _as_meant(attempts, reply)
    state = NEWS.after(intent.state, reply.event)
    if isinstance(state, Refusal):
        return _review(loaded, intent, BLANK, reply, intent.state.value, is_hint=is_hint)
    return _moved(loaded, intent, reply, state, is_hint=is_hint)


def says_something(loaded: Loaded, intent_id: str, reply: GatewayReply) -> bool:
    """Tell whether a reply can be used: it was given, it is ours, and the table lists it."""
    intent, attempts = loaded.intent(intent_id), loaded.attempts_of(intent_id)
    if reply.event in (Event.NOT_SENT, Event.NO_ANSWER) or _why_not_ours(intent, attempts, reply):
        return False
    return not isinstance(NEWS.after(intent.state, _as_meant(attempts, reply).event), Refusal)


def _why_not_ours(intent: IntentFacts, attempts: Sequence[AttemptFacts], reply: GatewayReply) -> str:
    """Name what in the reply is not ours; empty when all is."""
    if reply.event in _WITHOUT_OBJECT:
        return ""
    if not reply.gateway_id or (intent.gateway_id and reply.gateway_id != intent.gateway_id):
        return "gateway_id"
    if reply.amount != intent.amount and (reply.amount is not None or reply.event in _WITH_AMOUNT):
        return "amount"
    if reply.customer != intent.customer and (reply.customer or reply.event in _WITH_AMOUNT):
        return "customer"
    if reply.event in _MOVES_MONEY and reply.attempt_key and _named(attempts, reply) is None:
        return "attempt_key"
    return ""


def _named(attempts: Sequence[AttemptFacts], reply: GatewayReply) -> AttemptFacts | None:
    if not reply.attempt_key:
        return None
    return next((one for one in attempts if one.confirm_key == reply.attempt_key), None)


def _as_meant(attempts: Sequence[AttemptFacts], reply: GatewayReply) -> GatewayReply:
    """Read a decline as one of the open attempt only: of another attempt it says that ours has not arrived."""
    opened = _open(attempts)
    if reply.event is not Event.DECLINED or opened is None or reply.attempt_key in ("", opened.confirm_key):
        return reply
    return replace(reply, event=Event.EXISTS, attempt_key="", code="")


def _open(attempts: Sequence[AttemptFacts]) -> AttemptFacts | None:
    return next((one for one in attempts if one.is_open), None)


def _current(attempts: Sequence[AttemptFacts]) -> AttemptFacts:
    """Give the attempt that speaks for the intent: the open one, else the one that took money, else the last."""
    took = next((one for one in attempts if one.outcome is Outcome.SUCCEEDED), None)
    return _open(attempts) or took or attempts[-1]


def _review(
    loaded: Loaded, intent: IntentFacts, reason: str, reply: GatewayReply, detail: str, *, is_hint: bool
) -> Settlement:
    """Move nothing, hold the billing, call a person once, ask again tomorrow. What they judged is no news again."""
    attempts = loaded.attempts_of(intent.id)
    attempt = _current(attempts)
    later = SetNextAsk(intent.id, loaded.now + dunning.ASK_DAILY, intent.times_asked + 1)
    if intent.state in (State.CREATING, State.SENDING):
        later = SetNextAsk(intent.id, loaded.now + dunning.STALE_AFTER, intent.times_asked)
    if (intent.id, reason) in loaded.open_reviews:
        return Settlement(() if is_hint else (later,), intent, attempt, reply.event, attempts)
    facts = {
        "detail": detail,
        "event": reply.event.value,
        "state": intent.state.value,
        "gateway_id": reply.gateway_id,
        "customer": reply.customer,
        "attempt_key": reply.attempt_key,
        "amount_minor": reply.amount.minor if reply.amount else None,
        "currency": reply.amount.currency if reply.amount else "",
    }
    if facts in loaded.judged.get((intent.id, reason), ()):
        calm = () if is_hint else _no_news(loaded, intent, attempt, reply.event)
        return Settlement(calm, intent, attempt, reply.event, attempts)
    audit = Audit("settle_payment", "payment_intent", intent.id, {}, {"review": reason, "detail": detail})
    writes = (OpenReview(intent.id, reason, facts), HoldBilling(reason), later, audit)
    return Settlement(writes, intent, attempt, reply.event, attempts)


def _moved(loaded: Loaded, before: IntentFacts, reply: GatewayReply, state: State, *, is_hint: bool) -> Settlement:
    attempts = loaded.attempts_of(before.id)
    changed = _changed_attempts(loaded, before, attempts, reply, state)
    speaking = _speaking(attempts, reply, changed)
    after = _intent_after(loaded, before, reply, state, speaking)
    if not changed and after is before:
        writes = () if is_hint else _no_news(loaded, before, speaking, reply.event)
        return Settlement(writes, before, speaking, reply.event, attempts)
    if after is before:
        after = replace(before, version=before.version + 1)
    stand = tuple(next((one for one in changed if one.id == old.id), old) for old in attempts)
    return Settlement(_written(loaded, before, after, speaking, changed), after, speaking, reply.event, stand)


def _speaking(attempts: Sequence[AttemptFacts], reply: GatewayReply, changed: Sequence[AttemptFacts]) -> AttemptFacts:
    """Give the attempt whose end is news: the one that the reply names, unless it is another one that ended.

    Whoever cancels hears of the last attempt that the gateway knows; the open one may never have arrived there.
    """
    about = _named(attempts, reply) or _current(attempts)
    found = next((one for one in changed if one.id == about.id), None)
    if found is None and changed and reply.event not in _MOVES_MONEY:
        return changed[-1]
    return found or about


def _written(
    loaded: Loaded, before: IntentFacts, after: IntentFacts, speaking: AttemptFacts, changed: Sequence[AttemptFacts]
) -> tuple[Write, ...]:
    """Give the writes of a move: attempts, intent, audit, the next question, and what the business hears."""
    rows = {one.id: one for one in loaded.attempts_of(before.id)}
    writes: list[Write] = [UpdateAttempt(one, rows[one.id].outcome) for one in changed]
    writes += [UpdateIntent(after, before.version), _audit(before, after, speaking)]
    writes += _soon(loaded, after)
    writes += [CloseReview(after.id, r) for r in (UNANSWERED, DEBIT_OVERDUE) if (after.id, r) in loaded.open_reviews]
    writes += _gone_out(loaded, after, changed)
    history = tuple(next((c for c in changed if c.id == one.id), one) for one in loaded.attempts)
    has_ended = speaking in changed and not speaking.is_open
    writes += settlement_news.news(replace(loaded, attempts=history), before, after, speaking, has_ended=has_ended)
    return tuple(writes)


def _gone_out(loaded: Loaded, after: IntentFacts, changed: Sequence[AttemptFacts]) -> list[Write]:
    """End the reviews that were opened since no charge of this invoice could be sent, on whichever intent."""
    if after.state not in _REACHED and all(one.outcome in (Outcome.OPEN, Outcome.NOT_SENT) for one in changed):
        return []
    return [CloseReview(of, reason) for of, reason in sorted(loaded.open_reviews) if reason == CHARGE_NOT_SENT]


def _changed_attempts(
    loaded: Loaded, before: IntentFacts, attempts: Sequence[AttemptFacts], reply: GatewayReply, state: State
) -> list[AttemptFacts]:
    """Give the attempts that end or open again, the one that the reply is about last.

    Where the gateway names another attempt than the open one, that one takes the open one's place: an
    intent holds one success, so nothing can come of the displaced one any more.
    """
    opened = _open(attempts)
    about = _named(attempts, reply) or opened
    if reply.event in _MOVES_MONEY or state is State.AWAITING_PAYER:
        about = about or _current(attempts)
        outcome = OUTCOME_OF_NEWS.get(state, Outcome.OPEN)
        displaced = [opened] if opened is not None and opened.id != about.id else []
        ends = [_ended(loaded, one, Outcome.CANCELLED, "") for one in displaced]
        if about.outcome is outcome and about.sent_at:
            return ends
        return [*ends, _ended(loaded, about, outcome, reply.code)]
    if opened is None or (state in _WITHOUT_ATTEMPT and reply.event is not Event.DECLINED):
        return _marked_sent(loaded, before, opened, state)
    if state is State.CANCELLED:
        return [_ended(loaded, opened, Outcome.CANCELLED, reply.code)]
    if state in (State.READY, State.CANCELLING):
        return [_ended(loaded, opened, outcome_at_rest(reply.event), reply.code)]
    return []


def _marked_sent(loaded: Loaded, before: IntentFacts, opened: AttemptFacts | None, state: State) -> list[AttemptFacts]:
    if opened is not None and before.state is State.CREATING and state is State.SENDING:
        return [replace(opened, sent_at=loaded.now)]
    return []


def _ended(loaded: Loaded, attempt: AttemptFacts, outcome: Outcome, code: str) -> AttemptFacts:
    sent_at = attempt.sent_at or (None if outcome is Outcome.NOT_SENT else loaded.now)
    decided_at = None if outcome is Outcome.OPEN else loaded.now
    return replace(attempt, outcome=outcome, code=code, sent_at=sent_at, decided_at=decided_at)


def _intent_after(
    loaded: Loaded, before: IntentFacts, reply: GatewayReply, state: State, attempt: AttemptFacts
) -> IntentFacts:
    saves_id = bool(reply.gateway_id) and not before.gateway_id
    next_url = reply.next_url if state is State.AWAITING_PAYER else ""
    if state is before.state and not saves_id and next_url == before.next_url:
        return before
    after = replace(
        before,
        state=state,
        gateway_id=before.gateway_id or reply.gateway_id,
        next_url=next_url,
        times_asked=0,
        version=before.version + 1,
        moved_at=loaded.now if state is not before.state else before.moved_at,
    )
    return replace(after, next_ask_at=dunning.next_ask(after, is_debit=is_debit(loaded, attempt), now=loaded.now))


def is_debit(loaded: Loaded, attempt: AttemptFacts) -> bool:
    """Tell whether the attempt's method is a bank account."""
    return loaded.method(attempt.method_id).kind is MethodKind.ACH


def _no_news(loaded: Loaded, intent: IntentFacts, attempt: AttemptFacts, event: Event) -> tuple[Write, ...]:
    """Note the next question, and call a person when an answer is overdue.

    Where an earlier answer stands against what we hold and nobody has judged it yet, one calm answer ends no asking.
    """
    asked = replace(intent, times_asked=intent.times_asked + 1)
    was_answered = event not in (Event.NOT_SENT, Event.NO_ANSWER)
    at = dunning.next_ask(asked, is_debit=is_debit(loaded, attempt), now=loaded.now, was_answered=was_answered)
    if at is None and not loaded.open_reasons(intent.id).isdisjoint((NOT_OURS, BLANK)):
        at = loaded.now + dunning.ASK_DAILY
    writes: list[Write] = [SetNextAsk(intent.id, at, asked.times_asked)]
    reason = ""
    if intent.state in (State.UNKNOWN, State.CANCELLING) and dunning.is_alarming(asked.times_asked):
        reason = UNANSWERED
    elif dunning.is_debit_overdue(intent, loaded.now):
        reason = DEBIT_OVERDUE
    if reason and (intent.id, reason) not in loaded.open_reviews:
        facts = {"state": intent.state.value, "since": intent.moved_at.isoformat(), "times_asked": asked.times_asked}
        writes.append(OpenReview(intent.id, reason, facts))
    return (*writes, *_soon(loaded, replace(asked, next_ask_at=at)))


def _soon(loaded: Loaded, intent: IntentFacts) -> list[Write]:
    """Enqueue the next question as a job where it comes sooner than a tick would."""
    at = intent.next_ask_at
    if at is None or at - loaded.now > dunning.SOON:
        return []
    return [EnqueueJob("payments.resolve", at, {"intent_id": intent.id})]


def _audit(before: IntentFacts, after: IntentFacts, attempt: AttemptFacts) -> Audit:
    return Audit(
        "settle_payment",
        "payment_intent",
        after.id,
        {"state": before.state.value},
        {"state": after.state.value, "attempt": attempt.number, "outcome": attempt.outcome.value, "code": attempt.code},
    )
