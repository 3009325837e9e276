"""Payments in review in the back office: the list, one of them, asking again, ending one (R4)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.payments.models import Refund, Review
from tests.builders import NOW, Place, put_on_file, sign_in
from tests.faces.billing import attempts, billed_place, first_invoice, intents, pay_form, pay_url, state_of, taken
from tests.faces.pages import text_of
from tests.faces.reviewing import (
    NOWHERE,
    held_because,
    refund_unanswered,
    review_of,
    staff_browser,
    unanswered,
    wrongly_answered,
)
from tests.gateway.process import GatewayProcess
from tests.prepared import Prepared, prepared_by
from tests.telling import event, listening, tell
from tests.untouched import Unchanged

EVIDENCE = "Dashboard of the processor, payment of Nov 12"


@pytest.fixture(autouse=True)
def at_ten() -> Iterator[None]:
    """Hold the time: 10 o'clock on Nov 12, 2026 in Denver."""
    with clock.pinned(NOW):
        yield


prepared = prepared_by(billed_place)


@pytest.fixture
def place(prepared: Prepared, database: str, gateway: Any) -> Place:
    """Open a company with an invoice of $412.50."""
    return prepared.value


@pytest.fixture
def card(place: Place, gateway: Any) -> str:
    """Put a good card on file."""
    return put_on_file(place, gateway)


@pytest.fixture
def held(place: Place, card: str, gateway_process: GatewayProcess) -> str:
    """Bring the payment into review by an answer with a wrong amount; give the review's id."""
    return wrongly_answered(place, gateway_process, card)


@pytest.fixture
def staff(place: Place) -> Client:
    """A browser in which a person of the vendor is signed in."""
    return staff_browser()


def at(review_id: str, more: str = "") -> str:
    """Give the address of a review."""
    return f"/backoffice/reviews/{review_id}{more}"


def note(staff: Client, review_id: str, decision: str = "noted", evidence: str = EVIDENCE) -> Any:
    """Send the form that ends a review."""
    return staff.post(at(review_id), {"decision": decision, "evidence": evidence})


class TestList:
    def test_is_empty_at_first(self, staff: Client) -> None:
        text = text_of(staff.get("/backoffice/reviews"))
        assert "Nothing is in review" in text
        assert "In review 0 Events of the processor, 30 days 0 Waiting 0 Ignored 0" in text

    def test_counts_what_the_processor_told_and_why_it_was_ignored(self, staff: Client) -> None:
        with listening():
            with clock.pinned(NOW - timedelta(days=31)):
                tell(event("intent.created", "int_1"))
            for change in ({"account": "acc_2"}, {"account": "acc_2"}, {"mode": "live"}, {}):
                tell(event("intent.created", "int_1", **change))
        text = text_of(staff.get("/backoffice/reviews"))
        assert "processor, 30 days 4 Waiting 1 Ignored 3 · other account 2, other mode 1" in text

    def test_shows_why_whose_how_much_and_for_how_long(self, place: Place, held: str, staff: Client) -> None:
        with clock.pinned(NOW + timedelta(days=3)):
            text = text_of(staff.get("/backoffice/reviews"))
        assert (
            "The processor's answer is not about this payment Billing held Acme ACME-000001 $412.50"
            " Nov 12, 2026, 10:00\N{NO-BREAK SPACE}AM for 3 days"
        ).replace("\N{NO-BREAK SPACE}", " ") in text
        assert "In review 1" in text

    def test_crosses_companies_oldest_first_and_shows_the_closed_ones(
        self, place: Place, held: str, staff: Client, gateway: Any, gateway_process: GatewayProcess
    ) -> None:
        other = billed_place("brink")
        with clock.pinned(NOW + timedelta(hours=1)):
            theirs = wrongly_answered(other, gateway_process, put_on_file(other, gateway))
        text = text_of(staff.get("/backoffice/reviews"))
        assert text.index("Acme ACME-000001") < text.index("Brink BRINK-000001")
        note(staff, held)
        text = text_of(staff.get("/backoffice/reviews"))
        assert text.index("Brink BRINK-000001") < text.index("Closed lately") < text.index("Acme ACME-000001")
        assert "Noted, nothing to book · Vera Vendor" in text
        assert at(theirs) in staff.get("/backoffice/reviews").content.decode()

    def test_a_reason_without_words_is_said_by_its_code(self, place: Place, staff: Client) -> None:
        with tenancy.phase(place.id):
            facts = {"gateway_id": "pi_<7>", "amount_minor": 4250, "currency": "USD"}
            review_id = str(uuid4())
            Review.objects.create(
                id=review_id, company_id=place.id, reason="found_at_gateway", facts=facts, opened_at=NOW
            )
        assert "Found at gateway Acme — —" in text_of(staff.get("/backoffice/reviews"))
        page = staff.get(at(review_id))
        assert "pi_&lt;7&gt;" in page.content.decode()
        assert "Payment at the processor pi_<7>" in html.unescape(text_of(page))
        assert "Amount it said $42.50" in text_of(page)
        assert "Ask again now" not in text_of(page)
        assert note(staff, review_id).status_code == 303


