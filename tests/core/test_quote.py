from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, datetime

import pytest

from tenantry.core.billable import BillableFacts, Running
from tenantry.core.forecast import Outlook, monthly_amounts, totals_of
from tenantry.core.periods import day_start_instant
from tenantry.core.prices import FlatPrice, PerSeatPrice, Proration
from tenantry.core.quote import Quote, QuotedAddOn, fingerprint, quote_disable, quote_enable
from tenantry.core.rating import rate, with_invoiced
from tenantry.core.tax_rates import TaxRate, TaxRates
from tests.core import oracle
from tests.core.random_company import RandomCompany, known_at
from tests.core.sample import CREDIT_CHECKS, EDOC, NOVEMBER, addon, at, company, invoiced, plan, seats, usd

CASES = int(os.environ.get("TENANTRY_QUOTE_CASES", "10000"))
NOW = at("2026-11-12 09:00")
OUTLOOK = Outlook(date(2026, 12, 1), TaxRates("fixed", (TaxRate("Sales tax", 1000),)))
CC = QuotedAddOn("cc", "Credit Checks", 2)
FLAT_PLAN = FlatPrice("price-flat", usd(10000))
FACTS = company(
    plan(FLAT_PLAN),
    addon("edoc", EDOC, "2026-01-01"),
    counts=(seats(14),),
    already=(invoiced("plan", "growth", FLAT_PLAN, 10000), invoiced("addon", "edoc", EDOC, 4900)),
)
OCTOBER = tuple(replace(line, period_start=date(2026, 10, 1), period_end=date(2026, 11, 1)) for line in FACTS.invoiced)


def enable(**kwargs: object) -> Quote:
    asked: dict[str, object] = {"facts": FACTS, "addon": CC, "price": CREDIT_CHECKS, "now": NOW, "outlook": OUTLOOK}
    return quote_enable(**{**asked, **kwargs})  # type: ignore[arg-type]


class TestEnable:
    def test_the_charge_for_the_rest_of_this_period_and_each_month(self) -> None:
        quote = enable()
        assert (quote.this_period, quote.recurring) == (usd(1203), usd(1900))  # 1900 × 19 ÷ 30
        assert (quote.on_days, quote.period_days, quote.period) == (19, 30, NOVEMBER)
        assert (quote.seats, quote.is_per_seat, quote.price_id) == (0, False, "price-cc")
        assert (quote.monthly_total_before, quote.monthly_total_after) == (usd(14900), usd(16800))
        assert (quote.day, quote.invoice_date) == (date(2026, 11, 12), date(2026, 12, 1))

    def test_the_monthly_total_is_the_one_from_the_next_period_on(self) -> None:
        starting = plan(FLAT_PLAN, "2026-12-01")
        ending = addon("edoc", EDOC, "2026-01-01", "2026-12-01")
        quote = enable(facts=replace(FACTS, running=(starting, ending), invoiced=()))
        assert (quote.monthly_total_before, quote.monthly_total_after) == (usd(10000), usd(11900))
        later = plan(FLAT_PLAN, "2026-12-01 00:01")
        assert enable(facts=replace(FACTS, running=(later,), invoiced=())).monthly_total_after == usd(1900)

    def test_the_next_invoice_with_and_without_it(self) -> None:
        quote = enable()
        # 14900 and 10 %; 14900 + 1203 + 1900 = 18003 and 1800.3
        assert (quote.invoice_total_before, quote.invoice_total_about) == (usd(16390), usd(19803))
        assert quote.tax_rates == OUTLOOK.tax_rates

    def test_a_debt_is_in_both(self) -> None:
        quote = enable(outlook=replace(OUTLOOK, credit_available=usd(-3000)))
        assert (quote.invoice_total_before, quote.invoice_total_about) == (usd(19390), usd(22803))

    def test_per_seat_at_the_seats_counted_now(self) -> None:
        quote = enable(price=PerSeatPrice("p", usd(500)))
        assert (quote.seats, quote.unit_amount, quote.recurring) == (14, usd(500), usd(7000))
        assert quote.this_period == usd(4433)  # 7000 × 19 ÷ 30 = 4433.3

    def test_without_proration_the_whole_period(self) -> None:
        quote = enable(price=FlatPrice("p", usd(3000), Proration.NONE))
        assert (quote.this_period, quote.on_days) == (usd(3000), 19)

    def test_again_on_a_day_that_is_paid_already_charges_from_tomorrow(self) -> None:
        was_on = addon("cc", CREDIT_CHECKS, "2026-11-10 09:00", "2026-11-12 08:00")
        quote = enable(facts=replace(FACTS, running=(*FACTS.running, was_on)))
        assert (quote.this_period, quote.on_days) == (usd(1330 - 190), 18)  # 21 days 1330, of which 3 are owed

    def test_again_on_the_same_day_at_another_price_counts_that_day_at_the_new_one(self) -> None:
        was_on = addon("cc", CREDIT_CHECKS, "2026-11-10 09:00", "2026-11-12 08:00")
        quote = enable(facts=replace(FACTS, running=(*FACTS.running, was_on)), price=FlatPrice("new", usd(3000)))
        # The 12th to the 30th at the new price, 3000 × 19 ÷ 30 = 1900; at the earlier one two days, not three.
        assert (quote.on_days, quote.replaced, quote.this_period) == (19, usd(190 - 127), usd(1900 - 63))
        assert enable().replaced == usd(0)

    def test_another_price_on_other_days_replaces_nothing(self) -> None:
        was_on = addon("cc", CREDIT_CHECKS, "2026-11-03 09:00", "2026-11-04 08:00")
        quote = enable(facts=replace(FACTS, running=(*FACTS.running, was_on)), price=FlatPrice("new", usd(3001)))
        assert (quote.on_days, quote.replaced) == (19, usd(0))

    def test_on_the_last_day_one_day(self) -> None:
        quote = enable(now=at("2026-11-30 23:59"))
        assert (quote.this_period, quote.on_days) == (usd(63), 1)

    def test_before_a_late_invoice_of_this_period_that_one_carries_it(self) -> None:
        november = replace(OUTLOOK, next_start=date(2026, 11, 1))
        quote = enable(facts=replace(FACTS, invoiced=OCTOBER), outlook=november)
        assert (quote.this_period, quote.invoice_date) == (usd(1203), date(2026, 11, 12))
        assert quote.invoice_before.subtotal == usd(14900)
        assert quote.invoice_after.subtotal == usd(14900 + 1203)

    def test_after_missed_invoices_this_periods_carries_it(self) -> None:
        missed = replace(OUTLOOK, next_start=date(2026, 1, 1))
        quote = enable(facts=replace(FACTS, invoiced=()), outlook=missed)
        assert quote.invoice_before.subtotal == usd(14900)  # January to October have invoices of their own
        assert quote.invoice_after.subtotal == usd(16103)

    def test_what_is_on_is_not_quoted(self) -> None:
        with pytest.raises(ValueError, match="on already"):
            enable(addon=QuotedAddOn("edoc", "eDoc+"))


