"""Company credit stands in every announcement of the next charge, as it does on the invoice that uses it (A7, M6)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.payments.models import PaymentMethod
from tests.builders import NOW, Place, done, offer, put_on_file, set_up_addon, sign_in
from tests.faces.billing import bill, billed_place, collect, first_invoice, invoice_ids, print_all, taken
from tests.faces.pages import text_of
from tests.prepared import Prepared, prepared_at_the_processor_by
from tests.scenarios.test_mails import set_recipients

DEC_12 = datetime(2026, 12, 12, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_ten() -> Any:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


def paid_place(gateway: Any) -> Place:
    """A company on $412.50 a month whose first invoice is paid."""
    found = billed_place()
    put_on_file(found, gateway)
    collect(found, first_invoice(found), NOW)
    set_up_addon("credit-checks", name="Credit Checks", amount_minor=1900)
    offer(found, "credit-checks")
    return found


prepared = prepared_at_the_processor_by(paid_place)


@pytest.fixture
def place(prepared: Prepared, database: str, gateway: Any) -> Place:
    """Begin with it."""
    return prepared.value


def credit(place: Place, minor: int) -> None:
    """Give credit for the invoice that is paid."""
    form = CreditNoteForm("A week without service", minor)
    done(issue_credit_note(actor=place.vendor, invoice_id=first_invoice(place), form=form, now=NOW))


def read(browser: Client, place: Place, path: str) -> str:
    """Read a page of the area."""
    return text_of(browser.get(place.url(path)))


def test_without_credit_nothing_is_said_of_it(place: Place) -> None:
    text = read(sign_in(place.viewer), place, "invoices")
    assert "Next invoice Dec 12, 2026 · about $412.50 Charged to Visa •••• 4242" in text
    assert "credit" not in text


def test_the_summary_the_methods_and_the_quotes_say_it(place: Place) -> None:
    credit(place, 6000)
    browser = sign_in(place.owner)
    for path in ("billing-methods", "invoices", "add-ons"):
        assert "Dec 12, 2026 · about $352.50 after $60.00 credit Charged to" in read(browser, place, path)
    words = "(Dec 12, 2026): the next invoice, about $352.50 after $60.00 credit."
    assert words in read(browser, place, "billing-methods")
    # 412.50 + 19.00 for the next period and 19.00 for all of this one, which begins today; 60.00 less
    quoted = read(browser, place, "add-ons/credit-checks/enable")
    assert "Next invoice Dec 12, 2026 about $390.50 after $60.00 credit (was $352.50)" in quoted


def test_more_credit_than_the_invoice_asks_for_says_what_there_is(place: Place) -> None:
    bill(place, DEC_12)
    _, second = invoice_ids(place)
    collect(place, second, DEC_12)
    credit(place, 41250)
    with clock.pinned(DEC_12):
        assert "about $0.00 after $412.50 credit Charged to" in read(sign_in(place.viewer), place, "invoices")
        form = CreditNoteForm("Another", 10000)
        done(issue_credit_note(actor=place.vendor, invoice_id=second, form=form, now=DEC_12))
        text = read(sign_in(place.viewer), place, "invoices")
        assert "about $0.00 after $412.50 of your $512.50 credit Charged to" in text


def test_the_mail_says_what_is_charged_and_that_is_charged(place: Place, gateway: Any, mailoutbox: Any) -> None:
    set_recipients(place, ["books@acme.test"], NOW)
    credit(place, 6000)
    bill(place, DEC_12)
    print_all(place, DEC_12)
    with clock.pinned(DEC_12):
        work.notify(place.id)
        work.collect(place.id)
    issued = next(one for one in mailoutbox if one.subject == "Invoice ACME-000002 from SecurityTrax: $412.50")
    assert (
        "  Number   ACME-000002\n"
        "  Date     Dec 12, 2026\n"
        "  Amount   $412.50\n"
        "  Credit   $60.00 used\n"
        "  To pay   $352.50\n"
        "  Payment  Charged to Visa •••• 4242 on Dec 12, 2026\n"
        "\n"
        "The PDF is attached."
    ) in issued.body
    assert taken(gateway, place) == [41250, 35250]


def test_the_mail_of_an_invoice_without_credit_has_one_amount(place: Place, mailoutbox: Any) -> None:
    set_recipients(place, ["books@acme.test"], NOW)
    print_all(place)
    work.notify(place.id)
    issued = next(one for one in mailoutbox if one.subject == "Invoice ACME-000001 from SecurityTrax: $412.50")
    assert "  Amount   $412.50\n  Payment  " in issued.body


class TestConfirmations:
    """What somebody decides about is what becomes of the credit, where that pays for all of it."""

    @pytest.fixture
    def rich(self, place: Place) -> Place:
        """Give it $512.50 on the day on which $412.50 were invoiced and paid."""
        bill(place, DEC_12)
        second = invoice_ids(place)[1]
        collect(place, second, DEC_12)
        credit(place, 41250)
        done(
            issue_credit_note(actor=place.vendor, invoice_id=second, form=CreditNoteForm("Another", 10000), now=DEC_12)
        )
        return place

    def test_enable_and_disable_say_what_they_take_of_it(self, rich: Place) -> None:
        with clock.pinned(DEC_12):
            browser = sign_in(rich.owner)
            # 412.50 + 19.00 for the next period and 19.00 for all of this one
            words = "about $0.00 after $450.50 of your $512.50 credit (was $0.00 after $412.50 credit)"
            assert f"Next invoice Jan 12, 2027 {words}" in read(browser, rich, "add-ons/credit-checks/enable")
            switch(browser, rich, "credit-checks", "enable")
        with clock.pinned(DEC_12 + timedelta(days=1)):
            shown = read(sign_in(rich.owner), rich, "add-ons/credit-checks/disable")
        # two days of it: 19.00 × 2 ÷ 31 = 1.23
        words = "Next invoice: about $0.00 after $413.73 of your $512.50 credit (was $0.00 after $450.50 credit)"
        assert words in shown

    def test_where_nothing_will_be_due_no_invoice_waits_for_a_method(self, rich: Place) -> None:
        with tenancy.phase(rich.id):
            PaymentMethod.objects.update(expiry_month=11, expiry_year=2026)
        set_up_addon("inventory", name="Inventory+", amount_minor=10000)
        offer(rich, "inventory")
        with clock.pinned(DEC_12):
            browser = sign_in(rich.owner)
            cheap, dear = (read(browser, rich, f"add-ons/{code}/enable") for code in ("credit-checks", "inventory"))
        nothing = "Visa •••• 4242 can't be charged. The next invoice needs no payment method: nothing will be due."
        assert nothing in cheap
        assert "will wait" not in cheap
        # 412.50 + 100.00 + 100.00 - 512.50
        assert "about $100.00 after $512.50 credit (was $0.00 after $412.50 credit)" in dear
        assert "Visa •••• 4242 can't be charged. The next invoice will wait for another payment method." in dear

    def test_what_is_more_than_the_invoice_asks_for_is_kept(self, place: Place) -> None:
        set_up_addon("inventory", name="Inventory+", amount_minor=90000)
        offer(place, "inventory")
        switch(sign_in(place.owner), place, "inventory", "enable")
        bill(place, DEC_12)
        with clock.pinned(DEC_12 + timedelta(days=1)):
            browser = sign_in(place.owner)
            shown = read(browser, place, "add-ons/inventory/disable")
            # 900.00 - 900.00 × 2 ÷ 31 = 841.94; 412.50 - 841.94 = -429.44
            assert "$841.94 credit for the unused days (29 of 31 days) on the next invoice, Jan 12, 2027." in shown
            assert "Next invoice: about $0.00 with $429.44 kept as your credit (was $1,312.50)" in shown
            switch(browser, place, "inventory", "disable")
            assert "Jan 12, 2027 · about $0.00 with $429.44 kept as your credit" in read(browser, place, "invoices")


def switch(browser: Client, place: Place, code: str, verb: str) -> None:
    """Confirm what the page says."""
    url = place.url(f"add-ons/{code}/{verb}")
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', browser.get(url).content.decode()))
    assert browser.post(url, fields).status_code == 303
