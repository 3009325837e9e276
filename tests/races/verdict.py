"""What a round may come to: each effect that was claimed stands in the rows once, each refusal was true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.builders import NOW
from tests.invariants.rows import CompanyRows
from tests.races.actions import Round, Said
from tests.races.names import BILL, GRANT, HINT, PRICE, SWEEP
from tests.races.scenes import NEVER_ARRIVED

AUDITED = {
    "made default": "make_default",
    "removed": "remove_payment_method",
    "added": "add_payment_method",
    "enabled": "enable_addon",
    "disabled": "disable_addon",
    "taken away": "save_permission_group",
    "issued": "issue_invoices",
}
ONCE = ("removed", "enabled", "disabled", "issued")
"""What can have an effect once only, however many try."""


@dataclass(frozen=True)
class Judged:
    """One company before and after a round."""

    this: Round
    before: CompanyRows
    after: CompanyRows
    said: Sequence[Said]

    @property
    def new(self) -> list[Any]:
        """Give the audit entries of this round."""
        return self.after.audit[len(self.before.audit) :]

    def did(self) -> Counter[str]:
        """Add up what the racers say that they did."""
        found: Counter[str] = Counter()
        for one in self.said:
            found.update(one.did)
        return found

    def wrote(self, action: str) -> list[Any]:
        """Give the entries of one action."""
        return [row for row in self.new if row.action == action]

    def new_attempts(self) -> list[Any]:
        """Give the attempts that were opened in this round."""
        known = {row.id for row in self.before.attempts}
        return [row for row in self.after.attempts if row.id not in known]

    def method(self, method_id: str) -> Any:
        """Give a method as it is now."""
        return next(row for row in self.after.methods if str(row.id) == method_id)


def judge(judged: Judged) -> Iterator[str]:
    """Give what is wrong with a round, in words that name it."""
    for wrong in (*_counted(judged), *_true(judged), *_settled(judged), *_default(judged)):
        yield f"{' × '.join(judged.this.racers)}, {judged.after.name}: {wrong}; {judged.said}"


def _counted(judged: Judged) -> Iterator[str]:
    did = judged.did()
    for effect, action in AUDITED.items():
        wrote = len(judged.wrote(action))
        if did[effect] != wrote:
            yield f"{did[effect]} times {effect!r} was answered, {wrote} times it happened"
        if effect in ONCE and wrote > 1:
            yield f"{effect!r} happened {wrote} times"
    clicked = sum(name.startswith("attempt ") for name in did)
    declined = [one for one in judged.said if one.racer == BILL and "payment_declined" in one.refused]
    by_kind = Counter(row.by_kind for row in judged.new_attempts())
    if by_kind["member"] != clicked:
        yield f"{clicked} payments were answered, {by_kind['member']} were opened"
    if by_kind["clock"] != did["collected"] + len(declined):
        yield f"{did['collected']} collections were answered, {by_kind['clock']} were opened"
    if did["kept"] != (HINT in judged.this.racers):
        yield f"{did['kept']} events were new"
    prices = set(judged.after.prices) - set(judged.before.prices)
    if judged.this.racers.count(PRICE) and not prices:
        yield "no price was published"


def _true(judged: Judged) -> Iterator[str]:
    for one in judged.said:
        for code in one.refused:
            is_true = TRUE.get(code)
            if is_true is None:
                yield f"{one.racer} was refused as {code}, which nothing here gives a reason for"
            elif not is_true(judged):
                yield f"{one.racer} was refused as {code}, which is not true"
        if not one.did and not one.refused:
            yield f"{one.racer} was answered nothing"


def _settled(judged: Judged) -> Iterator[str]:
    """Check that who looked has seen, and that no truth was booked twice."""
    intent = next(row for row in judged.after.intents if str(row.id) == judged.this.scene.intent_id)
    has_arrived = judged.this.scene.turn % 4 != NEVER_ARRIVED
    looked = SWEEP in judged.this.racers or (HINT in judged.this.racers and has_arrived)
    if looked and intent.state == "unknown":
        yield "the unanswered payment is still unknown"
    moves = Counter(
        (row.object_id, row.after.get("attempt"), row.after["state"])
        for row in judged.wrote("settle_payment")
        if "state" in row.after
    )
    twice = [move for move, count in moves.items() if count > 1 and move[2] in ("succeeded", "returned", "cancelled")]
    if twice:
        yield f"settled twice: {twice}"


def _default(judged: Judged) -> Iterator[str]:
    """Check that the default is the one that was chosen last."""
    chosen = [
        row.object_id
        for row in judged.new
        if row.action == "make_default" or (row.action == "add_payment_method" and row.after["is_default"])
    ]
    if chosen and not judged.method(chosen[-1]).is_default:
        yield f"{chosen[-1]} was made the default last, and is not"


def _is_paid(judged: Judged) -> bool:
    invoice = next(row for row in judged.after.invoices if str(row.id) == judged.this.pays())
    return bool(invoice.state == "paid")


def _is_in_progress(judged: Judged) -> bool:
    was_unknown = judged.this.pays() == judged.this.scene.unanswered_id or BILL in judged.this.racers
    return was_unknown or bool(judged.new_attempts())


def _is_not_due(judged: Judged) -> bool:
    return all(row.collect_at is None or row.collect_at > NOW for row in judged.after.invoices) or bool(
        judged.new_attempts()
    )


def _is_removed(judged: Judged) -> bool:
    return judged.method(judged.this.scene.spare_id).removed_at is not None


def _was_default(judged: Judged) -> bool:
    return any(row.object_id == judged.this.scene.spare_id for row in judged.wrote("make_default"))


def _is_used(judged: Judged) -> bool:
    return any(str(row.method_id) == judged.this.scene.spare_id for row in judged.new_attempts())


def _quote_moved(judged: Judged) -> bool:
    published = PRICE in judged.this.racers and set(judged.after.prices) != set(judged.before.prices)
    return published or bool(judged.wrote("issue_invoices")) or bool(judged.wrote("save_permission_group"))


def _is_on_file(judged: Judged) -> bool:
    """Tell whether a card of the same number was on file: one before this round, or one that was added in it."""
    return judged.this.scene.turn % 2 == 0 or bool(judged.wrote("add_payment_method"))


def _is_declined(judged: Judged) -> bool:
    return any(row.outcome == "declined" for row in judged.after.attempts)


TRUE: dict[str, Callable[[Judged], bool]] = {
    "already_paid": _is_paid,
    "payment_in_progress": _is_in_progress,
    "nothing_due": _is_not_due,
    "method_not_found": _is_removed,
    "default_method": _was_default,
    "method_in_use": _is_used,
    "modify_required": lambda judged: GRANT in judged.this.racers and bool(judged.wrote("save_permission_group")),
    "quote_changed": _quote_moved,
    "already_enabled": lambda judged: len(judged.wrote("enable_addon")) == 1,
    "already_disabled": lambda judged: len(judged.wrote("disable_addon")) == 1,
    "duplicate_method": _is_on_file,
    "duplicate_account": _is_on_file,
    "payment_declined": _is_declined,
    "not_found": lambda judged: judged.this.racers.count(HINT) > 1,
}
