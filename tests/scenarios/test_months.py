"""Months in the life of a company: what is issued, charged, declined and retried, to the cent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from tenantry.actions.payments.make_default import make_default
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.actions.subscriptions.enable_addon import Confirmation, enable_addon
from tenantry.core.payment_outcome import PaymentOutcome, PaymentResult
from tenantry.project.demo.story import Months
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import Invoice, InvoiceLine, Posting
from tenantry.records.payments.models import PaymentAttempt, PaymentIntent
from tests.builders import (
    ACH_FORM,
    BANK_ACCOUNT,
    MICRO_DEPOSITS_MINOR,
    Place,
    add_member,
    done,
    offer,
    open_place,
    put_on_file,
    set_up_addon,
    set_up_plan,
    subscribe,
)
from tests.scenarios.conftest import START

DECLINES = "4000000000000341"
RETURNS_R01 = "000222222227"


def at(month: int, day: int, hour: int = 17) -> datetime:
    """Give an instant of 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture
def acme(months: Months) -> Place:
    """Two seats (owner and nobody; the viewer is none) on $20.00 a seat, anchored on 1 January, a Visa on file."""
    place = open_place("acme", now=months.now)
    set_up_plan(amount_minor=2000, shape="per_seat", now=months.now)
    set_up_addon("extra", amount_minor=3100, now=months.now)
    offer(place, "extra", now=months.now)
    return place


def lines(place: Place, number: str) -> list[tuple[Any, ...]]:
    """List the lines of an invoice: code, first day, on-days, seats, cents."""
    with tenancy.reading(place.id):
        rows = InvoiceLine.objects.filter(invoice__number=number).order_by("position")
        return list(rows.values_list("code", "period_start", "on_days", "quantity", "amount_minor"))


def states(place: Place) -> dict[str, tuple[int, str]]:
    """Give total and state of each invoice."""
    with tenancy.reading(place.id):
        return {number: (total, state) for number, total, state in Invoice.objects.values_list(
            "number", "total_minor", "state")}  # fmt: skip


def attempts(place: Place) -> list[tuple[date, str]]:
    """List the days and outcomes of all attempts, in order."""
    with tenancy.reading(place.id):
        rows = PaymentAttempt.objects.order_by("opened_at", "number").values_list("opened_at", "outcome")
        return [(opened_at.date(), outcome) for opened_at, outcome in rows]


def balance(place: Place, account: str) -> int:
    """Sum an account."""
    with tenancy.reading(place.id):
        return sum(Posting.objects.filter(account=account).values_list("amount_minor", flat=True))


def confirm(verb: Any, place: Place, code: str, now: datetime) -> Any:
    """Read the quote, confirm it."""
    asked = verb(actor=place.owner.actor, addon_code=code, confirmed=Confirmation(""), now=now)
    confirmed = Confirmation(asked.facts["quote"].fingerprint)
    return done(verb(actor=place.owner.actor, addon_code=code, confirmed=confirmed, now=now))


def test_enabling_seats_and_disabling_over_four_months(months: Months, acme: Place) -> None:
    put_on_file(acme, months.control, now=months.now)
    subscribe(acme, now=months.now)
    months.go_to(at(1, 10))
    # 10 to 31 January are 22 of 31 days of $31.00: $22.00.
    assert confirm(enable_addon, acme, "extra", months.now).this_period.minor == 2200
    months.go_to(at(1, 17))
    add_member(acme.id, "third@acme.test", "Thea Third", now=months.now)
    months.go_to(at(2, 14))
    # Off on 14 February: on 14 of 28 days, so 14 days of $31.00 come back: -$15.50.
    assert confirm(disable_addon, acme, "extra", months.now).this_period.minor == -1550
    months.go_to(at(4, 2))
    assert lines(acme, "ACME-000001") == [("core", date(2026, 1, 1), 31, 2, 4000)]
    assert lines(acme, "ACME-000002") == [
        ("core", date(2026, 2, 1), 28, 3, 6000),
        ("extra", date(2026, 2, 1), 28, 1, 3100),
        # A third seat from 17 January: 2 × 31 + 15 = 77 seat-days of 31 at $20.00 = $49.68, less $40.00.
        ("core", date(2026, 1, 1), 31, 3, 968),
        ("extra", date(2026, 1, 1), 22, 1, 2200),
    ]
    assert lines(acme, "ACME-000003") == [
        ("core", date(2026, 3, 1), 31, 3, 6000),
        ("extra", date(2026, 2, 1), 14, 1, -1550),
    ]
    assert lines(acme, "ACME-000004") == [("core", date(2026, 4, 1), 30, 3, 6000)]
    # 60.00 + 31.00 + 9.68 + 22.00 = 122.68; 60.00 - 15.50 = 44.50.
    assert states(acme) == {
        "ACME-000001": (4000, "paid"),
        "ACME-000002": (12268, "paid"),
        "ACME-000003": (4450, "paid"),
        "ACME-000004": (6000, "paid"),
    }
    charges = months.control.charges(acme.id)
    assert [(c["invoice_number"], c["amount_minor"], c["outcome"]) for c in charges] == [
        ("ACME-000001", 4000, "succeeded"),
        ("ACME-000002", 12268, "succeeded"),
        ("ACME-000003", 4450, "succeeded"),
        ("ACME-000004", 6000, "succeeded"),
    ]
    assert balance(acme, "receivable") == 0
    assert balance(acme, "gateway_clearing") == 4000 + 12268 + 4450 + 6000


