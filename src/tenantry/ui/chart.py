"""Stacked monthly bars as plain geometry. Whole numbers only; the words beside the picture are the caller's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from tenantry.core.money import Money
from tenantry.ui import formats

HEIGHT = 1000
"""Units of a bar's full height."""
_STEPS = (1, 2, 3, 4, 5, 6, 8, 10)
COLORS = 8
"""How many series have a color of their own; the rest share the last one."""


@dataclass(frozen=True, slots=True)
class Series:
    """What a color stands for: its place in the palette (1 to 8, or "tax") and its words."""

    color: str
    label: str


@dataclass(frozen=True, slots=True)
class Block:
    """One colored part of a bar, measured from the top in units of `HEIGHT`; `title` says it in words."""

    color: str
    y: int
    height: int
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One month: its words, its parts from the bottom up, and the same numbers for the table."""

    label: str
    short_label: str
    letter: str
    blocks: tuple[Block, ...]
    amounts: tuple[str, ...]
    total: str
    description: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """A picture of what was paid, with the same numbers as a table."""

    series: tuple[Series, ...]
    bars: tuple[Bar, ...]
    top: str
    middle: str
    zero: str


@dataclass(frozen=True, slots=True)
class Month:
    """What one month came to, one amount for each series in the caller's order."""

    month: date
    amounts: tuple[Money, ...]


def stacked_bars(
    labels: Sequence[str], months: Sequence[Month], currency: str, *, tax_label: str = "", locale: str = "en_US"
) -> BarChart:
    """Draw months of amounts as stacked bars, oldest first.

    `labels` name the series; where one of them equals `tax_label` it is drawn in grey. An amount below zero has
    no height, but stands in the table and in the total.
    """
    series = _series(labels, tax_label)
    tallest = max((sum(max(one.minor, 0) for one in month.amounts) for month in months), default=0)
    top_minor = round_top(tallest)

    def say(minor: int) -> str:
        return formats.money(Money(minor, currency), locale)

    bars = tuple(_bar(month, series, top_minor, say, locale) for month in months)
    return BarChart(series, bars, top=say(top_minor), middle=say(top_minor // 2), zero=say(0))


def round_top(tallest_minor: int) -> int:
    """Give the end of the scale: the next 1, 2, 3, 4, 5, 6, 8 or 10 times a power of ten, never below 100."""
    power = 100
    while True:
        for step in _STEPS:
            if step * power >= tallest_minor:
                return step * power
        power *= 10


def _series(labels: Sequence[str], tax_label: str) -> tuple[Series, ...]:
    plain = [label for label in labels if label != tax_label]
    return tuple(
        Series("tax" if label == tax_label else str(min(plain.index(label) + 1, COLORS)), label) for label in labels
    )


def _bar(month: Month, series: tuple[Series, ...], top_minor: int, say: Callable[[int], str], locale: str) -> Bar:
    blocks: list[Block] = []
    below = 0
    for one, amount in zip(series, month.amounts, strict=True):
        if amount.minor <= 0:
            continue
        start, below = below * HEIGHT // top_minor, below + amount.minor
        end = below * HEIGHT // top_minor
        blocks.append(Block(one.color, HEIGHT - end, end - start, f"{one.label}: {say(amount.minor)}"))
    total = say(sum(amount.minor for amount in month.amounts))
    words = formats.month_text(month.month, locale)
    return Bar(
        label=words,
        short_label=formats.short_month_text(month.month, locale),
        letter=formats.short_month_text(month.month, locale)[:1],
        blocks=tuple(blocks),
        amounts=tuple(say(amount.minor) for amount in month.amounts),
        total=total,
        description=f"{words}: {total}",
    )
