"""A refusal as a program hears it: a status and a problem body (RFC 9457)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from tenantry.core.refusal import Refusal
from tenantry.ui.answers import when_to_come_again
from tenantry.ui.refusals import refusal_words


def problem(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Answer with the refusal's code, its sentence and the request's id."""
    words = refusal_words(refusal)
    body = {
        "status": words.status,
        "code": refusal.code,
        "detail": words.sentence,
        "request_id": getattr(request, "request_id", ""),
    }
    return when_to_come_again(JsonResponse(body, status=words.status, content_type="application/problem+json"))
