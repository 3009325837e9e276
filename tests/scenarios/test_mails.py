"""Who is mailed what, when, and once: on issue with the PDF, on payment, on decline, before a card expires (I9, M7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from tenantry.actions.companies.change_billing_details import change_billing_details
from tenantry.actions.payments.remove_payment_method import remove_payment_method
from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.actions.subscriptions.enable_addon import Confirmation, enable_addon
from tenantry.core.billing_details import BillingDetailsForm
from tenantry.jobs import work
from tenantry.project.demo.story import Months
from tenantry.records.base import tenancy
from tenantry.records.companies import queries as companies
from tenantry.records.invoices.models import InvoiceDocument
from tenantry.records.payments.models import PaymentMethod
from tests.builders import (
    ADDRESS,
    SECOND_CARD,
    Place,
    done,
    offer,
    open_place,
    put_on_file,
    set_up_addon,
    set_up_plan,
    subscribe,
)
from tests.racing import at_once

DECLINES = "4000000000000341"
AREA = "http://127.0.0.1:8000/acme/admin/account-management"
RECIPIENTS = ["ap@accountants.test", "boss@acme.test"]


def at(month: int, day: int, hour: int = 17) -> datetime:
    """Give an instant of 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture
def acme(months: Months) -> Place:
    """A company on $20.00 a month whose invoices go to two people who can't sign in."""
    place = open_place("acme", now=months.now)
    set_up_plan(amount_minor=2000, now=months.now)
    set_up_addon("extra", name="Extra+", amount_minor=3100, now=months.now)
    offer(place, "extra", now=months.now)
    set_recipients(place, RECIPIENTS, months.now)
    return place


def set_recipients(place: Place, recipients: list[str], now: datetime) -> None:
    """Say who gets the invoices by mail."""
    with tenancy.reading(place.id):
        version = companies.billing_details(place.id).version
    blank = dict.fromkeys(("address_line_2", "tax_id", "po_number"), "")
    form = BillingDetailsForm(legal_name="Acme LLC", recipients=tuple(recipients), **ADDRESS, **blank)
    done(change_billing_details(actor=place.owner.actor, form=form, version=version, now=now))


def mails(word: str) -> list[Any]:
    """List the mails whose subject holds a word."""
    return [one for one in mail.outbox if word in one.subject]


def test_an_invoice_is_mailed_with_its_pdf_to_its_recipients_once(months: Months, acme: Place) -> None:
    put_on_file(acme, months.control, now=months.now)
    subscribe(acme, now=months.now)
    months.go_to(at(1, 2))
    (issued,), (receipt,) = mails("Invoice "), mails("Receipt")
    assert (issued.to, receipt.to) == (RECIPIENTS, RECIPIENTS)
    assert issued.subject == "Invoice ACME-000001 from SecurityTrax: $20.00"
    assert "Payment  Charged to Visa •••• 4242 on Jan 1, 2026" in issued.body
    with tenancy.reading(acme.id):
        document = InvoiceDocument.objects.get()
    assert [(name, bytes(body), kind) for name, body, kind in issued.attachments] == [
        ("ACME-000001.pdf", bytes(document.pdf), "application/pdf")
    ]
    assert receipt.subject == "Receipt for invoice ACME-000001: $20.00"
    assert "paid with Visa •••• 4242. Nothing is open on this invoice." in receipt.body
    assert receipt.attachments == []
    assert f"{AREA}/invoices/" in issued.body
    before = len(mail.outbox)
    work.run_everything_due()
    at_once(*(lambda: work.notify(acme.id) for _ in range(3)))
    assert len(mail.outbox) == before


def test_without_recipients_nobody_is_mailed_and_nothing_stops(months: Months, acme: Place) -> None:
    set_recipients(acme, [], months.now)
    put_on_file(acme, months.control, now=months.now)
    subscribe(acme, now=months.now)
    months.go_to(at(2, 2))
    assert mails("Invoice ") == mails("Receipt") == []
    assert [one["outcome"] for one in months.control.charges(acme.id)] == ["succeeded", "succeeded"]


def test_a_decline_is_told_to_recipients_and_admins_with_what_comes_next(months: Months, acme: Place) -> None:
    put_on_file(acme, months.control, number=DECLINES, now=months.now)
    subscribe(acme, now=months.now)
    months.go_to(at(1, 2))
    (declined,) = mails("was declined")
    assert declined.to == [*RECIPIENTS, "owner@acme.test"]
    assert declined.subject == "Payment of $20.00 for invoice ACME-000001 was declined"
    assert "We try again on Jan 3, 2026." in declined.body
    assert mails("Receipt") == []


def test_without_a_method_the_admins_are_asked_for_one(months: Months, acme: Place) -> None:
    subscribe(acme, now=months.now)
    months.go_to(at(1, 4))
    (asked,) = mails("waiting for a payment method")
    assert asked.to == ["owner@acme.test"]
    assert asked.body == (
        "Hello,\n\nInvoice ACME-000001 of Acme ($20.00) could not be charged: there is no payment method that can be"
        " used. It is not charged by itself any more: add a payment method, then pay the invoice."
        f"\n\n{AREA}/billing-methods\n"
    )


