"""Parse what the browser sends about invoices: a payment, and the billing details."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from tenantry.core.billing_details import MAX_LENGTHS, BillingDetailsForm, check_billing_details
from tenantry.core.card_numbers import any_holds_card_number
from tenantry.core.refusal import Refusal
from tenantry.portal.forms import countries, put_refusals
from tenantry.ui.refusals import refusal_words

CSRF = "csrfmiddlewaretoken"
MOST_RECIPIENTS_TEXT = 4000


def why_not_read(posted: QueryDict, known: Collection[str]) -> Refusal | None:
    """Refuse a field that the form does not have, and one that came twice: nobody sets what is not theirs to set."""
    names = set(posted) - {CSRF}
    if unknown := names - set(known):
        return Refusal("unknown_field", {"fields": tuple(sorted(unknown))})
    if any(len(posted.getlist(name)) != 1 for name in names):
        return Refusal("validation_error")
    return None


@dataclass(frozen=True, slots=True)
class PayChoice:
    """Which method to charge, and the form's own key: the same key charges once, however often it is sent."""

    method_id: str
    request_key: str


def read_payment(posted: QueryDict) -> PayChoice | Refusal:
    """Read a payment form. The amount is never read: it comes from our own books."""
    if any_holds_card_number(value for value in posted.getlist("method") if not _as_id(value)):
        return Refusal("card_number_refused")
    if refused := why_not_read(posted, ("method", "request_key")):
        return refused
    method_id, request_key = _as_id(posted.get("method", "")), _as_id(posted.get("request_key", ""))
    if not method_id or not request_key:
        return Refusal("validation_error")
    return PayChoice(method_id, request_key)


def _as_id(text: str | None) -> str:
    try:
        return str(UUID(text or ""))
    except ValueError:
        return ""


def _said(code: str, most: int | None = None) -> str:
    return refusal_words(Refusal(code, {"most": most} if most else {})).sentence


_sentence = lazy(_said, str)
"""Say a refusal in the language of whoever reads it, not of whoever loaded this module."""


def _text(label: Any, name: str, autocomplete: str = "off", *, required: bool = False) -> forms.CharField:
    most = MAX_LENGTHS[name]
    return forms.CharField(
        label=label,
        required=required,
        max_length=most,
        widget=forms.TextInput(attrs={"autocomplete": autocomplete}),
        error_messages={
            "required": _sentence("field_required"),
            "max_length": _sentence("too_long", most),
        },
    )


class BillingDetailsFields(forms.Form):
    """What stands on the next invoices. `version` is the one that the form was made from."""

    legal_name = _text(_("Legal name"), "legal_name", "organization", required=True)
    address_line_1 = _text(_("Address 1"), "address_line_1", "address-line1")
    address_line_2 = _text(_("Address 2"), "address_line_2", "address-line2")
    city = _text(_("City"), "city", "address-level2")
    region = _text(_("State"), "region", "address-level1")
    postal_code = _text(_("ZIP"), "postal_code", "postal-code")
    country = forms.ChoiceField(
        label=_("Country"),
        widget=forms.Select(attrs={"autocomplete": "country"}),
        error_messages={"invalid_choice": _sentence("country_unknown")},
    )
    tax_id = _text(_("Tax ID"), "tax_id")
    po_number = _text(_("PO number"), "po_number")
    recipients = forms.CharField(
        label=_("Invoices by mail to"),
        help_text=_("One address on each line. They need no login; each gets the invoice with its PDF."),
        required=False,
        max_length=MOST_RECIPIENTS_TEXT,
        widget=forms.Textarea(attrs={"autocomplete": "off"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(self, *args: Any, locale: str = "en_US", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = countries(locale)  # type: ignore[attr-defined]

    def clean(self) -> None:
        """Say all that is wrong at once: what could be read is asked of the rule, too."""
        wrong = check_billing_details(self.details())
        put_refusals(self, {name: refusal for name, refusal in wrong.items() if name not in self.errors})

    def details(self) -> BillingDetailsForm:
        """Give what was typed as the verb takes it; an address that stands there twice counts once."""
        data = self.cleaned_data
        lines = data.get("recipients", "").splitlines()
        recipients = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
        texts = {name: data.get(name, "") for name in MAX_LENGTHS}
        return BillingDetailsForm(**texts, country=data.get("country", ""), recipients=recipients)
