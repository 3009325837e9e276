"""Each bank return code: what it does to the invoice and to the method.

Every return reopens the invoice. The codes differ in what becomes of the method, in whether the same debit
may be presented again, and in who has to look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

MOST_REPRESENTED = 2
"""A returned debit may be presented again so many times, and no more (I-11)."""


class MethodFate(StrEnum):
    """What a return does to the bank account."""

    KEEP = "keep"
    BLOCK = "block"
    BLOCK_UNTIL_CONFIRMED = "block_until_confirmed"
    BLOCK_FOR_GOOD = "block_for_good"


@dataclass(frozen=True, slots=True)
class BankReturn:
    """What one code means.

    `may_represent`: the same debit may be tried again. `needs_review`: a person of the vendor has to look.
    `is_unauthorized`: it counts to the network's limit of 0.5 %, and the vendor is told.
    """

    method: MethodFate
    may_represent: bool = False
    needs_review: bool = False
    is_unauthorized: bool = False


_FUNDS = BankReturn(MethodFate.KEEP, may_represent=True)
_UNUSABLE = BankReturn(MethodFate.BLOCK)
_UNAUTHORIZED = BankReturn(MethodFate.BLOCK_FOR_GOOD, is_unauthorized=True)
_STOPPED = BankReturn(MethodFate.BLOCK_UNTIL_CONFIRMED)
_FROZEN = BankReturn(MethodFate.BLOCK, needs_review=True)
_OTHER = BankReturn(MethodFate.KEEP, needs_review=True)

KNOWN: Mapping[str, BankReturn] = {
    **dict.fromkeys(("R01", "R09"), _FUNDS),
    **dict.fromkeys(("R02", "R03", "R04", "R13", "R20"), _UNUSABLE),
    **dict.fromkeys(("R05", "R07", "R10", "R11", "R29", "R51"), _UNAUTHORIZED),
    "R08": _STOPPED,
    "R16": _FROZEN,
}


def meaning_of(code: str) -> BankReturn:
    """Give what a return code means; any other or unknown code reopens and calls a person, it is never ignored."""
    return KNOWN.get(code, _OTHER)


def is_dispute(code: str) -> bool:
    """Tell whether the payer got the money back by a lost dispute: that takes only what was not refunded before."""
    return code.startswith("dispute")


def blocks_method(code: str) -> bool:
    """Tell whether a return with this code makes the account unusable."""
    return meaning_of(code).method is not MethodFate.KEEP


_STRENGTH: Mapping[MethodFate, int] = {MethodFate.BLOCK_UNTIL_CONFIRMED: 0, MethodFate.BLOCK_FOR_GOOD: 2}


def block_after(known: str, code: str) -> str:
    """Give what blocks a method that is blocked already: the stronger reason, so that lifting one lifts no other.

    Both are return or decline codes; `known` is empty while nothing blocks it.
    """
    if not known:
        return code
    strengths = [_STRENGTH.get(meaning_of(one).method, 1) for one in (known, code)]
    return known if strengths[0] > strengths[1] else code
