"""Read pages in tests: what a person sees, and what differs between two answers."""

from __future__ import annotations

import html
import re
from typing import Any

_NONCES = re.compile(r'nonce="[^"]+"')
_REQUEST = re.compile(r"<code>[^<]+</code>")
_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')


def text_of(response: Any) -> str:
    """Give the words of a page: tags gone, entities read, blanks joined."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def without_chances(response: Any) -> str:
    """Give the page without what is drawn anew for each answer: the nonce, the request id, the form token."""
    body = response.content.decode()
    return _CSRF.sub("", _REQUEST.sub("", _NONCES.sub("", body)))
