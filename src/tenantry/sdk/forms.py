"""Forms of a host's pages: no card numbers, money as people type it, and values for templates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from tenantry.core.card_numbers import any_holds_card_number
from tenantry.core.money import Money
from tenantry.core.refusal import Refusal
from tenantry.ui import formats
from tenantry.ui.amount_fields import MoneyField, PercentField
from tenantry.ui.forms import form_part
from tenantry.ui.refusals import refusal_words

__all__ = ["CompanyForm", "Money", "MoneyField", "PercentField", "form_part", "money_words", "percent_words"]


class CompanyForm(forms.Form):
    """A form of a company's page. A card number in any field is refused, and never shown again (B30)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def full_clean(self) -> None:
        """Check the form; a field with a card number in it loses its value before anything else is done."""
        for field in self.fields.values():
            field.error_messages["required"] = refusal_words(Refusal("field_required")).sentence
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


def _lists(data: Any) -> dict[str, list[Any]]:
    return dict(data.lists()) if isinstance(data, MultiValueDict) else {name: [value] for name, value in data.items()}


def money_words(amount: Money, locale: str) -> str:
    """Say an amount with its currency: $412.50."""
    return formats.money(amount, locale)


def percent_words(basis_points: int, locale: str) -> str:
    """Say a rate: 725 is 7.25%."""
    return formats.percent(basis_points, locale)
