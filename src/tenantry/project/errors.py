"""The pages for what no view answered: unreadable, forbidden, not there, failed."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.core.refusal import Refusal
from tenantry.outside import security_log
from tenantry.ui import answers
from tenantry.ui.parts import Link

RETRY_AFTER_SECONDS = 30


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400: the request could not be read."""
    return answers.refused(request, Refusal("bad_request"))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return answers.refused(request, Refusal("not_allowed"))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404, the same for unknown and foreign."""
    return answers.not_found(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form that is not from this session, or from elsewhere.

    A page that keeps what was typed shows it again, with a fresh token, where the form came from a page of ours. A
    page that takes no form says so, whatever was sent.
    """
    security_log.refused(
        event="form_expired",
        user=str(request.user.pk or ""),
        route=request.path,
        address=request.META.get("REMOTE_ADDR", ""),
        request_id=getattr(request, "request_id", ""),
    )
    found = request.resolver_match
    allowed = getattr(found.func, "allowed", None) if found else None
    if allowed is not None and request.method not in allowed:
        return answers.not_allowed_method(allowed)
    typed_again = getattr(found.func, "typed_again", None) if found else None
    if found is not None and typed_again is not None and _is_from_here(request):
        again: HttpResponse = typed_again(request, **found.kwargs)
        return again
    path = request.path if request.path != reverse("account_logout") else "/"
    return answers.refused(request, Refusal("form_expired"), link=Link(_("Load the page again"), path))


def _is_from_here(request: HttpRequest) -> bool:
    return request.headers.get("Origin", "") == f"{request.scheme}://{request.get_host()}"


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without a word of what is inside. It needs no database and no session."""
    return _plain_page(request, 500)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Answer 503 while the database can't be asked."""
    response = _plain_page(request, 503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _plain_page(request: HttpRequest, status: int) -> HttpResponse:
    context = {"request_id": getattr(request, "request_id", ""), "vendor_name": settings.TENANTRY_VENDOR["name"]}
    return HttpResponse(render_to_string("500.html", context), status=status)
