"""What may stand in the billing details."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tenantry.core.refusal import Refusal

MAX_RECIPIENTS = 10
MAX_LENGTHS = {
    "legal_name": 200,
    "address_line_1": 120,
    "address_line_2": 120,
    "city": 80,
    "region": 80,
    "postal_code": 20,
    "tax_id": 40,
    "po_number": 40,
}
MAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,250}\.[^@\s,;<>\".]{2,}")


@dataclass(frozen=True, slots=True)
class BillingDetailsForm:
    """What stands on the next invoices, and who gets them by mail."""

    legal_name: str
    address_line_1: str
    address_line_2: str
    city: str
    region: str
    postal_code: str
    country: str
    tax_id: str
    po_number: str
    recipients: tuple[str, ...]


def check_billing_details(form: BillingDetailsForm) -> dict[str, Refusal]:
    """Give a refusal for each field that can't be kept: field name → refusal."""
    wrong: dict[str, Refusal] = {}
    for field, most in MAX_LENGTHS.items():
        value = getattr(form, field)
        if len(value) > most or any(ord(character) < 32 for character in value):
            wrong[field] = Refusal("too_long", {"most": most})
    if not form.legal_name.strip():
        wrong["legal_name"] = Refusal("field_required")
    if not re.fullmatch(r"[A-Z]{2}", form.country):
        wrong["country"] = Refusal("country_unknown")
    if len(form.recipients) > MAX_RECIPIENTS:
        wrong["recipients"] = Refusal("too_many_recipients", {"most": MAX_RECIPIENTS})
    elif bad := [address for address in form.recipients if not MAIL.fullmatch(address)]:
        wrong["recipients"] = Refusal("recipient_invalid", {"email": bad[0]})
    return wrong
