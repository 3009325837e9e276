"""Answers that are no page of their own: refused, not found, and where to go first. For every HTML face."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _

from tenantry.core.refusal import Refusal
from tenantry.ui.parts import Link, RefusedPage
from tenantry.ui.refusals import RefusalWords, refusal_words

RETRY_AFTER_SECONDS = {429: 600, 503: 2}


def refused(request: HttpRequest, refusal: Refusal, *, link: Link | None = None) -> HttpResponse:
    """Answer a refusal with a page of its own, or with its dialog when a script asked."""
    return refused_words(request, refusal_words(refusal), link=link)


def refused_words(request: HttpRequest, words: RefusalWords, *, link: Link | None = None) -> HttpResponse:
    """Answer with these words and their status: what happened, what to do, one link, the request id."""
    page = RefusedPage(
        status=words.status,
        title=_title(words.status),
        sentence=words.sentence,
        next_step=words.next_step,
        link=link or Link(_("Go to the start page"), "/"),
        request_id=getattr(request, "request_id", ""),
    )
    is_dialog = request.headers.get("HX-Request") == "true" and words.status not in (401, 404)
    template = "ui/refused_dialog.html" if is_dialog else "ui/refused.html"
    return when_to_come_again(render(request, template, {"page": page}, status=words.status))


def when_to_come_again(response: HttpResponse) -> HttpResponse:
    """Say in an answer of 429 or 503 after how many seconds another try makes sense."""
    if response.status_code in RETRY_AFTER_SECONDS:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS[response.status_code])
    return response


def nobody(request: HttpRequest) -> HttpResponse:
    """Sign a person out whom no company lets in any more, and send them to sign-in."""
    logout(request)
    return sign_in_first(request)


def not_found(request: HttpRequest) -> HttpResponse:
    """Answer 404, the same for unknown and foreign."""
    return refused(request, Refusal("not_found"))


def sign_in_first(request: HttpRequest, *, back: str = "") -> HttpResponse:
    """Send an anonymous person to sign-in, with a relative way back to what they may look at."""
    path = back or (request.get_full_path() if request.method in ("GET", "HEAD") else request.path)
    return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': path})}")


def not_allowed_method(allowed: tuple[str, ...]) -> HttpResponse:
    """Answer 405 with what is allowed."""
    response = HttpResponse(status=405, content_type="text/plain; charset=utf-8")
    response["Allow"] = ", ".join(allowed)
    return response


def _title(status: int) -> str:
    return {
        400: _("That did not work"),
        403: _("Not allowed"),
        404: _("Not found"),
        409: _("That is not possible now"),
        422: _("That did not work"),
        429: _("Too many attempts"),
        503: _("Not available right now"),
    }.get(status, _("That did not work"))
