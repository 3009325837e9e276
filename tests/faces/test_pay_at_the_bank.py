"""A bank that wants to see the payer: there and back, half-way, or asked to come by mail (3-D Secure, B84)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.test import Client

from tenantry.actions.payments.resolve_payment import resolve_payment
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.payments.models import PaymentIntent
from tests.builders import NOW, SECOND_CARD, Place, done, put_on_file, sign_in
from tests.faces import rows
from tests.faces.billing import (
    attempts,
    billed_place,
    collect,
    entries,
    first_invoice,
    intents,
    methods,
    pay_form,
    pay_url,
    state_of,
    taken,
)
from tests.faces.pages import text_of, without_chances
from tests.faces.reviewing import only_intent
from tests.prepared import Prepared, prepared_at_the_processor_by
from tests.racing import at_once
from tests.untouched import Unchanged

ASKS = "4000002500003155"
UNKNOWN = "6a2f41a3-c54c-4b8e-9d2c-0f0e8a1b7c11"


@pytest.fixture(autouse=True)
def at_ten() -> Any:
    """Hold the time: 10 o'clock on Nov 12, 2026 in Denver."""
    with clock.pinned(NOW):
        yield


def asking_place(gateway: Any) -> Place:
    """Open a company with an invoice of $412.50 and a card whose bank wants to see the payer."""
    place = billed_place()
    put_on_file(place, gateway, number=ASKS)
    return place


prepared = prepared_at_the_processor_by(asking_place)


