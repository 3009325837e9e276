"""Payments that take days: what the portal says, and what the processor really took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.test import Client

from tenantry.actions.payments.resolve_payment import resolve_payment
from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.outside import clock
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.models import PaymentIntent
from tests.builders import ACH_FORM, MICRO_DEPOSITS_MINOR, NOW, Place, done, finish_setup, put_on_file, sign_in
from tests.faces.billing import (
    billed_place,
    collect,
    first_invoice,
    intents,
    pay_form,
    pay_url,
    state_of,
    taken,
)
from tests.faces.pages import text_of

DECLINED = "4000000000000341"
ASKS = "4000002500003155"
RETURNS_R01 = "000222222227"


def ask(place: Place, now: datetime) -> None:
    """Ask the processor about every payment whose question is due, as the sweep does."""
    with tenancy.reading(place.id):
        due = PaymentIntent.objects.filter(next_ask_at__lte=now)
        ids = [str(id_) for id_ in due.order_by("opened_at").values_list("id", flat=True)]
    for intent_id in ids:
        with clock.pinned(now):
            resolve_payment(actor=place.clock, intent_id=intent_id)


def seen(browser: Client, place: Place, path: str, now: datetime) -> str:
    """Read a page at an instant."""
    with clock.pinned(now):
        return text_of(browser.get(place.url(path)))


def pay(browser: Client, place: Place, invoice_id: str, now: datetime, method_id: str = "") -> int:
    """Pay in the portal at an instant; give the answer's status."""
    with clock.pinned(now):
        form = pay_form(browser, place, invoice_id)
        return browser.post(pay_url(place, invoice_id), {**form, "method": method_id or form["method"]}).status_code


def test_a_declined_charge_is_tried_again_until_somebody_pays(database: str, processor: SandboxControl) -> None:
    with clock.pinned(NOW):
        place = billed_place()
        put_on_file(place, processor, number=DECLINED)
        good = put_on_file(place, processor)
    browser, invoice_id = sign_in(place.owner), first_invoice(place)
    collect(place, invoice_id, NOW)
    row = "Failed Card declined on Nov 12, 2026; we try again on Nov 14, 2026"
    assert row in seen(browser, place, "invoices", NOW)
    second = NOW + timedelta(days=2)
    processor.move_clock(second)
    collect(place, invoice_id, second)
    assert "Card declined on Nov 14, 2026; we try again on Nov 17, 2026" in seen(browser, place, "invoices", second)
    assert [one["outcome"] for one in processor.charges(place.id)] == ["declined", "declined"]

    assert pay(browser, place, invoice_id, second + timedelta(hours=1), good) == 303
    last = NOW + timedelta(days=5)
    processor.move_clock(last)
    collect(place, invoice_id, last)
    assert taken(processor, place) == [41250]
    text = seen(browser, place, "invoices", last)
    assert "Paid Paid on Nov 14, 2026 with Visa •••• 4242" in text
    assert "failed on" not in text
    timeline = seen(browser, place, f"invoices/{invoice_id}", last)
    assert timeline.count("automatic · declined by the bank") == 2
    assert "by Olga Owner · succeeded" in timeline


def test_a_returned_debit_is_open_again_and_can_be_paid_by_card(database: str, processor: SandboxControl) -> None:
    with clock.pinned(NOW):
        place = billed_place()
        card = put_on_file(place, processor)
        account = put_on_file(place, processor, form=ACH_FORM, number=RETURNS_R01)
        amounts = MICRO_DEPOSITS_MINOR
        done(verify_bank_account(actor=place.owner.actor, method_id=account, amounts_minor=amounts, now=NOW))
    browser, invoice_id = sign_in(place.owner), first_invoice(place)
    assert pay(browser, place, invoice_id, NOW, account) == 303
    assert "Pending Bank debit, up to 4 business days" in seen(browser, place, "invoices", NOW)

    # Nov 12 is a Thursday; the third business day after it is Tuesday, Nov 17.
    returned = NOW + timedelta(days=6)
    processor.move_clock(returned)
    ask(place, returned)
    text = seen(browser, place, "invoices", returned)
    assert "Failed Payment returned by the bank: there was not enough money in the account (R01)" in text
    assert "Payment of $412.50 for invoice ACME-000001 failed on Nov 18." in text
    assert (state_of(place, invoice_id), taken(processor, place)) == ("open", [])

    assert pay(browser, place, invoice_id, returned, card) == 303
    assert taken(processor, place) == [41250]
    page = seen(browser, place, f"invoices/{invoice_id}", returned)
    assert "Paid on Nov 18, 2026 with Visa •••• 4242" in page
    assert "by Olga Owner · returned by the bank: there was not enough money in the account (R01)" in page
    assert intents(place) == ["returned", "succeeded"]


