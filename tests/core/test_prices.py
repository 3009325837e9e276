from __future__ import annotations

import pytest

from tenantry.core.prices import FlatPrice, PerSeatPrice, Proration, monthly
from tests.core.sample import usd


def test_a_flat_price_ignores_seats() -> None:
    assert monthly(FlatPrice("p", usd(4900)), 0) == monthly(FlatPrice("p", usd(4900)), 99) == usd(4900)
    assert FlatPrice("p", usd(4900)).unit_amount == usd(4900)


def test_a_price_per_seat_is_taken_for_each() -> None:
    assert monthly(PerSeatPrice("p", usd(500)), 14) == usd(7000)
    assert monthly(PerSeatPrice("p", usd(500)), 0) == usd(0)


def test_a_price_is_prorated_unless_it_says_otherwise() -> None:
    assert FlatPrice("p", usd(1)).proration is PerSeatPrice("p", usd(1)).proration is Proration.DAILY


def test_there_are_no_negative_seats() -> None:
    with pytest.raises(ValueError, match="negative"):
        monthly(PerSeatPrice("p", usd(500)), -1)