@pytest.mark.parametrize(
    ("has_other", "asks"),
    [
        (False, "Add another payment method, make it the default, and pay the invoice with it."),
        (
            True,
            "Pay the invoice with another method on file, and make that one the default, so that the next invoice is"
            " charged to it.",
        ),
    ],
)
def test_with_a_default_that_can_not_be_charged_they_are_asked_for_another(
    months: Months, acme: Place, has_other: bool, asks: str
) -> None:
    default = put_on_file(acme, months.control, now=months.now)
    if has_other:
        put_on_file(acme, months.control, number=SECOND_CARD, now=months.now)
    with tenancy.phase(acme.id):
        PaymentMethod.objects.filter(id=default).update(blocked_because="lost_card")
    subscribe(acme, now=months.now)
    months.go_to(at(1, 4))
    (asked,) = mails("could not be charged")
    assert asked.subject == "Invoice ACME-000001 could not be charged: choose another payment method"
    assert asked.to == ["owner@acme.test"]
    assert asked.body == (
        "Hello,\n\nInvoice ACME-000001 of Acme ($20.00) could not be charged: your default, Visa •••• 4242, can't be"
        f" charged any more, and no other takes its place by itself. {asks}\n\n{AREA}/billing-methods\n"
    )
    (issued,) = mails("Invoice ACME-000001 from")
    assert "Payment  Visa •••• 4242 can't be charged: choose another method" in issued.body
    assert (mails("waiting for a payment method"), months.control.charges(acme.id)) == ([], [])


def test_a_switch_is_told_to_the_admins_with_its_money(months: Months, acme: Place) -> None:
    subscribe(acme, now=months.now)
    months.go_to(at(1, 10))
    _confirm(enable_addon, acme, months.now)
    months.go_to(at(1, 10, 18))
    _confirm(disable_addon, acme, months.now)
    months.go_to(at(1, 20))
    (enabled,), (disabled,) = mails("was enabled"), mails("was disabled")
    assert enabled.to == disabled.to == ["owner@acme.test"]
    # 10 to 31 January are 22 of 31 days of $31.00.
    assert "Olga Owner enabled Extra+ for Acme. For the rest of this period it costs $22.00," in enabled.body
    assert "from the next one on $31.00 each month, before tax." in enabled.body
    # Nothing of it was invoiced yet, so there is nothing to give back: the one day that it was on is still owed.
    assert disabled.body == (
        "Hello,\n\nOlga Owner disabled Extra+ for Acme. It is off now; its data is kept. Only the days until it was"
        f" disabled are charged: $1.00 on the next invoice, before tax.\n\n{AREA}/add-ons\n"
    )
    _confirm(enable_addon, acme, months.now)
    months.go_to(at(2, 14))
    _confirm(disable_addon, acme, months.now)
    months.go_to(at(2, 15))
    # Invoiced for February on the 1st, off on the 14th: 14 of 28 days of $31.00 come back.
    assert "The next invoice gives $15.50 back for unused days, before tax." in mails("was disabled")[1].body
    assert "until it was disabled" not in mails("was disabled")[1].body


def _confirm(verb: Any, place: Place, now: datetime) -> None:
    asked = verb(actor=place.owner.actor, addon_code="extra", confirmed=Confirmation(""), now=now)
    confirmed = Confirmation(asked.facts["quote"].fingerprint)
    done(verb(actor=place.owner.actor, addon_code="extra", confirmed=confirmed, now=now))


def test_a_card_that_expires_is_told_30_and_7_days_before_and_never_again(months: Months, acme: Place) -> None:
    put_on_file(acme, months.control, expiry="03/26", now=months.now)
    later = months.now + timedelta(minutes=1)
    removed = put_on_file(acme, months.control, number=SECOND_CARD, expiry="03/26", now=later)
    months.go_to(at(2, 10))
    assert mails("expires") == []
    done(remove_payment_method(actor=acme.owner.actor, method_id=removed, now=months.now))
    told = []
    # March 31 is its last day: 30 days before is March 1, 7 days before is March 24, by the company's own midnight.
    for day in (at(3, 1, 6), at(3, 1, 8), at(3, 24, 5), at(3, 24, 7), at(4, 20)):
        months.go_to(day)
        told.append(len(mails("expires")))
    assert told == [0, 1, 1, 2, 2]
    first, second = mails("expires")
    assert first.subject == second.subject == "Visa •••• 4242 expires on Mar 31, 2026"
    assert first.to == second.to == ["owner@acme.test"]
    assert first.body == (
        "Hello,\n\nThe card Visa •••• 4242 that Acme has on file with SecurityTrax expires on Mar 31, 2026."
        f" Add another one so that the next invoice can be paid:\n\n{AREA}/billing-methods\n"
    )


def test_a_card_that_is_not_the_default_is_not_said_to_pay_the_next_invoice(months: Months, acme: Place) -> None:
    put_on_file(acme, months.control, expiry="12/30", now=months.now)
    put_on_file(acme, months.control, number=SECOND_CARD, expiry="02/26", now=months.now + timedelta(minutes=1))
    months.go_to(at(1, 30))
    (told,) = mails("expires")
    assert told.body == (
        "Hello,\n\nThe card Mastercard •••• 4444 that Acme has on file with SecurityTrax expires on Feb 28, 2026."
        " It is not your default, so the next invoice is not charged to it. Add another one if you still need it:"
        f"\n\n{AREA}/billing-methods\n"
    )