class TestOne:
    def test_says_in_words_what_is_known(self, place: Place, held: str, staff: Client) -> None:
        text = text_of(staff.get(at(held)))
        for words in (
            "The processor's answer is not about this payment",
            "Company Acme",
            "Invoice ACME-000001 Amount of the payment $412.50 The payment stands at Being sent",
            "Billing Held: nothing of this company is charged",
            "What does not fit amount The processor said succeeded The payment stood at sending",
            "Amount it said $412.51",
            "Ask again now",
            "Noted, nothing to book Ends the review. The payment and the books stay as they are.",
            "What shows it?",
        ):
            assert words in text

    def test_offers_the_money_only_where_the_table_does(
        self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess, settings: Any, staff: Client
    ) -> None:
        review_id = unanswered(place, gateway_process, settings, card, was_taken=False)
        text = text_of(staff.get(at(review_id)))
        assert "The processor does not say what became of a payment" in text
        assert "The money was taken Books exactly the amount of this payment" in text
        assert "The money was not taken Books nothing" in text
        assert "Noted" not in text
        since = "The payment stood at unknown Since Nov 12, 2026, 10:00\N{NO-BREAK SPACE}AM Asked so many times 6"
        assert since.replace("\N{NO-BREAK SPACE}", " ") in text
        assert note(staff, review_id).status_code == 422

    def test_asks_for_evidence_and_keeps_what_was_typed(
        self, place: Place, held: str, staff: Client, unchanged: Unchanged
    ) -> None:
        with unchanged():
            empty, nothing = note(staff, held, evidence=""), staff.post(at(held), {})
            unknown = note(staff, held, decision="taken")
        assert [one.status_code for one in (empty, nothing, unknown)] == [422, 422, 422]
        assert "Please check:" in text_of(empty)
        assert EVIDENCE in unknown.content.decode()

    def test_too_little_evidence(self, held: str, staff: Client, unchanged: Unchanged) -> None:
        with unchanged():
            response = note(staff, held, evidence="<looked>")
        assert response.status_code == 422
        assert "Say what shows it, in at least 10 characters." in text_of(response)
        assert "&lt;looked&gt;</textarea>" in response.content.decode()

    def test_a_card_number_is_refused_and_not_shown_again(self, held: str, staff: Client, unchanged: Unchanged) -> None:
        with unchanged():
            response = note(staff, held, evidence="card 4242 4242 4242 4242 of Olga")
        assert response.status_code == 422
        assert "Never send card numbers here." in text_of(response)
        assert "4242 4242" not in response.content.decode()

    def test_closing_releases_the_billing_and_says_so(self, place: Place, held: str, staff: Client) -> None:
        response = note(staff, held)
        assert (response.status_code, response["Location"]) == (303, "/backoffice/reviews")
        assert "Review closed: Noted, nothing to book." in text_of(staff.get("/backoffice/reviews"))
        assert held_because(place) == ""
        page = text_of(staff.get(at(held)))
        assert f"Decided Noted, nothing to book By Vera Vendor Evidence {EVIDENCE}" in page
        assert "Close this review" not in page
        assert "Ask again now" not in page

    def test_a_second_click_changes_nothing(self, held: str, staff: Client, unchanged: Unchanged) -> None:
        note(staff, held)
        with unchanged():
            response = note(staff, held)
        assert response.status_code == 409
        assert "This review is closed already." in text_of(response)

    def test_settles_by_hand_what_the_processor_does_not_say(
        self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess, settings: Any, staff: Client
    ) -> None:
        review_id = unanswered(place, gateway_process, settings, card, was_taken=True)
        url, settings.TENANTRY_GATEWAY_URL = settings.TENANTRY_GATEWAY_URL, NOWHERE
        response = note(staff, review_id, "taken")
        settings.TENANTRY_GATEWAY_URL = url
        assert response.status_code == 303
        assert "Review closed: The money was taken." in text_of(staff.get(response["Location"]))
        assert (state_of(place, first_invoice(place)), attempts(place)) == ("paid", [(1, "succeeded", "")])
        assert taken(gateway, place) == [41250]

    def test_hears_when_the_processor_answered_meanwhile(
        self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess, settings: Any, staff: Client
    ) -> None:
        review_id = unanswered(place, gateway_process, settings, card, was_taken=True)
        response = note(staff, review_id, "not_taken")
        assert response.status_code == 409
        text = text_of(response)
        assert "The payment processor has answered meanwhile. Its answer was applied, and yours was not." in text
        assert "The payment stands at Succeeded" in text
        assert state_of(place, first_invoice(place)) == "paid"


