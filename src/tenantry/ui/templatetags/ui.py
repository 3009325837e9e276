"""Tags of the shared look."""

from __future__ import annotations

from django import forms, template

from tenantry.ui import forms as ui_forms
from tenantry.ui.parts import FormPart

register = template.Library()

_NOTICE_ICONS = {
    "neutral": "info",
    "info": "info",
    "good": "circle-check",
    "warn": "triangle-alert",
    "bad": "circle-alert",
}
_MESSAGE_TONES = {"success": "good", "warning": "warn", "error": "bad"}


@register.simple_tag
def form_part(form: forms.BaseForm) -> FormPart:
    """Give a Django form as values; for the sign-in library, whose views pass forms."""
    return ui_forms.form_part(form)


@register.filter
def notice_icon(tone: str) -> str:
    """Give the icon that goes with a tone."""
    return _NOTICE_ICONS[str(tone)]


@register.filter
def message_tone(tags: str) -> str:
    """Give the tone of a message after a redirect, by its level."""
    return next((tone for tag, tone in _MESSAGE_TONES.items() if tag in tags.split()), "info")
