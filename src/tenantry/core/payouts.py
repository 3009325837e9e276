"""Whose money a payout is: a gateway pays one sum for many companies, and each one's share clears its own account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tenantry.core.gateway_records import Payout, PayoutLine
from tenantry.core.money import Money, total
from tenantry.core.totals import ArithmeticBreach


@dataclass(frozen=True, slots=True)
class Share:
    """What of a payout is one company's; below zero where more was taken back than came in."""

    company_id: str
    amount: Money
    lines: tuple[PayoutLine, ...]


@dataclass(frozen=True, slots=True)
class SharedOut:
    """A payout by company, and the lines that are of nobody known."""

    shares: tuple[Share, ...]
    strange: tuple[PayoutLine, ...]


def share_out(payout: Payout, company_of: Mapping[str, str]) -> SharedOut:
    """Split a payout by company; `company_of` names the company of each customer of the gateway that we know.

    Raises:
        ArithmeticBreach: the lines are not the payout.
    """
    by_company: dict[str, list[PayoutLine]] = {}
    strange = []
    for line in payout.lines:
        company_id = company_of.get(line.customer)
        if company_id is None:
            strange.append(line)
        else:
            by_company.setdefault(company_id, []).append(line)
    currency = payout.amount.currency
    shares = tuple(
        Share(company_id, total((line.amount for line in lines), currency), tuple(lines))
        for company_id, lines in sorted(by_company.items())
    )
    explained = total((share.amount for share in shares), currency)
    if explained + total((line.amount for line in strange), currency) != payout.amount:
        raise ArithmeticBreach(f"payout {payout.payout_id} is not the sum of its lines")
    return SharedOut(shares, tuple(strange))