class TestARefund:
    """The processor says nothing about a refund of $40.00."""

    @pytest.fixture
    def review_id(self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess, settings: Any) -> str:
        """Bring it into review; the processor stays silent."""
        review_id = refund_unanswered(place, gateway_process, settings, card, was_made=True)
        settings.TENANTRY_GATEWAY_URL = NOWHERE
        return review_id

    def test_offers_both_exits_and_asks_for_its_id(self, review_id: str, staff: Client, unchanged: Unchanged) -> None:
        text = text_of(staff.get(at(review_id)))
        assert "The processor does not say what became of a refund" in text
        assert "The refund was made Books exactly the amount of this refund as sent back." in text
        assert "The refund was not made Gives the amount back to the company's credit." in text
        assert "Noted" not in text
        with unchanged():
            response = note(staff, review_id, "refunded")
        assert response.status_code == 422
        assert "Enter the refund's id at the processor." in text_of(response)
        assert EVIDENCE in response.content.decode()

    def test_is_settled_by_hand(self, place: Place, review_id: str, staff: Client) -> None:
        form = {"decision": "refunded", "evidence": EVIDENCE, "refund_id": "ref_<7>"}
        response = staff.post(at(review_id), form)
        assert response.status_code == 303
        assert "Review closed: The refund was made." in text_of(staff.get(response["Location"]))
        with tenancy.reading(place.id):
            assert list(Refund.objects.values_list("state", "gateway_refund_id")) == [("done", "ref_<7>")]
        assert "Decided The refund was made By Vera Vendor" in text_of(staff.get(at(review_id)))

    def test_not_made_needs_no_id(self, place: Place, review_id: str, staff: Client) -> None:
        assert note(staff, review_id, "not_refunded").status_code == 303
        with tenancy.reading(place.id):
            assert list(Refund.objects.values_list("state", "code")) == [("refused", "not_arrived")]

    def test_a_payments_review_asks_for_no_refund(self, held: str, staff: Client) -> None:
        assert "Refund at the processor" not in text_of(staff.get(at(held)))


class TestAskAgain:
    def test_applies_what_the_processor_says_now(self, place: Place, held: str, staff: Client, gateway: Any) -> None:
        with clock.pinned(NOW + timedelta(minutes=2)):
            response = staff.post(at(held, "/ask"))
        assert (response.status_code, response["Location"]) == (303, at(held))
        assert "We asked. The payment stands at: succeeded." in text_of(staff.get(at(held)))
        assert (state_of(place, first_invoice(place)), taken(gateway, place)) == ("paid", [41250])
        assert review_of(place, held).closed_at is None

    def test_an_answer_ends_what_waited_for_it(
        self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess, settings: Any, staff: Client
    ) -> None:
        review_id = unanswered(place, gateway_process, settings, card, was_taken=True)
        with clock.pinned(NOW + timedelta(days=1)):
            staff.post(at(review_id, "/ask"))
        text = text_of(staff.get(at(review_id)))
        assert "Decided The processor answered By the processor's answer" in text
        assert (intents(place), taken(gateway, place)) == (["succeeded"], [41250])

    def test_without_an_answer_it_says_how_it_stands(
        self, place: Place, card: str, gateway_process: GatewayProcess, gateway: Any, settings: Any, staff: Client
    ) -> None:
        review_id = unanswered(place, gateway_process, settings, card, was_taken=False)
        url, settings.TENANTRY_GATEWAY_URL = settings.TENANTRY_GATEWAY_URL, NOWHERE
        staff.post(at(review_id, "/ask"))
        settings.TENANTRY_GATEWAY_URL = url
        assert "We asked. The payment stands at: no answer yet." in text_of(staff.get(at(review_id)))

    def test_by_get_asks_nothing(self, held: str, staff: Client, unchanged: Unchanged) -> None:
        with unchanged():
            assert staff.get(at(held, "/ask"))["Location"] == at(held)


