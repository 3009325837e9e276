"""What may stand in the catalog: words within bounds, prices within bounds."""

from __future__ import annotations

import re

from tenantry.core.currencies import CURRENCIES
from tenantry.core.money import Money
from tenantry.core.refusal import Refusal

MAX_NAME, MAX_TEXT = 120, 20_000
MAX_AMOUNT_MINOR = 10**12
CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")


def check_words(*, code: str, name: str, description: str, learn_more_url: str = "") -> Refusal | None:
    """Refuse a code of the wrong shape, a name or text out of bounds, and a link that is not https."""
    if not CODE.fullmatch(code):
        return Refusal("code_invalid", {"code": code[:60]})
    if not 1 <= len(name.strip()) <= MAX_NAME:
        return Refusal("name_length", {"most": MAX_NAME})
    if len(description) > MAX_TEXT:
        return Refusal("too_long", {"most": MAX_TEXT})
    if learn_more_url and not learn_more_url.startswith("https://"):
        return Refusal("link_invalid")
    return None


def check_price(amount: Money) -> Refusal | None:
    """Refuse an amount below zero or above 10^12 minor units, and a currency that is none."""
    if amount.currency not in CURRENCIES:
        return Refusal("currency_unknown", {"currency": amount.currency})
    if not 0 <= amount.minor <= MAX_AMOUNT_MINOR:
        return Refusal("amount_out_of_bounds")
    return None
