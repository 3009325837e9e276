"""How a company's credit stands, from its postings in the order in which they came: left, owed, or overdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tenantry.core.postings import EntryKind

Move = tuple[str, int]
"""The kind of an entry, and what it posts to the company's credit: above zero takes from it."""

LAST_OF_AN_INSTANT = frozenset({EntryKind.OVERPAYMENT_RETURNED, EntryKind.VOIDED})
"""What takes more than there is and leaves a debt: a bank, and the end of an invoice that had asked for one.

Of what happened at one instant (of a clock that stands still) these come last.
"""


@dataclass(frozen=True, slots=True)
class CreditStanding:
    """Where credit is left, nothing is owed or overdrawn.

    `owed_minor` is what a bank took back after it had been used: the next invoice asks for it. `overdrawn_minor` was
    sent back without being there, and stands before a person: nobody asks the company for it.
    """

    left_minor: int = 0
    owed_minor: int = 0
    overdrawn_minor: int = 0

    @property
    def usable_minor(self) -> int:
        """Give what the next invoice uses; below zero: what it asks for."""
        return self.left_minor - self.owed_minor


def standing(moves: Iterable[Move]) -> CreditStanding:
    """Follow the postings. New credit explains what was overdrawn first, then pays a debt off."""
    now = CreditStanding()
    for kind, minor in moves:
        now = _given(now, -minor, kind) if minor < 0 else _taken(now, minor, kind)
    return now


def _taken(now: CreditStanding, minor: int, kind: str) -> CreditStanding:
    used = min(minor, now.left_minor)
    after = replace(now, left_minor=now.left_minor - used)
    if kind in LAST_OF_AN_INSTANT:
        return replace(after, owed_minor=now.owed_minor + minor - used)
    return replace(after, overdrawn_minor=now.overdrawn_minor + minor - used)


def _given(now: CreditStanding, minor: int, kind: str) -> CreditStanding:
    if kind == EntryKind.BROUGHT_FORWARD:
        paid = min(minor, now.owed_minor)
        explained = min(minor - paid, now.overdrawn_minor)
    else:
        explained = min(minor, now.overdrawn_minor)
        paid = min(minor - explained, now.owed_minor)
    left = now.left_minor + minor - explained - paid
    return CreditStanding(left, now.owed_minor - paid, now.overdrawn_minor - explained)
