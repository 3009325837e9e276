from __future__ import annotations

from dataclasses import replace
from datetime import date

from tenantry.core.forecast import MonthlyAmount, Outlook, seat_price, summary
from tenantry.core.prices import PerSeatPrice
from tenantry.core.rating import rate, with_invoiced
from tenantry.core.tax_rates import TaxRate, TaxRates
from tenantry.core.totals import Discount
from tests.core.sample import CREDIT_CHECKS, DECEMBER, EDOC, GROWTH, addon, at, company, invoiced, plan, seats, usd

NOW = at("2026-11-12 09:00")
OUTLOOK = Outlook(date(2026, 12, 1))
FACTS = company(
    addon("cc", CREDIT_CHECKS, "2026-11-12 08:00"),
    plan(),
    addon("edoc", EDOC, "2026-01-01", "2026-11-05 10:00"),
    counts=(seats(10), seats(14, "2026-11-10"), seats(3, "2026-11-11", "growth")),
    already=(invoiced("plan", "growth", GROWTH, 19000), invoiced("addon", "edoc", EDOC, 4900)),
)


class TestSummary:
    def test_what_is_paid_each_month_now(self) -> None:
        found = summary(FACTS, NOW, OUTLOOK)
        assert found.monthly == (
            MonthlyAmount("plan", "growth", "Growth", "price-growth", usd(1900), 14, usd(26600)),
            MonthlyAmount("addon", "cc", "Cc", "price-cc", usd(1900), None, usd(1900)),
        )
        assert found.monthly_total == usd(28500)

    def test_seats_are_those_counted_until_now(self) -> None:
        assert summary(FACTS, at("2026-11-09 12:00"), OUTLOOK).monthly[0].seats == 10

    def test_what_was_on_before_and_what_will_be_is_not_paid_now(self) -> None:
        early = summary(FACTS, at("2026-11-05 09:59"), OUTLOOK)
        assert [each.code for each in early.monthly] == ["growth", "edoc"]

    def test_one_more_seat_costs_what_runs_by_the_company_s_count(self) -> None:
        per_seat = PerSeatPrice("per-seat", usd(500))
        on = (
            addon("x", per_seat, "2026-11-01"),
            addon("own", per_seat, "2026-11-01"),
            addon("gone", per_seat, "2026-01-01", "2026-11-05"),
        )
        facts = replace(FACTS, running=(*FACTS.running, *on), seat_counts=(*FACTS.seat_counts, seats(3, subject="own")))
        assert seat_price(facts, NOW) == usd(1900 + 500)

    def test_when_the_next_invoice_comes_and_what_it_should_say(self) -> None:
        found = summary(FACTS, NOW, OUTLOOK)
        assert (found.next_period, found.next_invoice_date) == (DECEMBER, date(2026, 12, 1))
        # December: 26600 + 1900. November: 19 days of cc 1203; edoc 4900 × 5 ÷ 30 = 817 - 4900;
        # seats 1900 × (10 × 9 + 14 × 21) ÷ 30 = 24320 - 19000
        assert found.next_invoice.total == usd(26600 + 1900 + 1203 - 4083 + 5320)

    def test_tax_discounts_and_credit_are_part_of_it(self) -> None:
        outlook = Outlook(
            date(2026, 12, 1),
            TaxRates("fixed", (TaxRate("Sales tax", 1000),)),
            usd(5000),
            (Discount("Launch", basis_points=1000),),
        )
        found = summary(FACTS, NOW, outlook).next_invoice
        # 30940 - 3094 = 27846, tax 2785
        assert (found.tax, found.total, found.amount_due) == (usd(2785), usd(30631), usd(25631))

    def test_a_late_invoice_comes_today(self) -> None:
        found = summary(FACTS, at("2026-12-03 09:00"), OUTLOOK)
        assert (found.next_period, found.next_invoice_date) == (DECEMBER, date(2026, 12, 3))

    def test_the_invoice_says_what_was_forecast_when_nothing_changes(self) -> None:
        lines = rate(FACTS, DECEMBER)
        assert summary(FACTS, NOW, OUTLOOK).next_invoice.subtotal == usd(sum(line.amount_minor for line in lines))

    def test_after_it_was_issued_the_next_one_is_the_regular_one(self) -> None:
        issued = with_invoiced(FACTS, rate(FACTS, DECEMBER))
        found = summary(issued, at("2026-12-01 00:10"), Outlook(date(2027, 1, 1)))
        assert found.next_invoice.total == found.monthly_total == usd(28500)

    def test_a_company_without_anything_pays_nothing(self) -> None:
        found = summary(company(), NOW, OUTLOOK)
        assert (found.monthly, found.monthly_total, found.next_invoice.amount_due) == ((), usd(0), usd(0))
