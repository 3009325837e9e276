"""What may be put on file: how many, how often, with which billing address (M2, B35)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import timedelta

from tenantry.core.billing_details import MAX_LENGTHS
from tenantry.core.card_numbers import any_holds_card_number
from tenantry.core.refusal import Refusal

MOST_ON_FILE = 20
MOST_STARTED = 5
STARTED_WITHIN = timedelta(hours=1)
VERIFY_TRIES = 3
VERIFY_WITHIN = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class BillingAddress:
    """Where the bills of a card or bank account go. `country` is an ISO 3166 code."""

    address_line_1: str
    address_line_2: str
    city: str
    region: str
    postal_code: str
    country: str


def check_billing_address(address: BillingAddress) -> dict[str, Refusal]:
    """Give a refusal for each field that can't be kept: field name → refusal."""
    wrong: dict[str, Refusal] = {}
    for field, value in asdict(address).items():
        most = MAX_LENGTHS.get(field, 2)
        if any_holds_card_number([value]):
            wrong[field] = Refusal("card_number_refused")
        elif len(value) > most or any(ord(character) < 32 for character in value):
            wrong[field] = Refusal("too_long", {"most": most})
    for field in ("address_line_1", "city"):
        if not getattr(address, field).strip():
            wrong[field] = Refusal("field_required")
    if not re.fullmatch(r"[A-Z]{2}", address.country):
        wrong["country"] = Refusal("country_unknown")
    return wrong


def why_not_addable(*, on_file: int, started_lately: int) -> Refusal | None:
    """Tell why no further method may be added now. `started_lately` counts the setups of the last hour."""
    if on_file >= MOST_ON_FILE:
        return Refusal("method_limit", {"most": MOST_ON_FILE})
    if started_lately >= MOST_STARTED:
        return Refusal("too_many_attempts")
    return None
