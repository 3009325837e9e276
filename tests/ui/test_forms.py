"""Django's forms as plain values."""

from __future__ import annotations

from django import forms

from tenantry.ui.forms import form_part


class Sample(forms.Form):
    name = forms.CharField(label="Name", max_length=20, help_text="As on the card")
    kind = forms.ChoiceField(label="Kind", choices=[("card", "Card"), ("ach", "Bank")], widget=forms.RadioSelect)
    groups = forms.MultipleChoiceField(
        label="Groups", required=False, choices=[("1", "Owners"), ("2", "Others")], widget=forms.CheckboxSelectMultiple
    )
    is_on = forms.BooleanField(label="On", required=False, widget=forms.CheckboxInput(attrs={"role": "switch"}))
    secret = forms.CharField(label="Secret", widget=forms.PasswordInput)
    version = forms.CharField(widget=forms.HiddenInput)


def test_what_was_typed_is_kept_but_no_secret() -> None:
    part = form_part(Sample({"name": "x" * 30, "kind": "ach", "groups": ["2"], "is_on": "on", "secret": "s3cret"}))
    fields = part.fields
    assert fields["name"].value == "x" * 30
    assert fields["name"].error == "Ensure this value has at most 20 characters (it has 30)."
    assert [choice.is_chosen for choice in fields["kind"].choices] == [False, True]
    assert [choice.is_chosen for choice in fields["groups"].choices] == [False, True]
    assert fields["is_on"].is_on is True
    assert fields["secret"].value == ""


def test_kinds_ids_and_descriptions() -> None:
    part = form_part(Sample({"name": ""}))
    assert {name: field.kind for name, field in part.fields.items()} == {
        "name": "text",
        "kind": "radio",
        "groups": "checkboxes",
        "is_on": "switch",
        "secret": "password",
        "version": "hidden",
    }
    name = part.fields["name"]
    assert (name.id, name.max_length, name.hint, name.is_required) == ("id_name", "20", "As on the card", True)
    assert name.described_by == "id_name-hint id_name-error"
    assert part.fields["kind"].first_id == "id_kind_0"
    assert [field.name for field in part.faulty] == ["name", "kind", "secret", "version"]
    assert [field.name for field in part.hidden] == ["version"]


def test_errors_of_no_field_stand_apart() -> None:
    form = Sample({"name": "a", "kind": "card", "secret": "s", "version": "1"})
    form.add_error(None, "Amounts don't match.")
    part = form_part(form)
    assert part.general_errors == ("Amounts don't match.",)
    assert part.faulty == ()
    assert part.has_errors
