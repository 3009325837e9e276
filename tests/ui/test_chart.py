"""Stacked bars: geometry in whole numbers, and the same numbers as words."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from django.template.loader import render_to_string

from tenantry import ui
from tenantry.core.money import Money
from tenantry.ui.chart import COLORS, HEIGHT, Month, round_top, stacked_bars

STYLES = (Path(ui.__file__).parent / "tailwind.css").read_text(encoding="utf-8")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@pytest.mark.parametrize(
    ("tallest", "top"), [(0, 100), (100, 100), (101, 200), (201, 300), (47_000, 50_000), (50_001, 60_000)]
)
def test_the_scale_ends_at_the_next_round_amount(tallest: int, top: int) -> None:
    assert round_top(tallest) == top


def test_blocks_stack_from_the_bottom_without_a_gap() -> None:
    chart = stacked_bars(
        ["Plan", "Tax"], [Month(date(2026, 11, 1), (usd(30_000), usd(10_000)))], "USD", tax_label="Tax"
    )
    plan, tax = chart.bars[0].blocks
    assert (plan.y, plan.height, plan.color, plan.title) == (250, 750, "1", "Plan: $300.00")
    assert (tax.y, tax.height, tax.color, tax.title) == (0, 250, "tax", "Tax: $100.00")
    assert chart.scale == ("$400.00", "$200.00", "$0.00")
    assert chart.bars[0].description == "Nov 2026: $400.00"


def test_a_bar_is_as_high_as_what_the_month_came_to() -> None:
    labels = ["Plan", "Tax", "Credit", "Refunds"]
    months = [
        Month(date(2026, 1, 1), (usd(9_000), usd(1_000), usd(-2_500), usd(-2_500))),
        Month(date(2026, 2, 1), (usd(25_800), usd(0), usd(-25_800), usd(0))),
        Month(date(2026, 3, 1), (usd(1_000), usd(0), usd(-1_500), usd(-4_500))),
    ]
    chart = stacked_bars(labels, months, "USD", tax_label="Tax")
    assert chart.scale == ("$50.00", "$25.00", "$0.00", "-$25.00", "-$50.00")
    drawn = [[(block.title, block.y, block.height) for block in bar.blocks] for bar in chart.bars]
    # Zero lies at half the height. $50.00 in all: nine tenths for the plan, one for tax.
    assert drawn[0] == [("Plan: $90.00", 50, 450), ("Tax: $10.00", 0, 50)]
    assert drawn[1] == []
    # -$50.00 in all: a quarter by credit, the rest by refunds.
    assert drawn[2] == [("Credit: -$15.00", 500, 125), ("Refunds: -$45.00", 625, 375)]
    assert [bar.total for bar in chart.bars] == ["$50.00", "$0.00", "-$50.00"]
    assert chart.bars[1].amounts == ("$258.00", "$0.00", "-$258.00", "$0.00")
    assert (chart.is_net, [one.label for one in chart.series if one.is_drawn]) == (False, labels)


def test_what_only_takes_off_is_no_part_of_the_picture() -> None:
    chart = stacked_bars(["Plan", "Credit"], [Month(date(2026, 1, 1), (usd(10_000), usd(-2_500)))], "USD")
    assert [(one.label, one.is_drawn) for one in chart.series] == [("Plan", True), ("Credit", False)]
    assert chart.is_net
    (block,) = chart.bars[0].blocks
    # $75.00 of $80.00.
    assert (chart.scale[0], block.y, block.height, block.title) == ("$80.00", 62, 938, "Plan: $100.00")


def test_as_much_below_zero_as_above_takes_half_the_height() -> None:
    chart = stacked_bars(["Plan", "Refunds"], [Month(date(2026, 1, 1), (usd(0), usd(-9_000)))], "USD")
    assert chart.scale == ("$100.00", "$50.00", "$0.00", "-$50.00", "-$100.00")
    (block,) = chart.bars[0].blocks
    assert (block.y, block.height, block.y + block.height <= HEIGHT) == (500, 450, True)


def test_months_without_money_have_no_blocks() -> None:
    chart = stacked_bars(["Plan"], [Month(date(2026, 1, 1), (usd(0),))], "USD")
    assert chart.bars[0].blocks == ()
    assert chart.bars[0].total == "$0.00"


def test_no_two_series_look_the_same() -> None:
    labels = [f"Add-on {number}" for number in range(24)]
    chart = stacked_bars([*labels, "Tax"], [], "USD", tax_label="Tax")
    looks = [(one.color, one.pattern) for one in chart.series]
    assert looks[:3] == [("1", ""), ("2", ""), ("3", "")]
    assert looks[7:10] == [("8", ""), ("1", "pillars"), ("2", "pillars")]
    assert looks[15:17] == [("8", "pillars"), ("1", "stripes")]
    assert looks[-1] == ("tax", "")
    assert len(set(looks)) == 25
    assert chart.has_patterns
    assert not stacked_bars(labels[:8], [], "USD").has_patterns


def test_each_look_stands_in_the_picture_and_in_its_key() -> None:
    labels = [f"Add-on {number}" for number in range(17)]
    month = Month(date(2026, 1, 1), (*[usd(1_000)] * 17, usd(-500)))
    chart = stacked_bars([*labels, "Credit"], [month], "USD")
    html = render_to_string("ui/bar_chart.html", {"chart": chart, "title": "What you paid"})
    assert html.count('class="chart-block s-1"') == 3
    assert html.count('<rect fill="url(#pillars)" x="0"') == html.count('fill="url(#key-pillars)"') == 8
    assert html.count('<rect fill="url(#stripes)" x="0"') == html.count('fill="url(#key-stripes)"') == 1
    assert set(re.findall(r'<pattern id="([^"]+)"', html)) == set(re.findall(r"url\(#([^)]+)\)", html))
    legend = html.split('class="legend"')[1].split("</ul>")[0]
    assert [label in legend for label in (*labels, "Credit")] == [True] * 17 + [False]
    assert "After discounts, credit and refunds; the numbers show them." in html
    assert '<th scope="col" class="money">Credit</th>' in html


@pytest.mark.parametrize("is_dark", [False, True])
def test_each_color_can_be_told_from_the_card(is_dark: bool) -> None:
    named = {name: pair[is_dark] for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", STYLES)}
    low = {
        name: round(contrast(color, named["surface"]), 2)
        for name, color in named.items()
        if re.fullmatch(r"s\d|tax", name) and contrast(color, named["surface"]) < 3
    }
    assert low == {}
    assert {f"s{number}" for number in range(1, COLORS + 1)} < set(named)


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colors, as WCAG 2.2 counts it."""

    def light(color: str) -> float:
        digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_more_series_than_looks_share_the_last_one() -> None:
    chart = stacked_bars([f"Add-on {number}" for number in range(26)], [], "USD")
    assert [(one.color, one.pattern) for one in chart.series[-3:]] == [("8", "stripes")] * 3
