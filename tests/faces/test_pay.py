"""Paying an invoice in the portal: one charge, and the truth about it (I5, I6)."""

from __future__ import annotations

import html
import logging
import re
from typing import Any

import pytest
from django.test import Client

from tenantry.actions.payments.resolve_payment import resolve_payment
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.payments.models import PaymentIntent, PaymentMethod
from tests.builders import (
    ACH_FORM,
    BANK_ACCOUNT,
    MICRO_DEPOSITS_MINOR,
    MODIFY,
    NOW,
    SECOND_CARD,
    VIEW,
    Place,
    add_member,
    done,
    put_on_file,
    save_group,
    sign_in,
)
from tests.faces import rows
from tests.faces.billing import (
    attempts,
    billed_place,
    collect,
    entries,
    fault,
    first_invoice,
    intents,
    methods,
    pay_form,
    pay_url,
    state_of,
    taken,
)
from tests.faces.pages import text_of, without_chances
from tests.gateway.process import GatewayProcess
from tests.prepared import Prepared, prepared_at_the_processor_by
from tests.racing import at_once
from tests.untouched import Unchanged

DECLINED = "4000000000000341"
CONFIRMING = "We're confirming this payment. You don't need to pay again."
IN_PROGRESS = "A payment for this invoice is already in progress."
UNKNOWN = "6a2f41a3-c54c-4b8e-9d2c-0f0e8a1b7c11"


@pytest.fixture(autouse=True)
def at_ten() -> Any:
    """Hold the time: 10 o'clock on Nov 12, 2026 in Denver."""
    with clock.pinned(NOW):
        yield


def paying_place(gateway: Any) -> Place:
    """Open a company with an invoice of $412.50 and a good card."""
    place = billed_place()
    put_on_file(place, gateway)
    return place


prepared = prepared_at_the_processor_by(paying_place)


@pytest.fixture
def place(prepared: Prepared, database: str, gateway: Any) -> Place:
    """Begin with it."""
    return prepared.value


def verified_account(place: Place, gateway: Any) -> str:
    """Put a bank account on file that can be debited."""
    from tenantry.actions.payments.verify_bank_account import verify_bank_account

    method_id = put_on_file(place, gateway, form=ACH_FORM, number=BANK_ACCOUNT)
    amounts = MICRO_DEPOSITS_MINOR
    done(verify_bank_account(actor=place.owner.actor, method_id=method_id, amounts_minor=amounts, now=NOW))
    return method_id