class TestDisable:
    def test_the_credit_for_unused_days(self) -> None:
        quote = quote_disable(FACTS, "edoc", NOW, OUTLOOK)
        # the 12th counts: 18 of 30 days are unused; 4900 × 12 ÷ 30 = 1960
        assert (quote.this_period, quote.on_days, quote.recurring) == (usd(-2940), 18, usd(4900))
        assert (quote.monthly_total_before, quote.monthly_total_after) == (usd(14900), usd(10000))
        assert (quote.invoice_before.subtotal, quote.invoice_after.subtotal) == (usd(14900), usd(7060))
        assert (quote.kind, quote.price_id, quote.terms_version) == ("disable", "price-edoc", 0)

    def test_what_was_enabled_this_morning_costs_its_day(self) -> None:
        facts = replace(FACTS, running=(*FACTS.running, addon("cc", CREDIT_CHECKS, "2026-11-12 08:00")))
        quote = quote_disable(facts, "cc", NOW, OUTLOOK)
        assert quote.this_period == usd(63 - 1203)  # not invoiced yet: 19 days become one
        assert quote.asked_this_period == usd(63)  # so nothing is given back: one day is asked for

    def test_without_proration_nothing_comes_back(self) -> None:
        whole = FlatPrice("p", usd(3000), Proration.NONE)
        facts = company(addon("x", whole, "2026-01-01"), already=(invoiced("addon", "x", whole, 3000),))
        quote = quote_disable(facts, "x", NOW, OUTLOOK)
        assert (quote.this_period, quote.on_days) == (usd(0), 18)

    def test_what_is_off_is_not_quoted(self) -> None:
        with pytest.raises(ValueError, match="not on"):
            quote_disable(FACTS, "cc", NOW, OUTLOOK)