class TestTheBankAsks:
    @pytest.fixture
    def asked(self, prepared: Prepared, database: str, gateway: Any) -> tuple[Place, Client, str, str]:
        """Pay with the card; give the bank's page too."""
        place = prepared.value
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        response = browser.post(pay_url(place, invoice_id), pay_form(browser, place, invoice_id))
        assert response.status_code == 303
        return place, browser, invoice_id, response["Location"]

    def test_leads_to_the_banks_page(self, asked: tuple[Place, Client, str, str], settings: Any) -> None:
        place, browser, invoice_id, page = asked
        assert page.startswith(f"{settings.TENANTRY_GATEWAY_URL}/approve/")
        shown = browser.get(place.url(f"invoices/{invoice_id}"))
        assert "Your bank asks you to approve this payment." in text_of(shown)
        assert f'href="{page}">Continue at your bank' in shown.content.decode()
        assert intents(place) == ["awaiting_payer"]
        again = browser.post(pay_url(place, invoice_id), {"request_key": UNKNOWN, "method": methods(place)[0]})
        assert (again.status_code, "Your bank asks you to approve this payment." in text_of(again)) == (409, True)

    def test_every_list_leads_on_to_the_banks_page(self, asked: tuple[Place, Client, str, str]) -> None:
        place, browser, invoice_id, page = asked
        link = f'href="{page}">Continue at your bank'
        words = "Your bank asks you to approve the payment of $412.50 for invoice ACME-000001. Continue at your bank"
        for path, times in (("invoices", 2), ("billing-methods", 2), (f"invoices/{invoice_id}", 2), ("add-ons", 1)):
            shown = browser.get(place.url(path))
            assert words in text_of(shown)
            assert shown.content.decode().count(link) == times
        detail = text_of(browser.get(place.url(f"invoices/{invoice_id}")))
        assert "by Olga Owner · waiting for your approval at the bank" in detail
        assert "being confirmed" not in detail

    def test_a_viewer_is_led_to_the_invoice_alone(self, asked: tuple[Place, Client, str, str]) -> None:
        place, _, invoice_id, page = asked
        for path in ("invoices", "billing-methods", f"invoices/{invoice_id}"):
            shown = sign_in(place.viewer).get(place.url(path)).content.decode()
            assert page not in shown
            assert f'href="{place.url(f"invoices/{invoice_id}")}">See the invoice' in shown

    def test_approved_and_back_it_is_paid(
        self, asked: tuple[Place, Client, str, str], gateway: Any, settings: Any
    ) -> None:
        place, browser, invoice_id, page = asked
        answer = httpx.post(page, data={"answer": "approve"}, trust_env=False, verify=False)
        back = answer.headers["location"]
        assert back == f"{settings.TENANTRY_PUBLIC_URL}{place.url(f'invoices/{invoice_id}/approved')}"
        response = browser.get(back.removeprefix(settings.TENANTRY_PUBLIC_URL))
        assert (response.status_code, response["Location"]) == (303, place.url(f"invoices/{invoice_id}"))
        assert "Paid $412.50." in text_of(browser.get(response["Location"]))
        assert (taken(gateway, place), state_of(place, invoice_id)) == ([41250], "paid")

    def test_refused_and_back_it_is_failed_and_payable(
        self, asked: tuple[Place, Client, str, str], gateway: Any
    ) -> None:
        place, browser, invoice_id, page = asked
        httpx.post(page, data={"answer": "refuse"}, trust_env=False, verify=False)
        response = browser.get(place.url(f"invoices/{invoice_id}/approved"))
        text = text_of(browser.get(response["Location"]))
        assert "The payment was not approved at the bank. Nothing was charged." in text
        assert "Failed" in text
        assert "Pay $412.50" in text
        assert "by Olga Owner · not approved at the bank" in text
        assert "declined" not in text
        words = "The payment was not approved at the bank on Nov 12, 2026. We try again on Nov 12, 2026."
        assert f"Failed {words}" in text_of(browser.get(place.url("invoices")))
        history = text_of(browser.get(place.url("history")))
        assert "Payment of invoice ACME-000001: not approved at the bank" in history
        assert "The payment service answered about the payment of invoice ACME-000001" in history
        assert (taken(gateway, place), state_of(place, invoice_id)) == ([], "open")

    def test_coming_back_twice_or_too_early_changes_nothing_more(
        self, asked: tuple[Place, Client, str, str], gateway: Any, unchanged: Unchanged
    ) -> None:
        place, browser, invoice_id, page = asked
        # Too early: the payer has not answered.
        assert browser.get(place.url(f"invoices/{invoice_id}/approved")).status_code == 303
        assert intents(place) == ["awaiting_payer"]
        httpx.post(page, data={"answer": "approve"}, trust_env=False, verify=False)
        browser.get(place.url(f"invoices/{invoice_id}/approved?status=failed&amount=1"))
        with unchanged():
            browser.get(place.url(f"invoices/{invoice_id}/approved"))
        assert taken(gateway, place) == [41250]
        assert entries(place, invoice_id) == ["issued", "succeeded"]

    def test_a_viewer_or_a_head_settles_nothing(
        self, asked: tuple[Place, Client, str, str], unchanged: Unchanged
    ) -> None:
        place, browser, invoice_id, page = asked
        httpx.post(page, data={"answer": "approve"}, trust_env=False, verify=False)
        viewer = sign_in(place.viewer)
        with unchanged():
            assert viewer.get(place.url(f"invoices/{invoice_id}/approved")).status_code == 303
            assert browser.head(place.url(f"invoices/{invoice_id}/approved")).status_code == 303

    def test_while_the_processor_is_away_the_payer_can_go_on_later(
        self, asked: tuple[Place, Client, str, str], gateway: Any, settings: Any, unchanged: Unchanged
    ) -> None:
        place, browser, invoice_id, page = asked
        httpx.post(page, data={"answer": "approve"}, trust_env=False, verify=False)
        url, settings.TENANTRY_GATEWAY_URL = settings.TENANTRY_GATEWAY_URL, "http://127.0.0.1:9"
        with unchanged():
            response = browser.get(place.url(f"invoices/{invoice_id}/approved"))
        settings.TENANTRY_GATEWAY_URL = url
        assert response.status_code == 303
        shown = browser.get(response["Location"])
        assert "Pending" in text_of(shown)
        assert f'href="{page}">Continue at your bank' in shown.content.decode()
        # Once it answers, the schedule's own question is enough.
        done(resolve_payment(actor=place.clock, intent_id=only_intent(place)))
        assert (taken(gateway, place), state_of(place, invoice_id)) == ([41250], "paid")

    def test_approved_and_never_back_it_is_paid_by_asking(
        self, asked: tuple[Place, Client, str, str], gateway: Any
    ) -> None:
        place, _, invoice_id, page = asked
        with tenancy.reading(place.id):
            next_ask_at = PaymentIntent.objects.get().next_ask_at
        assert next_ask_at is not None
        assert (next_ask_at - NOW).total_seconds() == 10
        httpx.post(page, data={"answer": "approve"}, trust_env=False, verify=False)
        with clock.pinned(next_ask_at):
            work.ask(place.id)
        assert (taken(gateway, place), state_of(place, invoice_id)) == ([41250], "paid")

    def test_a_way_back_that_leads_nowhere(
        self, asked: tuple[Place, Client, str, str], gateway: Any, unchanged: Unchanged
    ) -> None:
        place, browser, _, page = asked
        httpx.post(page, data={"answer": "approve"}, trust_env=False, verify=False)
        theirs = billed_place("other")
        second = rows.write_invoices(place, 1)[0]
        foreign = f"invoices/{first_invoice(theirs)}/approved"
        with unchanged():
            answers = [browser.get(place.url(path)) for path in (foreign, f"invoices/{UNKNOWN}/approved")]
            malformed = [browser.get(place.url(f"invoices/{id_}/approved")) for id_ in ("7", "x", f"{UNKNOWN}0", "%00")]
            never_paid = browser.get(place.url(f"invoices/{second}/approved"))
            elsewhere = browser.get(theirs.url(f"invoices/{first_invoice(theirs)}/approved"))
            anonymous = Client().get(place.url(f"invoices/{second}/approved"))
            sent = browser.post(place.url(f"invoices/{second}/approved"), {"answer": "approve"})
        assert without_chances(answers[0]) == without_chances(answers[1])
        assert [one.status_code for one in (*answers, *malformed, elsewhere)] == [404] * 7
        assert (never_paid.status_code, never_paid["Location"]) == (303, place.url(f"invoices/{second}"))
        assert (anonymous.status_code, anonymous["Location"].split("?")[0]) == (302, "/accounts/login/")
        assert sent.status_code == 405

    def test_two_tabs_that_come_back_at_once_book_it_once(
        self, asked: tuple[Place, Client, str, str], gateway: Any
    ) -> None:
        place, _, invoice_id, page = asked
        httpx.post(page, data={"answer": "approve"}, trust_env=False, verify=False)
        tabs = [sign_in(place.owner) for _ in range(3)]

        def comes_back(tab: Client) -> int:
            with clock.pinned(NOW):
                return tab.get(place.url(f"invoices/{invoice_id}/approved")).status_code

        assert at_once(*(lambda tab=tab: comes_back(tab) for tab in tabs)) == [303] * 3
        assert (taken(gateway, place), entries(place, invoice_id)) == ([41250], ["issued", "succeeded"])


