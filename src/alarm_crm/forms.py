"""The host's forms. Each knows how a record fills it and what it gives back."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alarm_crm.bureaus import BureauField, BureauKind
from tenantry.sdk.forms import CompanyForm, MoneyField, PercentField

MOST_CHARACTERS = 255
REMOVE = "remove_"
SWITCH = {"role": "switch"}


class NamedForm(CompanyForm):
    """A form of a record with a name."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)

    def values(self) -> dict[str, object]:
        """Give the model's fields."""
        return dict(self.cleaned_data)


class BillableItemForm(NamedForm):
    """Something that the company sells to its customers."""

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["unit_price_minor"] = MoneyField(
            currency=currency, label=_("Default unit price"), help_text=_("In %(currency)s.") % {"currency": currency}
        )
        self.fields["is_taxable"] = forms.BooleanField(
            label=_("Taxable"), required=False, widget=forms.CheckboxInput(attrs=SWITCH)
        )
        self.fields["accounting_category"] = forms.CharField(
            label=_("Accounting category"), required=False, max_length=100
        )
        self.fields["description"] = forms.CharField(
            label=_("Description"), required=False, max_length=500, widget=forms.Textarea
        )
        self.fields["status"] = forms.ChoiceField(
            label=_("Status"), choices=(("active", _("Active")), ("inactive", _("Inactive")))
        )

    @staticmethod
    def filled(row: Any) -> dict[str, object]:
        """Give what a record fills the form with; without one, what a new form starts with."""
        if row is None:
            return {"is_taxable": True, "status": "active"}
        fields = ("name", "unit_price_minor", "is_taxable", "accounting_category", "description")
        kept = {field: getattr(row, field) for field in fields}
        return {**kept, "status": "active" if row.is_active else "inactive"}

    def values(self) -> dict[str, object]:
        """Give the model's fields."""
        values = super().values()
        is_active = values.pop("status") == "active"
        return {**values, "is_active": is_active}


class TermForm(NamedForm):
    """How many days the company's customers have to pay."""

    days = forms.IntegerField(
        label=gettext_lazy("Days"),
        min_value=0,
        max_value=365,
        help_text=gettext_lazy("From the date of the invoice; 0 is due at once."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    @staticmethod
    def filled(row: Any) -> dict[str, object]:
        """Give what a record fills the form with."""
        return {"name": row.name, "days": row.days} if row else {}


class SalesTaxForm(NamedForm):
    """A tax on the invoices of the company's customers."""

    rate_basis_points = PercentField(label=gettext_lazy("Rate in percent"), help_text=gettext_lazy("Like 7.25."))
    area = forms.CharField(
        label=gettext_lazy("Area"), max_length=100, help_text=gettext_lazy("Where it applies, like Utah County.")
    )

    @staticmethod
    def filled(row: Any) -> dict[str, object]:
        """Give what a record fills the form with."""
        return {field: getattr(row, field) for field in ("name", "rate_basis_points", "area")} if row else {}


class BureauForm(NamedForm):
    """A credit bureau: its name, and the fields of its type.

    `stored` names the secrets that are on file: leaving such a field blank keeps what is there.
    """

    def __init__(self, *args: Any, kind: BureauKind, stored: AbstractSet[str] = frozenset(), **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind = kind
        for field in kind.fields:
            self.fields[field.name] = _secret(field, field.name in stored) if field.is_secret else _plain(field)
            if field.is_secret and not field.is_required and field.name in stored:
                label = _("Remove the stored %(field)s") % {"field": field.label}
                self.fields[REMOVE + field.name] = forms.BooleanField(label=label, required=False)

    def settings(self) -> dict[str, object]:
        """Give the plain fields; codes with a pattern are kept in capitals."""
        return {
            field.name: self.cleaned_data[field.name].upper() if field.pattern else self.cleaned_data[field.name]
            for field in self.kind.fields
            if not field.is_secret
        }

    def secrets(self) -> dict[str, str]:
        """Give the secrets that were typed; those left blank are not among them."""
        typed = {field.name: self.cleaned_data[field.name] for field in self.kind.secrets}
        return {name: secret for name, secret in typed.items() if secret}

    def removed(self) -> set[str]:
        """Name the optional secrets that are to be removed."""
        return {field.name for field in self.kind.secrets if self.cleaned_data.get(REMOVE + field.name)}


def _plain(field: BureauField) -> forms.Field:
    options: dict[str, Any] = {"label": field.label, "required": field.is_required, "help_text": field.hint}
    if field.is_switch:
        return forms.BooleanField(widget=forms.CheckboxInput(attrs=SWITCH), **options)
    if field.choices:
        return forms.ChoiceField(choices=(("", _("Choose one")), *field.choices), **options)
    text = forms.CharField(max_length=MOST_CHARACTERS, **options)
    if field.pattern:
        text.validators.append(RegexValidator(rf"\A(?:{field.pattern})\Z", str(field.hint), flags=re.IGNORECASE))
    return text


def _secret(field: BureauField, is_stored: bool) -> forms.Field:  # noqa: FBT001 - two calls, both above
    hint = _("Stored. Leave it blank to keep it.") if is_stored else _("Stored encrypted, and never shown again.")
    label = str(field.label) if field.is_required else _("%(field)s (optional)") % {"field": field.label}
    return forms.CharField(
        label=label,
        required=field.is_required and not is_stored,
        max_length=MOST_CHARACTERS,
        strip=False,
        help_text=hint,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
