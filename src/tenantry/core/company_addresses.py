"""Which addresses a company may not have, because the product stands there itself."""

from __future__ import annotations

import re

from tenantry.core.refusal import Refusal

RESERVED = frozenset(
    {
        "accounts", "admin", "api", "backoffice", "companies", "demo", "docs", "favicon.ico", "healthz", "help",
        "login", "logout", "media", "robots.txt", "sandbox", "static", "styleguide", "support", "tenantry", "www",
    }
)  # fmt: skip
SHAPE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")


def usable_address(slug: str) -> Refusal | None:
    """Give the refusal of an address that is reserved or has the wrong shape, else None."""
    if slug in RESERVED:
        return Refusal("address_reserved", {"slug": slug})
    if not SHAPE.fullmatch(slug):
        return Refusal("address_invalid", {"slug": slug})
    return None
