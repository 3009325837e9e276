"""Moves the demo's clock for those who may."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from tenantry.core.periods import local_date
from tenantry.core.permissions import ACCOUNT_MANAGEMENT
from tenantry.core.refusal import Refusal
from tenantry.outside import clock, identity, security_log
from tenantry.project.demo.forward import go_to_next_billing_date
from tenantry.project.demo.strip import DEFAULT_ZONE, day_words, may_move_time
from tenantry.records.companies import queries
from tenantry.ui import answers

ALLOWED = ("POST",)


def forward(request: HttpRequest) -> HttpResponse:
    """Go to the next billing date, run what is due, and come back to the page.

    The form says which day it showed: a second click on it moves nothing more.
    """
    if not settings.TENANTRY_DEMO:
        raise Http404
    if not request.user.is_authenticated:
        return answers.sign_in_first(request, back=_back(request))
    if request.method not in ALLOWED:
        return answers.not_allowed_method(ALLOWED)
    found = _company(request)
    if isinstance(found, HttpResponse):
        return found
    company_id, zone = found
    with clock.moving():
        is_asked_first = request.POST.get("seen", "") in ("", local_date(clock.now(), zone).isoformat())
        if is_asked_first:
            go_to_next_billing_date(company_id)
    _say(request, day_words(local_date(clock.now(), zone), zone), is_moved=is_asked_first)
    return HttpResponseRedirect(_back(request), status=303)


def _company(request: HttpRequest) -> tuple[str, str] | HttpResponse:
    """Give the company whose billing date is meant and its zone; none is meant by the vendor's staff."""
    slug, user_id = request.GET.get("company", ""), str(request.user.pk)
    if not slug:
        return ("", DEFAULT_ZONE) if queries.is_vendor_staff(user_id) else _stranger(request, slug)
    entered = queries.enter(
        user=request.user, slug=slug, request_id="", address="", name=identity.name_of(request.user)
    )
    if entered is None:
        return _stranger(request, slug)
    if not may_move_time(entered.actor):
        _log(request, "modify_missing", slug)
        return answers.refused(request, Refusal("modify_required", {"subject": ACCOUNT_MANAGEMENT}))
    return entered.actor.company_id, entered.time_zone


def _stranger(request: HttpRequest, slug: str) -> HttpResponse:
    _log(request, "foreign_company" if slug else "not_staff", slug)
    return answers.not_found(request) if queries.may_sign_in(str(request.user.pk)) else answers.nobody(request)


def _log(request: HttpRequest, event: str, slug: str) -> None:
    security_log.refused(
        event=event,
        user=str(request.user.pk),
        route=request.path,
        address=request.META.get("REMOTE_ADDR", ""),
        request_id=getattr(request, "request_id", ""),
        company=slug[:100],
    )


def _say(request: HttpRequest, today: str, *, is_moved: bool) -> None:
    moved = _("The demo's clock went to %(today)s. Everything due until then has run.")
    stays = _("The demo's clock has moved meanwhile: it is %(today)s.")
    messages.success(request, (moved if is_moved else stays) % {"today": today})


def _back(request: HttpRequest) -> str:
    back = request.POST.get("next", "/")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/") else "/"
