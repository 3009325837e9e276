"""All of it: one list of sentences, empty when everything holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sandbox_gateway.values import Charge
from tests.invariants.company import check_audit, check_given_back, check_lines, check_methods
from tests.invariants.money import check_money, check_numbers
from tests.invariants.rest import check_chores, check_settled
from tests.invariants.rows import CompanyRows


def violations(companies: Sequence[CompanyRows], charges: Sequence[Charge], now: datetime) -> list[str]:
    """Check what must hold at any instant."""
    found: list[str] = []
    for rows in companies:
        found += check_money(rows, charges)
        found += check_numbers(rows)
        found += check_methods(rows, now.date())
        found += check_audit(rows)
        found += check_lines(rows)
        found += check_given_back(rows)
    return found


def violations_settled(companies: Sequence[CompanyRows], charges: Sequence[Charge], now: datetime) -> list[str]:
    """Check also what must hold once nothing is under way any more."""
    found = violations(companies, charges, now)
    for rows in companies:
        found += check_settled(rows, charges, now)
    return found


def violations_at_rest(companies: Sequence[CompanyRows], charges: Sequence[Charge], now: datetime) -> list[str]:
    """Check also that everything due by now was done."""
    found = violations_settled(companies, charges, now)
    for rows in companies:
        found += check_chores(rows, now)
    return found
