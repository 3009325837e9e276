"""Tags of the shared look."""

from __future__ import annotations

from django import forms, template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.html import format_html

from tenantry.ui import forms as ui_forms
from tenantry.ui import seen_text
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


@register.tag
def sealed(parser: Parser, token: Token) -> template.Node:
    """Show what stands inside, and hand its text out with the form: `{% sealed page.about %} … {% endsealed %}`.

    What the history keeps is the text of this very HTML, so it can't be another one.
    """
    about = parser.compile_filter(token.split_contents()[1])
    inside = parser.parse(("endsealed",))
    parser.delete_first_token()
    return _Sealed(about, inside)


class _Sealed(template.Node):
    def __init__(self, about: FilterExpression, inside: NodeList) -> None:
        self.about, self.nodelist = about, inside

    def render(self, context: Context) -> str:
        html = self.nodelist.render(context)
        return html + format_html(
            '<input type="hidden" name="words" value="{}">', seen_text.seal(html, *self.about.resolve(context))
        )
