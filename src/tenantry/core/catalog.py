"""What may stand in the catalog: words within bounds, prices within bounds."""

from __future__ import annotations

import re

from tenantry.core.currencies import CURRENCIES
from tenantry.core.money import MOST_MINOR, Money
from tenantry.core.refusal import Refusal
from tenantry.core.seats import MOST_SEATS

MAX_NAME, MAX_TEXT = 120, 20_000
SHAPES = ("flat", "per_seat")
MOST_OF_PERIOD_MINOR = MOST_MINOR // 10
"""No single thing costs more for a period, at the most seats: an invoice has room for several of them, and for tax."""
MOST_OF_PRICE_MINOR = {"flat": MOST_OF_PERIOD_MINOR, "per_seat": MOST_OF_PERIOD_MINOR // MOST_SEATS}
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


def check_price(shape: str, amount: Money) -> Refusal | None:
    """Refuse a shape or a currency that is none, and an amount that no invoice could hold."""
    if shape not in SHAPES:
        return Refusal("shape_unknown")
    if amount.currency not in CURRENCIES:
        return Refusal("currency_unknown", {"currency": amount.currency})
    if not 0 <= amount.minor <= MOST_OF_PRICE_MINOR[shape]:
        return Refusal("price_out_of_bounds", {"most": Money(MOST_OF_PRICE_MINOR[shape], amount.currency)})
    return None
