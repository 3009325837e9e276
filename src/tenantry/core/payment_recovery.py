"""What a restored database has lost, taken up again from the gateway's records: rows for it, then the truth applied.

The gateway's keys are derived from our ids, so its records say which invoice, generation and attempt they are.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, replace

from tenantry.core import bank_returns, dunning
from tenantry.core.gateway_records import AttemptRecord, IntentRecord
from tenantry.core.gateway_reply import CancelIntent, Event, GatewayReply
from tenantry.core.money import Money
from tenantry.core.payment_effects import (
    AdoptAmount,
    Answer,
    Audit,
    BlockMethod,
    Call,
    Commit,
    Effect,
    InsertAttempt,
    InsertIntent,
    Load,
    UpdateAttempt,
    UpdateIntent,
    Write,
)
from tenantry.core.payment_facts import AttemptFacts, IntentFacts, Loaded
from tenantry.core.payment_flow import heed, load_under_lock
from tenantry.core.payment_states import NEWS, Outcome, State
from tenantry.core.refusal import Refusal
from tenantry.core.review_reasons import UNKNOWN_OBJECT

_UNCONFIRMED = frozenset({Event.EXISTS, Event.CANCELLED})
"""What the gateway says of an intent that nobody confirmed."""
_ENDED_UNPAID = {"declined": Outcome.DECLINED, "cancelled": Outcome.CANCELLED}
"""The gateway's words for an attempt that moved no money; how any other one ended, its intent's truth says."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a key of ours says about the row that it was made from."""

    invoice_id: str
    generation: int


def origin_of(key: str, installation: str) -> Origin | None:
    """Read the key that created an intent; None where it is none of this installation's."""
    ours = f"am1:{installation}:"
    invoice_id, _, generation = key.removeprefix(ours).partition(":")
    if not key.startswith(ours) or not invoice_id or not generation.isdecimal():
        return None
    return Origin(invoice_id, int(generation))


def says_the_same(
    record: IntentRecord, intent: IntentFacts, attempts: tuple[AttemptFacts, ...], method_ids: Mapping[str, str]
) -> bool:
    """Tell whether our rows agree with the gateway's record, so that nothing has to be asked.

    `method_ids` gives our method for each token that we know.
    """
    known = {one.confirm_key for one in attempts}
    is_same = intent.gateway_id == record.reply.gateway_id and intent.amount == record.reply.amount
    if not is_same or _lost(record, known) or _of_other_methods(record, attempts, method_ids):
        return False
    return NEWS.after(intent.state, record.reply.event) is intent.state


def take_up(
    record: IntentRecord, origin: Origin, method_ids: Mapping[str, str]
) -> Generator[Effect, Answer, Refusal | None]:
    """Write the rows that are missing for a record of the gateway, then read its truth and apply it; None: done.

    `method_ids` gives our method for each token of the record. Never charges. A lost intent that nobody ever
    confirmed is closed at the gateway: what it promises may not be what is due now. A row that never learned its id
    takes on the amount that the gateway has under its key. Refuses `unknown_object` where another live intent stands
    in the way, `nothing_due` where nothing moved and nothing can, and `gateway_unavailable` where the truth could not
    be read, the cancel was not confirmed, or a process is just creating what the gateway has at another amount.
    """
    for _ in range(3 + len(record.attempts) + origin.generation):
        loaded = yield from load_under_lock(Load(invoice_id=origin.invoice_id))
        known = next((one for one in loaded.intents if one.create_key == record.key), None)
        stands_aside = known is None and any(one.is_live for one in loaded.intents)
        skipped = 1 + (loaded.latest.generation if loaded.latest else 0)
        if stands_aside and _lost(record, set()):
            return Refusal(UNKNOWN_OBJECT, {"gateway_id": record.reply.gateway_id})
        if stands_aside or _moved_nothing(record, known):
            return Refusal("nothing_due")
        if known is None and skipped < origin.generation:
            yield Commit(_unconfirmed(loaded, record, skipped, State.CANCELLED))
            continue
        if _is_to_be_closed(record, known):
            return (yield from _close(loaded, record, origin, known))
        if known is not None and known.state is State.CREATING and known.amount != record.reply.amount:
            return Refusal("gateway_unavailable")
        intent = known or _lost_intent(loaded, record, origin)
        writes = _next_rows(loaded, record, intent, method_ids, is_new=known is None)
        if not writes:
            was_read = yield from heed(intent.id)
            return None if was_read else Refusal("gateway_unavailable")
        facts = {"gateway_id": record.reply.gateway_id, "key": record.key, "was_known": known is not None}
        amounts = [{"amount_minor": one.minor} for one in (intent.amount, _amount_there(record, intent))]
        before, after = amounts if amounts[0] != amounts[1] else ({}, {})
        audit = Audit("reconcile_gateway", "payment_intent", intent.id, before, {**facts, **after})
        yield Commit((*writes, audit))
    return Refusal(UNKNOWN_OBJECT, {"gateway_id": record.reply.gateway_id})


