"""A change that comes after the invoice which billed its day for good: it waited for a lock, or its clock is slow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.actions.subscriptions.enable_addon import Confirmation, enable_addon
from tenantry.actions.subscriptions.record_seats import record_seats
from tenantry.core.quote import Quote
from tenantry.core.refusal import Refusal
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import InvoiceLine
from tenantry.records.subscriptions.models import AddOnPeriod, SeatCount
from tests.actions.test_billing import billed
from tests.builders import Place, done, offer, open_place, set_up_addon, set_up_plan, subscribe
from tests.prepared import Prepared, prepared_by

NOV_1, DEC_1, JAN_1 = (datetime(year, month, 1, tzinfo=UTC) for year, month in ((2026, 11), (2026, 12), (2027, 1)))
TOO_LATE = DEC_1 - timedelta(seconds=1)
"""What the clock of whoever comes says, after the invoice of December: it has corrected November for the last time."""


def billed_twice() -> Place:
    """A company with two seats at $19.00, on the first of the month, billed for November and December."""
    place = open_place("acme", time_zone="UTC", now=NOV_1)
    set_up_plan(amount_minor=1900, shape="per_seat", now=NOV_1)
    set_up_addon("message-plus", now=NOV_1)
    offer(place, "message-plus", now=NOV_1)
    subscribe(place, now=NOV_1)
    counted(place, 2, NOV_1 + timedelta(seconds=1))
    billed([place], NOV_1 + timedelta(minutes=1))
    billed([place], DEC_1 + timedelta(seconds=2))
    return place


prepared = prepared_by(billed_twice)


@pytest.fixture
def acme(prepared: Prepared, database: str) -> Place:
    """Begin with it."""
    return prepared.value


def counted(place: Place, seats: int, now: datetime) -> None:
    done(record_seats(actor=place.clock, seats=seats, source="host", now=now))


def switched(place: Place, now: datetime, *, on: bool) -> Quote:
    verb, owner = (enable_addon if on else disable_addon), place.owner.actor
    asked = verb(actor=owner, addon_code="message-plus", confirmed=Confirmation(""), now=now)
    assert isinstance(asked, Refusal), asked
    quote = asked.facts["quote"]
    assert isinstance(quote, Quote)
    return done(verb(actor=owner, addon_code="message-plus", confirmed=Confirmation(quote.fingerprint), now=now))


def lines_of(place: Place, now: datetime) -> list[tuple[str, object, int, int]]:
    """Bill, and give the new invoice's lines: code, first day of the period, seat-days or on-days, amount."""
    billed([place], now)
    with tenancy.reading(place.id):
        rows = InvoiceLine.objects.order_by("-invoice__sequence", "position")
        newest = [row for row in rows if row.invoice_id == rows[0].invoice_id]
        return [(row.code, row.period_start, row.seat_days or row.on_days, row.amount_minor) for row in newest]


def test_seats_count_from_the_period_that_was_begun(acme: Place) -> None:
    counted(acme, 3, TOO_LATE)
    with tenancy.reading(acme.id):
        latest = SeatCount.objects.order_by("-counted_at")[0]
    assert (latest.seats, latest.counted_at) == (3, DEC_1)
    assert lines_of(acme, JAN_1) == [
        ("core", JAN_1.date(), 93, 5700),
        ("core", DEC_1.date(), 93, 1900),
    ]


def test_an_add_on_is_on_from_the_period_that_was_begun(acme: Place) -> None:
    quote = switched(acme, TOO_LATE, on=True)
    with tenancy.reading(acme.id):
        assert AddOnPeriod.objects.get().started_at == DEC_1
    lines = lines_of(acme, JAN_1)
    assert [line[:3] for line in lines if line[0] == "message-plus"] == [
        ("message-plus", JAN_1.date(), 31),
        ("message-plus", DEC_1.date(), 31),
    ]
    assert quote.this_period.minor == lines[-1][3]


def test_an_add_on_is_off_from_the_period_that_was_begun(acme: Place) -> None:
    switched(acme, DEC_1 + timedelta(hours=1), on=True)
    lines_of(acme, JAN_1 + timedelta(seconds=2))
    quote = switched(acme, JAN_1 - timedelta(seconds=1), on=False)
    with tenancy.reading(acme.id):
        assert AddOnPeriod.objects.get().ended_at == JAN_1
    given_back = [line for line in lines_of(acme, datetime(2027, 2, 1, tzinfo=UTC)) if line[0] == "message-plus"]
    assert given_back == [("message-plus", JAN_1.date(), 0, quote.this_period.minor)]
    assert quote.this_period.minor < 0
