"""Stacked monthly bars as plain geometry. Whole numbers only; the words beside the picture are the caller's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from tenantry.core.money import Money
from tenantry.ui import formats

HEIGHT = 1000
"""Units of a bar's full height."""
_STEPS = (1, 2, 3, 4, 5, 6, 8, 10)
COLORS = 8
PATTERNS = ("", "pillars", "stripes")
"""What lies over a color; with the colors they tell 24 series apart, and the rest share the last look."""


@dataclass(frozen=True, slots=True)
class Series:
    """What a color and its pattern stand for: the place in the palette (1 to 8, or "tax") and the words.

    One that is not drawn only takes off what the others came to.
    """

    color: str
    label: str
    pattern: str = ""
    is_drawn: bool = True


@dataclass(frozen=True, slots=True)
class Block:
    """One colored part of a bar, measured from the top in units of `HEIGHT`; `title` says it in words."""

    color: str
    y: int
    height: int
    title: str
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One month: its words, its parts from zero to what it came to in all, and the numbers for the table."""

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

    @property
    def has_patterns(self) -> bool:
        """Tell whether a series needs more than a color."""
        return any(one.pattern for one in self.series)

    @property
    def is_net(self) -> bool:
        """Tell whether something is not drawn, but was taken off."""
        return not all(one.is_drawn for one in self.series)


@dataclass(frozen=True, slots=True)
class Month:
    """What one month came to, one amount for each series in the caller's order."""

    month: date
    amounts: tuple[Money, ...]


def stacked_bars(
    labels: Sequence[str], months: Sequence[Month], currency: str, *, tax_label: str = "", locale: str = "en_US"
) -> BarChart:
    """Draw months of amounts as stacked bars, oldest first.

    `labels` name the series; where one of them equals `tax_label` it is drawn in grey. A bar is as high as its month
    came to in all: what takes off makes the rest smaller, each part by its share. Only a month that came to less than
    nothing hangs below the line of zero.
    """
    series = _series(labels, tax_label, months)
    scale = _scale(months)

    def say(minor: int) -> str:
        return formats.money(Money(minor, currency), locale)

    bars = tuple(_bar(month, series, scale, say, locale) for month in months)
    return BarChart(series, bars, tuple(say(minor) for minor in scale))


def _scale(months: Sequence[Month]) -> tuple[int, ...]:
    """Give even steps from the top down to zero, or as far below it as an amount hangs."""
    totals = [_total(month) for month in months]
    tallest, deepest = max(totals, default=0), -min(totals, default=0)
    half_minor = round_top(max(tallest, deepest)) // 2
    steps_below = 0 if deepest <= 0 else 1 if deepest <= half_minor else 2
    return tuple(half_minor * step for step in range(2, -1 - steps_below, -1))


def round_top(tallest_minor: int) -> int:
    """Give the end of the scale: the next 1, 2, 3, 4, 5, 6, 8 or 10 times a power of ten, never below 100."""
    power = 100
    while True:
        for step in _STEPS:
            if step * power >= tallest_minor:
                return step * power
        power *= 10


def _total(month: Month) -> int:
    return sum(amount.minor for amount in month.amounts)


def _drawn(month: Month) -> tuple[int, ...]:
    """Give what is drawn of each series: its share of what the month came to, nothing of what only takes off."""
    total = _total(month)
    sign = 1 if total > 0 else -1
    parts = [max(sign * amount.minor, 0) for amount in month.amounts]
    ends = [abs(total) * sum(parts[:place]) // max(sum(parts), 1) for place in range(len(parts) + 1)]
    return tuple(sign * (end - start) for start, end in pairwise(ends))


def _series(labels: Sequence[str], tax_label: str, months: Sequence[Month]) -> tuple[Series, ...]:
    plain = [label for label in labels if label != tax_label]
    drawn = [any(parts) for parts in zip(*(_drawn(month) for month in months), strict=True)] or [True] * len(labels)

    def look(label: str) -> tuple[str, str]:
        if label == tax_label:
            return "tax", ""
        place = min(plain.index(label), COLORS * len(PATTERNS) - 1)
        return str(place % COLORS + 1), PATTERNS[place // COLORS]

    looks = [look(label) for label in labels]
    return tuple(
        Series(color, label, pattern, is_drawn)
        for label, (color, pattern), is_drawn in zip(labels, looks, drawn, strict=True)
    )


def _bar(
    month: Month, series: tuple[Series, ...], scale: tuple[int, ...], say: Callable[[int], str], locale: str
) -> Bar:
    top_minor, span_minor = scale[0], scale[0] - scale[-1]

    def place(minor: int) -> int:
        return (top_minor - minor) * HEIGHT // span_minor

    blocks: list[Block] = []
    end = 0
    for one, amount, part in zip(series, month.amounts, _drawn(month), strict=True):
        start, end = end, end + part
        if part:
            high, low = place(max(start, end)), place(min(start, end))
            blocks.append(Block(one.color, high, low - high, f"{one.label}: {say(amount.minor)}", one.pattern))
    total = say(_total(month))
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
