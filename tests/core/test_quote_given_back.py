"""What disabling gives back of what was invoiced, and what is still charged where nothing was (O6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tenantry.core.billable import BillableFacts
from tenantry.core.forecast import Outlook
from tenantry.core.prices import FlatPrice, PerSeatPrice, Proration
from tenantry.core.quote import Quote, quote_disable
from tests.core.sample import addon, at, company, invoiced, plan, seats, usd

PRICE = FlatPrice("p", usd(3000))
PLAN = FlatPrice("plan", usd(10000))
NOW = at("2026-11-12 09:00")
FACTS = company(plan(PLAN), already=(invoiced("plan", "growth", PLAN, 10000),))


def off(facts: BillableFacts) -> Quote:
    return quote_disable(facts, "x", NOW, Outlook(date(2026, 12, 1)))


def on_since(start: str, *, asked: int | None = None, price: FlatPrice | PerSeatPrice = PRICE) -> BillableFacts:
    already = () if asked is None else (invoiced("addon", "x", price, asked),)
    return replace(FACTS, running=(*FACTS.running, addon("x", price, start)), invoiced=FACTS.invoiced + already)


def test_of_what_was_invoiced_the_unused_days_come_back() -> None:
    quote = off(on_since("2026-10-01", asked=3000))
    # 12 of 30 days are used: 1200
    assert (quote.this_period, quote.asked_this_period, quote.given_back) == (usd(-1800), usd(-1800), usd(1800))
    assert quote.left_to_charge == usd(0)


def test_where_nothing_was_invoiced_the_used_days_are_charged_and_nothing_comes_back() -> None:
    quote = off(on_since("2026-11-10"))
    # 21 days would have been 2100, 3 are 300
    assert (quote.this_period, quote.asked_this_period, quote.given_back) == (usd(-1800), usd(300), usd(0))
    assert quote.left_to_charge == usd(300)


def test_never_more_comes_back_than_was_invoiced() -> None:
    facts = on_since("2026-10-01", asked=5000, price=PerSeatPrice("p", usd(1000)))
    quote = off(replace(facts, seat_counts=(seats(5), seats(20, "2026-11-11"))))
    # 10 days of 5 and 2 of 20 are 90 seat-days, 3000; 18 days of 20 would have been 12000 more
    assert (quote.this_period, quote.asked_this_period, quote.given_back) == (usd(-12000), usd(-2000), usd(2000))


def test_without_proration_nothing_comes_back() -> None:
    price = FlatPrice("p", usd(3000), Proration.NONE)
    for facts in (on_since("2026-10-01", asked=3000, price=price), on_since("2026-11-10", price=price)):
        assert (off(facts).this_period, off(facts).given_back) == (usd(0), usd(0))
