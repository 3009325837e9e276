"""The strip on each page of the demo: today by the demo's clock, and the button that moves it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.core.periods import local_date
from tenantry.core.permissions import ACCOUNT_MANAGEMENT, Actor, ActorKind, Level, holds
from tenantry.outside import clock
from tenantry.ui import formats
from tenantry.ui.parts import DemoStrip

DEFAULT_ZONE = "UTC"
"""On pages of no company, like the vendor's: the zone in which billing runs are shown, and it is said."""


def demo_strip(request: HttpRequest) -> dict[str, Any]:
    """Give the strip; the button is for owners and the vendor's staff."""
    if not settings.TENANTRY_DEMO:
        return {}
    entered = getattr(request, "entered", None)
    actor: Actor | None = getattr(request, "actor", None)
    zone = entered.time_zone if entered else DEFAULT_ZONE
    address = ""
    if actor is not None and may_move_time(actor):
        address = reverse("demo-forward") + (f"?company={entered.slug}" if entered else "")
    today = local_date(clock.now(), zone)
    strip = DemoStrip(
        today=day_words(today, zone), seen=today.isoformat(), advance_url=address, back_url=request.get_full_path()
    )
    return {"demo_strip": strip}


def day_words(today: date, zone: str) -> str:
    """Say the demo's day; with its zone where that is not the company's own."""
    words = formats.day_text(today)
    return _("%(day)s (UTC)") % {"day": words} if zone == DEFAULT_ZONE else words


def may_move_time(actor: Actor) -> bool:
    """Tell whether this person may move the demo's clock."""
    return actor.kind is ActorKind.VENDOR or holds(actor, ACCOUNT_MANAGEMENT, Level.MODIFY)
