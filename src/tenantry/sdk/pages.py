"""A page of the host under `/{company}/`: sign-in, the permission, the company's transaction.

A view gets a `Page` in place of the request. GET runs inside `reading`, so that what it shows belongs
together; a POST has no transaction around it: it writes inside `writing(page)` (or `gates.writing_with`), then
answers `page.go(...)`, or renders again inside `page.reading()`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.core.permissions import ACCOUNT_MANAGEMENT, Actor, Level, holds
from tenantry.core.refusal import Refusal
from tenantry.outside import clock, host, identity, security_log
from tenantry.records.base import tenancy
from tenantry.records.companies import queries
from tenantry.sdk.gates import AddOnOff
from tenantry.ui import answers
from tenantry.ui.parts import Choice, Crumb, Field, FormPart, Link, Notice, Tone
from tenantry.ui.refusals import refusal_words

__all__ = [
    "Choice",
    "Crumb",
    "Field",
    "FormPart",
    "Link",
    "Notice",
    "Page",
    "Refusal",
    "Shell",
    "Tone",
    "company_page",
    "writing",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The top bar of a host's page; empty addresses hide their links. In templates: `shell`."""

    company_name: str
    home_url: str
    user_name: str
    user_email: str
    sign_out_url: str
    admin_url: str
    password_url: str
    other_companies: tuple[Link, ...] = ()
    support_url: str = ""
    is_admin_current: bool = True


