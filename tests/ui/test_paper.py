"""How a line's amount came about, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tenantry.core.billable import Reason
from tenantry.core.invoice_lines import LineFacts
from tenantry.core.money import Money
from tenantry.ui.paper import address_lines, line_explanation, line_name, what_becomes_of_credit


def line(quantity: int, unit: int, owed: int, *, on_days: int = 30, seat_days: int = 0, already: int = 0) -> LineFacts:
    """Make a line of November, of flat price unless it has seat-days."""
    start, end, already_owed = date(2026, 11, 1), date(2026, 12, 1), Money(already, "USD")
    return LineFacts(
        name="Credit Checks", subject_kind="addon", reason=Reason.ENABLED_MID_PERIOD.value,
        period_start=start, period_end=end, days_start=start, days_end=end, quantity=quantity,
        is_per_seat=seat_days > 0, unit_amount=Money(unit, "USD"), on_days=on_days, period_days=30,
        seat_days=seat_days, owed=Money(owed, "USD"), already=already_owed, amount=Money(owed - already, "USD"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (line(1, 3000, 3000), "$30.00 / month"),
        (line(1, 3000, 1900, on_days=19), "$30.00 / month × 19 of 30 days"),
        (
            line(1, 3000, 1900, on_days=19, already=3000),
            "$30.00 / month × 19 of 30 days = $19.00, less $30.00 invoiced before",
        ),
        (line(14, 500, 7000, seat_days=420), "14 seats × $5.00"),
        (line(14, 500, 4433, on_days=19, seat_days=14 * 19), "14 seats × $5.00 × 19 of 30 days"),
        (line(3, 500, 1250, seat_days=75), "75 seat-days of 30 × $5.00"),
        # A price without proration asks for all of it, whichever days they were.
        (line(1, 3000, 3000, on_days=19), "$30.00 / month"),
        # A longer period than a month has no price of a month.
        (replace(line(1, 36000, 36000), period_days=365, on_days=365), "$360.00"),
        (line(14, 500, 7000, on_days=19, seat_days=14 * 19), "14 seats × $5.00"),
        (line(3, 500, 1500, seat_days=75), "3 seats × $5.00"),
    ],
)
def test_an_explanation_multiplies_to_what_is_owed(made: LineFacts, words: str) -> None:
    assert line_explanation(made) == words


def test_days_that_come_back_are_told_from_days_that_are_asked_for() -> None:
    given_back = replace(line(1, 3000, 1900, on_days=19, already=3000), reason=Reason.DISABLED_MID_PERIOD.value)
    assert line_name(given_back) == "Credit Checks: unused days"
    # The invoice comes only after it was switched off: these days were on, and are asked for now.
    asked = replace(line(1, 3000, 1900, on_days=19), reason=Reason.DISABLED_MID_PERIOD.value)
    assert line_name(asked) == "Credit Checks"


def test_what_is_kept_is_yours_to_the_company_and_the_company_s_to_the_vendor() -> None:
    off, kept, nothing = Money(1000, "USD"), Money(2000, "USD"), Money(0, "USD")
    assert what_becomes_of_credit(nothing, kept) == "$20.00 kept as your credit."
    assert what_becomes_of_credit(nothing, kept, to_vendor=True) == "$20.00 kept as the company's credit."
    assert what_becomes_of_credit(off, kept, to_vendor=True) == (
        "$10.00 taken off what was due on this invoice, $20.00 kept as the company's credit."
    )


def test_an_address_ends_with_the_countrys_name() -> None:
    facts = {"address_line_1": "12 Main St", "city": "Lehi", "region": "UT", "postal_code": "84043", "country": "US"}
    assert address_lines(facts) == ("12 Main St", "Lehi, UT 84043", "United States")
    assert address_lines({"city": "Basel", "country": "CH"}, "de_DE") == ("Basel", "Schweiz")
    assert address_lines({}) == ()
    assert address_lines({"country": "ZZ9"}) == ("ZZ9",)
