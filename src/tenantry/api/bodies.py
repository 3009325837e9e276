"""Read the body of a request as bytes, bounded, before anybody parses it."""

from __future__ import annotations

from django.http import HttpRequest, UnreadablePostError

from tenantry.core.refusal import Refusal

LONGEST_LENGTH = 12
"""Digits of a Content-Length; a longer one is not worth reading as a number."""


def json_bytes(request: HttpRequest, *, most: int) -> bytes | Refusal:
    """Give the body as it came, if it is sent as JSON, not packed, and has at most `most` bytes.

    Refusals: `not_json_body`, `length_required`, `body_too_large`, `bad_request` (it ends early).
    """
    media, _, parameters = request.headers.get("Content-Type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        return Refusal("not_json_body")
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        return Refusal("not_json_body")
    length = request.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit()):
        return Refusal("length_required")
    if len(length) > LONGEST_LENGTH or int(length) > most:
        return Refusal("body_too_large")
    return _read(request, int(length))


def _read(request: HttpRequest, length: int) -> bytes | Refusal:
    try:
        body = request.read(length)
    except (UnreadablePostError, OSError):
        return Refusal("bad_request")
    return body if len(body) == length else Refusal("bad_request")
