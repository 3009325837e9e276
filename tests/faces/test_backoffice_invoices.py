"""An invoice in the back office: looked at, credited and refunded, each after its effect was shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.companies.models import VendorStaff
from tenantry.records.invoices.models import CreditNote
from tenantry.records.payments.models import Refund
from tests.builders import NOW, Place, open_place, put_on_file, sign_in
from tests.faces.billing import billed_place, fault, first_invoice
from tests.faces.pages import text_of
from tests.prepared import Prepared, prepared_by
from tests.untouched import Unchanged

REASON = "Two days without service"


@pytest.fixture(autouse=True)
def standing_still() -> Iterator[None]:
    """Stand on November 12."""
    with clock.pinned(NOW):
        yield


prepared = prepared_by(billed_place)


@pytest.fixture
def place(prepared: Prepared, database: str, gateway: Any) -> Place:
    """Open a company with one invoice of $412.50."""
    return prepared.value


@pytest.fixture
def paid(place: Place, gateway: Any) -> Place:
    """Let it be paid by card."""
    method = put_on_file(place, gateway)
    pay_invoice(actor=place.owner.actor, invoice_id=first_invoice(place), method_id=method, request_key="k")
    return place


@pytest.fixture
def staff(place: Place) -> Client:
    """A browser in which a person of the vendor is signed in."""
    model: Any = get_user_model()
    user = model(email="vera@vendor.test", name="Vera Vendor", joined_at=NOW)
    user.set_unusable_password()
    user.save()
    VendorStaff.objects.create(user=user, since_at=NOW)
    client = Client()
    client.force_login(user)
    return client


def url(place: Place, action: str = "") -> str:
    address = f"/backoffice/companies/{place.slug}/invoices/{first_invoice(place)}"
    return f"{address}/{action}" if action else address


def hidden(response: Any) -> dict[str, str]:
    """Read the hidden fields of the page's form."""
    body = response.content.decode()
    found = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', body))
    return {name: value for name, value in found.items() if name != "csrfmiddlewaretoken"}


def review(staff: Client, place: Place, action: str, amount: str, reason: str = REASON) -> Any:
    """Open the form, type, and ask for the confirmation."""
    form = hidden(staff.get(url(place, action)))
    return staff.post(url(place, action), {**form, "amount": amount, "reason": reason})


def confirm(staff: Client, place: Place, action: str, amount: str) -> Any:
    """Go all the way."""
    confirmation = review(staff, place, action, amount)
    assert confirmation.status_code == 200
    return staff.post(url(place, action), hidden(confirmation), follow=True)


def notes(place: Place) -> list[tuple[int, int]]:
    with tenancy.reading(place.id):
        return list(CreditNote.objects.order_by("sequence").values_list("to_receivable_minor", "to_credit_minor"))


class TestTheInvoice:
    def test_is_reached_from_the_company_and_says_how_it_stands(self, place: Place, staff: Client) -> None:
        assert f'href="{url(place)}"' in staff.get("/backoffice/companies/acme").content.decode()
        text = text_of(staff.get(url(place)))
        assert "Invoice ACME-000001" in text
        assert "Amount $412.50 Balance due $412.50 Credited $0.00 Company credit $0.00" in text
        assert "Refund: Nothing that was paid on this invoice is still here." in text
        assert f'href="{url(place, "credit")}"' in staff.get(url(place)).content.decode()
        assert f'href="{url(place, "refund")}"' not in staff.get(url(place)).content.decode()

    def test_is_not_there_at_another_company(self, place: Place, staff: Client) -> None:
        open_place("brink")
        for action in ("", "credit", "refund"):
            wrong = url(place, action).replace("/acme/", "/brink/")
            assert staff.get(wrong).status_code == 404
            if action:
                assert staff.post(wrong, {"amount": "1", "reason": "x", "request_key": "k"}).status_code == 404


