"""Django's bound forms as plain values, so that templates see strings and flags only."""

from __future__ import annotations

from django import forms
from django.forms.boundfield import BoundField

from tenantry.ui.parts import Choice, Field, FormPart

_KIND_OF_WIDGET: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.HiddenInput, "hidden"),
    (forms.CheckboxSelectMultiple, "checkboxes"),
    (forms.RadioSelect, "radio"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.PasswordInput, "password"),
    (forms.EmailInput, "email"),
    (forms.NumberInput, "text"),
    (forms.CheckboxInput, "checkbox"),
)


def form_part(form: forms.BaseForm) -> FormPart:
    """Give a form as values.

    A checkbox becomes a switch where its widget has the attribute `role="switch"`. Errors that belong to no
    field stand in `general_errors`.
    """
    return FormPart(
        fields={bound.name: _field(bound) for bound in form},
        general_errors=tuple(str(error) for error in form.non_field_errors()),
    )


def _field(bound: BoundField) -> Field:
    attributes = bound.field.widget.attrs
    kind = _kind(bound)
    value = "" if kind in {"password", "checkbox", "switch", "checkboxes"} else _text(bound.value())
    return Field(
        name=bound.html_name,
        label=str(bound.label),
        kind=kind,
        id=bound.id_for_label if kind not in {"radio", "checkboxes"} else bound.auto_id,
        value=value,
        is_on=kind in {"checkbox", "switch"} and bool(bound.value()),
        error=" ".join(str(error) for error in bound.errors),
        hint=str(bound.help_text),
        is_required=bound.field.required,
        autocomplete=str(attributes.get("autocomplete", "")),
        inputmode=str(attributes.get("inputmode", "")),
        max_length=_text(getattr(bound.field, "max_length", None)),
        choices=_choices(bound, kind),
    )


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if widget.attrs.get("role") == "switch":
        return "switch"
    return next((kind for type_, kind in _KIND_OF_WIDGET if isinstance(widget, type_)), "text")


def _choices(bound: BoundField, kind: str) -> tuple[Choice, ...]:
    if kind not in {"radio", "select", "checkboxes"}:
        return ()
    raw = bound.value()
    chosen = {_text(one) for one in raw} if isinstance(raw, (list, tuple, set)) else {_text(raw)}
    return tuple(
        Choice(value=_text(value), label=str(label), is_chosen=_text(value) in chosen)
        for value, label in bound.field.choices  # type: ignore[attr-defined]
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)