@dataclass(frozen=True)
class Page:
    """One request of a member to a page of one company."""

    request: HttpRequest
    entered: queries.Entered
    now: datetime

    @property
    def actor(self) -> Actor:
        """Give who acts."""
        return self.entered.actor

    @property
    def company_id(self) -> str:
        """Give the company's id."""
        return self.entered.actor.company_id

    @property
    def is_post(self) -> bool:
        """Tell whether something was sent."""
        return self.request.method == "POST"

    @property
    def currency(self) -> str:
        """Give the company's currency, three letters."""
        return self.entered.currency

    @property
    def locale(self) -> str:
        """Give the locale in which the company reads money and dates."""
        return self.entered.locale

    def may(self, subject: str, level: Level = Level.VIEW) -> bool:
        """Tell whether the person holds a level on a subject."""
        return holds(self.actor, subject, level)

    def lacks(self, subject: str, level: Level) -> str:
        """Say which permission is missing for a control that is not shown, empty when none is."""
        if self.may(subject, level):
            return ""
        return refusal_words(_needs(subject, level)).sentence

    def url(self, route: str, *args: object) -> str:
        """Give the address of a route in this company."""
        return reverse(route, args=[self.entered.slug, *args])

    def link(self, label: str, route: str, *args: object) -> Link:
        """Give a link to a route in this company."""
        return Link(label, self.url(route, *args))

    def add_ons_link(self) -> Link | None:
        """Give the link to Account Management → Add-ons, None for people who may not open it."""
        if not self.may(ACCOUNT_MANAGEMENT):
            return None
        return self.link(_("Go to Add-ons"), "admin.account-management.add-ons")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Open the read transaction of the company: to look at its rows in a POST, or to render after it."""
        with tenancy.reading(self.company_id):
            yield

    def go(self, route: str, *args: object, say: str = "") -> HttpResponse:
        """Answer 303 to a route of this company; its page shows the sentence."""
        if say:
            messages.success(self.request, say)
        return HttpResponseRedirect(self.url(route, *args), status=303)

    def refuse(self, refusal: Refusal, *, link: Link | None = None) -> HttpResponse:
        """Answer a refusal with a page of its own."""
        return answers.refused(self.request, refusal, link=link)

    def not_found(self) -> HttpResponse:
        """Answer 404, the same for a record that is not there and one of another company."""
        return answers.not_found(self.request)

    def render(self, template: str, page: object, *, status: int = 200) -> HttpResponse:
        """Render a template that extends `sdk/page.html`. `page` is a value of strings and flags, never a row."""
        return render(self.request, template, {"shell": _shell(self), "page": page}, status=status)


@contextmanager
def writing(page: Page) -> Iterator[None]:
    """Open the one durable transaction in which a page writes the company's rows.

    Raises:
        tenantry.records.base.tenancy.Busy: a lock was not granted in time; answered with 503.
    """
    with tenancy.phase(page.company_id):
        yield


View = Callable[..., HttpResponse]


def company_page(
    subject: str = "", level: Level = Level.VIEW, *, change: Level | None = None, posts: bool = False
) -> Callable[[View], View]:
    """Let a member in who holds `level` on `subject` (empty: every member); a POST needs `change`.

    `change` is Modify where the page opens with View, else the page's own level. Without `posts` only GET is
    answered. The route's pattern names the company's address `company`. Anonymous people go to sign-in; an
    unknown company and one of others answer the same 404; a missing level answers 403 and names it.
    """
    allowed = ("GET", "HEAD", "POST") if posts else ("GET", "HEAD")
    to_change = change or (Level.MODIFY if level is Level.VIEW else level)

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def enter(request: HttpRequest, company: str, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return answers.sign_in_first(request)
            if request.method not in allowed:
                return answers.not_allowed_method(allowed)
            with _entering(request, company) as page:
                if page is not None:
                    needed = to_change if page.is_post else level
                    if subject and not page.may(subject, needed):
                        return _lacking(page, subject, needed)
                    if not page.is_post:
                        return _answer(view, page, kwargs)
            return _answer(view, page, kwargs) if page is not None else _stranger(request, company)

        enter.allowed = allowed  # type: ignore[attr-defined]
        return enter

    return decorate


def _answer(view: View, page: Page, kwargs: dict[str, Any]) -> HttpResponse:
    try:
        return view(page, **kwargs)
    except AddOnOff as off:
        _log(page.request, "addon_off", page.entered.slug)
        return page.refuse(off.refusal, link=page.add_ons_link()) if off.is_offered else page.not_found()


@contextmanager
def _entering(request: HttpRequest, slug: str) -> Iterator[Page | None]:
    """Open the reading of the company at this address, for its members."""
    with queries.entering(
        user=request.user,
        slug=slug,
        request_id=getattr(request, "request_id", ""),
        address=request.META.get("REMOTE_ADDR", ""),
        name=identity.name_of(request.user),
    ) as inside:
        entered = inside[0] if inside else None
        # What every page of a company leaves behind for template tags and context processors.
        request.entered = entered  # type: ignore[attr-defined]
        request.actor = entered.actor if entered else None  # type: ignore[attr-defined]
        yield Page(request, entered, clock.now()) if entered else None


def _stranger(request: HttpRequest, slug: str) -> HttpResponse:
    _log(request, "foreign_company", slug)
    return answers.not_found(request) if queries.may_sign_in(str(request.user.pk)) else answers.nobody(request)


def _lacking(page: Page, subject: str, needed: Level) -> HttpResponse:
    _log(page.request, f"{needed.value}_missing", page.entered.slug)
    refusal = _needs(subject, needed)
    if not page.is_post and needed in (Level.CREATE, Level.MODIFY, Level.DELETE):
        refusal = Refusal("level_to_open", {"subject": host.subject_label(subject), "level": _level_words()[needed]})
    way_on = page.link(_("Go to the Admin page"), "admin") if host.may_administer(page.actor) else None
    return page.refuse(refusal, link=way_on)


def _level_words() -> dict[Level, str]:
    return {Level.CREATE: _("Create"), Level.MODIFY: _("Modify"), Level.DELETE: _("Delete")}


def _needs(subject: str, level: Level) -> Refusal:
    return Refusal(f"{level.value}_required", {"subject": host.subject_label(subject)})


def _log(request: HttpRequest, event: str, slug: str) -> None:
    security_log.refused(
        event=event,
        user=str(request.user.pk),
        route=request.path,
        address=request.META.get("REMOTE_ADDR", ""),
        request_id=getattr(request, "request_id", ""),
        company=slug,
    )


def _shell(page: Page) -> Shell:
    user = page.request.user
    return Shell(
        company_name=page.entered.name,
        home_url="/",
        user_name=page.actor.name,
        user_email=identity.email_of(user),
        sign_out_url=reverse("account_logout"),
        admin_url=page.url("admin") if host.may_administer(page.actor) else "",
        password_url=reverse("account_change_password"),
        other_companies=(Link(_("Switch company"), reverse("companies")),) if page.entered.has_others else (),
    )
