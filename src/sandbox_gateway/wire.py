"""What travels over HTTP, as plain values: a request that was read, an answer to be written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

HTML = "text/html; charset=utf-8"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """A request. Header names are in lower case; of repeated query fields the last one counts."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. Status 0 means: close the connection without a word.

    Two faults: the body drips over `drip_seconds`; `is_cut` ends it, and the connection, half-way.
    """

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    drip_seconds: float = 0.0
    is_cut: bool = False


NO_ANSWER = Answer(0)


class Unusable(Exception):
    """The request can't be understood: a status, a stable code and a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def json_answer(status: int, data: Mapping[str, object], headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """Write data as a JSON answer."""
    return Answer(status, json.dumps(data, ensure_ascii=False).encode(), JSON, headers)


def error_answer(status: int, code: str, message: str, **more: object) -> Answer:
    """Write an error as a JSON answer."""
    return json_answer(status, {"error": {"code": code, "message": message}, **more})


def html_answer(status: int, page: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """Write a page."""
    return Answer(status, page.encode(), HTML, headers)


def redirect(url: str) -> Answer:
    """Send the browser on, with GET."""
    return Answer(303, b"", "text/plain; charset=utf-8", (("Location", url),))


def json_body(request: Request) -> dict[str, object]:
    """Read the body as a JSON object.

    Raises:
        Unusable: it is no JSON object, or is not sent as one.
    """
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != JSON:
        raise Unusable(415, "not_json", "Send the body as application/json.")
    try:
        data = json.loads(request.body)
    except ValueError as error:
        raise Unusable(400, "not_json", "The body is not JSON.") from error
    if not isinstance(data, dict):
        raise Unusable(400, "not_json", "The body is no JSON object.")
    return data
