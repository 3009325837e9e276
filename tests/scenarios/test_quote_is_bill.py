"""What the confirmation promised is what the next invoice says, over the real engine and months (O4, O5, D1)."""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.actions.subscriptions.start_subscription import start_subscription
from tenantry.core.periods import day_start_instant
from tenantry.core.quote import Quote
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import Invoice, InvoiceLine
from tenantry.records.subscriptions.queries import next_issue_of
from tests.actions.test_add_ons import count_seats, disable, enable, new_price, quoted
from tests.actions.test_billing import billed
from tests.builders import Place, done, offer, open_place, set_up_addon, set_up_plan, sign_in

OPENED = datetime(2026, 10, 31, 6, tzinfo=UTC)
NOV_12 = datetime(2026, 11, 12, 18, tzinfo=UTC)
UTAH = {"country": "US", "region": "UT", "name": "Utah sales tax", "basis_points": 725}


@pytest.fixture(autouse=True)
def catalog(database: str) -> None:
    """A plan of $299.00, a flat add-on of $19.00 and one of $5.00 a seat."""
    set_up_plan(amount_minor=29900, now=OPENED)
    set_up_addon("credit-checks", amount_minor=1900, now=OPENED)
    set_up_addon("invoice-plus", name="Invoice+", amount_minor=500, shape="per_seat", now=OPENED)


def opened(slug: str = "acme", *, zone: str = "America/Denver", first_day: date = date(2026, 11, 1)) -> Place:
    """Open a company whose periods begin on a day of its zone, and issue its first invoice."""
    place = open_place(slug, time_zone=zone, now=OPENED)
    done(start_subscription(actor=place.vendor, plan_code="core", first_day=first_day, now=OPENED))
    for code in ("credit-checks", "invoice-plus"):
        offer(place, code, now=OPENED)
    billed([place], day_start_instant(first_day, zone))
    return place


def next_bill(place: Place) -> tuple[int, list[tuple[str, date, int]]]:
    """Run the billing at the instant at which it is due; give the total and the lines of the add-ons."""
    with tenancy.reading(place.id):
        due = next_issue_of(place.id)
    assert due is not None
    assert billed([place], due).issued == 1
    with tenancy.reading(place.id):
        invoice = Invoice.objects.latest("sequence")
        assert invoice.issued_at == due
        rows = InvoiceLine.objects.filter(invoice_id=invoice.id, subject_kind="addon").order_by("period_start", "code")
        return invoice.total_minor, list(rows.values_list("code", "period_start", "amount_minor"))


def promised(quote: Quote) -> list[tuple[str, date, int]]:
    """Give the lines that a quote of Enable binds: the rest of this period, and the next one in full."""
    return [
        (quote.addon_code, quote.period.start, quote.this_period.minor),
        (quote.addon_code, quote.period.end, quote.recurring.minor),
    ]


def test_several_add_ons_seats_and_tax_over_two_months(settings: Any) -> None:
    settings.TENANTRY_TAX = {"kind": "fixed", "rates": [UTAH]}
    place = opened()
    count_seats(place, 14, now=NOV_12)
    first = done(enable(place, "credit-checks", now=NOV_12))
    second = done(enable(place, "invoice-plus", now=NOV_12))
    # 19.00 × 19 ÷ 30 = 12.03; 14 × 5.00 = 70.00; 70.00 × 19 ÷ 30 = 44.33
    assert promised(first) == [("credit-checks", date(2026, 11, 1), 1203), ("credit-checks", date(2026, 12, 1), 1900)]
    assert promised(second) == [("invoice-plus", date(2026, 11, 1), 4433), ("invoice-plus", date(2026, 12, 1), 7000)]
    # 299.00 + 12.03 + 19.00 + 44.33 + 70.00 = 444.36; 7.25 % = 32.22
    assert second.invoice_total_about.minor == 44436 + 3222
    total, lines = next_bill(place)
    assert total == 47658
    assert sorted(lines) == sorted(promised(first) + promised(second))

    dec_10 = datetime(2026, 12, 10, 18, tzinfo=UTC)
    off = done(disable(place, "credit-checks", now=dec_10))
    # Ten days are used: 19.00 × 10 ÷ 31 = 6.13, so 12.87 come back.
    assert (off.this_period.minor, off.given_back.minor, off.on_days) == (-1287, 1287, 21)
    # 299.00 + 70.00 - 12.87 = 356.13; 7.25 % = 25.82
    assert off.invoice_total_about.minor == 35613 + 2582
    total, lines = next_bill(place)
    assert total == 38195
    assert lines == [("credit-checks", date(2026, 12, 1), -1287), ("invoice-plus", date(2027, 1, 1), 7000)]