def test_a_declined_card_is_tried_2_5_and_9_days_later_then_left_until_someone_pays(
    months: Months, acme: Place
) -> None:
    put_on_file(acme, months.control, number=DECLINES, now=months.now)
    subscribe(acme, now=months.now)
    mail.outbox.clear()
    months.go_to(at(1, 25))
    assert attempts(acme) == [
        (date(2026, 1, 1), "declined"),
        (date(2026, 1, 3), "declined"),
        (date(2026, 1, 6), "declined"),
        (date(2026, 1, 10), "declined"),
    ]
    assert states(acme) == {"ACME-000001": (4000, "open")}
    assert balance(acme, "receivable") == 4000
    declined = [m for m in mail.outbox if "was declined" in m.subject]
    assert [("We try again on" in m.body) for m in declined] == [True, True, True, False]
    visa = put_on_file(acme, months.control, now=months.now)
    with tenancy.reading(acme.id):
        invoice_id = str(Invoice.objects.get().id)
    paid = pay_invoice(actor=acme.owner.actor, invoice_id=invoice_id, method_id=visa, request_key="once")
    assert isinstance(paid, PaymentOutcome)
    assert paid.result is PaymentResult.PAID
    again = pay_invoice(actor=acme.owner.actor, invoice_id=invoice_id, method_id=visa, request_key="once")
    assert again == paid
    charges = months.control.charges(acme.id)
    assert [c["outcome"] for c in charges].count("succeeded") == 1
    assert (states(acme)["ACME-000001"], balance(acme, "receivable")) == ((4000, "paid"), 0)


def test_a_bank_debit_is_pending_for_days_then_paid_without_any_webhook(months: Months, acme: Place) -> None:
    account = put_on_file(acme, months.control, form=ACH_FORM, number=BANK_ACCOUNT, now=months.now)
    months.go_to(START + timedelta(days=2))
    done(
        verify_bank_account(
            actor=acme.owner.actor, method_id=account, amounts_minor=MICRO_DEPOSITS_MINOR, now=months.now
        )
    )
    subscribe(acme, now=months.now)
    months.go_to(months.now + timedelta(hours=1))
    with tenancy.reading(acme.id):
        assert PaymentIntent.objects.get().state == "processing"
    assert states(acme) == {"ACME-000001": (4000, "open")}
    months.go_to(months.now + timedelta(days=7))
    assert states(acme) == {"ACME-000001": (4000, "paid")}
    assert [c["outcome"] for c in months.control.charges(acme.id)] == ["succeeded"]


def test_a_returned_debit_reopens_the_invoice_and_is_sent_again_twice_at_most(months: Months, acme: Place) -> None:
    account = put_on_file(acme, months.control, form=ACH_FORM, number=RETURNS_R01, now=months.now)
    months.go_to(START + timedelta(days=2))
    done(
        verify_bank_account(
            actor=acme.owner.actor, method_id=account, amounts_minor=MICRO_DEPOSITS_MINOR, now=months.now
        )
    )
    subscribe(acme, now=months.now)
    months.go_to(at(2, 2))
    with tenancy.reading(acme.id):
        returned = PaymentAttempt.objects.filter(outcome="returned").count()
    assert (returned, states(acme)) == (3, {"ACME-000001": (4000, "open")})
    assert balance(acme, "receivable") == 4000
    assert balance(acme, "gateway_clearing") == 0


def test_without_a_method_the_invoice_waits_and_nothing_is_charged(months: Months, acme: Place) -> None:
    subscribe(acme, now=months.now)
    months.go_to(at(2, 3))
    assert states(acme) == {"ACME-000001": (4000, "open"), "ACME-000002": (4000, "open")}
    assert months.control.charges(acme.id) == []
    method = put_on_file(acme, months.control, now=months.now)
    make_default(actor=acme.owner.actor, method_id=method, now=months.now)
    months.go_to(at(2, 20))
    assert months.control.charges(acme.id) == []
    months.go_to(at(3, 2))
    assert [c["invoice_number"] for c in months.control.charges(acme.id)] == ["ACME-000003"]
