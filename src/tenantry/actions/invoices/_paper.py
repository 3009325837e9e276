"""What an invoice and a credit note have in common on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from tenantry.core.money import Money
from tenantry.outside.pdf.document import Party, PrintableSum
from tenantry.ui import formats, paper


def vendor_party(sold_by: Mapping[str, Any]) -> Party:
    """Give the seller as it was fixed at issue."""
    return Party(sold_by["name"], tuple(sold_by.get("address_lines", ())), sold_by.get("tax_id", ""))


def company_party(billed_to: Mapping[str, Any], locale: str) -> Party:
    """Give the company as it was fixed at issue."""
    return Party(billed_to["legal_name"], paper.address_lines(billed_to, locale), billed_to.get("tax_id", ""))


def tax_sums(tax_facts: Sequence[Mapping[str, Any]], currency: str, locale: str) -> tuple[PrintableSum, ...]:
    """Give each tax with its rate and amount."""
    return tuple(
        PrintableSum(
            paper.tax_label(tax, currency, locale),
            formats.money(Money(tax["amount_minor"], currency), locale),
        )
        for tax in tax_facts
    )


def logo_svg() -> str:
    """Read the vendor's picture, if there is one."""
    path = settings.TENANTRY_VENDOR.get("logo", "")
    return Path(path).read_text(encoding="utf-8") if path and Path(path).exists() else ""