@pytest.mark.parametrize(
    ("zone", "days", "this_period"),
    [
        ("America/Los_Angeles", 19, 1203),  # the 12th, 10:00: 19.00 × 19 ÷ 30
        ("Asia/Kolkata", 19, 1203),  # the 12th, 23:30
        ("Pacific/Auckland", 18, 1140),  # the 13th, 07:00: 19.00 × 18 ÷ 30
        ("Pacific/Kiritimati", 18, 1140),  # the 13th, 08:00
    ],
)
def test_the_days_are_those_of_the_company_s_zone(zone: str, days: int, this_period: int) -> None:
    place = opened(zone=zone)
    quote = done(enable(place, "credit-checks", now=NOV_12))
    assert (quote.on_days, quote.this_period.minor) == (days, this_period)
    total, lines = next_bill(place)
    assert (total, lines) == (29900 + this_period + 1900, promised(quote))


def test_a_company_of_the_31st_through_february() -> None:
    place = opened(first_day=date(2027, 1, 31))
    quote = done(enable(place, "credit-checks", now=datetime(2027, 2, 10, 18, tzinfo=UTC)))
    # January 31 to February 27 are 28 days, 18 are left: 19.00 × 18 ÷ 28 = 12.21
    assert promised(quote) == [("credit-checks", date(2027, 1, 31), 1221), ("credit-checks", date(2027, 2, 28), 1900)]
    assert next_bill(place) == (29900 + 1221 + 1900, promised(quote))
    off = done(disable(place, "credit-checks", now=datetime(2027, 3, 10, 18, tzinfo=UTC)))
    # February 28 to March 30 are 31 days, 11 are used: 19.00 - 19.00 × 11 ÷ 31 = 19.00 - 6.74
    assert off.this_period.minor == -1226
    assert next_bill(place) == (29900 - 1226, [("credit-checks", date(2027, 2, 28), -1226)])


def test_however_often_it_is_switched_the_days_are_billed_once() -> None:
    place = opened()
    quotes = []
    for verb, day, hour in ((enable, 3, 15), (disable, 5, 15), (enable, 5, 20), (disable, 9, 15), (enable, 29, 15)):
        quotes.append(done(verb(place, "credit-checks", now=datetime(2026, 11, day, hour, tzinfo=UTC))))
    # 28 days 17.73, then 3 days, then 27 of 28 less what was counted, …: the 3rd to the 9th and two more, 9 days
    assert sum(quote.this_period.minor for quote in quotes) == 570  # 19.00 × 9 ÷ 30
    assert next_bill(place) == (
        29900 + 570 + 1900,
        [("credit-checks", date(2026, 11, 1), 570), ("credit-checks", date(2026, 12, 1), 1900)],
    )


def test_seats_that_change_after_the_confirmation_are_trued_up() -> None:
    place = opened()
    count_seats(place, 14, now=NOV_12)
    quote = done(enable(place, "invoice-plus", now=NOV_12))
    assert (quote.this_period.minor, quote.recurring.minor) == (4433, 7000)
    count_seats(place, 16, now=datetime(2026, 11, 20, 18, tzinfo=UTC))
    total, lines = next_bill(place)
    # The 12th to the 19th with 14, the 20th to the 30th with 16: 8 × 14 + 11 × 16 = 288 seat-days; 5.00 × 288 ÷ 30
    assert lines == [("invoice-plus", date(2026, 11, 1), 4800), ("invoice-plus", date(2026, 12, 1), 8000)]
    assert total == 29900 + 4800 + 8000


