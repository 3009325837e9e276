"""Forms of a host's pages: no card numbers, money as people type it, and values for templates."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from tenantry.core.card_numbers import any_holds_card_number
from tenantry.core.money import Money
from tenantry.core.refusal import Refusal
from tenantry.ui import formats
from tenantry.ui.forms import form_part
from tenantry.ui.refusals import refusal_words

__all__ = ["CompanyForm", "Money", "MoneyField", "PercentField", "form_part", "money_words", "percent_words"]

MOST_MINOR = 10**12
MOST_BASIS_POINTS = 10_000
# Digits with or without thousands set apart; "49,50" is refused rather than read as 4,950.
_NUMBER = re.compile(r"([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?")


class CompanyForm(forms.Form):
    """A form of a company's page. A card number in any field is refused, and never shown again (B30)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def full_clean(self) -> None:
        """Check the form; a field with a card number in it loses its value before anything else is done."""
        names = self._with_card_numbers()
        if names:
            emptied = {self.add_prefix(name): [""] for name in names}
            self.data = MultiValueDict({**_lists(self.data), **emptied})
        super().full_clean()
        for name in names:
            self.errors.pop(name, None)
            self.refuse(Refusal("card_number_refused"), field=name)

    def _with_card_numbers(self) -> list[str]:
        if not self.is_bound:
            return []
        return [name for name in self.fields if any_holds_card_number(self._sent(name))]

    def _sent(self, name: str) -> list[str]:
        return [str(value) for value in _lists(self.data).get(self.add_prefix(name), [])]

    def status(self) -> int:
        """Give the HTTP status of the refused form: 409 where another record stands in the way, else 422."""
        codes = {error.code for errors in self.errors.as_data().values() for error in errors}
        return 409 if codes & {"name_taken", "changed_by_someone_else"} else 422

    def refuse(self, refusal: Refusal, *, field: str | None = None) -> None:
        """Add a refusal's sentence to the form, beside a field or on top."""
        self.add_error(field, forms.ValidationError(refusal_words(refusal).sentence, code=refusal.code))


class MoneyField(forms.CharField):
    """An amount as people type it ("1,234.50"), as whole minor units of a currency; never below zero."""

    def __init__(self, *, currency: str, **options: Any) -> None:
        super().__init__(max_length=20, **options)
        self.digits = get_currency_precision(currency)
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> int | None:
        """Give the minor units.

        Raises:
            ValidationError: it is no amount, below zero, too large, or finer than the currency knows.
        """
        text = str(super().clean(value))
        return _whole_units(text.removeprefix("$").lstrip(), self.digits, MOST_MINOR, _money_wrong())

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


def _lists(data: Any) -> dict[str, list[Any]]:
    return dict(data.lists()) if isinstance(data, MultiValueDict) else {name: [value] for name, value in data.items()}


def money_words(amount: Money, locale: str) -> str:
    """Say an amount with its currency: $412.50."""
    return formats.money(amount, locale)


def percent_words(basis_points: int, locale: str) -> str:
    """Say a rate: 725 is 7.25%."""
    return formats.percent(basis_points, locale)


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


def _money_wrong() -> str:
    return _("Enter an amount like 49.50, not below zero.")


def _percent_wrong() -> str:
    return _("Enter a rate in percent between 0 and 100, with at most two decimals.")