def _moved_nothing(record: IntentRecord, known: IntentFacts | None) -> bool:
    """Tell whether nobody of ours confirmed it and nobody can: closed without its id, or moved by somebody else."""
    if known is None:
        return not _lost(record, set()) and record.reply.event not in _UNCONFIRMED
    return known.state is State.CANCELLED and not known.gateway_id and not _lost(record, set())


def _is_to_be_closed(record: IntentRecord, known: IntentFacts | None) -> bool:
    """Tell whether it was lost before anybody confirmed it; `known` is a row then that an earlier closing has left."""
    is_left = known is not None and known.state is State.CANCELLING and not known.gateway_id
    return (known is None or is_left) and not _lost(record, set())


def _close(
    loaded: Loaded, record: IntentRecord, origin: Origin, left: IntentFacts | None
) -> Generator[Effect, Answer, Refusal | None]:
    """Close a lost intent that nobody confirmed: by the gateway's own cancel, which a row speaks of before it is sent.

    Only then the next generation opens, at what is due now. Its row keeps no id: there is no attempt to tell about.
    """
    is_cancelled = record.reply.event is Event.CANCELLED
    if left is None:
        state = State.CANCELLED if is_cancelled else State.CANCELLING
        yield Commit(_unconfirmed(loaded, record, origin.generation, state))
        if is_cancelled:
            return None
    else:
        yield Commit(())
    if not is_cancelled:
        reply = yield Call(CancelIntent(f"{record.key}:cancel", record.reply.gateway_id))
        if not isinstance(reply, GatewayReply) or not _is_cancel_of(record, reply):
            return Refusal("gateway_unavailable")
    loaded = yield from load_under_lock(Load(invoice_id=origin.invoice_id))
    row = next(one for one in loaded.intents if one.create_key == record.key)
    if row.state is State.CANCELLING and not row.gateway_id:
        closed = replace(row, state=State.CANCELLED, moved_at=loaded.now, version=row.version + 1)
        moved = ({"state": row.state.value}, {"state": closed.state.value, "was_confirmed": False})
        audit = Audit("reconcile_gateway", "payment_intent", row.id, *moved)
        yield Commit((UpdateIntent(closed, row.version), audit))
    return None


def _is_cancel_of(record: IntentRecord, reply: GatewayReply) -> bool:
    told, listed = (reply.gateway_id, reply.customer, reply.amount), record.reply
    return reply.event is Event.CANCELLED and told == (listed.gateway_id, listed.customer, listed.amount)


def _lost(record: IntentRecord, known: set[str]) -> list[AttemptRecord]:
    """List the attempts that no row of ours speaks of."""
    return [one for one in record.attempts if one.key.startswith(f"{record.key}:") and one.key not in known]


def _of_other_methods(
    record: IntentRecord, attempts: Iterable[AttemptFacts], method_ids: Mapping[str, str]
) -> list[AttemptFacts]:
    """Give the attempts that the gateway made with another method than ours say, as they should be.

    A restored database may ask again under a key that it had used before, with what is the default now; the
    gateway answers with what it did then.
    """
    told = {one.key: method_ids.get(one.method_token, "") for one in record.attempts}
    return [
        replace(one, method_id=told[one.confirm_key])
        for one in attempts
        if told.get(one.confirm_key, one.method_id) != one.method_id
    ]


def _corrected(attempts: Iterable[AttemptFacts]) -> list[Write]:
    """Write attempts with their right method, and block it where the way they ended asks for it."""
    writes: list[Write] = []
    for one in attempts:
        writes.append(UpdateAttempt(one, one.outcome))
        is_blocked_by_bank = one.outcome is Outcome.RETURNED and bank_returns.blocks_method(one.code)
        if is_blocked_by_bank or (one.outcome is Outcome.DECLINED and dunning.forbids_retry(one)):
            writes.append(BlockMethod(one.method_id, one.code))
    return writes


def _unconfirmed(loaded: Loaded, record: IntentRecord, generation: int, state: State) -> tuple[Write, ...]:
    """Make the row of a generation again that the gateway has no attempt of: closed, or being closed.

    An earlier one than the record's had been closed, since a later one opened. Nobody knows any more with which
    method it was tried, and what was asked for then is what was asked for next.
    """
    again = _lost_intent(loaded, record, Origin(loaded.invoice.id, generation))
    key = f"{record.key.rpartition(':')[0]}:{generation}"
    row = replace(again, state=state, create_key=key, gateway_id="", next_ask_at=None)
    facts = {"key": key, "taken_from": record.key, "gateway_id": record.reply.gateway_id, "was_confirmed": False}
    return InsertIntent(row), Audit("reconcile_gateway", "payment_intent", row.id, {}, facts)


