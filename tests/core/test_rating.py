"""Named cases of rating, with the sum in a comment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tenantry.core.billable import BillableFacts, RatedLine, Reason
from tenantry.core.money import CurrencyMismatch, Money
from tenantry.core.periods import BillingPeriod
from tenantry.core.prices import FlatPrice, PerSeatPrice, Proration
from tenantry.core.rating import on_days, rate, with_invoiced
from tests.core.sample import (
    CREDIT_CHECKS,
    DECEMBER,
    EDOC,
    GROWTH,
    NOVEMBER,
    addon,
    at,
    company,
    invoiced,
    plan,
    seats,
    usd,
)

PER_SEAT = PerSeatPrice("price-seat", usd(500))
WHOLE = FlatPrice("price-whole", usd(3000), Proration.NONE)


def shown(lines: tuple[RatedLine, ...]) -> list[tuple[str, str, int, str]]:
    """Shorten lines to (code, month, amount, reason)."""
    return [(x.code, f"{x.period.start:%b}", x.amount_minor, x.reason.value) for x in lines]


def december(*args: object, **kwargs: object) -> list[tuple[str, str, int, str]]:
    return shown(rate(company(*args, **kwargs), DECEMBER))  # type: ignore[arg-type]


class TestAdvance:
    def test_a_plan_per_seat_is_billed_for_the_whole_period_that_begins(self) -> None:
        (line,) = rate(company(plan(), counts=(seats(14),), already=_november_plan(14)), DECEMBER)
        assert line == RatedLine(
            subject_kind="plan",
            code="growth",
            name="Growth",
            running_period_id="growth@2026-01-01",
            price_id="price-growth",
            period=DECEMBER,
            quantity=14,
            unit_amount=usd(1900),
            on_days=31,
            period_days=31,
            seat_days=14 * 31,
            owed_minor=26600,  # 14 × $19.00
            already_minor=0,
            amount_minor=26600,
            reason="advance",
        )

    def test_the_money_of_a_line_is_in_the_currency_of_its_price(self) -> None:
        (line,) = rate(company(plan(), counts=(seats(14),), already=_november_plan(14)), DECEMBER)
        assert (line.owed, line.already, line.amount) == (usd(26600), usd(0), usd(26600))

    def test_a_free_plan_keeps_its_line(self) -> None:
        free = FlatPrice("price-free", usd(0))
        lines = december(plan(free), already=(invoiced("plan", "growth", free, 0),))
        assert lines == [("growth", "Dec", 0, "advance")]

    def test_no_seats_keep_the_line_of_a_per_seat_plan(self) -> None:
        assert december(plan(), already=_november_plan(0)) == [("growth", "Dec", 0, "advance")]

    def test_what_was_invoiced_already_is_not_asked_again(self) -> None:
        already = (*_november_plan(14), invoiced("plan", "growth", GROWTH, 26600, 31, DECEMBER))
        assert december(plan(), counts=(seats(14),), already=already) == []

    def test_nothing_runs_nothing_is_billed(self) -> None:
        assert december() == []
        assert december(plan(until="2026-10-31 12:00"), counts=(seats(14),)) == []

    def test_the_plan_comes_first_and_add_ons_by_code(self) -> None:
        rows = (addon("zebra", EDOC, "2026-12-01"), addon("alpha", EDOC, "2026-12-01"), plan(since="2026-12-01"))
        assert [code for code, *_ in december(*rows)] == ["growth", "alpha", "zebra"]

    def test_a_known_end_in_the_future_shortens_the_advance(self) -> None:
        lines = december(addon("edoc", EDOC, "2026-12-01", "2026-12-11"))
        assert lines == [("edoc", "Dec", 1581, "disabled_mid_period")]  # 4900 × 10 ÷ 31 = 1580.6

    def test_the_first_period_of_a_late_run_starts_where_it_was_enabled(self) -> None:
        lines = december(addon("edoc", EDOC, "2026-12-11"))
        assert lines == [("edoc", "Dec", 3319, "enabled_mid_period")]  # 4900 × 21 ÷ 31 = 3319.4


class TestSwitchedWithinAPeriod:
    def test_enabling_on_the_12th_adds_nineteen_of_thirty_days(self) -> None:
        lines = december(addon("cc", CREDIT_CHECKS, "2026-11-12 09:00"))
        assert lines == [
            ("cc", "Dec", 1900, "advance"),
            ("cc", "Nov", 1203, "enabled_mid_period"),  # 1900 × 19 ÷ 30 = 1203.33
        ]

    def test_the_catch_up_says_its_days(self) -> None:
        line = rate(company(addon("cc", CREDIT_CHECKS, "2026-11-12 09:00")), DECEMBER)[1]
        assert (line.on_days, line.period_days, line.quantity, line.seat_days) == (19, 30, 1, 0)
        assert line.running_period_id == "cc@2026-11-12 09:00"

    def test_a_line_is_about_the_very_days(self) -> None:
        already = (invoiced("addon", "edoc", EDOC, 4900), invoiced("addon", "gone", EDOC, 4900))
        lines = rate(
            company(
                *(
                    addon("cc", CREDIT_CHECKS, "2026-11-12 09:00"),
                    addon("edoc", EDOC, "2026-01-01", "2026-11-20 08:00"),
                ),
                *(addon("gone", EDOC, "2026-01-01", "2026-11-10"), addon("gone", EDOC, "2026-11-21")),
                *(addon("short", WHOLE, "2026-11-03", "2026-11-05 08:00"),),
                already=already,
            ),
            DECEMBER,
        )
        assert [(x.code, x.on_days, x.days) for x in lines] == [
            ("cc", 31, None),
            ("gone", 31, None),
            ("cc", 19, BillingPeriod(date(2026, 11, 12), date(2026, 12, 1))),
            ("edoc", 20, BillingPeriod(date(2026, 11, 21), date(2026, 12, 1))),  # the unused ones
            ("gone", 19, None),  # it was off from the 10th to the 20th: not one stretch
            ("short", 3, BillingPeriod(date(2026, 11, 3), date(2026, 11, 6))),
        ]

    def test_unused_days_of_a_price_invoiced_for_another_part_are_told_by_the_period(self) -> None:
        already = (invoiced("addon", "edoc", EDOC, 3000, days=18),)
        (line,) = rate(company(addon("edoc", EDOC, "2026-11-03", "2026-11-20 08:00"), already=already), DECEMBER)
        assert (line.on_days, line.days) == (18, BillingPeriod(date(2026, 11, 3), date(2026, 11, 21)))
        already = (invoiced("addon", "edoc", EDOC, 4000, days=24),)
        (line,) = rate(company(addon("edoc", EDOC, "2026-11-03", "2026-11-20 08:00"), already=already), DECEMBER)
        assert (line.on_days, line.days, line.reason) == (18, None, Reason.DISABLED_MID_PERIOD)

    def test_disabling_gives_the_unused_days_back(self) -> None:
        lines = december(
            addon("edoc", EDOC, "2026-01-01", "2026-11-20 08:00"), already=(invoiced("addon", "edoc", EDOC, 4900),)
        )
        # the 20th counts: 4900 × 20 ÷ 30 = 3266.67, so 3267 - 4900
        assert lines == [("edoc", "Nov", -1633, "disabled_mid_period")]

    def test_a_day_ends_before_midnight(self) -> None:
        already = (invoiced("addon", "edoc", EDOC, 4900),)
        until_midnight = december(addon("edoc", EDOC, "2026-01-01", "2026-11-20 00:00"), already=already)
        assert until_midnight == [("edoc", "Nov", 3103 - 4900, "disabled_mid_period")]  # 19 days: 3103.3
        and_a_minute = december(addon("edoc", EDOC, "2026-01-01", "2026-11-20 00:01"), already=already)
        assert and_a_minute == [("edoc", "Nov", 3267 - 4900, "disabled_mid_period")]  # 20 days

    def test_disabled_and_enabled_again_pays_the_days_it_was_on(self) -> None:
        rows = addon("edoc", EDOC, "2026-01-01", "2026-11-10 08:00"), addon("edoc", EDOC, "2026-11-21 08:00")
        rated = rate(company(*rows, already=(invoiced("addon", "edoc", EDOC, 4900),)), DECEMBER)
        # the 1st to the 10th and the 21st to the 30th: 20 days, 3267
        assert (rated[1].on_days, rated[1].running_period_id) == (20, "edoc@2026-11-21 08:00")
        lines = shown(rated)
        assert lines == [("edoc", "Dec", 4900, "advance"), ("edoc", "Nov", -1633, "disabled_mid_period")]

    @pytest.mark.parametrize("times", [1, 2, 10, 200])
    def test_any_number_of_switches_in_one_day_costs_that_day(self, times: int) -> None:
        start = at("2026-11-12 08:00")
        rows = tuple(
            replace(
                addon("cc", CREDIT_CHECKS, "2026-11-12"),
                started_at=start + timedelta(minutes=2 * n),
                ended_at=start + timedelta(minutes=2 * n + 1),
            )
            for n in range(times)
        )
        assert december(*rows) == [("cc", "Nov", 63, "enabled_mid_period")]  # 1900 × 1 ÷ 30 = 63.3

    def test_off_before_it_was_on_for_a_moment_costs_nothing(self) -> None:
        assert december(addon("cc", CREDIT_CHECKS, "2026-11-12 08:00", "2026-11-12 08:00")) == []

    def test_enabled_on_the_first_day_after_the_invoice_was_issued(self) -> None:
        lines = december(addon("cc", CREDIT_CHECKS, "2026-11-01 15:00"))
        assert lines == [("cc", "Dec", 1900, "advance"), ("cc", "Nov", 1900, "enabled_mid_period")]

    def test_disabled_on_the_first_day_before_the_run_costs_that_day(self) -> None:
        lines = december(
            addon("edoc", EDOC, "2026-01-01", "2026-12-01 00:05"), already=(invoiced("addon", "edoc", EDOC, 4900),)
        )
        assert lines == [("edoc", "Dec", 158, "disabled_mid_period")]  # 4900 ÷ 31 = 158.06

    def test_the_day_is_the_companys_not_that_of_utc(self) -> None:
        # 23:30 in Chicago on the 11th is the 12th in UTC
        lines = december(addon("cc", CREDIT_CHECKS, "2026-11-11 23:30"))
        assert lines[1] == ("cc", "Nov", 1267, "enabled_mid_period")  # 1900 × 20 ÷ 30 = 1266.67

    def test_a_row_that_is_gone_gives_back_what_was_asked(self) -> None:
        (line,) = rate(company(already=(invoiced("addon", "edoc", EDOC, 4900),)), DECEMBER)
        assert (line.name, line.price_id, line.owed, line.already, line.amount) == (
            "Edoc",
            "price-edoc",
            usd(0),
            usd(4900),
            usd(-4900),
        )
        assert (line.on_days, line.reason) == (0, "corrected")


class TestPriceChanges:
    DEAR = FlatPrice("price-edoc-2", usd(5900))

    def test_each_price_has_its_line_and_its_days(self) -> None:
        lines = december(
            addon("edoc", EDOC, "2026-01-01", "2026-11-16"),
            addon("edoc", self.DEAR, "2026-11-16"),
            already=(invoiced("addon", "edoc", EDOC, 4900),),
        )
        assert lines == [
            ("edoc", "Dec", 5900, "advance"),
            ("edoc", "Nov", -2450, "price_changed"),  # 4900 × 15 ÷ 30 - 4900
            ("edoc", "Nov", 2950, "price_changed"),  # 5900 × 15 ÷ 30
        ]

    def test_the_day_of_the_change_counts_at_the_new_price_only(self) -> None:
        lines = rate(
            company(
                addon("edoc", EDOC, "2026-11-01", "2026-11-16 17:00"), addon("edoc", self.DEAR, "2026-11-16 17:00")
            ),
            DECEMBER,
        )
        assert [(x.price_id, x.on_days) for x in lines if x.period == NOVEMBER] == [
            ("price-edoc", 15),
            ("price-edoc-2", 15),
        ]

    def test_a_change_in_the_first_hours_gives_the_old_price_back(self) -> None:
        lines = december(
            addon("edoc", EDOC, "2026-01-01", "2026-11-01 09:00"),
            addon("edoc", self.DEAR, "2026-11-01 09:00"),
            already=(invoiced("addon", "edoc", EDOC, 4900),),
        )
        assert lines[1:] == [("edoc", "Nov", -4900, "price_changed"), ("edoc", "Nov", 5900, "price_changed")]

    def test_a_line_names_the_row_that_last_kept_a_day(self) -> None:
        lines = rate(
            company(
                addon("edoc", EDOC, "2026-11-01", "2026-11-06"),
                addon("edoc", EDOC, "2026-11-10 08:00", "2026-11-10 09:00"),
                addon("edoc", self.DEAR, "2026-11-10 10:00"),
            ),
            DECEMBER,
        )
        assert [(x.running_period_id, x.on_days) for x in lines if x.period == NOVEMBER] == [
            ("edoc@2026-11-01", 5),
            ("edoc@2026-11-10 10:00", 21),
        ]

    def test_a_price_of_nothing_that_is_gone_has_no_line(self) -> None:
        free = FlatPrice("price-free", usd(0))
        lines = december(
            addon("edoc", EDOC, "2026-11-01 09:00"),
            already=(invoiced("addon", "edoc", free, 0), invoiced("addon", "edoc", EDOC, 4900)),
        )
        assert lines == [("edoc", "Dec", 4900, "advance")]

    def test_the_shares_of_two_prices_are_rounded_together(self) -> None:
        # 1001 × 15 ÷ 30 twice = 500.5 + 500.5: the sum is 1001, not 1002
        a, b = FlatPrice("a", usd(1001)), FlatPrice("b", usd(1001))
        lines = december(addon("x", a, "2026-11-01", "2026-11-16"), addon("x", b, "2026-11-16"))
        assert [amount for _, month, amount, _ in lines if month == "Nov"] == [501, 500]

    def test_another_plan_is_a_change_of_price_and_no_day_counts_twice(self) -> None:
        pro = FlatPrice("price-pro", usd(9000))
        small = FlatPrice("price-small", usd(3000))
        lines = december(
            plan(small, until="2026-11-16 12:00", code="small"),
            plan(pro, since="2026-11-16 12:00", code="pro"),
            already=(invoiced("plan", "small", small, 3000),),
        )
        assert lines == [
            ("pro", "Dec", 9000, "advance"),
            ("small", "Nov", -1500, "price_changed"),  # 15 days
            ("pro", "Nov", 4500, "price_changed"),  # the 16th to the 30th
        ]


class TestSeats:
    def test_seats_that_came_are_trued_up_by_seat_days(self) -> None:
        lines = rate(
            company(plan(), counts=(seats(10), seats(14, "2026-11-21 10:00")), already=_november_plan(10)), DECEMBER
        )
        assert shown(lines) == [
            ("growth", "Dec", 26600, "advance"),
            ("growth", "Nov", 2533, "seats_changed"),  # 1900 × (10 × 20 + 14 × 10) ÷ 30 = 21533.3 - 19000
        ]
        assert (lines[1].seat_days, lines[1].quantity, lines[1].on_days) == (340, 14, 30)

    def test_seats_that_went_are_given_back(self) -> None:
        lines = december(plan(), counts=(seats(10), seats(4, "2026-11-16")), already=_november_plan(10))
        assert lines[1] == ("growth", "Nov", -5700, "seats_changed")  # 1900 × (150 + 60) ÷ 30 = 13300

    def test_a_days_seats_are_those_at_its_end(self) -> None:
        counts = (seats(10), seats(99, "2026-11-30 08:00"), seats(11, "2026-11-30 23:59"))
        lines = december(plan(), counts=counts, already=_november_plan(10))
        assert lines[1] == ("growth", "Nov", 63, "seats_changed")  # one seat for one day

    def test_a_host_that_counts_for_an_add_on_itself_is_believed_from_then_on(self) -> None:
        counts = (seats(10), seats(2, "2026-11-16", "cc"), seats(50, "2026-11-20"))
        lines = rate(company(addon("cc", PER_SEAT, "2026-11-01"), counts=counts), DECEMBER)
        assert [(x.quantity, x.seat_days) for x in lines] == [(2, 62), (2, 180)]  # 10 × 15 + 2 × 15
        assert lines[1].owed == usd(3000)  # 500 × 180 ÷ 30

    def test_an_add_ons_own_count_does_not_touch_the_plan(self) -> None:
        counts = (seats(10), seats(2, "2026-11-16", "growth"))
        assert december(plan(), counts=counts, already=_november_plan(10)) == [("growth", "Dec", 19000, "advance")]

    def test_before_the_first_count_there_are_no_seats(self) -> None:
        lines = rate(company(addon("cc", PER_SEAT, "2026-11-01"), counts=(seats(6, "2026-11-26"),)), DECEMBER)
        assert lines[1].seat_days == 6 * 5

    @pytest.mark.parametrize(
        ("minor", "number", "days", "owed"),
        [(1000, 7, 31, 7000), (1000, 7, 10, 2258), (333, 7, 10, 752), (1, 1, 15, 0), (1, 1, 16, 1)],
    )
    def test_shares_that_do_not_divide_are_rounded_once(self, minor: int, number: int, days: int, owed: int) -> None:
        # $10.00 × 7 × 10 ÷ 31 = 2258.06; $3.33 × 70 ÷ 31 = 751.9; 1 ¢ × 15 ÷ 31 = 0.48
        price = PerSeatPrice("p", usd(minor))
        start = f"2026-12-{32 - days:02d}"
        (line,) = rate(company(addon("x", price, start), counts=(seats(number),)), DECEMBER)
        assert line.owed_minor == owed


class TestWithoutProration:
    def test_one_day_costs_the_period(self) -> None:
        lines = december(addon("cc", WHOLE, "2026-11-30 12:00"))
        assert lines == [("cc", "Dec", 3000, "advance"), ("cc", "Nov", 3000, "enabled_mid_period")]

    def test_disabling_gives_nothing_back(self) -> None:
        assert (
            december(addon("cc", WHOLE, "2026-01-01", "2026-11-02"), already=(invoiced("addon", "cc", WHOLE, 3000),))
            == []
        )

    def test_a_period_that_it_is_not_on_costs_nothing(self) -> None:
        assert december(addon("cc", WHOLE, "2026-01-01", "2026-11-01")) == []

    def test_per_seat_it_is_the_most_seats_of_any_day(self) -> None:
        price = PerSeatPrice("p", usd(500), Proration.NONE)
        counts = (seats(3), seats(8, "2026-11-10"), seats(2, "2026-11-12"))
        lines = rate(company(addon("cc", price, "2026-11-01"), counts=counts), DECEMBER)
        assert [x.amount_minor for x in lines] == [1000, 4000]

    @pytest.mark.parametrize(("first", "second"), [(8, 3), (3, 8)])
    def test_the_most_seats_may_be_those_of_either_stretch(self, first: int, second: int) -> None:
        price = PerSeatPrice("p", usd(500), Proration.NONE)
        rows = addon("cc", price, "2026-11-01", "2026-11-05"), addon("cc", price, "2026-11-20", "2026-11-25")
        lines = rate(company(*rows, counts=(seats(first), seats(second, "2026-11-10"))), DECEMBER)
        assert [x.amount_minor for x in lines] == [4000]

    def test_with_a_prorated_price_beside_it_the_full_period_is_the_least(self) -> None:
        dear, cheap = FlatPrice("dear", usd(9000)), FlatPrice("cheap", usd(600))
        # 3000 × 15 ÷ 30 + 9000 × 15 ÷ 30 = 6000, more than the full 3000
        above = december(addon("x", WHOLE, "2026-11-01", "2026-11-16"), addon("x", dear, "2026-11-16"))
        assert [x for x in above if x[1] == "Nov"] == [
            ("x", "Nov", 1500, "price_changed"),
            ("x", "Nov", 4500, "price_changed"),
        ]
        # 1500 + 300 = 1800: the full 3000 is owed, and the unprorated price carries the difference
        below = december(addon("x", WHOLE, "2026-11-01", "2026-11-16"), addon("x", cheap, "2026-11-16"))
        assert [x for x in below if x[1] == "Nov"] == [
            ("x", "Nov", 2700, "price_changed"),
            ("x", "Nov", 300, "price_changed"),
        ]


class TestTakenBack:
    """What a void or a credit note took back: not billed again, and not given back again for unused days."""

    off = addon("edoc", EDOC, "2026-01-01", "2026-11-20 08:00")

    @pytest.mark.parametrize(
        ("waived", "given_back"),
        [
            (0, -1633),  # 4900 × 20 ÷ 30 - 4900
            (3000, -1633),  # 1900 are still held: more than the unused days
            (3267, -1633),
            (4000, -900),  # 900 are still held, and no more comes back
            (4900, None),  # a void invoice, or one credited in full
        ],
    )
    def test_unused_days_give_back_no_more_than_is_held(self, waived: int, given_back: int | None) -> None:
        already = replace(invoiced("addon", "edoc", EDOC, 4900), waived_minor=waived)
        lines = rate(company(self.off, already=(already,)), DECEMBER)
        assert shown(lines) == ([("edoc", "Nov", given_back, "disabled_mid_period")] if given_back else [])
        for line in lines:
            assert line.owed_minor == 3267
            assert line.amount_minor == line.owed_minor - line.already_minor

    def test_what_was_taken_back_is_not_billed_again(self) -> None:
        already = replace(invoiced("addon", "edoc", EDOC, 4900), waived_minor=4900)
        assert december(addon("edoc", EDOC, "2026-01-01"), already=(already,)) == [("edoc", "Dec", 4900, "advance")]

    def test_what_came_on_top_is_billed(self) -> None:
        already = replace(invoiced("plan", "growth", GROWTH, 19000), waived_minor=19000)
        lines = december(plan(), counts=(seats(10), seats(14, "2026-11-21")), already=(already,))
        assert lines[1] == ("growth", "Nov", 2533, "seats_changed")  # 1900 × (200 + 140) ÷ 30 - 19000

    def test_a_change_of_price_costs_the_difference(self) -> None:
        dearer = FlatPrice("price-edoc-2", usd(5900))
        rows = addon("edoc", EDOC, "2026-01-01", "2026-11-16"), addon("edoc", dearer, "2026-11-16")
        already = replace(invoiced("addon", "edoc", EDOC, 4900), waived_minor=4900)
        lines = december(*rows, already=(already,))
        assert lines[1:] == [("edoc", "Nov", -2450, "price_changed"), ("edoc", "Nov", 2950, "price_changed")]

    def test_two_prices_together_give_back_no_more_than_is_held(self) -> None:
        cheaper = FlatPrice("price-edoc-2", usd(900))
        rows = addon("edoc", EDOC, "2026-01-01", "2026-11-16"), addon("edoc", cheaper, "2026-11-16")
        already = replace(invoiced("addon", "edoc", EDOC, 4900), waived_minor=4000)
        lines = december(*rows, already=(already,))
        # -2450 and 450 come to -2000; 900 are held
        assert lines[1:] == [("edoc", "Nov", -1350, "price_changed"), ("edoc", "Nov", 450, "price_changed")]

    def test_only_the_period_that_was_taken_back_is_meant(self) -> None:
        october = BillingPeriod(date(2026, 10, 1), date(2026, 11, 1))
        gone = replace(invoiced("addon", "edoc", EDOC, 4900, 31, october), waived_minor=4900)
        lines = december(self.off, already=(gone, invoiced("addon", "edoc", EDOC, 4900)))
        assert lines == [("edoc", "Nov", -1633, "disabled_mid_period")]

    def test_a_row_that_is_gone_gives_back_what_is_held(self) -> None:
        already = replace(invoiced("addon", "edoc", EDOC, 4900), waived_minor=4000)
        assert december(already=(already,)) == [("edoc", "Nov", -900, "corrected")]


class TestMissedPeriods:
    def test_each_missed_period_has_an_invoice_of_its_own(self) -> None:
        """The run stood still from October on; on 5 December it issues three invoices, one after another."""
        october = BillingPeriod(date(2026, 10, 1), date(2026, 11, 1))
        facts = company(
            plan(since="2026-10-01"), addon("cc", CREDIT_CHECKS, "2026-11-12 09:00"), counts=(seats(2, "2026-10-01"),)
        )
        issued = facts
        shown_by_period = []
        for period in (october, NOVEMBER, DECEMBER):
            lines = rate(issued, period)
            shown_by_period.append(shown(lines))
            issued = with_invoiced(issued, lines)
        assert shown_by_period == [
            [("growth", "Oct", 3800, "advance")],
            [("growth", "Nov", 3800, "advance"), ("cc", "Nov", 1203, "enabled_mid_period")],
            [("growth", "Dec", 3800, "advance"), ("cc", "Dec", 1900, "advance")],
        ]

    def test_the_period_before_is_counted_from_the_anchor(self) -> None:
        facts = company(addon("cc", CREDIT_CHECKS, "2026-02-20 09:00"), anchor=date(2026, 1, 31))
        lines = rate(facts, BillingPeriod(date(2026, 2, 28), date(2026, 3, 31)))
        # February's period is 31 January to 28 February, 28 days; from the 20th on 8 of them
        assert [(x.period.start, x.period_days, x.amount_minor) for x in lines] == [
            (date(2026, 2, 28), 31, 1900),
            (date(2026, 1, 31), 28, 543),  # 1900 × 8 ÷ 28 = 542.9
        ]


class TestZones:
    def test_another_zone_within_a_period_makes_no_gap_and_no_second_charge(self) -> None:
        """B128: what ran all the time is owed in full, wherever its days begin."""
        facts = company(plan(), counts=(seats(14),), already=_november_plan(14))
        for zone in ("Asia/Tokyo", "Pacific/Kiritimati", "America/Adak"):
            assert shown(rate(replace(facts, zone=zone), DECEMBER)) == [("growth", "Dec", 26600, "advance")]

    def test_a_day_without_a_midnight_counts_as_one_day(self) -> None:
        facts = company(addon("cc", CREDIT_CHECKS, "2026-09-01"), zone="America/Santiago", anchor=date(2026, 8, 6))
        row = replace(facts.running[0], started_at=datetime(2026, 9, 5, 12, tzinfo=UTC))
        # 6 September 2026 starts at 01:00 in Santiago (04:00 UTC); the 5th and no more
        off_before = replace(row, ended_at=datetime(2026, 9, 6, 4, tzinfo=UTC))
        off_after = replace(row, ended_at=datetime(2026, 9, 6, 4, 1, tzinfo=UTC))
        period = BillingPeriod(date(2026, 9, 6), date(2026, 10, 6))
        assert shown(rate(replace(facts, running=(off_before,)), period)) == [("cc", "Aug", 61, "enabled_mid_period")]
        assert shown(rate(replace(facts, running=(off_after,)), period)) == [
            ("cc", "Sep", 63, "disabled_mid_period"),  # 1900 ÷ 30
            ("cc", "Aug", 61, "enabled_mid_period"),  # 1900 ÷ 31
        ]


class TestCurrencies:
    def test_a_price_in_another_currency_is_never_added(self) -> None:
        with pytest.raises(CurrencyMismatch, match="edoc costs EUR, not USD"):
            rate(company(addon("edoc", FlatPrice("p", Money(100, "EUR")), "2026-11-01")), DECEMBER)

    def test_an_earlier_line_in_another_currency_is_never_taken_off(self) -> None:
        line = replace(invoiced("addon", "edoc", EDOC, 4900), amount=Money(4900, "EUR"))
        with pytest.raises(CurrencyMismatch):
            rate(company(already=(line,)), DECEMBER)


def test_on_days_counts_what_is_known() -> None:
    facts = company(
        addon("cc", CREDIT_CHECKS, "2026-11-05 10:00", "2026-11-05 11:00"), addon("cc", EDOC, "2026-11-05 12:00")
    )
    assert on_days(facts, "addon", "cc", NOVEMBER) == 26
    assert on_days(facts, "addon", "edoc", NOVEMBER) == 0


def test_more_than_one_earlier_line_of_a_price_is_added_up() -> None:
    already = (invoiced("addon", "edoc", EDOC, 4900), invoiced("addon", "edoc", EDOC, -400, 28))
    assert december(addon("edoc", EDOC, "2026-01-01"), already=already)[1] == ("edoc", "Nov", 400, "enabled_mid_period")


def _november_plan(number: int) -> tuple[object, ...]:
    return (invoiced("plan", "growth", GROWTH, 1900 * number),)


def test_the_same_facts_give_the_same_lines() -> None:
    facts: BillableFacts = company(plan(), addon("cc", CREDIT_CHECKS, "2026-11-12"), counts=(seats(3),))
    assert rate(facts, DECEMBER) == rate(replace(facts), DECEMBER)
