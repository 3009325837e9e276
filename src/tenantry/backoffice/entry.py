"""Lets the vendor's staff in, and nobody else; opens the read transaction across companies.

Reads cross companies; a change is made by an action for one company.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.backoffice.pages.shell import StaffNavEntry, StaffShell
from tenantry.core.permissions import Actor
from tenantry.outside import clock, identity, security_log
from tenantry.records.base import tenancy
from tenantry.records.companies import queries
from tenantry.ui import answers
from tenantry.ui.parts import Tone

READS = ("GET", "HEAD")
CHANGES = ("GET", "HEAD", "POST")


@dataclass(frozen=True, slots=True)
class StaffVisit:
    """One request of a person who works for the vendor."""

    request: HttpRequest
    actor: Actor
    now: datetime

    def page(self, template: str, page: object, *, section: str, status: int = 200) -> HttpResponse:
        """Render a page of the back office. Needs an open reading."""
        shown = render(self.request, template, {"shell": _shell(self, section), "page": page}, status=status)
        return answers.when_to_come_again(shown)

    def at(self, company_id: str) -> Actor:
        """Give who acts, for one company."""
        return replace(self.actor, company_id=company_id)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Open the read transaction, to look before a change and to render after it."""
        with tenancy.vendor_reading():
            yield

    def go(self, name: str, *args: object, say: str = "", tone: Tone = Tone.GOOD) -> HttpResponse:
        """Answer 303 to a page of the back office, with a sentence that says what happened."""
        if say:
            (messages.success if tone is Tone.GOOD else messages.info)(self.request, say)
        return HttpResponseRedirect(reverse(f"backoffice.{name}", args=args), status=303)


View = Callable[..., HttpResponse]


def staff_page(shown: View) -> View:
    """Let the vendor's staff look: everybody else hears that there is nothing here. Reads only."""
    return _entered(shown, READS)


def staff_form(shown: View) -> View:
    """Let the vendor's staff look and change. A POST has no transaction around it: the view calls one action."""
    return _entered(shown, CHANGES)


def _entered(shown: View, allowed: tuple[str, ...]) -> View:
    @functools.wraps(shown)
    def enter(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return answers.sign_in_first(request)
        with tenancy.vendor_reading_for(str(request.user.pk)) as is_staff:
            if is_staff and request.method not in allowed:
                return answers.not_allowed_method(allowed)
            visit = _visit(request) if is_staff else None
            if visit is not None and request.method != "POST":
                return shown(visit, **kwargs)
        return shown(visit, **kwargs) if visit is not None else _stranger(request)

    return enter


def _visit(request: HttpRequest) -> StaffVisit:
    actor = queries.vendor_actor(
        user=request.user,
        request_id=getattr(request, "request_id", ""),
        address=request.META.get("REMOTE_ADDR", ""),
        name=identity.name_of(request.user),
    )
    request.actor = actor  # type: ignore[attr-defined]
    return StaffVisit(request, actor, clock.now())


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
        ("reviews", _("Payments in review"), "scan-search"),
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