class TestTheBankWantsThePayer:
    """Charged by itself, a card whose bank wants to see the payer is declined: they are asked to come and pay."""

    @pytest.fixture
    def declined(self, prepared: Prepared, database: str, gateway: Any) -> tuple[Place, str]:
        """Let the schedule charge such a card."""
        place = prepared.value
        collect(place, first_invoice(place), NOW)
        assert attempts(place) == [(1, "declined", "authentication_required")]
        return place, first_invoice(place)

    def test_a_mail_asks_them_to_come(self, declined: tuple[Place, str], mailoutbox: Any) -> None:
        place, invoice_id = declined
        work.notify(place.id)
        mail = next(one for one in mailoutbox if "approve" in one.subject)
        assert mail.subject == "Your bank wants you to approve the payment of $412.50 for invoice ACME-000001"
        assert "Nothing was charged. We try again on Nov 14, 2026." in mail.body
        assert f"{place.url(f'invoices/{invoice_id}')}\n" in mail.body
        assert mail.to == ["owner@acme.test"]

    def test_the_pages_say_so_and_paying_leads_through_the_bank(
        self, declined: tuple[Place, str], gateway: Any, settings: Any
    ) -> None:
        place, invoice_id = declined
        browser = sign_in(place.owner)
        words = (
            "Your bank wants you to approve this payment: pay it here, and approve it. We try again on Nov 14, 2026."
        )
        assert f"Failed {words}" in text_of(browser.get(place.url("invoices")))
        detail = text_of(browser.get(place.url(f"invoices/{invoice_id}")))
        assert words in detail
        assert "without your doing anything" not in detail
        response = browser.post(pay_url(place, invoice_id), pay_form(browser, place, invoice_id))
        assert response["Location"].startswith(f"{settings.TENANTRY_GATEWAY_URL}/approve/")
        httpx.post(response["Location"], data={"answer": "approve"}, trust_env=False, verify=False)
        browser.get(place.url(f"invoices/{invoice_id}/approved"))
        assert (taken(gateway, place), state_of(place, invoice_id)) == ([41250], "paid")
        assert [outcome for _, outcome, _ in attempts(place)] == ["declined", "succeeded"]
        assert intents(place) == ["succeeded"]

    def test_another_default_will_be_charged_without_them(self, declined: tuple[Place, str], gateway: Any) -> None:
        place, invoice_id = declined
        browser = sign_in(place.owner)
        second = put_on_file(place, gateway, number=SECOND_CARD)
        browser.post(place.url(f"billing-methods/{second}/make-default"))
        detail = text_of(browser.get(place.url(f"invoices/{invoice_id}")))
        assert "Will be charged to Mastercard •••• 4444 on Nov 14, 2026, without your doing anything." in detail
        hint = (
            "Not paid yet Changing methods pays none of these now. "
            "What is tried on a later date is charged to the default then. ACME-000001"
        )
        assert hint in text_of(browser.get(place.url("billing-methods")))
        collect(place, invoice_id, NOW + timedelta(days=2))
        assert (taken(gateway, place), state_of(place, invoice_id)) == ([41250], "paid")
