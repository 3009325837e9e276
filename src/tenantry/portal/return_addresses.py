"""Where a person may be sent back to: a page of the same company, named by a relative address."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.utils.http import url_has_allowed_host_and_scheme

MAX_LENGTH = 500


def within_company(address: str, slug: str) -> str:
    """Give the address if it is one of this company's pages, else an empty text."""
    if len(address) > MAX_LENGTH or not url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return ""
    parts = urlsplit(address)
    is_ours = parts.path.startswith(f"/{slug}/") and ".." not in parts.path
    return address if is_ours and not parts.scheme and not parts.netloc else ""
