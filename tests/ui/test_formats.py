"""Money, dates and periods as words."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tenantry.core.money import Money
from tenantry.ui import formats


@pytest.mark.parametrize(
    ("amount", "locale", "words"),
    [
        (Money(41250, "USD"), "en_US", "$412.50"),
        (Money(-420, "USD"), "en_US", "-$4.20"),
        (Money(0, "USD"), "en_US", "$0.00"),
        (Money(1200, "JPY"), "en_US", "¥1,200"),
        (Money(123456789, "USD"), "en_US", "$1,234,567.89"),
        (Money(123456, "USD"), "es", "1.234,56\N{NO-BREAK SPACE}US$"),
    ],
)
def test_money_is_said_to_the_cent_with_its_currency(amount: Money, locale: str, words: str) -> None:
    assert formats.money(amount, locale) == words


def test_prices_and_seats() -> None:
    assert formats.per_month(Money(4900, "USD")) == "$49.00 / month"
    assert formats.per_seat_per_month(Money(500, "USD")) == "$5.00 / seat / month"
    assert formats.seats(1) == "1 seat"
    assert formats.seats_total(14, Money(7000, "USD")) == "14 seats = $70.00 / month"
    assert formats.days_share(19, 30) == "19 of 30 days"
    assert formats.days_share(1, 1) == "1 of 1 day"


@pytest.mark.parametrize(("basis_points", "words"), [(0, "0%"), (700, "7%"), (725, "7.25%"), (10000, "100%")])
def test_rates(basis_points: int, words: str) -> None:
    assert formats.percent(basis_points) == words


def test_dates() -> None:
    assert formats.day(date(2026, 11, 22)) == '<time datetime="2026-11-22">Nov 22, 2026</time>'
    assert formats.short_day_text(date(2026, 11, 3)) == "Nov 3"
    assert formats.month_text(date(2026, 11, 3)) == "Nov 2026"
    assert formats.day_text(date(2026, 11, 3), "es") == "3 nov 2026"


def test_a_half_open_period_is_said_by_its_first_and_last_day() -> None:
    assert formats.period_text(date(2026, 11, 12), date(2026, 12, 1)) == "Nov 12 – 30, 2026"
    assert formats.period_text(date(2026, 12, 12), date(2027, 1, 12)) == "Dec 12, 2026 – Jan 11, 2027"
    assert formats.period_text(date(2026, 11, 30), date(2026, 12, 1)) == "Nov 30, 2026"


def test_an_instant_is_shown_in_the_zone_of_the_company_with_the_exact_one_on_hover() -> None:
    at = datetime(2026, 11, 4, 3, 0, tzinfo=UTC)
    assert formats.instant(at, "America/Denver") == (
        '<time datetime="2026-11-04T03:00:00+00:00" title="November 3, 2026, 8:00:00\N{NARROW NO-BREAK SPACE}PM MST">'
        "Nov 3, 2026</time>"
    )
    assert formats.instant_text(at, "UTC") == "Nov 4, 2026"
    assert formats.moment_text(at, "America/Denver") == "Nov 3, 2026, 8:00\N{NO-BREAK SPACE}PM"


def test_methods() -> None:
    assert formats.method_name("Visa", "4242") == "Visa •••• 4242"
    assert formats.expiry(8, 2028) == "08/2028"
