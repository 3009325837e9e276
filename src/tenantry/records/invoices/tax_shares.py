"""The taxes of an invoice or a credit note, as they are stored with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tenantry.core.money import Money
from tenantry.core.totals import TaxShare


def fact_of(share: TaxShare) -> dict[str, object]:
    """Give what is stored of one tax."""
    said: dict[str, object] = {
        "name": share.name,
        "basis_points": share.basis_points,
        "amount_minor": share.amount.minor,
    }
    if share.of is not None:
        said["of_minor"] = share.of.minor
    if share.is_exempt:
        said["is_exempt"] = True
    return said


def shares_of(facts: Sequence[Mapping[str, Any]], currency: str) -> tuple[TaxShare, ...]:
    """Read stored taxes."""
    return tuple(_share(tax, currency) for tax in facts)


def _share(tax: Mapping[str, Any], currency: str) -> TaxShare:
    of = Money(tax["of_minor"], currency) if "of_minor" in tax else None
    amount = Money(tax["amount_minor"], currency)
    return TaxShare(tax["name"], tax["basis_points"], amount, of, tax.get("is_exempt", False))