class TestFingerprint:
    def test_the_same_sight_has_the_same_fingerprint(self) -> None:
        assert enable().fingerprint == enable(now=at("2026-11-12 23:59")).fingerprint
        assert len(enable().fingerprint) == 64

    def test_the_about_parts_are_not_bound(self) -> None:
        without = company(plan(FLAT_PLAN), counts=(seats(99),), already=FACTS.invoiced)
        assert enable(facts=without).fingerprint == enable().fingerprint  # flat: seats and other add-ons don't matter
        assert enable(outlook=Outlook(date(2026, 12, 1))).fingerprint == enable().fingerprint

    @pytest.mark.parametrize(
        "change",
        [
            {"price": FlatPrice("price-cc-2", usd(1900))},
            {"price": FlatPrice("price-cc", usd(1901))},
            {"addon": QuotedAddOn("cc", "Credit Checks", 3)},
            {"addon": QuotedAddOn("cc2", "Credit Checks", 2)},
            {"now": at("2026-11-13 00:00")},
        ],
    )
    def test_what_is_bound_changes_it(self, change: dict[str, object]) -> None:
        assert enable(**change).fingerprint != enable().fingerprint

    def test_the_words_do_not(self) -> None:
        assert enable(addon=QuotedAddOn("cc", "Bonitätsprüfung", 2)).fingerprint == enable().fingerprint

    def test_seats_change_that_of_a_price_per_seat(self) -> None:
        price = PerSeatPrice("p", usd(500))
        more = replace(FACTS, seat_counts=(seats(15),))
        assert enable(price=price).fingerprint != enable(price=price, facts=more).fingerprint

    def test_each_bound_part_counts(self) -> None:
        quote = enable()
        for change in (
            {"kind": "disable"},
            {"this_period": usd(1204)},
            {"recurring": usd(1901)},
            {"seats": 1},
            {"day": date(2026, 11, 13)},
            {"terms_version": 1},
            {"price_id": "other"},
            {"addon_code": "other"},
            {"unit_amount": usd(1)},
        ):
            if change == {"kind": "disable"}:
                change = {"kind": quote_disable(FACTS, "edoc", NOW, OUTLOOK).kind}
            assert fingerprint(replace(quote, **change)) != quote.fingerprint, change


def _confirmed(facts: BillableFacts, quote: Quote, price: object, now: datetime) -> BillableFacts:
    """Write what Confirm writes: a new row, or an end to the one that runs."""
    if quote.kind == "enable":
        row = Running("addon", quote.addon_code, "Words", price, now, None, "new")  # type: ignore[arg-type]
        return replace(facts, running=(*facts.running, row))
    rows = tuple(
        replace(row, ended_at=now) if row.code == quote.addon_code and row.ended_at is None else row
        for row in facts.running
    )
    return replace(facts, running=rows)


def test_the_quote_is_the_bill() -> None:
    """O4: with nothing changed in between, the next invoice has the cents that were bound.

    The charge is held against a count day by day that shares no code with rating, and against the invoice.
    """
    kinds = {"enable": 0, "disable": 0}
    for case in range(CASES):
        drawn = RandomCompany(f"quote-{case}", calendars=max(60, CASES // 100))
        current, following = drawn.periods[1], drawn.periods[2]
        began, ends = oracle.first_instant(current.start, drawn.zone), oracle.first_instant(current.end, drawn.zone)
        now = drawn.instant(began, ends)
        everything = drawn.facts()
        facts = known_at(everything, now)
        at_issue = known_at(everything, began)
        facts = with_invoiced(facts, rate(with_invoiced(at_issue, rate(at_issue, drawn.periods[0])), current))

        code, price = "credit-checks", drawn.price()
        outlook = Outlook(following.start, OUTLOOK.tax_rates)
        is_on = any(row.code == code and row.ended_at is None for row in facts.running)
        if is_on:
            quote = quote_disable(facts, code, now, outlook)
        else:
            quote = quote_enable(facts, QuotedAddOn(code, "Words"), price, now, outlook)
        kinds[quote.kind] += 1
        after = _confirmed(facts, quote, price, now)

        owed = [oracle.owed_minor(each, "addon", code, current) for each in (facts, after)]
        days = [oracle.on_days(each, code, current, quote.price_id) for each in (facts, after)]
        bill = rate(after, following)
        message = f"case {case}"
        assert quote.this_period.minor == owed[1] - owed[0], message
        assert quote.on_days == abs(days[1] - days[0]), message
        pending = oracle.asked(rate(facts, following), "addon", code, current)
        assert oracle.asked(bill, "addon", code, current) == pending + quote.this_period.minor, message
        assert oracle.asked(bill, "addon", code, current) == quote.asked_this_period.minor, message
        expected = 0 if is_on else quote.recurring.minor
        assert oracle.asked(bill, "addon", code, following) == expected, message
        assert quote.invoice_after == totals_of(bill, "USD", outlook), message
        then = day_start_instant(following.start, facts.zone)
        assert quote.monthly_total_after.minor == sum(each.amount.minor for each in monthly_amounts(after, then)), (
            message
        )
    assert min(kinds.values()) > CASES // 20
