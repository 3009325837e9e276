"""Parse what the browser sends. Actions check it again; forms only read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from babel import Locale
from django import forms
from django.utils.translation import gettext_lazy as _

from tenantry.core.billing_details import MAX_LENGTHS
from tenantry.core.refusal import Refusal
from tenantry.outside.mail import is_email
from tenantry.ui.refusals import refusal_words

NOT_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
REQUIRED = {"required": _("This can't be left empty."), "invalid_choice": _("Choose one from the list.")}
SWITCH = {"role": "switch"}


def small_number(text: str) -> int | None:
    """Read a number of a query, or give None."""
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else None


@lru_cache(maxsize=8)
def countries(locale: str) -> tuple[tuple[str, str], ...]:
    """List the countries by name: code, name."""
    names = Locale.parse(locale).territories
    found = [(code, name) for code, name in names.items() if re.fullmatch("[A-Z]{2}", code)]
    return tuple(sorted((pair for pair in found if pair[0] not in NOT_COUNTRIES), key=lambda pair: pair[1]))


def put_refusals(form: forms.Form, wrong: Mapping[str, Refusal]) -> None:
    """Put each refusal beside its field."""
    for field, refusal in wrong.items():
        form.add_error(field if field in form.fields else None, refusal_words(refusal).sentence)


def _text(label: Any, name: str, *, autocomplete: str = "", required: bool = True) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(
        label=label, max_length=MAX_LENGTHS[name], required=required, widget=widget, error_messages=REQUIRED
    )


class MethodForm(forms.Form):
    """What is chosen before a number is typed on the gateway's page."""

    make_default = forms.BooleanField(
        label=_("Make this the default"), required=False, widget=forms.CheckboxInput(attrs=SWITCH)
    )
    kind = forms.ChoiceField(
        label=_("What do you want to add?"),
        choices=[("card", _("Card")), ("ach", _("Bank account (ACH)"))],
        widget=forms.RadioSelect,
        error_messages=REQUIRED,
    )
    debit_authorized = forms.BooleanField(label=_("I accept this debit authorization"), required=False)
    same_as_company = forms.BooleanField(label=_("Same as the company's address"), required=False)
    address_line_1 = _text(_("Address 1"), "address_line_1", autocomplete="billing address-line1")
    address_line_2 = _text(_("Address 2"), "address_line_2", autocomplete="billing address-line2", required=False)
    city = _text(_("City"), "city", autocomplete="billing address-level2")
    region = _text(_("State"), "region", autocomplete="billing address-level1", required=False)
    postal_code = _text(_("ZIP"), "postal_code", autocomplete="billing postal-code", required=False)
    country = forms.ChoiceField(
        label=_("Country"),
        widget=forms.Select(attrs={"autocomplete": "billing country"}),
        error_messages=REQUIRED,
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)

    ADDRESS = ("address_line_1", "address_line_2", "city", "region", "postal_code", "country")

    def __init__(self, *args: Any, locale: str, **options: Any) -> None:
        """Take the language of the countries."""
        super().__init__(*args, **options)
        self.fields["country"].choices = countries(locale)  # type: ignore[attr-defined]
        if self.is_bound and "same_as_company" in self.data:
            for name in self.ADDRESS:
                self.fields[name].required = False

    def address(self) -> dict[str, str] | None:
        """Give the address that was typed; None for the company's own."""
        if self.cleaned_data["same_as_company"]:
            return None
        return {name: self.cleaned_data[name] for name in self.ADDRESS}


AMOUNT = re.compile(r"\$?\s*(?:0*[.,](?P<cents>[0-9]{2})|(?P<whole>[0-9]{1,2}))")


class AmountField(forms.CharField):
    """A small deposit: `32`, `0.32` or `$.32` are 32 cents."""

    def clean(self, value: Any) -> int:
        """Give the amount in the smallest unit."""
        match = AMOUNT.fullmatch(super().clean(value))
        amount = int(match["cents"] or match["whole"]) if match else 0
        if not amount:
            raise forms.ValidationError(_("Enter an amount below one dollar, like 0.32."))
        return amount


class VerifyForm(forms.Form):
    """The two amounts that were sent to a bank account."""

    amount_1 = AmountField(
        label=_("First amount"),
        help_text=_("Like 0.32"),
        max_length=10,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages=REQUIRED,
    )
    amount_2 = AmountField(
        label=_("Second amount"),
        help_text=_("Like 0.45"),
        max_length=10,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages=REQUIRED,
    )

    def amounts(self) -> tuple[int, int]:
        """Give both, in the smallest unit."""
        return self.cleaned_data["amount_1"], self.cleaned_data["amount_2"]


class UserForm(forms.Form):
    """One person of the company."""

    name = forms.CharField(
        label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}), error_messages=REQUIRED
    )
    email = forms.CharField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("A mail to this address tells them how to sign in."), error_messages=REQUIRED,
    )  # fmt: skip
    is_active = forms.BooleanField(label=_("Active"), required=False, widget=forms.CheckboxInput(attrs=SWITCH))
    can_log_in = forms.BooleanField(label=_("Can log in"), required=False, widget=forms.CheckboxInput(attrs=SWITCH))
    groups = forms.MultipleChoiceField(
        label=_("Permission groups"), required=False, widget=forms.CheckboxSelectMultiple, error_messages=REQUIRED
    )

    def __init__(self, *args: Any, groups: Sequence[tuple[str, str]], is_new: bool, **options: Any) -> None:
        """Take the groups that may be chosen; the person's own words are asked for once."""
        super().__init__(*args, **options)
        self.fields["groups"].choices = groups  # type: ignore[attr-defined]
        if not is_new:
            del self.fields["name"], self.fields["email"]

    def clean_email(self) -> str:
        """Say that it is no address beside what else is wrong, not after it."""
        email = str(self.cleaned_data["email"])
        if not is_email(email):
            raise forms.ValidationError(refusal_words(Refusal("email_invalid")).sentence)
        return email


class GroupForm(forms.Form):
    """One permission group; its grants are checkboxes of their own."""

    name = forms.CharField(label=_("Name"), max_length=255, error_messages=REQUIRED)
    description = forms.CharField(label=_("Description"), max_length=1000, required=False, widget=forms.Textarea)
    is_assignable = forms.BooleanField(
        label=_("Assignable"),
        help_text=_("New users may get this group."),
        required=False,
        widget=forms.CheckboxInput(attrs=SWITCH),
    )
