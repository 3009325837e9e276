"""What the pages say where the default, or nothing at all, can be charged: one truth in each place, and a way on."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.payments.models import PaymentMethod
from tests.builders import (
    ACH_FORM,
    BANK_ACCOUNT,
    NOW,
    SECOND_CARD,
    Place,
    offer,
    put_on_file,
    set_up_addon,
    sign_in,
)
from tests.faces.billing import attempts, billed_place, collect, first_invoice, pay_url
from tests.faces.pages import text_of
from tests.prepared import Prepared, prepared_by

EXPIRED = {"expiry_month": 10, "expiry_year": 2026}
DECLINED = "4000000000000341"
BLOCKED = {"blocked_because": "lost_card"}

prepared = prepared_by(billed_place)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Open a company with its first invoice, $412.50."""
    return prepared.value


@pytest.fixture
def owner(place: Place) -> Client:
    """Sign the owner in."""
    return sign_in(place.owner)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


def change(place: Place, method_id: str, **fields: Any) -> None:
    """Let something happen to a method on file."""
    with tenancy.phase(place.id):
        assert PaymentMethod.objects.filter(id=method_id).update(**fields) == 1


def strip(client: Client, place: Place) -> str:
    """Read the summary."""
    body = client.get(place.url("invoices")).content.decode()
    return text_of(_Body(body.split('<section class="summary"')[1].split("</section>")[0]))


class _Body:
    def __init__(self, text: str) -> None:
        self.content = ("<p" + text).encode()


class TestDefaultThatCantBeCharged:
    @pytest.mark.parametrize(
        ("fields", "notice", "charged_to"),
        [
            (EXPIRED, "Visa •••• 4242 has expired and won't be charged.", "No method: Visa •••• 4242 has expired"),
            (BLOCKED, "Visa •••• 4242 can't be charged any more.", "No method: Visa •••• 4242 can't be charged"),
        ],
    )
    def test_the_summary_does_not_name_it_as_what_is_charged(
        self, place: Place, owner: Client, gateway: Any, fields: dict[str, Any], notice: str, charged_to: str
    ) -> None:
        default = put_on_file(place, gateway)
        assert strip(owner, place).endswith("Charged to Visa •••• 4242")
        change(place, default, **fields)
        text = strip(owner, place)
        assert f"{notice} Add another You pay" in text
        assert text.endswith(f"Charged to {charged_to}")
        put_on_file(place, gateway, number=SECOND_CARD)
        text = strip(owner, place)
        assert f"{notice} Choose another You pay" in text
        assert text.endswith(f"Charged to {charged_to}")
        assert f"{notice} You pay" in strip(sign_in(place.viewer), place)

    def test_an_invoice_waits_for_another_and_says_how_it_gets_paid(
        self, place: Place, owner: Client, gateway: Any
    ) -> None:
        change(place, put_on_file(place, gateway), **EXPIRED)
        waits = "Visa •••• 4242 can't be charged: choose another method"
        alone = f"{waits}. Add a payment method first."
        soon = "It is charged on Nov 12, 2026 if a method that can be charged is the default by then."
        never = "It is not charged by itself, not even once there is a method: pay it then with the one you choose."
        assert alone in self.invoice(owner, place)
        assert soon in self.invoice(owner, place)
        put_on_file(place, gateway, number=SECOND_CARD)
        soon = "It is charged on Nov 12, 2026 only if you make another method the default by then. Or pay it now."
        assert f"$412.50 Pending {waits}" in text_of(owner.get(place.url("invoices")))
        assert soon in self.invoice(owner, place)
        collect(place, first_invoice(place), NOW)
        text = self.invoice(owner, place)
        assert waits in text
        assert "It is not charged by itself any more. Pay it with a method of your choice." in text
        assert "Pay $412.50" in text
        assert never not in text
        assert gateway.charges(place.id) == []

    def invoice(self, client: Client, place: Place) -> str:
        """Read the invoice's page."""
        return text_of(client.get(place.url(f"invoices/{first_invoice(place)}")))

    def test_a_quote_leads_to_another_on_file_where_one_can_be_charged(
        self, place: Place, owner: Client, gateway: Any
    ) -> None:
        change(place, put_on_file(place, gateway), **EXPIRED)
        set_up_addon("credit-checks")
        offer(place, "credit-checks")
        enable = place.url("add-ons/credit-checks/enable")
        words = "Visa •••• 4242 can't be charged. The next invoice will wait for another payment method."
        assert f"{words} Add one" in text_of(owner.get(enable, headers={"HX-Request": "true"}))
        put_on_file(place, gateway, number=SECOND_CARD)
        page = owner.get(enable, headers={"HX-Request": "true"})
        assert f"{words} Choose another" in text_of(page)
        assert f'href="{place.url("billing-methods")}">Choose another' in page.content.decode()


class TestNoDefault:
    @pytest.mark.parametrize(
        ("fields", "notice", "button"),
        [
            (
                {"verify_tries_left": 0},
                "Test Bank •••• 6789 could not be verified and can't be charged.",
                "Add it again",
            ),
            (
                {"verify_until_at": NOW},
                "Test Bank •••• 6789 could not be verified and can't be charged.",
                "Add it again",
            ),
            ({"blocked_because": "R02"}, "No method on file can be charged.", "Add another"),
        ],
    )
    def test_an_account_that_can_not_be_verified_any_more_is_not_said_to_wait_for_it(
        self, place: Place, owner: Client, gateway: Any, fields: dict[str, Any], notice: str, button: str
    ) -> None:
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        change(place, account, **fields)
        set_up_addon("credit-checks")
        offer(place, "credit-checks")
        text = strip(owner, place)
        assert f"{notice} {button} You pay" in text
        assert text.endswith("Charged to No method that can be charged")
        page = owner.get(place.url("add-ons/credit-checks/enable"), headers={"HX-Request": "true"})
        assert "No method on file can be charged. The next invoice will wait for a payment method. Add one" in text_of(
            page
        )
        assert f"{notice} You pay" in strip(sign_in(place.viewer), place)


class TestFailedPayment:
    FAILED = "Payment of $412.50 for invoice ACME-000001 failed on Nov 12."

    @pytest.fixture
    def declined(self, place: Place, gateway: Any) -> str:
        """Let the schedule charge the invoice in vain."""
        method_id = put_on_file(place, gateway, number=DECLINED)
        collect(place, first_invoice(place), NOW)
        assert [outcome for _number, outcome, _code in attempts(place)] == ["declined"]
        return method_id

    def test_leads_to_pay_only_while_something_can_be_charged(
        self, place: Place, owner: Client, gateway: Any, declined: str
    ) -> None:
        pay = pay_url(place, first_invoice(place))
        assert self.button(owner, place) == (pay, "Pay now")
        change(place, declined, **BLOCKED)
        add = place.url("billing-methods/add") + "?" + urlencode({"next": pay})
        assert self.button(owner, place) == (add, "Add a payment method")
        assert text_of(owner.get(add)).startswith("Add Payment Method")
        account = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
        assert self.button(owner, place) == (place.url(f"billing-methods/{account}/verify"), "Verify")
        put_on_file(place, gateway, number=SECOND_CARD)
        assert self.button(owner, place) == (pay, "Pay now")

    def button(self, client: Client, place: Place) -> tuple[str, str]:
        """Give where the one action of the notice leads, and its words."""
        body = client.get(place.url("invoices")).content.decode().split('<section class="summary"')[1]
        assert self.FAILED in body
        href, words = re.search(r'<a class="button[^"]*" href="([^"]+)">([^<]+)</a>', body).groups()  # type: ignore[union-attr]
        return html.unescape(href), words
