"""What the shipped fonts can show: everything else is replaced before the page is made.

Under PDF/A and PDF/UA one character without a glyph is an error, and no name may stop an invoice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

import fontpkg
from fontTools.ttLib import TTFont

FAMILIES = ("Inter", "Noto Sans", "Amiri")
REPLACEMENT = "\ufffd"
LONGEST_WORD = 24
MOST_MARKS = 4  # more of them on one letter would paint over the neighboring lines

# Joiners and direction marks have no ink, and scripts need them; overrides and isolates could reorder an amount.
_INKLESS = frozenset("\u200b\u200c\u200d\u200e\u200f") | frozenset(map(chr, range(0xFE00, 0xFE10)))
_UNWANTED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LONG_WORD = re.compile(rf"[^\s\u200b]{{{LONGEST_WORD + 1},}}")


def printable(text: str) -> str:
    """Return the text with what the fonts lack replaced, piled-up marks cut, and long words breakable."""
    composed = " ".join(unicodedata.normalize("NFC", text).split())
    if composed.isascii() and composed.isprintable():
        return _breakable(composed)
    return _breakable("".join(_shown(composed)))


def _shown(text: str) -> Iterator[str]:
    """Yield each character or its replacement; a mark stays only where one font has it and its base together."""
    able = frozenset(FAMILIES)
    marks = 0
    for character in text:
        if character in _INKLESS:
            yield character
            continue
        having = _families_with(character)
        is_mark = unicodedata.category(character).startswith("M")
        marks = marks + 1 if is_mark else 0
        if marks > MOST_MARKS:
            continue
        if is_mark:
            having &= able
        able = having or _families_with(REPLACEMENT)
        yield character if having else REPLACEMENT


def plain(text: str) -> str:
    """Return the text in printable ASCII alone: the last resort, which every font can show."""
    return _breakable("".join(c if " " <= c <= "~" else "?" for c in unicodedata.normalize("NFKC", text)))


def _families_with(character: str) -> frozenset[str]:
    if unicodedata.category(character) in _UNWANTED_CATEGORIES:
        return frozenset()
    return frozenset(family for family, covered in _covered().items() if ord(character) in covered)


@cache
def _covered() -> dict[str, frozenset[int]]:
    """Collect the code points of each font, once per process (about 100 ms)."""
    covered: dict[str, frozenset[int]] = {}
    for family in FAMILIES:
        with TTFont(fontpkg.path(family), lazy=True) as font:
            covered[family] = frozenset(font.getBestCmap())
    return covered


def _breakable(text: str) -> str:
    """Allow a line break inside words that could not fit a column."""
    return _LONG_WORD.sub(lambda word: "\u200b".join(_pieces(word[0])), text)


def _pieces(word: str) -> list[str]:
    return [word[start : start + LONGEST_WORD] for start in range(0, len(word), LONGEST_WORD)]
