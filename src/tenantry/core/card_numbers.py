"""Notice a card number that somebody typed where it must not be (I-34, B30)."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Digits in a row, with the blanks, hyphens or dots that people write between them.
_RUN = re.compile(r"\d(?:[ .\u00a0\u2010-\u2015-]?\d){12,}")
# An id of ours may hold such a run by chance; one without a letter is not taken for an id.
_ID = re.compile(r"\b(?=[0-9-]*[a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
# How the numbers of an issuer begin, and how long they are.
_ISSUERS = (
    (re.compile("4"), (13, 16, 19)),
    (re.compile("5[1-5]|2[2-7]"), (16,)),
    (re.compile("3[47]"), (15,)),
    (re.compile("3[068]"), (14, 16)),
    (re.compile("35"), (16, 17, 18, 19)),
    (re.compile("5[06-9]|6"), (13, 14, 15, 16, 17, 18, 19)),
)


def holds_card_number(text: str) -> bool:
    """Tell whether the text has a card number in it: digits that begin and end as an issuer's do.

    Digits of every script count. Where digits follow each other without a stop, a number at the beginning or
    at the end of them counts too ("4242 4242 4242 4242 123"). Ids (UUIDs) don't count.
    """
    plain = "".join(str(int(char)) if char.isdecimal() else char for char in _ID.sub(" id ", text))
    return any(_within(re.sub(r"\D", "", run.group())) for run in _RUN.finditer(plain))


def any_holds_card_number(texts: Iterable[str]) -> bool:
    """Tell whether any of the texts has a card number in it."""
    return any(holds_card_number(text) for text in texts)


def _within(digits: str) -> bool:
    lengths = range(13, min(19, len(digits)) + 1)
    return any(_is_card(digits[:length]) or _is_card(digits[-length:]) for length in lengths)


def _is_card(digits: str) -> bool:
    of_issuer = any(begins.match(digits) and len(digits) in lengths for begins, lengths in _ISSUERS)
    return of_issuer and _check_digit_is_right(digits)


def _check_digit_is_right(digits: str) -> bool:
    return sum(_doubled(int(d)) if place % 2 else int(d) for place, d in enumerate(reversed(digits))) % 10 == 0


def _doubled(digit: int) -> int:
    return digit * 2 - 9 if digit > 4 else digit * 2