def test_the_price_that_was_confirmed_holds_when_the_vendor_changes_it() -> None:
    place = opened()
    quote = done(enable(place, "credit-checks", now=NOV_12))
    new_price("credit-checks", 9900, now=NOV_12)
    assert next_bill(place) == (29900 + 1203 + 1900, promised(quote))
    assert next_bill(place) == (29900 + 1900, [("credit-checks", date(2027, 1, 1), 1900)])


def test_disabling_before_anything_was_invoiced_charges_the_days_until_then() -> None:
    place = opened()
    done(enable(place, "credit-checks", now=NOV_12))
    off = done(disable(place, "credit-checks", now=NOV_12 + timedelta(days=8)))
    # The 12th to the 20th: 19.00 × 9 ÷ 30 = 5.70
    assert (off.asked_this_period.minor, off.given_back.minor) == (570, 0)
    assert off.invoice_total_about.minor == 29900 + 570
    assert next_bill(place) == (30470, [("credit-checks", date(2026, 11, 1), 570)])


def test_a_run_that_is_late_bills_what_was_promised() -> None:
    place = opened()
    dec_3 = datetime(2026, 12, 3, 18, tzinfo=UTC)
    quote = done(enable(place, "credit-checks", now=dec_3))
    # December was not invoiced yet: its own invoice carries the 3rd to the 31st, 19.00 × 29 ÷ 31 = 17.77
    assert (quote.this_period.minor, quote.invoice_date) == (1777, date(2026, 12, 3))
    billed([place], dec_3 + timedelta(hours=1))
    with tenancy.reading(place.id):
        line = InvoiceLine.objects.get(code="credit-checks")
        assert (line.period_start, line.amount_minor) == (date(2026, 12, 1), 1777)
        assert Invoice.objects.latest("sequence").total_minor == quote.invoice_total_about.minor == 29900 + 1777
    assert next_bill(place) == (29900 + 1900, [("credit-checks", date(2027, 1, 1), 1900)])


def test_the_words_on_the_page_are_the_sums_on_the_invoice() -> None:
    place = opened()
    with clock.pinned(NOV_12):
        browser = sign_in(place.owner)
        address = place.url("add-ons/credit-checks/enable")
        page = browser.get(address).content.decode()
        words = unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))
        # 299.00 + 12.03 + 19.00 = 330.03
        assert "$12.03 (19 of 30 days)" in words
        assert "Next invoice Dec 1, 2026 about $330.03" in words
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        assert browser.post(address, form).status_code == 303
    total, lines = next_bill(place)
    assert (total, [amount for _, _, amount in lines]) == (33003, [1203, 1900])


def test_any_company_any_day_any_price(settings: Any) -> None:
    """Eight companies that differ in everything; nothing changes between the quote and the bill."""
    settings.TENANTRY_TAX = {"kind": "fixed", "rates": [UTAH]}
    chance = random.Random(20)  # the same eight each time
    for number in range(8):
        code = f"any-{number}"
        shape = chance.choice(["flat", "per_seat"])
        set_up_addon(code, amount_minor=chance.randrange(0, 99999), shape=shape, now=OPENED)
        first_day = date(2026, 11, 1) + timedelta(days=chance.randrange(120))
        zone = chance.choice(["America/Denver", "Asia/Kolkata", "Pacific/Auckland", "Asia/Beirut", "America/Santiago"])
        place = opened(f"any-{number}", zone=zone, first_day=first_day)
        offer(place, code, now=OPENED)
        at = day_start_instant(first_day, zone) + timedelta(minutes=chance.randrange(1, 27 * 24 * 60))
        count_seats(place, chance.randrange(0, 60), now=at)
        quote = done(enable(place, code, now=at))
        total, lines = next_bill(place)
        assert lines == [line for line in promised(quote) if line[2] or line[1] == quote.period.end]
        assert total == quote.invoice_total_about.minor
        later = day_start_instant(quote.period.end, zone) + timedelta(minutes=chance.randrange(1, 27 * 24 * 60))
        off = quoted(place, code, verb=disable_addon, now=later)
        done(disable(place, code, now=later))
        total, lines = next_bill(place)
        assert lines == ([(code, off.period.start, off.this_period.minor)] if off.this_period.minor else [])
        assert total == off.invoice_total_about.minor
