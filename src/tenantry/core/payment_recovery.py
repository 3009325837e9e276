"""What a restored database has lost, taken up again from the gateway's records: rows for it, then the truth applied.

The gateway's keys are derived from our ids, so its records say which invoice, generation and attempt they are.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, replace

from tenantry.core import bank_returns, dunning
from tenantry.core.gateway_records import AttemptRecord, IntentRecord
from tenantry.core.payment_effects import (
    Answer,
    Audit,
    BlockMethod,
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

    `method_ids` gives our method for each token of the record. Never charges. Refuses `unknown_object` where
    another live intent stands in the way, `nothing_due` for an intent that was never confirmed (it moved
    nothing, and is found again by its key, or closed as soon as a later one is taken up), and
    `gateway_unavailable` where its truth could not be read.
    """
    for _ in range(3 + len(record.attempts) + origin.generation):
        loaded = yield from load_under_lock(Load(invoice_id=origin.invoice_id))
        known = next((one for one in loaded.intents if one.create_key == record.key), None)
        if _moved_nothing(record, known):
            return Refusal("nothing_due")
        if known is None and any(one.is_live for one in loaded.intents):
            return Refusal(UNKNOWN_OBJECT, {"gateway_id": record.reply.gateway_id})
        skipped = 1 + (loaded.latest.generation if loaded.latest else 0)
        if known is None and skipped < origin.generation:
            yield Commit(_closed_unconfirmed(loaded, record, skipped))
            continue
        intent = known or _lost_intent(loaded, record, origin)
        writes = _next_rows(loaded, record, intent, method_ids, is_new=known is None)
        if not writes:
            was_read = yield from heed(intent.id)
            return None if was_read else Refusal("gateway_unavailable")
        facts = {"gateway_id": record.reply.gateway_id, "key": record.key, "was_known": known is not None}
        yield Commit((*writes, Audit("reconcile_gateway", "payment_intent", intent.id, {}, facts)))
    return Refusal(UNKNOWN_OBJECT, {"gateway_id": record.reply.gateway_id})


def _moved_nothing(record: IntentRecord, known: IntentFacts | None) -> bool:
    """Tell whether nobody ever confirmed it and nobody can: no row has its id, or one that was closed without it."""
    has_no_id = known is None or (known.state is State.CANCELLED and not known.gateway_id)
    return has_no_id and not _lost(record, set())


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


def _closed_unconfirmed(loaded: Loaded, record: IntentRecord, generation: int) -> tuple[Write, ...]:
    """Make the row of a lost generation again that the gateway has no attempt of.

    A later one opened, so this one had been closed before anybody confirmed it. Nobody knows any more with which
    method it was tried, and what was asked for then is what was asked for next.
    """
    later = _lost_intent(loaded, record, Origin(loaded.invoice.id, generation))
    key = f"{record.key.rpartition(':')[0]}:{generation}"
    closed = replace(later, state=State.CANCELLED, create_key=key, gateway_id="", next_ask_at=None)
    facts = {"key": key, "followed_by": record.key, "was_confirmed": False}
    return InsertIntent(closed), Audit("reconcile_gateway", "payment_intent", closed.id, {}, facts)


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
