"""What the pages with forms share: reading what was submitted, and the way back to the product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

from sandbox_gateway import fields, pages
from sandbox_gateway.wire import Answer, Request, Unusable, html_answer

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 20
FORM_ACTION = "X-Form-Action"
"""Not sent: the server takes it off and writes it into the content security policy."""

Form = Mapping[str, str]


def is_form(request: Request) -> bool:
    """Say whether a form was submitted."""
    return request.headers.get("content-type", "").startswith(FORM)


def form_of(request: Request) -> Form:
    """Read a submitted form.

    Raises:
        Unusable: it is no form, or another site sent it.
    """
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != FORM:
        raise Unusable(415, "not_a_form", "Send the fields as a form.")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Unusable(403, "foreign_form", "This form was sent by another site.")
    try:
        return dict(parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise Unusable(400, "not_a_form", "The form can't be read.") from error


def with_way_back(answer: Answer, return_url: str) -> Answer:
    """Let the form of a page end at another origin.

    Chromium applies form-action to where the answer to a form redirects to, so the way back must be allowed.
    """
    allowed = " ".join(part for part in ("'self'", fields.origin(return_url)) if part)
    return replace(answer, headers=(*answer.headers, (FORM_ACTION, allowed)))


def not_found_page() -> Answer:
    """Say that there is no such page, the same for one that never was."""
    return html_answer(404, pages.message_page("No such page", "Go back to where you came from and start again."))
