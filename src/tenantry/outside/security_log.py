"""The structured log of refused requests: who asked what and was told no. Never bodies, never secrets."""

from __future__ import annotations

import logging

from tenantry.core.card_numbers import holds_card_number

_log = logging.getLogger("tenantry.security")


def refused(*, event: str, user: str, route: str, address: str, request_id: str, company: str = "") -> None:
    """Write one line about a request that was refused; of an address with a card number in it no word is kept."""
    _log.warning(
        "refused",
        extra={
            "event": event,
            "user": user,
            "route": _without_numbers(route),
            "address": address,
            "request_id": request_id,
            "company": _without_numbers(company),
        },
    )


def _without_numbers(text: str) -> str:
    return "(a card number)" if holds_card_number(text) else text