class TestCredit:
    def test_the_effect_is_shown_before_it_happens(self, place: Place, staff: Client, unchanged: Unchanged) -> None:
        page = text_of(staff.get(url(place, "credit")))
        assert "Can be credited $412.50" in page
        with unchanged():
            confirmation = review(staff, place, "credit", "12.50")
        text = text_of(confirmation)
        assert "Issue this credit note?" in text
        assert "Credit note $12.50 $12.50 and $0.00 tax" in text
        assert "Off what is due $12.50 Kept as the company's credit $0.00" in text
        answer = staff.post(url(place, "credit"), hidden(confirmation))
        assert (answer.status_code, answer["Location"]) == (303, url(place))
        assert notes(place) == [(1250, 0)]
        text = text_of(staff.get(url(place)))
        assert "Credit note ACME-CN-000001 over $12.50 was issued." in text
        assert f"ACME-CN-000001 {REASON} · $12.50 taken off what was due on this invoice." in text
        assert "Balance due $400.00 Credited $12.50" in text
        with tenancy.reading(place.id):
            entry = AuditEntry.objects.get(action="issue_credit_note")
            assert (entry.actor_kind, entry.actor_name) == ("vendor", "Vera Vendor")

    def test_the_same_confirmation_twice_issues_once(self, place: Place, staff: Client) -> None:
        form = hidden(review(staff, place, "credit", "12.50"))
        for _ in range(2):
            assert staff.post(url(place, "credit"), form).status_code == 303
        assert notes(place) == [(1250, 0)]

    @pytest.mark.parametrize(
        ("amount", "reason", "status", "words"),
        [
            ("", REASON, 422, "This field is required."),
            ("12.50", "", 422, "This field is required."),
            ("12,50", REASON, 422, "Enter an amount like 49.50"),
            ("12.505", REASON, 422, "Enter an amount like 49.50"),
            ("-1", REASON, 422, "Enter an amount like 49.50"),
            ("0", REASON, 422, "This amount is too small or too large."),
            ("412.51", REASON, 409, "At most $412.50 of this invoice can still be credited."),
            ("1", "x" * 501, 422, "at most 500 characters"),
            ("1", "card 4242 4242 4242 4242", 422, "Never send card numbers here."),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_happens(
        self, place: Place, staff: Client, unchanged: Unchanged, amount: str, reason: str, status: int, words: str
    ) -> None:
        with unchanged():
            answer = review(staff, place, "credit", amount, reason)
        assert (answer.status_code, words in text_of(answer)) == (status, True)
        assert "4242 4242" not in answer.content.decode()

    def test_what_changed_meanwhile_is_said(self, place: Place, staff: Client, unchanged: Unchanged) -> None:
        form = hidden(review(staff, place, "credit", "412.50"))
        confirm(staff, place, "credit", "100")
        with unchanged():
            answer = staff.post(url(place, "credit"), form)
        assert answer.status_code == 409
        assert "At most $312.50 of this invoice can still be credited." in text_of(answer)
        assert notes(place) == [(10000, 0)]

    def test_all_of_it_leaves_nothing_to_do(self, place: Place, staff: Client) -> None:
        confirm(staff, place, "credit", "412.50")
        page = text_of(staff.get(url(place, "credit")))
        assert "All of this invoice was credited or given back already." in page
        assert "Review" not in page


class TestRefund:
    def test_needs_credit_first(self, paid: Place, staff: Client) -> None:
        page = text_of(staff.get(url(paid, "refund")))
        assert "There is no credit that could be sent back. Credit the invoice first, then refund it." in page
        assert "Can be sent back nothing" in page

    def test_credit_then_refund(self, paid: Place, staff: Client, gateway: Any) -> None:
        confirm(staff, paid, "credit", "50")
        confirmation = review(staff, paid, "refund", "40")
        text = text_of(confirmation)
        assert "Sent back $40.00 Visa •••• 4242" in text
        assert "Company credit afterwards $10.00" in text
        answer = staff.post(url(paid, "refund"), hidden(confirmation), follow=True)
        text = text_of(answer)
        assert "$40.00 were sent back." in text
        assert f"{REASON} Vera Vendor Nov 12, 2026" in text
        assert "Sent back" in text
        assert [one["refunded_minor"] for one in gateway.charges(paid.id)] == [4000]

    def test_the_same_confirmation_twice_sends_once(self, paid: Place, staff: Client, gateway: Any) -> None:
        confirm(staff, paid, "credit", "50")
        form = hidden(review(staff, paid, "refund", "40"))
        for _ in range(2):
            assert staff.post(url(paid, "refund"), form).status_code == 303
        assert [one["refunded_minor"] for one in gateway.charges(paid.id)] == [4000]

    def test_without_an_answer_it_says_so(self, paid: Place, staff: Client, gateway_process: Any) -> None:
        confirm(staff, paid, "credit", "50")
        with fault(gateway_process, paid, "cut_after", operation="create_refund"):
            text = text_of(confirm(staff, paid, "refund", "40"))
        assert "The processor has not answered yet. We ask until it is known; nothing is sent twice." in text
        assert "No answer yet" in text
        assert "Refund: A refund of this payment is being confirmed." in text

    def test_refused_by_the_processor_says_why(self, paid: Place, staff: Client, settings: Any) -> None:
        confirm(staff, paid, "credit", "50")
        form = hidden(review(staff, paid, "refund", "40"))
        settings.TENANTRY_GATEWAY_URL = "http://127.0.0.1:9"
        answer = staff.post(url(paid, "refund"), form)
        assert (answer.status_code, answer["Retry-After"]) == (503, "2")
        assert "Payment service is unavailable. Nothing was sent back." in text_of(answer)
        with tenancy.reading(paid.id):
            assert [row.state for row in Refund.objects.all()] == ["refused"]

    @pytest.mark.parametrize(
        ("amount", "status", "words"),
        [("50.01", 409, "At most $50.00 can be sent back."), ("0", 422, "This amount is too small or too large.")],
    )
    def test_never_more_than_there_is(
        self, paid: Place, staff: Client, unchanged: Unchanged, amount: str, status: int, words: str
    ) -> None:
        confirm(staff, paid, "credit", "50")
        with unchanged():
            answer = review(staff, paid, "refund", amount)
        assert (answer.status_code, words in text_of(answer)) == (status, True)


class TestWho:
    def test_nobody_else_finds_anything_there(self, place: Place, unchanged: Unchanged) -> None:
        form = {"amount": "1", "reason": REASON, "request_key": "k", "confirmed": "on"}
        browsers = [sign_in(place.owner), sign_in(place.viewer)]
        with unchanged():
            for browser in browsers:
                for action in ("", "credit", "refund"):
                    assert browser.get(url(place, action)).status_code == 404
                    assert browser.post(url(place, action), form).status_code == 404

    def test_a_post_needs_the_token(self, place: Place, staff: Client, unchanged: Unchanged) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = staff.cookies
        form = {"amount": "1", "reason": REASON, "request_key": "k", "confirmed": "on"}
        with unchanged():
            assert strict.post(url(place, "credit"), form).status_code == 403
