"""Whole minor units and a currency; the only rounding and the only splitting in the product."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

MOST_MINOR = 10**12
"""No single amount of ours is larger, in minor units (I-10)."""


class CurrencyMismatch(TypeError):
    """Two currencies met in one sum or comparison."""


def divide_half_away(numerator: int, denominator: int) -> int:
    """Give numerator ÷ denominator as a whole number, halves away from zero: 5 ÷ 2 is 3, -5 ÷ 2 is -3.

    Raises:
        ValueError: the denominator is not above zero.
    """
    if denominator <= 0:
        raise ValueError(f"denominator must be above zero, not {denominator}")
    if numerator >= 0:
        return (2 * numerator + denominator) // (2 * denominator)
    return -((denominator - 2 * numerator) // (2 * denominator))


def round_shares(numerators: Sequence[int], denominator: int) -> tuple[int, ...]:
    """Round shares of numerator ÷ denominator so that they sum to their rounded sum, by largest remainder.

    Each result is less than one from its exact share. Between equal remainders the earlier share wins.

    Raises:
        ValueError: a negative numerator, or a denominator that is not above zero.
    """
    if denominator <= 0 or (numerators and min(numerators) < 0):
        raise ValueError(f"shares must not be negative: {list(numerators)} over {denominator}")
    missing = (2 * sum(numerators) + denominator) // (2 * denominator)
    if len(numerators) == 1:
        return (missing,)
    shares = [numerator // denominator for numerator in numerators]
    missing -= sum(shares)
    by_remainder = sorted(range(len(shares)), key=lambda at: (-(numerators[at] % denominator), at))
    for at in by_remainder[:missing]:
        shares[at] += 1
    return tuple(shares)


def split_minor(whole_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split whole minor units in proportion to the weights; the parts sum to the whole (largest remainder).

    A negative whole is the mirror image of the positive one.

    Raises:
        ValueError: no weight, a negative weight, or only zeros.
    """
    weight_sum = sum(weights)
    if weight_sum <= 0 or min(weights) < 0:
        raise ValueError(f"weights must be whole numbers from zero on, not all zero: {list(weights)}")
    size = abs(whole_minor)
    parts = round_shares([size * weight for weight in weights], weight_sum)
    return parts if whole_minor >= 0 else tuple(-part for part in parts)


@lru_cache(maxsize=512)
def _is_code(currency: str) -> bool:
    return len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: whole minor units (cents) of one currency, an ISO 4217 code."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse anything but whole minor units and a three-letter code.

        Raises:
            TypeError: the minor units are not an int.
            ValueError: the currency is not three capital letters.
        """
        if type(self.minor) is not int:
            raise TypeError(f"minor units must be an int, not {self.minor!r}")
        if not _is_code(self.currency):
            raise ValueError(f"not a currency code: {self.currency!r}")

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Give nothing at all, in a currency."""
        return cls(0, currency)

    def share(self, numerator: int, denominator: int) -> Money:
        """Give this amount × numerator ÷ denominator, rounded once, halves away from zero.

        Raises:
            ValueError: the denominator is not above zero.
        """
        return Money(divide_half_away(self.minor * numerator, denominator), self.currency)

    def times(self, count: int) -> Money:
        """Give this amount taken a whole number of times."""
        return Money(self.minor * count, self.currency)

    def split(self, parts: int | Sequence[int]) -> tuple[Money, ...]:
        """Split into equal parts (an int) or by weights; the parts sum to the whole, by largest remainder.

        Raises:
            ValueError: no part, a negative weight, or weights that are all zero.
        """
        weights = [1] * parts if isinstance(parts, int) else parts
        return tuple(Money(minor, self.currency) for minor in split_minor(self.minor, weights))

    @property
    def is_negative(self) -> bool:
        """Tell whether it is below zero."""
        return self.minor < 0

    def __add__(self, other: Money) -> Money:
        """Add an amount of the same currency."""
        return Money(self.minor + self._same_currency(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        """Take away an amount of the same currency."""
        return Money(self.minor - self._same_currency(other), self.currency)

    def __neg__(self) -> Money:
        """Turn a charge into a credit, and back."""
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        """Compare with an amount of the same currency."""
        return self.minor < self._same_currency(other)

    def __le__(self, other: Money) -> bool:
        """Compare with an amount of the same currency."""
        return self.minor <= self._same_currency(other)

    def __gt__(self, other: Money) -> bool:
        """Compare with an amount of the same currency."""
        return self.minor > self._same_currency(other)

    def __ge__(self, other: Money) -> bool:
        """Compare with an amount of the same currency."""
        return self.minor >= self._same_currency(other)

    def _same_currency(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"money meets only money, not {other!r}")
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.minor


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Add amounts up; nothing to add gives zero of the currency.

    Raises:
        CurrencyMismatch: an amount is in another currency.
    """
    minor = 0
    for amount in amounts:
        if amount.currency != currency:
            raise CurrencyMismatch(f"{currency} and {amount.currency}")
        minor += amount.minor
    return Money(minor, currency)