def test_while_the_next_debit_is_on_its_way_nothing_says_failed(database: str, processor: SandboxControl) -> None:
    with clock.pinned(NOW):
        place = billed_place()
        account = put_on_file(place, processor, form=ACH_FORM, number=RETURNS_R01)
        amounts = MICRO_DEPOSITS_MINOR
        done(verify_bank_account(actor=place.owner.actor, method_id=account, amounts_minor=amounts, now=NOW))
    browser, invoice_id = sign_in(place.owner), first_invoice(place)
    assert pay(browser, place, invoice_id, NOW, account) == 303
    returned = NOW + timedelta(days=6)
    processor.move_clock(returned)
    ask(place, returned)
    assert "failed on Nov 18." in seen(browser, place, "invoices", returned)

    assert pay(browser, place, invoice_id, returned, account) == 303
    text = seen(browser, place, "invoices", returned)
    assert "failed on" not in text
    assert "Pay now" not in text
    assert "Pending Bank debit, up to 4 business days" in text
    assert "No invoice matches" in seen(browser, place, "invoices?status=failed", returned)


def test_a_payer_who_never_comes_back_is_given_up_after_a_day(database: str, processor: SandboxControl) -> None:
    with clock.pinned(NOW):
        place = billed_place()
        put_on_file(place, processor, number=ASKS)
        good = put_on_file(place, processor)
    browser, invoice_id = sign_in(place.owner), first_invoice(place)
    assert pay(browser, place, invoice_id, NOW) == 303
    assert intents(place) == ["awaiting_payer"]
    for hours in (1, 23):
        now = NOW + timedelta(hours=hours)
        processor.move_clock(now)
        ask(place, now)
        assert intents(place) == ["awaiting_payer"]
        assert pay(browser, place, invoice_id, now, good) == 409
    later = NOW + timedelta(hours=25)
    processor.move_clock(later)
    ask(place, later)
    assert intents(place) == ["cancelled"]
    assert "Failed The payment was not completed" in seen(browser, place, "invoices", later)
    assert pay(browser, place, invoice_id, later, good) == 303
    assert taken(processor, place) == [41250]
    with tenancy.reading(place.id):
        assert Invoice.objects.get().state == "paid"


def test_the_renewed_card_takes_the_place_of_the_expired_default_and_pays(
    database: str, processor: SandboxControl
) -> None:
    with clock.pinned(NOW):
        place = billed_place()
        put_on_file(place, processor, expiry="11/26")
    browser, invoice_id = sign_in(place.owner), first_invoice(place)
    later = datetime(2026, 12, 5, 17, tzinfo=UTC)
    processor.move_clock(later)
    assert "The card ending in 4242 has expired." in seen(browser, place, "billing-methods", later)

    with clock.pinned(later):
        setup_id = finish_setup(place, processor, expiry="12/30", now=later)
        url = place.url(f"billing-methods/save?setup={setup_id}")
        asked = text_of(browser.get(url))
        assert "It takes the place of the same card that expires 11/2026. It stays the default." in asked
        assert browser.post(url).status_code == 303
    shown = seen(browser, place, "billing-methods", later)
    assert "Visa •••• 4242 is renewed until 12/2030 and is the default. Nothing was charged." in shown
    assert "Renewed Visa •••• 4242: expires 12/2030 instead of 11/2026 · Olga Owner" in shown
    assert "has expired" not in shown
    assert processor.charges(place.id) == []

    assert pay(browser, place, invoice_id, later) == 303
    assert (state_of(place, invoice_id), taken(processor, place)) == ("paid", [41250])
