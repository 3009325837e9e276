"""The outermost layer: a request id, headers that every answer carries, and an answer to what went wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.multipartparser import MultiPartParserError
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.project import errors
from tenantry.records.base.tenancy import Busy
from tenantry.ui import answers

_log = logging.getLogger("tenantry.request")
# These have answers of their own; the framework calls them.
ANSWERED_ELSEWHERE = (Http404, PermissionDenied, SuspiciousOperation, BadRequest, MultiPartParserError)
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}


PARTIAL_CONTENT = 206
COMPRESSED = frozenset({"text/html", "text/css", "text/javascript", "image/svg+xml"})


class CompressPages(GZipMiddleware):
    """Send pages, styles and scripts compressed, each with some bytes of chance so that no length tells a secret.

    PDFs are compressed already, and a part of a file has to stay the part that was asked for.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Let what a browser kept be compared: it names the compressed form, whose tag is the file's own, made weak."""
        if tag := request.META.get("HTTP_IF_NONE_MATCH", ""):
            request.META["HTTP_IF_NONE_MATCH"] = tag.removeprefix("W/")

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress what gains by it."""
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind not in COMPRESSED or response.status_code == PARTIAL_CONTENT:
            return response
        return super().process_response(request, response)


class AnswerRefusals:
    """Give each request an id, and each answer its headers; let no error show what is inside."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        request.request_id = new_id()  # type: ignore[attr-defined]
        response = self._get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("X-Request-Id", request.request_id)  # type: ignore[attr-defined]
        # The same address answers with a page or with its dialog alone.
        patch_vary_headers(response, ["HX-Request"])
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer what a view did not expect, with one line in the log."""
        if isinstance(exception, ANSWERED_ELSEWHERE):
            return None
        if isinstance(exception, Busy):
            return answers.refused(request, Refusal("busy"))
        extra = {"request_id": request.request_id, "route": request.path}  # type: ignore[attr-defined]
        _log.error("failed", exc_info=exception, extra=extra)
        if isinstance(exception, OperationalError | InterfaceError):
            return errors.unavailable(request)
        return errors.server_error(request)
