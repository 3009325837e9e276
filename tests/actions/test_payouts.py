"""Payouts: each company's share clears its own account, once, whatever happens in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection

from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.read_payouts import PayoutsRead, read_payouts
from tenantry.actions.payments.refund_payment import RefundForm, refund_payment
from tenantry.core.payment_outcome import PaymentOutcome
from tenantry.core.refusal import Refusal
from tenantry.outside import clock
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.companies.models import Company
from tenantry.records.payments.models import PaymentIntent, Payout, PayoutLine, PayoutShare, Review
from tests.actions.test_billing import balances
from tests.builders import CLOCK, NOW, Place, done, put_on_file
from tests.faces.billing import billed_place, first_invoice
from tests.gateway.caller import Caller
from tests.gateway.process import running_gateway
from tests.racing import at_once
from tests.untouched import Unchanged

PAID_OUT = NOW + timedelta(days=5)


@pytest.fixture
def processor(tmp_path: Path, settings: Any) -> Iterator[Any]:
    """Run a processor whose clock the test moves, from Nov 12, 2026 on; `caller` speaks to it past our product."""
    with running_gateway(tmp_path / "gateway") as process:
        settings.TENANTRY_GATEWAY_URL, settings.TENANTRY_GATEWAY_KEY = process.url, process.key
        control = SandboxControl(process.url)
        control.freeze_clock(NOW)
        control.caller = Caller(process)  # type: ignore[attr-defined]
        yield control
        control.caller.close()  # type: ignore[attr-defined]
        control.close()


def paying_place(processor: Any, slug: str, amount_minor: int) -> Place:
    """Open a company that has paid its invoice by card."""
    with clock.pinned(NOW):
        place = billed_place(slug, amount_minor=amount_minor)
        method = put_on_file(place, processor)
        invoice_id = first_invoice(place)
        paid = pay_invoice(actor=place.owner.actor, invoice_id=invoice_id, method_id=method, request_key="k")
    assert isinstance(paid, PaymentOutcome)
    return place


def send_back(place: Place, minor: int) -> None:
    with clock.pinned(NOW):
        form = CreditNoteForm("Because", minor)
        done(issue_credit_note(actor=place.vendor, invoice_id=first_invoice(place), form=form, now=NOW))
        done(refund_payment(actor=place.vendor, invoice_id=first_invoice(place), form=RefundForm("Because")))


def read(at: datetime = PAID_OUT) -> PayoutsRead:
    with clock.pinned(at):
        return done(read_payouts(actor=CLOCK, now=at))


def shares(place: Place) -> list[int]:
    with tenancy.reading(place.id):
        return list(PayoutShare.objects.order_by("booked_at").values_list("amount_minor", flat=True))


def test_clearing_comes_to_zero_and_the_bank_has_it(database: str, processor: Any) -> None:
    acme, brink = paying_place(processor, "acme", 41250), paying_place(processor, "brink", 20000)
    send_back(acme, 1250)
    # What was sent back counts at once and is drawn the same day; charges are paid out two business days later.
    assert read(NOW) == PayoutsRead(was_answered=True, payouts=1, strange=0)
    processor.move_clock(PAID_OUT)
    assert read() == PayoutsRead(was_answered=True, payouts=2, strange=0)
    assert (sorted(shares(acme)), shares(brink)) == ([-1250, 41250], [20000])
    for place, bank in ((acme, 40000), (brink, 20000)):
        assert (balances(place)["gateway_clearing"], balances(place)["bank"]) == (0, bank)
    with tenancy.vendor_reading():
        assert sum(Payout.objects.values_list("amount_minor", flat=True)) == 60000
        assert set(Payout.objects.values_list("is_shared_out", flat=True)) == {True}
    with tenancy.reading(acme.id):
        kinds = PayoutLine.objects.order_by("occurred_at", "kind").values_list("kind", "amount_minor")
        assert sorted(kinds) == [("charge", 41250), ("refund", -1250)]
        assert set(PayoutLine.objects.values_list("intent_id", flat=True)) == {PaymentIntent.objects.get().id}
        assert AuditEntry.objects.filter(action="read_payouts").count() == 2


def test_read_again_nothing_changes(database: str, processor: Any, unchanged: Unchanged) -> None:
    acme = paying_place(processor, "acme", 41250)
    processor.move_clock(PAID_OUT)
    read()
    with unchanged():
        assert read(PAID_OUT + timedelta(hours=1)).payouts == 1
    assert balances(acme)["bank"] == 41250


def test_two_readings_at_once_book_once(database: str, processor: Any) -> None:
    acme = paying_place(processor, "acme", 41250)
    processor.move_clock(PAID_OUT)
    at_once(read, read)
    assert (shares(acme), balances(acme)["bank"]) == ([41250], 41250)


def test_one_that_was_left_half_way_is_gone_on_with(database: str, processor: Any) -> None:
    places = [paying_place(processor, slug, 10000) for slug in ("acme", "brink")]
    first, second = sorted(places, key=lambda one: one.id)
    processor.move_clock(PAID_OUT)

    def read_without_patience() -> None:
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '200ms'")
        read()

    def hold_and_read() -> None:
        with tenancy.phase(second.id):
            Company.objects.select_for_update().get(id=second.id)
            with pytest.raises(tenancy.Busy):
                at_once(read_without_patience)

    hold_and_read()
    assert (shares(first), shares(second)) == ([10000], [])
    with tenancy.vendor_reading():
        assert Payout.objects.get().is_shared_out is False
    read()
    assert (shares(first), shares(second)) == ([10000], [10000])
    with tenancy.vendor_reading():
        assert Payout.objects.get().is_shared_out is True


def test_money_of_nobody_known_is_kept_apart(database: str, processor: Any) -> None:
    acme = paying_place(processor, "acme", 41250)
    charge(processor.caller, processor.caller.customer("Stranger", "stranger"), 7700)
    processor.move_clock(PAID_OUT)
    assert read().strange == 1
    assert balances(acme)["bank"] == 41250
    with tenancy.vendor_reading():
        row = Payout.objects.get()
        assert (row.amount_minor, row.is_shared_out) == (48950, True)
        assert [(one["kind"], one["amount_minor"]) for one in row.strange_lines] == [("charge", 7700)]


def test_a_customer_who_becomes_known_gets_the_share(database: str, processor: Any) -> None:
    acme = paying_place(processor, "acme", 41250)
    with tenancy.phase(acme.id):
        customer = Company.objects.get().gateway_customer
        Company.objects.update(gateway_customer="")
    processor.move_clock(PAID_OUT)
    assert (read().strange, shares(acme)) == (1, [])
    with tenancy.phase(acme.id):
        Company.objects.update(gateway_customer=customer)
    assert (read().strange, shares(acme)) == (0, [41250])


def test_so_it_does_however_much_later(database: str, processor: Any) -> None:
    """A payout of somebody else came a month later meanwhile: the strange one is read again all the same."""
    acme = paying_place(processor, "acme", 41250)
    with tenancy.phase(acme.id):
        customer = Company.objects.get().gateway_customer
        Company.objects.update(gateway_customer="")
    processor.move_clock(PAID_OUT)
    assert (read().strange, shares(acme)) == (1, [])
    much_later = PAID_OUT + timedelta(days=30)
    processor.move_clock(much_later - timedelta(days=7))
    charge(processor.caller, processor.caller.customer("Stranger", "stranger"), 7700)
    processor.move_clock(much_later)
    assert read(much_later) == PayoutsRead(was_answered=True, payouts=2, strange=2)
    with tenancy.phase(acme.id):
        Company.objects.update(gateway_customer=customer)
    assert (read(much_later).strange, shares(acme)) == (1, [41250])
    assert balances(acme)["gateway_clearing"] == 0


def test_a_payment_that_we_dont_have_is_reviewed(database: str, processor: Any) -> None:
    acme = paying_place(processor, "acme", 41250)
    with tenancy.reading(acme.id):
        customer = Company.objects.get().gateway_customer
    intent = charge(processor.caller, customer, 7700)
    processor.move_clock(PAID_OUT)
    read()
    assert shares(acme) == [48950]
    with tenancy.reading(acme.id):
        review = Review.objects.get()
        assert (review.reason, review.intent_id) == ("payout_of_unknown_payment", None)
        assert review.facts["lines"] == [{"intent": intent, "kind": "charge", "amount_minor": 7700}]
        assert PayoutLine.objects.get(intent=None).gateway_intent_id == intent


def test_without_an_answer_nothing_is_learned(database: str, settings: Any, unchanged: Unchanged) -> None:
    settings.TENANTRY_GATEWAY_URL = "http://127.0.0.1:9"
    with unchanged():
        assert read() == PayoutsRead(was_answered=False)


def test_only_the_clock_and_the_vendor_may(database: str, unchanged: Unchanged) -> None:
    place = billed_place()
    with unchanged():
        answer = read_payouts(actor=place.owner.actor, now=NOW)
        assert isinstance(answer, Refusal)
        assert answer.code == "not_allowed"


def test_what_was_booked_stays_as_written(database: str, processor: Any) -> None:
    acme = paying_place(processor, "acme", 41250)
    processor.move_clock(PAID_OUT)
    read()
    for model in (PayoutShare, PayoutLine):
        with pytest.raises(DatabaseError, match="permission denied"), tenancy.phase(acme.id):
            model.objects.update(amount_minor=1)
    with pytest.raises(DatabaseError, match="permission denied"), tenancy.vendor_phase():
        Payout.objects.update(amount_minor=1)


def charge(caller: Caller, customer: str, amount_minor: int) -> str:
    """Take money past our product; give the intent."""
    card = caller.card(customer)
    intent = caller.intent(customer, amount_minor=amount_minor).json()["id"]
    answer = caller.post(f"/v1/intents/{intent}/confirm", {"method": card, "off_session": True})
    assert answer.json()["state"] == "succeeded"
    return str(intent)
