"""A payout is split by company to the cent; what is of nobody known stays apart."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tenantry.core.gateway_records import Payout, PayoutLine, PayoutLineKind
from tenantry.core.money import CurrencyMismatch, Money
from tenantry.core.payouts import share_out
from tenantry.core.totals import ArithmeticBreach

NOW = datetime(2026, 3, 4, 17, tzinfo=UTC)


def line(number: int, customer: str, minor: int, currency: str = "USD") -> PayoutLine:
    kind = PayoutLineKind.CHARGE if minor > 0 else PayoutLineKind.REFUND
    return PayoutLine(f"mov_{number}", kind, f"int_{number}", "", customer, Money(minor, currency), NOW)


def payout(minor: int, *lines: PayoutLine) -> Payout:
    return Payout("pay_1", Money(minor, "USD"), NOW, lines)


def test_each_company_has_the_sum_of_its_lines() -> None:
    lines = (line(1, "a", 500), line(2, "b", 300), line(3, "a", -120))
    shared = share_out(payout(680, *lines), {"a": "acme", "b": "brink"})
    assert [(one.company_id, one.amount.minor, one.lines) for one in shared.shares] == [
        ("acme", 380, (lines[0], lines[2])), ("brink", 300, (lines[1],)),
    ]  # fmt: skip
    assert shared.strange == ()


def test_a_share_may_be_nothing_or_below_zero() -> None:
    lines = (line(1, "a", 500), line(2, "a", -500), line(3, "b", -70))
    shared = share_out(payout(-70, *lines), {"a": "acme", "b": "brink"})
    assert [one.amount.minor for one in shared.shares] == [0, -70]


def test_lines_of_nobody_known_stay_apart() -> None:
    lines = (line(1, "a", 500), line(2, "x", 300))
    shared = share_out(payout(800, *lines), {"a": "acme"})
    assert ([one.amount.minor for one in shared.shares], shared.strange) == ([500], (lines[1],))


def test_two_customers_of_one_company_share() -> None:
    shared = share_out(payout(800, line(1, "a", 500), line(2, "b", 300)), {"a": "acme", "b": "acme"})
    assert [one.amount.minor for one in shared.shares] == [800]


def test_a_payout_that_is_not_the_sum_of_its_lines_is_a_breach() -> None:
    with pytest.raises(ArithmeticBreach):
        share_out(payout(801, line(1, "a", 500), line(2, "x", 300)), {"a": "acme"})
    with pytest.raises(CurrencyMismatch):
        share_out(payout(800, line(1, "a", 500, "EUR")), {"a": "acme"})
