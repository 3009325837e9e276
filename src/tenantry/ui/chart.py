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
    """One month: its words, its parts from zero up or down, and the same numbers for the table."""

    label: str
    short_label: str
    letter: str
    blocks: tuple[Block, ...]
    amounts: tuple[str, ...]
    total: str
    description: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """A picture of what was paid, with the same numbers as a table.

    `scale` names amounts at even steps from the top down: three of them, or four or five where some lie below zero.
    """

    series: tuple[Series, ...]
    bars: tuple[Bar, ...]
    scale: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """What one month came to, one amount for each series in the caller's order."""

    month: date
    amounts: tuple[Money, ...]


def stacked_bars(
    labels: Sequence[str], months: Sequence[Month], currency: str, *, tax_label: str = "", locale: str = "en_US"
) -> BarChart:
    """Draw months of amounts as stacked bars, oldest first.

    `labels` name the series; where one of them equals `tax_label` it is drawn in grey. An amount below zero hangs
    below the line of zero.
    """
    series = _series(labels, tax_label)
    scale = _scale(months)

    def say(minor: int) -> str:
        return formats.money(Money(minor, currency), locale)

    bars = tuple(_bar(month, series, scale, say, locale) for month in months)
    return BarChart(series, bars, tuple(say(minor) for minor in scale))


def _scale(months: Sequence[Month]) -> tuple[int, ...]:
    """Give even steps from the top down to zero, or as far below it as an amount hangs."""
    tallest = max((sum(max(one.minor, 0) for one in month.amounts) for month in months), default=0)
    deepest = max((sum(max(-one.minor, 0) for one in month.amounts) for month in months), default=0)
    half_minor = round_top(max(tallest, deepest)) // 2
    steps_below = 0 if not deepest else 1 if deepest <= half_minor else 2
    return tuple(half_minor * step for step in range(2, -1 - steps_below, -1))


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


def _bar(
    month: Month, series: tuple[Series, ...], scale: tuple[int, ...], say: Callable[[int], str], locale: str
) -> Bar:
    top_minor, span_minor = scale[0], scale[0] - scale[-1]

    def place(minor: int) -> int:
        return (top_minor - minor) * HEIGHT // span_minor

    blocks: list[Block] = []
    above = below = 0
    for one, amount in zip(series, month.amounts, strict=True):
        high, low = (above + amount.minor, above) if amount.minor > 0 else (below, below + amount.minor)
        above, below = max(above, high), min(below, low)
        if amount.minor:
            title = f"{one.label}: {say(amount.minor)}"
            blocks.append(Block(one.color, place(high), place(low) - place(high), title))
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
