"""Lets the vendor's staff in, and nobody else; opens the read transaction across companies."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.backoffice.pages.shell import StaffNavEntry, StaffShell
from tenantry.core.permissions import Actor
from tenantry.outside import clock, identity, security_log
from tenantry.records.base import tenancy
from tenantry.records.companies import queries
from tenantry.ui import answers

ALLOWED = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class StaffVisit:
    """One request of a person who works for the vendor."""

    request: HttpRequest
    actor: Actor
    now: datetime

    def page(self, template: str, page: object, *, section: str) -> HttpResponse:
        """Render a page of the back office. Needs an open reading."""
        return render(self.request, template, {"shell": _shell(self, section), "page": page})


View = Callable[..., HttpResponse]


def staff_page(shown: View) -> View:
    """Let the vendor's staff look: everybody else hears that there is nothing here. Reads only."""

    @functools.wraps(shown)
    def enter(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return answers.sign_in_first(request)
        with tenancy.vendor_reading_for(str(request.user.pk)) as is_staff:
            if is_staff:
                return _shown(request, shown, kwargs)
        return _stranger(request)

    return enter


def _shown(request: HttpRequest, shown: View, kwargs: dict[str, Any]) -> HttpResponse:
    if request.method not in ALLOWED:
        return answers.not_allowed_method(ALLOWED)
    actor = queries.vendor_actor(
        user=request.user,
        request_id=getattr(request, "request_id", ""),
        address=request.META.get("REMOTE_ADDR", ""),
        name=identity.name_of(request.user),
    )
    request.actor = actor  # type: ignore[attr-defined]
    return shown(StaffVisit(request, actor, clock.now()), **kwargs)


def _stranger(request: HttpRequest) -> HttpResponse:
    security_log.refused(
        event="not_staff",
        user=str(request.user.pk),
        route=request.path,
        address=request.META.get("REMOTE_ADDR", ""),
        request_id=getattr(request, "request_id", ""),
    )
    return answers.not_found(request) if queries.may_sign_in(str(request.user.pk)) else answers.nobody(request)


def _shell(visit: StaffVisit, section: str) -> StaffShell:
    entries = (
        ("companies", _("Companies"), "building-2"),
        ("billing-runs", _("Billing runs"), "calendar-clock"),
    )
    return StaffShell(
        user_name=visit.actor.name,
        user_email=identity.email_of(visit.request.user),
        home_url=reverse("backoffice.companies"),
        sign_out_url=reverse("account_logout"),
        password_url=reverse("account_change_password"),
        entries=tuple(
            StaffNavEntry(label, reverse(f"backoffice.{name}"), icon, is_current=name == section)
            for name, label, icon in entries
        ),
    )
