"""Form fields for amounts and rates, as people type them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from tenantry.core.currencies import decimals

MOST_MINOR = 10**12
MOST_BASIS_POINTS = 10_000
# Digits with or without thousands set apart; "49,50" is refused rather than read as 4,950.
_NUMBER = re.compile(r"([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?")


class MoneyField(forms.CharField):
    """An amount as people type it ("1,234.50"), as whole minor units of a currency; never below zero."""

    def __init__(self, *, currency: str, **options: Any) -> None:
        super().__init__(max_length=20, **options)
        self.digits = decimals(currency)
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> int | None:
        """Give the minor units.

        Raises:
            ValidationError: it is no amount, below zero, too large, or finer than the currency knows.
        """
        text = str(super().clean(value))
        return _whole_units(text.removeprefix("$").lstrip(), self.digits, MOST_MINOR, _money_wrong(self.digits))

    def prepare_value(self, value: Any) -> Any:
        """Show minor units as an amount; what was typed stays as it was typed."""
        return _shown(value, self.digits)


class PercentField(forms.CharField):
    """A rate as people type it ("7.25"), in basis points (7.25 percent is 725); between 0 and 100 percent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=8, **options)
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> int | None:
        """Give the basis points.

        Raises:
            ValidationError: it is no number, outside 0 to 100, or finer than a hundredth of a percent.
        """
        text = str(super().clean(value))
        return _whole_units(text.removesuffix("%").rstrip(), 2, MOST_BASIS_POINTS, _percent_wrong())

    def prepare_value(self, value: Any) -> Any:
        """Show basis points as percent; what was typed stays as it was typed."""
        return _shown(value, 2)


def _whole_units(text: str, digits: int, most: int, wrong: str) -> int | None:
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise forms.ValidationError(wrong, code="amount_out_of_bounds")
    exact = Decimal(text.replace(",", "")).scaleb(digits)
    if exact != exact.to_integral_value() or exact > most:
        raise forms.ValidationError(wrong, code="amount_out_of_bounds")
    return int(exact)


def _shown(value: Any, digits: int) -> Any:
    return format(Decimal(value).scaleb(-digits), "f") if isinstance(value, int) else value


def _money_wrong(digits: int) -> str:
    example = format(Decimal("49.5") if digits else Decimal(49), f".{digits}f")
    return _("Enter an amount like %(example)s, not below zero.") % {"example": example}


def _percent_wrong() -> str:
    return _("Enter a rate in percent between 0 and 100, with at most two decimals.")
