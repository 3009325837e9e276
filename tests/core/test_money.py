from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.money import CurrencyMismatch, Money, divide_half_away, round_shares, split_minor, total
from tests.core.sample import usd

minor = st.integers(-(10**13), 10**13)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


class TestRounding:
    @pytest.mark.parametrize(
        ("numerator", "denominator", "expected"),
        [(5, 2, 3), (-5, 2, -3), (1, 2, 1), (-1, 2, -1), (4, 3, 1), (-4, 3, -1), (0, 7, 0), (7, 7, 1), (149, 100, 1)],
    )
    def test_halves_go_away_from_zero(self, numerator: int, denominator: int, expected: int) -> None:
        assert divide_half_away(numerator, denominator) == expected
        assert usd(numerator).share(1, denominator) == usd(expected)

    @pytest.mark.parametrize("denominator", [0, -1])
    def test_a_denominator_is_above_zero(self, denominator: int) -> None:
        with pytest.raises(ValueError, match="above zero"):
            divide_half_away(1, denominator)
        with pytest.raises(ValueError, match="over"):
            round_shares([1], denominator)

    @given(minor, st.integers(1, 10**6))
    def test_it_is_within_a_half_of_exact_and_the_same_on_both_sides_of_zero(self, whole: int, by: int) -> None:
        rounded = divide_half_away(whole, by)
        assert abs(rounded - Fraction(whole, by)) <= Fraction(1, 2)
        assert divide_half_away(-whole, by) == -rounded

    def test_amounts_beyond_what_a_float_holds_are_exact(self) -> None:
        assert usd(10**18 + 1).share(1, 1) == usd(10**18 + 1)
        assert divide_half_away(3 * (10**18 + 1), 3) == 10**18 + 1


class TestSplitting:
    @pytest.mark.parametrize(
        ("whole", "by", "expected"),
        [
            (1000, [1, 1, 1], (334, 333, 333)),
            (-1000, [1, 1, 1], (-334, -333, -333)),
            (100, [0, 1], (0, 100)),
            (0, [1, 2], (0, 0)),
            (1, [1, 1, 1], (1, 0, 0)),
            (100, [1, 2], (33, 67)),
            (5, [3, 3, 4], (2, 1, 2)),
        ],
    )
    def test_the_largest_remainder_gets_the_odd_cent(
        self, whole: int, by: list[int], expected: tuple[int, ...]
    ) -> None:
        assert split_minor(whole, by) == expected
        assert usd(whole).split(by) == tuple(usd(part) for part in expected)

    @given(minor, weights)
    def test_the_parts_sum_to_the_whole_and_are_within_one_of_exact(self, whole: int, by: list[int]) -> None:
        parts = split_minor(whole, by)
        assert sum(parts) == whole
        assert all(abs(part - Fraction(whole * weight, sum(by))) < 1 for part, weight in zip(parts, by, strict=True))
        assert split_minor(-whole, by) == tuple(-part for part in parts)

    def test_equal_parts(self) -> None:
        assert usd(1000).split(3) == (usd(334), usd(333), usd(333))

    @pytest.mark.parametrize("by", [[], [0, 0], [1, -1], [-1]])
    def test_it_asks_for_weights(self, by: list[int]) -> None:
        with pytest.raises(ValueError, match="weights"):
            split_minor(10, by)
        with pytest.raises(ValueError, match="weights"):
            usd(10).split(0)

    @given(st.lists(st.integers(0, 10**9), max_size=8), st.integers(1, 366))
    def test_shares_sum_to_their_rounded_sum(self, numerators: list[int], by: int) -> None:
        shares = round_shares(numerators, by)
        assert sum(shares) == divide_half_away(sum(numerators), by)
        assert all(abs(share - Fraction(n, by)) < 1 for share, n in zip(shares, numerators, strict=True))

    def test_shares_are_never_negative(self) -> None:
        with pytest.raises(ValueError, match="negative"):
            round_shares([5, -1], 3)


class TestMoney:
    def test_it_adds_and_compares_in_one_currency(self) -> None:
        assert usd(5) + usd(7) - usd(2) == usd(10)
        assert -usd(5) == usd(-5)
        assert usd(5).times(3) == usd(15)
        assert usd(1) < usd(2) <= usd(2)
        assert usd(2) > usd(1) >= usd(1)
        assert sorted([usd(3), usd(1)]) == [usd(1), usd(3)]
        assert (usd(-1).is_negative, usd(0).is_negative) == (True, False)

    @pytest.mark.parametrize("operation", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
    def test_two_currencies_never_meet(self, operation: str) -> None:
        with pytest.raises(CurrencyMismatch, match="USD and EUR"):
            getattr(usd(5), operation)(Money(5, "EUR"))
        assert usd(5) != Money(5, "EUR")

    def test_a_number_is_not_money(self) -> None:
        with pytest.raises(TypeError, match="only money"):
            usd(5) + 5  # type: ignore[operator]
        assert usd(5) != 5

    def test_a_total_of_nothing_is_zero_of_the_currency(self) -> None:
        assert total([], "JPY") == Money.zero("JPY")
        assert total([usd(5), usd(-7)], "USD") == usd(-2)

    def test_a_total_is_in_one_currency(self) -> None:
        with pytest.raises(CurrencyMismatch):
            total([usd(5)], "EUR")

    @pytest.mark.parametrize("wrong", [1.0, "1", True, None, Fraction(1)])
    def test_minor_units_are_whole_numbers(self, wrong: object) -> None:
        with pytest.raises(TypeError, match="int"):
            Money(wrong, "USD")  # type: ignore[arg-type]

    @pytest.mark.parametrize("wrong", ["usd", "US", "USDX", "", "U$D", "ÜSD", "１２３"])
    def test_a_currency_is_a_code(self, wrong: str) -> None:
        with pytest.raises(ValueError, match="currency"):
            Money(1, wrong)

    def test_it_is_frozen(self) -> None:
        with pytest.raises(AttributeError):
            usd(1).minor = 2  # type: ignore[misc]


def test_a_year_of_splits_drifts_by_nothing() -> None:
    """365 daily shares of a price sum to the price, whatever it is."""
    random = Random("drift")
    for _ in range(300):
        price = random.randrange(10**6)
        assert sum(split_minor(price, [1] * 365)) == price
