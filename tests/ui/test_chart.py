"""Stacked bars: geometry in whole numbers, and the same numbers as words."""

from __future__ import annotations

from datetime import date

import pytest

from tenantry.core.money import Money
from tenantry.ui.chart import HEIGHT, Month, round_top, stacked_bars


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


def test_what_takes_off_hangs_below_zero() -> None:
    chart = stacked_bars(
        ["Plan", "Credit", "Refunds"], [Month(date(2026, 1, 1), (usd(10_000), usd(-2_500), usd(-2_000)))], "USD"
    )
    bar = chart.bars[0]
    # Three steps of $50.00 from $100.00 down: zero lies at two thirds.
    assert chart.scale == ("$100.00", "$50.00", "$0.00", "-$50.00")
    assert [(block.title, block.y, block.height) for block in bar.blocks] == [
        ("Plan: $100.00", 0, 666),
        ("Credit: -$25.00", 666, 167),
        ("Refunds: -$20.00", 833, 133),
    ]
    assert bar.amounts == ("$100.00", "-$25.00", "-$20.00")
    assert bar.total == "$55.00"


def test_as_much_below_zero_as_above_takes_half_the_height() -> None:
    chart = stacked_bars(["Plan", "Refunds"], [Month(date(2026, 1, 1), (usd(0), usd(-9_000)))], "USD")
    assert chart.scale == ("$100.00", "$50.00", "$0.00", "-$50.00", "-$100.00")
    (block,) = chart.bars[0].blocks
    assert (block.y, block.height, block.y + block.height <= HEIGHT) == (500, 450, True)


def test_months_without_money_have_no_blocks() -> None:
    chart = stacked_bars(["Plan"], [Month(date(2026, 1, 1), (usd(0),))], "USD")
    assert chart.bars[0].blocks == ()
    assert chart.bars[0].total == "$0.00"


def test_more_series_than_colors_share_the_last_one() -> None:
    labels = [f"Add-on {number}" for number in range(10)]
    chart = stacked_bars(labels, [], "USD")
    assert [one.color for one in chart.series] == ["1", "2", "3", "4", "5", "6", "7", "8", "8", "8"]