class TestWho:
    def test_nobody_but_the_vendor(self, place: Place, held: str, unchanged: Unchanged) -> None:
        browser = sign_in(place.owner)
        with unchanged():
            for address in ("/backoffice/reviews", at(held), at(held, "/ask"), at(str(uuid4()))):
                assert browser.get(address).status_code == 404
                assert browser.post(address, {"decision": "noted", "evidence": EVIDENCE}).status_code == 404
            anonymous = Client().post(at(held), {"decision": "noted", "evidence": EVIDENCE})
        assert (anonymous.status_code, anonymous["Location"].split("?")[0]) == (302, "/accounts/login/")

    def test_an_unknown_review(self, staff: Client, unchanged: Unchanged) -> None:
        with unchanged():
            for address in (at(str(uuid4())), at(str(uuid4()), "/ask")):
                assert staff.post(address, {"decision": "noted", "evidence": EVIDENCE}).status_code == 404
            assert staff.get(at(str(uuid4()))).status_code == 404
            assert staff.get("/backoffice/reviews/7").status_code == 404

    @pytest.mark.parametrize("method", ["put", "delete", "patch"])
    def test_other_methods(self, held: str, staff: Client, method: str) -> None:
        assert getattr(staff, method)(at(held)).status_code == 405
        assert staff.post("/backoffice/reviews").status_code == 405

    def test_without_the_forms_token(self, held: str, staff: Client, unchanged: Unchanged) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = staff.cookies
        with unchanged():
            for address in (at(held), at(held, "/ask")):
                assert strict.post(address, {"decision": "noted", "evidence": EVIDENCE}).status_code == 403


class TestAround:
    def test_the_companys_page_says_that_billing_is_held_and_leads_here(
        self, place: Place, held: str, staff: Client
    ) -> None:
        page = staff.get("/backoffice/companies/acme")
        text = text_of(page)
        assert "Billing has been held since Nov 12, 2026: nothing is charged." in text
        assert (
            "Invoice ACME-000001 in review since Nov 12, 2026: The processor's answer is not about this payment."
            in text
        )
        assert 'href="/backoffice/reviews"' in page.content.decode()

    def test_the_payer_reads_the_truth_and_is_offered_no_second_payment(
        self, place: Place, held: str, card: str, gateway: Any
    ) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        page = browser.get(place.url(f"invoices/{invoice_id}"))
        assert "We're confirming this payment. You don't need to pay again." in text_of(page)
        assert "Pending" in text_of(page)
        assert pay_url(place, invoice_id) not in page.content.decode()
        form = {"request_key": str(uuid4()), "method": card}
        response = browser.post(pay_url(place, invoice_id), form)
        assert response.status_code == 409
        assert "A payment for this invoice is already in progress." in text_of(response)
        assert taken(gateway, place) == [41250]

    def test_while_billing_is_held_another_invoice_waits_too_and_goes_on_after(
        self, place: Place, held: str, card: str, gateway: Any, staff: Client
    ) -> None:
        from tests.faces.rows import write_invoices

        second = write_invoices(place, 1)[0]
        browser = sign_in(place.owner)
        form = {"request_key": str(uuid4()), "method": card}
        response = browser.post(pay_url(place, second), form)
        assert response.status_code == 409
        assert "Payments of your company are being checked." in text_of(response)
        note(staff, held)
        assert browser.post(pay_url(place, second), pay_form(browser, place, second)).status_code == 303
        assert sorted(taken(gateway, place)) == [37323, 41250]
        assert re.search("Paid", text_of(browser.get(place.url(f"invoices/{second}"))))