def _lost_intent(loaded: Loaded, record: IntentRecord, origin: Origin) -> IntentFacts:
    """Make the row again, at rest: from there every truth of the gateway moves it on."""
    reply = record.reply
    if reply.amount is None:
        raise TypeError(f"the record of {reply.gateway_id} has no amount")
    intent = IntentFacts(
        id=loaded.new_ids[0],
        invoice_id=origin.invoice_id,
        generation=origin.generation,
        state=State.READY,
        amount=reply.amount,
        customer=reply.customer,
        create_key=record.key,
        opened_at=record.created_at,
        moved_at=loaded.now,
        gateway_id=reply.gateway_id,
    )
    return _asked_later(intent, loaded)


def _next_rows(
    loaded: Loaded, record: IntentRecord, intent: IntentFacts, method_ids: Mapping[str, str], *, is_new: bool
) -> list[Write]:
    """Give the writes for the next thing that is missing: the intent with its first attempt, its id, or an attempt."""
    ours = loaded.attempts_of(intent.id)
    if mistaken := _of_other_methods(record, ours, method_ids):
        return _corrected(mistaken)
    lost = _lost(record, {one.confirm_key for one in ours})
    still_open = [one for one in ours if one.is_open] if lost else []
    writes: list[Write] = [_closed(loaded, record, one) for one in still_open]
    writes += _blocked(update.attempt for update in writes if isinstance(update, UpdateAttempt))
    if (amount := _amount_there(record, intent)) != intent.amount:
        intent = replace(intent, amount=amount)
        writes.append(AdoptAmount(intent.id, amount))
    if is_new:
        writes.append(InsertIntent(intent))
    elif still_open or not intent.gateway_id:
        state = State.READY if still_open else intent.state
        at_rest = replace(intent, state=state, gateway_id=record.reply.gateway_id, version=intent.version + 1)
        writes.append(UpdateIntent(_asked_later(at_rest, loaded), intent.version))
    if lost:
        attempt = _lost_attempt(loaded, intent, lost[0], method_ids[lost[0].method_token])
        writes += [InsertAttempt(attempt), *_blocked([attempt])]
    return writes


def _amount_there(record: IntentRecord, intent: IntentFacts) -> Money:
    """Give what the gateway's intent under our key is about, where the row never learned its id.

    Money that moved in another currency than the invoice's stays a contradiction that a person has to look at.
    """
    there = record.reply.amount
    if there is None or intent.gateway_id:
        return intent.amount
    return there if there.currency == intent.amount.currency or not record.attempts else intent.amount


def _blocked(ended: Iterable[AttemptFacts]) -> list[Write]:
    """Block what must never be tried again by itself: the decline that said so was lost too."""
    return [BlockMethod(one.method_id, one.code) for one in ended if dunning.forbids_retry(one)]


def _asked_later(intent: IntentFacts, loaded: Loaded) -> IntentFacts:
    return replace(intent, next_ask_at=dunning.next_ask(intent, is_debit=False, now=loaded.now))


def _closed(loaded: Loaded, record: IntentRecord, attempt: AttemptFacts) -> UpdateAttempt:
    """End an open attempt that later ones followed: as the gateway says, or as never sent where it has none."""
    told = next((one for one in record.attempts if one.key == attempt.confirm_key), None)
    outcome = _ENDED_UNPAID.get(told.outcome, Outcome.CANCELLED) if told else Outcome.NOT_SENT
    code = told.code if told and outcome is Outcome.DECLINED else ""
    return UpdateAttempt(replace(attempt, outcome=outcome, code=code, decided_at=loaded.now), attempt.outcome)


def _lost_attempt(loaded: Loaded, intent: IntentFacts, told: AttemptRecord, method_id: str) -> AttemptFacts:
    """Make the row of an attempt again, as one that has ended; the intent's truth opens or settles the one it names.

    Nobody knows any more who asked for it, so it counts as automatic.
    """
    outcome = _ENDED_UNPAID.get(told.outcome, Outcome.CANCELLED)
    return AttemptFacts(
        id=loaded.new_ids[1],
        intent_id=intent.id,
        number=int(told.key.rpartition(":")[2]),
        method_id=method_id,
        confirm_key=told.key,
        by_kind="clock",
        opened_at=told.started_at,
        outcome=outcome,
        code=told.code if outcome is Outcome.DECLINED else "",
        sent_at=told.started_at,
        decided_at=told.changed_at,
    )
