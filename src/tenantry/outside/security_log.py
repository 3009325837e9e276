"""The structured log of refused requests: who asked what and was told no. Never bodies, never secrets."""

from __future__ import annotations

import logging

_log = logging.getLogger("tenantry.security")


def refused(*, event: str, user: str, route: str, address: str, request_id: str, company: str = "") -> None:
    """Write one line about a request that was refused."""
    _log.warning(
        "refused",
        extra={
            "event": event,
            "user": user,
            "route": route,
            "address": address,
            "request_id": request_id,
            "company": company,
        },
    )
