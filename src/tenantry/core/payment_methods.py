"""Which method is usable, default, removable, expiring; and why not.

Functions named `why_not_…` answer like `permissions.require`: the refusal, or None when nothing stands
in the way.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from tenantry.core.bank_returns import MethodFate, meaning_of
from tenantry.core.refusal import Refusal

EXPIRING_WITHIN_DAYS = 60
REMIND_DAYS_BEFORE = (30, 7)
EXPIRED_CARD = "expired_card"
"""The decline code that speaks of the expiry and not of the number: a renewed card leaves it behind."""


class MethodKind(StrEnum):
    """What can be charged."""

    CARD = "card"
    ACH = "ach"


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """A card or bank account on file, as rules see it.

    `expiry_month` and `expiry_year` are 0 for bank accounts. `blocked_because` is a bank return or decline
    code, empty while nothing blocks it. `is_in_use` tells that a payment with it is under way.
    `verify_tries_left` and `verify_until_at` bound the handing in of the two amounts of an unverified bank account.
    """

    id: str
    kind: MethodKind
    token: str
    brand: str = ""
    bank_name: str = ""
    last4: str = ""
    expiry_month: int = 0
    expiry_year: int = 0
    is_verified: bool = True
    is_default: bool = False
    is_removed: bool = False
    is_in_use: bool = False
    blocked_because: str = ""
    verify_tries_left: int = 0
    verify_until_at: datetime | None = None


def last_day(method: MethodFacts) -> date | None:
    """Give the last day on which the card can be charged; None for a bank account."""
    if not method.expiry_year:
        return None
    return date(method.expiry_year, method.expiry_month, monthrange(method.expiry_year, method.expiry_month)[1])


def is_expired(method: MethodFacts, today: date) -> bool:
    """Tell whether the card's last day has passed."""
    ends = last_day(method)
    return ends is not None and today > ends


def is_expiring(method: MethodFacts, today: date) -> bool:
    """Tell whether the card's last day comes within 60 days and has not passed."""
    ends = last_day(method)
    return ends is not None and today <= ends <= today + timedelta(days=EXPIRING_WITHIN_DAYS)


def renews(card: MethodFacts, on_file: MethodFacts) -> bool:
    """Tell whether a card is the renewed one of a card with the same number: it can be charged for longer."""
    ends, ended = last_day(card), last_day(on_file)
    return card.is_verified and ends is not None and ended is not None and ends > ended


def takes_place_of(method: MethodFacts, on_file: MethodFacts, now: datetime) -> bool:
    """Tell whether a method takes the place of the same one on file: a renewed card, an account to verify anew."""
    is_over = not on_file.is_verified and why_not_verifiable(on_file, now) is not None
    return is_over or renews(method, on_file)


def block_that_stays(card: MethodFacts, before: MethodFacts) -> str:
    """Give the code that blocks a card or account because it blocked the same number before; empty when none does."""
    is_over = before.blocked_because == EXPIRED_CARD and renews(card, before)
    return "" if is_over else before.blocked_because


def block_kept(method: MethodFacts, before: Iterable[MethodFacts]) -> str:
    """Give the code that blocks a method that is added, from the same one as it was before, the last one first."""
    return next((code for one in before if (code := block_that_stays(method, one))), "")


def next_reminder_date(method: MethodFacts, today: date) -> date | None:
    """Give the next day on which a mail about the card's expiry is due, today included; None when none is left."""
    ends = last_day(method)
    if ends is None or method.is_removed:
        return None
    days = sorted(ends - timedelta(days=before) for before in REMIND_DAYS_BEFORE)
    return next((day for day in days if day >= today), None)


def why_not_usable(method: MethodFacts, today: date) -> Refusal | None:
    """Tell why the method can't be charged, or None when it can."""
    if method.is_removed:
        return Refusal("method_not_found", {"method_id": method.id})
    if not method.is_verified:
        return Refusal("method_unverified", {"method_id": method.id, "last4": method.last4})
    if method.blocked_because:
        return _blocked(method)
    if is_expired(method, today):
        return Refusal("method_expired", {"method_id": method.id, "last4": method.last4, "on": last_day(method)})
    return None


def _blocked(method: MethodFacts) -> Refusal:
    facts = {"method_id": method.id, "last4": method.last4, "code": method.blocked_because}
    return Refusal("method_stopped" if is_stopped(method) else "method_blocked", facts)


def is_stopped(method: MethodFacts) -> bool:
    """Tell whether the account is blocked only until a user confirms that it may be debited again (R08)."""
    code = method.blocked_because
    return bool(code) and meaning_of(code).method is MethodFate.BLOCK_UNTIL_CONFIRMED


def why_not_allowed_again(method: MethodFacts) -> Refusal | None:
    """Tell why debits of an account can't be allowed again, or None: only a stopped payment is undone by its owner."""
    if method.is_removed:
        return Refusal("method_not_found", {"method_id": method.id})
    if not method.blocked_because:
        return Refusal("method_not_stopped", {"last4": method.last4})
    return None if is_stopped(method) else _blocked(method)


def why_not_default(method: MethodFacts, today: date) -> Refusal | None:
    """Tell why the method can't become the default: expired, blocked and unverified ones can't (M4)."""
    return why_not_usable(method, today)


def why_not_removable(method: MethodFacts) -> Refusal | None:
    """Tell why the method can't be removed: the default never, nor one with a payment under way (M5)."""
    if method.is_removed:
        return Refusal("method_not_found", {"method_id": method.id})
    if method.is_default:
        return Refusal("default_method", {"method_id": method.id})
    if method.is_in_use:
        return Refusal("method_in_use", {"method_id": method.id})
    return None


def default_of(methods: Iterable[MethodFacts]) -> MethodFacts | None:
    """Give the default method, usable or not: it is never replaced by itself."""
    return next((method for method in methods if method.is_default and not method.is_removed), None)


def to_verify(methods: Iterable[MethodFacts], now: datetime) -> MethodFacts | None:
    """Give the bank account that somebody has to verify first of all; None where none waits for it.

    One whose tries or days are used up waits for nothing: it has to be added again. Nor does a blocked one.
    """
    on_file = (method for method in methods if not method.is_removed and not method.blocked_because)
    return next((method for method in on_file if why_not_verifiable(method, now) is None), None)


def usable_methods(methods: Iterable[MethodFacts], today: date) -> tuple[MethodFacts, ...]:
    """Give the methods that can be charged today, in the order given."""
    return tuple(method for method in methods if why_not_usable(method, today) is None)


def becomes_default(
    method: MethodFacts, others: Sequence[MethodFacts], today: date, *, is_chosen: bool = False
) -> bool:
    """Tell whether a method that was just added or verified becomes the default: the first usable one does (M4).

    So does one that can be charged and was chosen to be it when it was added.
    """
    return why_not_default(method, today) is None and (is_chosen or default_of(others) is None)


def pick(methods: Iterable[MethodFacts], method_id: str, today: date) -> MethodFacts | Refusal:
    """Give the method of this id if it can be charged today, else why not."""
    found = next((method for method in methods if method.id == method_id), None)
    if found is None:
        return Refusal("method_not_found", {"method_id": method_id})
    return why_not_usable(found, today) or found


def why_not_verifiable(method: MethodFacts, now: datetime) -> Refusal | None:
    """Tell why the two amounts of a bank account can't be handed in (any more)."""
    if method.is_verified:
        return Refusal("method_already_verified")
    if method.verify_tries_left <= 0:
        return Refusal("verification_failed")
    if method.verify_until_at is None or now >= method.verify_until_at:
        return Refusal("verification_expired")
    return None
