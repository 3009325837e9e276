"""Confirms an add-on where people do it, on the page: so the history holds the text that they saw."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client
from django.urls import reverse

SENT = ("fingerprint", "shown", "words", "request_key", "terms")


class _Form(HTMLParser):
    """Reads what a confirmation sends, its terms accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a field of the confirmation."""
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "input" and name in SENT:
            self.fields[name] = given.get("value") or ""


def confirm(user: Any, company: str, action: str, code: str) -> None:
    """Open the confirmation of `enable` or `disable`, and press Confirm.

    Raises:
        RuntimeError: the page or the confirmation was refused.
    """
    client = Client(SERVER_NAME=urlsplit(settings.TENANTRY_PUBLIC_URL).hostname or "127.0.0.1")
    client.force_login(user)
    url = reverse(f"admin.account-management.add-ons.{action}", args=[company, code])
    page, form = client.get(url), _Form()
    form.feed(page.content.decode())
    answer = client.post(url, form.fields)
    client.logout()
    if answer.status_code != 303:
        raise RuntimeError(f"the demo was refused: {action} {code}: {page.status_code}, {answer.status_code}")
