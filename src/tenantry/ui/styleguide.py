"""Sample values for the style guide: each shared part with its states. Shown in development only."""

from __future__ import annotations

from datetime import date
from typing import Any

from tenantry.core.money import Money
from tenantry.ui import formats
from tenantry.ui.chart import BarChart, Month, stacked_bars
from tenantry.ui.parts import Badge, Choice, Field, FilterLink, FormPart, Link, Notice, Pager, Tone

_ICONS = {
    Tone.NEUTRAL: "circle-dashed",
    Tone.INFO: "check",
    Tone.GOOD: "circle-check",
    Tone.WARN: "clock",
    Tone.BAD: "circle-alert",
}


def samples() -> dict[str, Any]:
    """Give the context of `ui/styleguide.html`."""
    return {
        "badges": [Badge(tone.value.capitalize(), tone, icon) for tone, icon in _ICONS.items()],
        "notices": [
            Notice("Something to know.", Tone.INFO),
            Notice("It is done.", Tone.GOOD),
            Notice("Your card ends this month.", Tone.WARN, Link("Add another", "#")),
            Notice("Payment of $412.50 failed on Nov 3.", Tone.BAD, Link("Pay now", "#")),
        ],
        "form": FormPart({field.name: field for field in _fields()}),
        "filters": (FilterLink("All", "#", is_current=True), FilterLink("Enabled", "#"), FilterLink("Available", "#")),
        "pager": Pager("#", "#"),
        "chart": _chart(),
        "amount": formats.money(Money(41250, "USD")),
        "day": formats.day(date(2026, 11, 22)),
        "facts": (
            {"label": "From Dec 1, 2026", "value": "$19.00 / month", "detail": ""},
            {"label": "Charged to", "value": "Visa •••• 4242", "detail": "Default"},
        ),
    }


def _fields() -> tuple[Field, ...]:
    choices = (
        Choice("card", "Card", "Charged at once", is_chosen=True),
        Choice("ach", "Bank account (ACH)", "Up to 4 business days"),
        Choice("wire", "Wire", disabled_reason="Not offered here."),
    )
    return (
        Field("plain", "Plain", id="plain", is_required=True, hint="A hint."),
        Field("optional", "Optional", id="optional"),
        Field("faulty", "Faulty", id="faulty", value="x", is_required=True, error="This is not right."),
        Field("chosen", "Select", "select", "chosen", is_required=True, choices=choices[:2]),
        Field("long", "Long text", "textarea", "long"),
        Field("radio", "Radio", "radio", "radio", choices=choices),
        Field("box", "Checkbox", "checkbox", "box", is_on=True),
        Field("switch", "Switch", "switch", "switch", is_on=True, hint="Works at once."),
    )


def _chart() -> BarChart:
    months = [
        Month(date(2026, number, 1), tuple(Money(minor, "USD") for minor in (29400, 700 * number, 2500, -500 * number)))
        for number in range(1, 13)
    ]
    return stacked_bars(["Plan", "Message+", "Tax", "Discounts"], months, "USD", tax_label="Tax")