class TestTheQuestion:
    def test_shows_the_amount_and_the_methods(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        put_on_file(place, gateway, number=SECOND_CARD)
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        with unchanged():
            response = browser.get(pay_url(place, invoice_id))
        text = text_of(response)
        assert response.status_code == 200
        assert "Pay invoice ACME-000001?" in text
        assert "$412.50 is charged now, once, to the method you choose." in text
        assert "Visa •••• 4242 Default · Expires 12/2030 Mastercard •••• 4444 Expires 12/2030" in text
        chosen = re.findall(r'value="([^"]+)" checked', response.content.decode())
        assert chosen == [methods(place)[0]]
        assert gateway.charges(place.id) == []

    def test_is_a_dialog_for_a_script(self, place: Place) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        body = browser.get(pay_url(place, invoice_id), headers={"HX-Request": "true"}).content.decode()
        assert body.startswith('<form class="dialog-part" method="post"')
        assert "<html" not in body

    def test_each_opening_has_a_key_of_its_own(self, place: Place) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        keys = {pay_form(browser, place, invoice_id)["request_key"] for _ in range(3)}
        assert len(keys) == 3

    def test_leads_to_adding_a_method_and_back(self, place: Place) -> None:
        invoice_id = first_invoice(place)
        body = html.unescape(sign_in(place.owner).get(pay_url(place, invoice_id)).content.decode())
        back = pay_url(place, invoice_id).replace("/", "%2F")
        assert f'href="{place.url("billing-methods/add")}?next={back}"' in body

    @pytest.mark.parametrize("method", ["put", "delete", "patch"])
    def test_knows_get_and_post_only(self, place: Place, unchanged: Unchanged, method: str) -> None:
        browser, address = sign_in(place.owner), pay_url(place, first_invoice(place))
        with unchanged():
            response = getattr(browser, method)(address)
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")


class TestPaid:
    def test_charges_once_and_says_so(self, place: Place, gateway: Any) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        response = browser.post(pay_url(place, invoice_id), pay_form(browser, place, invoice_id))
        assert (response.status_code, response["Location"]) == (303, place.url(f"invoices/{invoice_id}"))
        text = text_of(browser.get(response["Location"]))
        assert "Paid $412.50." in text
        assert "Paid on Nov 12, 2026 with Visa •••• 4242" in text
        assert "Balance due $0.00" in text
        assert f"{invoice_id}/pay" not in browser.get(response["Location"]).content.decode()
        assert taken(gateway, place) == [41250]
        assert attempts(place) == [(1, "succeeded", "")]
        assert (state_of(place, invoice_id), entries(place, invoice_id)) == ("paid", ["issued", "succeeded"])

    def test_with_the_method_that_was_chosen(self, place: Place, gateway: Any) -> None:
        second = put_on_file(place, gateway, number=SECOND_CARD)
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = {**pay_form(browser, place, invoice_id), "method": second}
        response = browser.post(pay_url(place, invoice_id), form)
        assert "with Mastercard •••• 4444" in text_of(browser.get(response["Location"]))
        with tenancy.reading(place.id):
            assert str(PaymentMethod.objects.get(is_default=True).id) != second

    def test_the_list_then_shows_the_charge(self, place: Place) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        browser.post(pay_url(place, invoice_id), pay_form(browser, place, invoice_id))
        text = text_of(browser.get(place.url("invoices")))
        assert "Nov 12, 2026 Charged Nov 12 · $412.50 ACME-000001 $412.50 Paid" in text

    def test_the_schedule_charges_nothing_more(self, place: Place, gateway: Any) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        browser.post(pay_url(place, invoice_id), pay_form(browser, place, invoice_id))
        collect(place, invoice_id, NOW)
        assert taken(gateway, place) == [41250]


class TestTwice:
    def test_the_same_form_again_replays_its_answer(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = pay_form(browser, place, invoice_id)
        first = browser.post(pay_url(place, invoice_id), form)
        with unchanged():
            again = browser.post(pay_url(place, invoice_id), form)
        assert (again.status_code, again["Location"]) == (first.status_code, first["Location"])
        assert taken(gateway, place) == [41250]

    def test_three_clicks_at_the_same_moment_are_one_charge(self, place: Place, gateway: Any) -> None:
        invoice_id = first_invoice(place)
        form = pay_form(sign_in(place.owner), place, invoice_id)
        browsers = [sign_in(place.owner) for _ in range(3)]

        def click(browser: Client) -> tuple[int, str]:
            with clock.pinned(NOW):
                response = browser.post(pay_url(place, invoice_id), form)
            return response.status_code, response.get("Location", "")

        answers = at_once(*(lambda b=browser: click(b) for browser in browsers))
        assert set(answers) == {(303, place.url(f"invoices/{invoice_id}"))}
        assert taken(gateway, place) == [41250]
        assert attempts(place) == [(1, "succeeded", "")]
        assert entries(place, invoice_id) == ["issued", "succeeded"]

    @pytest.mark.parametrize("people", [("owner", "owner"), ("owner", "clerk")])
    def test_two_tabs_or_two_people_are_one_charge(self, place: Place, gateway: Any, people: tuple[str, str]) -> None:
        group = save_group(place.id, "Clerks", VIEW, MODIFY)
        members = {"owner": place.owner, "clerk": add_member(place.id, "clerk@acme.test", "Clara Clerk", group)}
        invoice_id = first_invoice(place)
        tabs = [sign_in(members[name]) for name in people]
        forms = [pay_form(tab, place, invoice_id) for tab in tabs]

        def submit(at: int) -> tuple[int, str]:
            with clock.pinned(NOW):
                response = tabs[at].post(pay_url(place, invoice_id), forms[at])
            return response.status_code, text_of(response)

        answers = at_once(lambda: submit(0), lambda: submit(1))
        statuses = sorted(status for status, _ in answers)
        assert statuses == [303, 409]
        refused = next(text for status, text in answers if status == 409)
        assert IN_PROGRESS in refused or "This invoice is already paid." in refused
        assert taken(gateway, place) == [41250]
        assert attempts(place) == [(1, "succeeded", "")]

    def test_a_person_and_the_schedule_at_once_are_one_charge(self, place: Place, gateway: Any) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = pay_form(browser, place, invoice_id)

        def submit() -> int:
            with clock.pinned(NOW):
                return browser.post(pay_url(place, invoice_id), form).status_code

        answers = at_once(submit, lambda: collect(place, invoice_id, NOW))
        assert answers[0] in (303, 409)
        assert taken(gateway, place) == [41250]
        assert [outcome for _, outcome, _ in attempts(place)] == ["succeeded"]

    def test_a_key_of_another_invoice_pays_nothing(self, place: Place, gateway: Any) -> None:
        browser, first = sign_in(place.owner), first_invoice(place)
        form = pay_form(browser, place, first)
        browser.post(pay_url(place, first), form)
        second = rows.write_invoices(place, 1)[0]
        response = browser.post(pay_url(place, second), form)
        assert response.status_code == 409
        assert "This form was already used. Open the invoice and start again." in text_of(response)
        assert taken(gateway, place) == [41250]


class TestRefused:
    def test_already_paid_from_a_stale_page(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        stale = pay_form(browser, place, invoice_id)
        browser.post(pay_url(place, invoice_id), pay_form(browser, place, invoice_id))
        with unchanged():
            response = browser.post(pay_url(place, invoice_id), stale)
        assert response.status_code == 409
        text = text_of(response)
        assert "This invoice is already paid." in text
        assert "is charged now" not in text
        assert taken(gateway, place) == [41250]

    def test_a_bank_debit_on_its_way(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        account = verified_account(place, gateway)
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = {**pay_form(browser, place, invoice_id), "method": account}
        response = browser.post(pay_url(place, invoice_id), form)
        assert response.status_code == 303
        text = text_of(browser.get(response["Location"]))
        assert "The bank debit of $412.50 is on its way. It takes up to 4 business days." in text
        assert "Pending" in text
        assert "Bank debit, up to 4 business days" in text
        calls = len(gateway.charges(place.id))
        with unchanged():
            again = browser.post(pay_url(place, invoice_id), {"request_key": UNKNOWN, "method": methods(place)[0]})
        assert (again.status_code, len(gateway.charges(place.id))) == (409, calls)
        assert "A payment is being processed (up to 4 business days)." in text_of(again)
        assert intents(place) == ["processing"]

    @pytest.mark.parametrize(
        ("stands", "why"),
        [
            ({}, ""),
            ({"expiry_year": 2026, "expiry_month": 10}, "The card ending in 4242 has expired."),
            ({"blocked_because": "lost_card"}, "The payment method ending in 4242 can't be charged any more."),
        ],
    )
    def test_without_a_method_that_can_be_charged(
        self, database: str, gateway: Any, unchanged: Unchanged, stands: dict[str, Any], why: str
    ) -> None:
        place = billed_place()
        if stands:
            rows.method_row(place)
            with tenancy.phase(place.id):
                PaymentMethod.objects.update(**stands)
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        with unchanged():
            shown = browser.get(pay_url(place, invoice_id))
            posted = browser.post(pay_url(place, invoice_id), {"request_key": UNKNOWN, "method": UNKNOWN})
        for response in (shown, posted):
            text = text_of(response)
            assert response.status_code == 409
            assert "Add a payment method first." in text
            assert "Add a payment method" in text
            assert "Pay $412.50" not in text
        assert why in text_of(shown)
        assert gateway.charges(place.id) == []

    @pytest.mark.parametrize(
        ("stands", "words"),
        [
            ({"expiry_year": 2026, "expiry_month": 10}, "The card ending in 4444 has expired."),
            ({"blocked_because": "stolen_card"}, "The payment method ending in 4444 can't be charged any more."),
            ({"is_verified": False}, "The bank account ending in 4444 is not verified yet."),
            ({"blocked_because": "R08"}, "Payments from the account ending in 4444 were stopped by its owner."),
            ({"removed_at": NOW}, "This payment method is not there any more."),
        ],
    )
    def test_one_that_can_not_be_charged_although_another_could(
        self, place: Place, gateway: Any, unchanged: Unchanged, stands: dict[str, Any], words: str
    ) -> None:
        """A form that was opened before, or made by hand: it is said why, and the good one is not charged instead."""
        other = put_on_file(place, gateway, number=SECOND_CARD)
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = {**pay_form(browser, place, invoice_id), "method": other}
        with tenancy.phase(place.id):
            PaymentMethod.objects.filter(id=other).update(**stands)
        with unchanged():
            response = browser.post(pay_url(place, invoice_id), form)
        assert response.status_code == (404 if "removed_at" in stands else 409)
        assert words in text_of(response)
        assert "Visa •••• 4242" in text_of(response)
        assert (attempts(place), gateway.charges(place.id)) == ([], [])

    def test_a_method_that_is_not_there(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = {**pay_form(browser, place, invoice_id), "method": UNKNOWN}
        with unchanged():
            response = browser.post(pay_url(place, invoice_id), form)
        assert (response.status_code, gateway.charges(place.id)) == (404, [])
        assert "This payment method is not there any more." in text_of(response)

    def test_another_companys_method(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        other = billed_place("other")
        theirs = put_on_file(other, gateway)
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = {**pay_form(browser, place, invoice_id), "method": theirs}
        with unchanged():
            response = browser.post(pay_url(place, invoice_id), form)
        assert response.status_code == 404
        assert gateway.charges(other.id) == []

    def test_a_field_that_nobody_sets(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = pay_form(browser, place, invoice_id)
        for name in ("amount", "currency", "invoice.total", "company_id", "status", "paid_at", ""):
            with unchanged():
                response = browser.post(pay_url(place, invoice_id), {**form, name: "1"})
            assert (name, response.status_code) == (name, 422)
            assert "This request names a field that can't be set." in text_of(response)
        assert gateway.charges(place.id) == []

    def test_a_form_that_can_not_be_read(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = pay_form(browser, place, invoice_id)
        for name in ("request_key", "method"):
            for value in ("", "x", "k" * 5000, "\x00", "'; drop table", [UNKNOWN, UNKNOWN]):
                with unchanged():
                    response = browser.post(pay_url(place, invoice_id), {**form, name: value})
                assert (name, value, response.status_code) == (name, value, 422)
                assert "Something in the form is not right." in text_of(response)
        assert gateway.charges(place.id) == []

    def test_no_form_at_all(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        browser, address = sign_in(place.owner), pay_url(place, first_invoice(place))
        with unchanged():
            statuses = [
                browser.post(address, b'{"amount": 1}', content_type="application/json").status_code,
                browser.post(address, b"\xff\xfe", content_type="text/plain").status_code,
            ]
        assert (statuses, gateway.charges(place.id)) == ([422, 422], [])

    def test_a_card_number_is_refused_and_not_shown_again(
        self, place: Place, gateway: Any, unchanged: Unchanged, caplog: pytest.LogCaptureFixture
    ) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = pay_form(browser, place, invoice_id)
        with unchanged(), caplog.at_level(logging.DEBUG):
            for name in ("method", "note"):
                response = browser.post(pay_url(place, invoice_id), {**form, name: SECOND_CARD})
                assert response.status_code == 422
                assert "Never send card numbers here." in text_of(response)
                assert SECOND_CARD not in response.content.decode()
        assert SECOND_CARD not in caplog.text
        assert gateway.charges(place.id) == []

    def test_while_billing_is_held(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        from tenantry.records.companies.models import Company

        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = pay_form(browser, place, invoice_id)
        with tenancy.phase(place.id):
            Company.objects.update(billing_held_at=NOW, billing_held_because="reply_not_ours")
        with unchanged():
            response = browser.post(pay_url(place, invoice_id), form)
        assert (response.status_code, gateway.charges(place.id)) == (409, [])
        assert "Payments of your company are being checked." in text_of(response)


class TestDeclined:
    def test_says_so_and_offers_another_method(self, database: str, gateway: Any) -> None:
        place = billed_place()
        put_on_file(place, gateway, number=DECLINED)
        good = put_on_file(place, gateway)
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = pay_form(browser, place, invoice_id)
        response = browser.post(pay_url(place, invoice_id), form)
        text, body = text_of(response), response.content.decode()
        assert response.status_code == 402
        assert "The bank declined the card. Try another method." in text
        assert (attempts(place), intents(place)) == ([(1, "declined", "generic_decline")], ["ready"])
        assert (state_of(place, invoice_id), entries(place, invoice_id)) == ("open", ["issued"])
        assert "Failed" in text_of(browser.get(place.url("invoices")))
        # The page that refused is a new form: with its key and another method the payment goes through.
        key = re.search(r'name="request_key" value="([^"]+)"', body)
        assert key
        assert key.group(1) != form["request_key"]
        paid = browser.post(pay_url(place, invoice_id), {"request_key": key.group(1), "method": good})
        assert paid.status_code == 303
        assert taken(gateway, place) == [41250]
        assert [outcome for _, outcome, _ in attempts(place)] == ["declined", "succeeded"]

    def test_the_same_form_again_gives_the_same_answer(self, database: str, gateway: Any, unchanged: Unchanged) -> None:
        place = billed_place()
        put_on_file(place, gateway, number=DECLINED)
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = pay_form(browser, place, invoice_id)
        browser.post(pay_url(place, invoice_id), form)
        with unchanged():
            again = browser.post(pay_url(place, invoice_id), form)
        assert again.status_code == 402
        assert "The bank declined the card. Try another method." in text_of(again)
        assert len(gateway.charges(place.id)) == 1

    def test_the_summary_then_leads_to_pay(self, database: str, gateway: Any) -> None:
        place = billed_place()
        put_on_file(place, gateway, number=DECLINED)
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        browser.post(pay_url(place, invoice_id), pay_form(browser, place, invoice_id))
        for section in ("billing-methods", "invoices"):
            response = browser.get(place.url(section))
            assert "Payment of $412.50 for invoice ACME-000001 failed on Nov 12." in text_of(response)
            assert f'href="{pay_url(place, invoice_id)}">Pay now' in response.content.decode()
        viewer = sign_in(place.viewer).get(place.url("invoices")).content.decode()
        assert "Pay now" not in viewer


class TestUnknown:
    """A timeout never becomes "failed", and never a second charge (B85)."""

    @pytest.mark.parametrize(("kind", "was_taken"), [("cut_before", False), ("cut_after", True)])
    def test_is_being_confirmed_and_resolves_by_itself(
        self, place: Place, gateway: Any, gateway_process: GatewayProcess, kind: str, was_taken: bool
    ) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = pay_form(browser, place, invoice_id)
        with fault(gateway_process, place, kind, operation="confirm_intent"):
            response = browser.post(pay_url(place, invoice_id), form)
        assert (response.status_code, response["Location"]) == (303, place.url(f"invoices/{invoice_id}"))
        shown = browser.get(response["Location"])
        assert CONFIRMING in text_of(shown)
        assert "Pending" in text_of(shown)
        assert f"{invoice_id}/pay" not in shown.content.decode()
        assert intents(place) == ["unknown"]
        for key in (form["request_key"], UNKNOWN):
            again = browser.post(pay_url(place, invoice_id), {**form, "request_key": key})
            assert again.status_code == (303 if key == form["request_key"] else 409)
        assert taken(gateway, place) == ([41250] if was_taken else [])
        with tenancy.reading(place.id):
            intent_id = str(PaymentIntent.objects.get().id)
        done(resolve_payment(actor=place.clock, intent_id=intent_id))
        assert (taken(gateway, place), state_of(place, invoice_id)) == ([41250], "paid")
        assert "Paid on Nov 12, 2026 with Visa •••• 4242" in text_of(browser.get(response["Location"]))

    def test_no_answer_to_the_creation_charged_nothing(
        self, place: Place, gateway: Any, gateway_process: GatewayProcess
    ) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = pay_form(browser, place, invoice_id)
        with fault(gateway_process, place, "cut_after", operation="create_intent"):
            response = browser.post(pay_url(place, invoice_id), form)
        assert response.status_code == 503
        assert "Payment service is unavailable. Nothing was charged." in text_of(response)
        assert gateway.charges(place.id) == []
        # And the invoice is payable: the next form finds what the first one had created.
        assert browser.post(pay_url(place, invoice_id), pay_form(browser, place, invoice_id)).status_code == 303
        assert taken(gateway, place) == [41250]

    def test_the_gateway_is_not_there(self, place: Place, gateway: Any, unchanged: Unchanged, settings: Any) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form, url = pay_form(browser, place, invoice_id), settings.TENANTRY_GATEWAY_URL
        settings.TENANTRY_GATEWAY_URL = "http://127.0.0.1:9"
        response = browser.post(pay_url(place, invoice_id), form)
        assert (response.status_code, response["Retry-After"]) == (503, "2")
        assert "Payment service is unavailable. Nothing was charged." in text_of(response)
        assert (attempts(place), state_of(place, invoice_id)) == ([(1, "not_sent", "")], "open")
        settings.TENANTRY_GATEWAY_URL = url
        with unchanged():
            again = browser.post(pay_url(place, invoice_id), form)
        assert again.status_code == 503
        assert browser.post(pay_url(place, invoice_id), pay_form(browser, place, invoice_id)).status_code == 303
        assert taken(gateway, place) == [41250]


class TestWho:
    def test_a_viewer_can_neither_open_nor_send_it(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        browser, invoice_id = sign_in(place.viewer), first_invoice(place)
        with unchanged():
            shown = browser.get(pay_url(place, invoice_id))
            posted = browser.post(pay_url(place, invoice_id), {"request_key": UNKNOWN, "method": methods(place)[0]})
        for response in (shown, posted):
            assert response.status_code == 403
            assert "You need Account Management with Modify to do this." in text_of(response)
        assert gateway.charges(place.id) == []

    def test_modify_taken_away_while_the_form_is_open(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        group = save_group(place.id, "Clerks", VIEW, MODIFY)
        browser = sign_in(add_member(place.id, "clerk@acme.test", "Clara Clerk", group))
        invoice_id = first_invoice(place)
        form = pay_form(browser, place, invoice_id)
        save_group(place.id, "Clerks", VIEW, group_id=group)
        with unchanged():
            response = browser.post(pay_url(place, invoice_id), form)
        assert (response.status_code, gateway.charges(place.id)) == (403, [])

    def test_another_companys_invoice_is_the_same_as_none(
        self, place: Place, gateway: Any, unchanged: Unchanged
    ) -> None:
        other = billed_place("other")
        put_on_file(other, gateway)
        browser = sign_in(place.owner)
        form = {"request_key": UNKNOWN, "method": methods(place)[0]}
        with unchanged():
            answers = [
                (browser.get(pay_url(place, id_)), browser.post(pay_url(place, id_), form))
                for id_ in (first_invoice(other), UNKNOWN)
            ]
        for foreign, missing in zip(*answers, strict=True):
            assert (foreign.status_code, missing.status_code) == (404, 404)
            assert without_chances(foreign) == without_chances(missing)
        assert gateway.charges(other.id) == []

    def test_without_a_session(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        invoice_id = first_invoice(place)
        with unchanged():
            response = Client().post(pay_url(place, invoice_id), {"request_key": UNKNOWN, "method": UNKNOWN})
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/?next=%2Facme%2F")

    def test_without_the_forms_token(self, place: Place, gateway: Any, unchanged: Unchanged) -> None:
        browser, invoice_id = sign_in(place.owner, enforce_csrf_checks=True), first_invoice(place)
        form = pay_form(browser, place, invoice_id)
        with unchanged():
            response = browser.post(pay_url(place, invoice_id), form)
        assert (response.status_code, gateway.charges(place.id)) == (403, [])
        assert "This form has expired. Reload the page and try again." in text_of(response)
