"""Billing details: read with View, changed with Modify, never lost, for the next invoices (I9)."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.companies.models import BillingDetails
from tenantry.records.invoices.models import Invoice
from tests.builders import MODIFY, NOW, SECOND_CARD, VIEW, Place, add_member, open_place, save_group, sign_in
from tests.faces.billing import bill, billed_place
from tests.faces.pages import text_of
from tests.prepared import Prepared, prepared_by
from tests.racing import at_once
from tests.untouched import Unchanged

FIELDS = (
    "legal_name", "address_line_1", "address_line_2", "city", "region", "postal_code", "country", "tax_id", "po_number",
)  # fmt: skip
TYPED = {
    "legal_name": "Acme Alarms LLC",
    "address_line_1": "12 Main St",
    "address_line_2": "Suite 4",
    "city": "Lehi",
    "region": "UT",
    "postal_code": "84043",
    "country": "US",
    "tax_id": "12-3456789",
    "po_number": "PO-7",
    "recipients": "books@acme.test\r\n  cfo@acme.test \r\n\r\nbooks@acme.test",
    "version": "1",
}


@pytest.fixture(autouse=True)
def at_ten() -> Any:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


prepared = prepared_by(open_place)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Open a company."""
    return prepared.value


def url(place: Place) -> str:
    """Give the address of the page."""
    return place.url("invoices/billing-details")


def kept(place: Place) -> dict[str, Any]:
    """Read what is kept."""
    with tenancy.reading(place.id):
        row = BillingDetails.objects.get()
    return {**{name: getattr(row, name) for name in FIELDS}, "recipients": row.recipients, "version": row.version}


def values(response: Any) -> dict[str, str]:
    """Read what stands in the form."""
    body = response.content.decode()
    found = dict(re.findall(r'<input[^>]* name="([a-z_0-9]+)"[^>]* value="([^"]*)"', body))
    found["country"] = re.findall(r'<option value="([A-Z]{2})" selected', body)[0]
    found["recipients"] = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", body, flags=re.S)[0]
    return {name: html.unescape(value) for name, value in found.items() if name in TYPED}


class TestReading:
    def test_a_viewer_reads_them_without_a_form(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.viewer)
        with unchanged():
            response = browser.get(url(place))
        text = text_of(response)
        assert response.status_code == 200
        assert "Legal name Acme Address 1 12 Main St" in text
        assert "Country United States" in text
        assert "You need Account Management with Modify to pay invoices or change billing details." in text
        main = response.content.decode().split("<main")[1].split("</main>")[0]
        assert "<form" not in main

    def test_an_owner_reads_them_in_the_form(self, place: Place) -> None:
        response = sign_in(place.owner).get(url(place))
        assert values(response) == {
            "legal_name": "Acme", "address_line_1": "12 Main St", "address_line_2": "", "city": "Lehi", "region": "UT",
            "postal_code": "84043", "country": "US", "tax_id": "", "po_number": "", "recipients": "owner@acme.test",
            "version": "1",
        }  # fmt: skip
        assert "They stand on your next invoices. Invoices that are issued stay as they are." in text_of(response)

    def test_is_reached_from_invoices(self, place: Place) -> None:
        body = sign_in(place.viewer).get(place.url("invoices")).content.decode()
        assert f'href="{url(place)}">Billing details' in body

    def test_without_view(self, place: Place) -> None:
        assert sign_in(place.nobody).get(url(place)).status_code == 403
        assert Client().get(url(place)).status_code == 302
        assert sign_in(open_place("other").owner).get(url(place)).status_code == 404


class TestSaving:
    def test_keeps_what_was_typed_and_who_did_it(self, place: Place) -> None:
        browser = sign_in(place.owner)
        response = browser.post(url(place), TYPED)
        assert (response.status_code, response["Location"]) == (303, place.url("invoices"))
        assert "Billing details saved. They stand on your next invoices." in text_of(browser.get(response["Location"]))
        assert kept(place) == {
            **{name: TYPED[name] for name in FIELDS},
            "recipients": ["books@acme.test", "cfo@acme.test"],
            "version": 2,
        }
        with tenancy.reading(place.id):
            entry = AuditEntry.objects.get(action="change_billing_details")
        assert (entry.actor_name, entry.before["legal_name"], entry.after["legal_name"]) == (
            "Olga Owner", "Acme", "Acme Alarms LLC",
        )  # fmt: skip

    def test_shows_it_again(self, place: Place) -> None:
        browser = sign_in(place.owner)
        browser.post(url(place), TYPED)
        expected = {**TYPED, "recipients": "books@acme.test\ncfo@acme.test", "version": "2"}
        assert values(browser.get(url(place))) == expected

    def test_the_same_again_changes_nothing(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.owner)
        browser.post(url(place), TYPED)
        with unchanged():
            response = browser.post(url(place), {**TYPED, "version": "2"})
        assert response.status_code == 303

    def test_the_issued_invoice_stays_and_the_next_one_has_them(self, database: str) -> None:
        place = billed_place()
        sign_in(place.owner).post(url(place), TYPED)
        bill(place, datetime(2026, 12, 12, 17, tzinfo=UTC))
        with tenancy.reading(place.id):
            found = list(Invoice.objects.order_by("sequence").values_list("billed_to", "recipients"))
        assert [(billed_to["legal_name"], recipients) for billed_to, recipients in found] == [
            ("Acme", ["owner@acme.test"]),
            ("Acme Alarms LLC", ["books@acme.test", "cfo@acme.test"]),
        ]
        assert found[1][0]["po_number"] == "PO-7"

    def test_a_country_from_the_whole_world(self, place: Place) -> None:
        assert sign_in(place.owner).post(url(place), {**TYPED, "country": "JP"}).status_code == 303
        assert kept(place)["country"] == "JP"


class TestWrong:
    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"legal_name": "  "}, "Legal name: This can't be left empty."),
            ({"legal_name": "x" * 201}, "Legal name: This is too long: at most 200 characters."),
            ({"city": "x" * 81}, "City: This is too long: at most 80 characters."),
            ({"country": "ZZ"}, "Country: Choose a country from the list."),
            ({"country": "us"}, "Country: Choose a country from the list."),
            (
                {"recipients": "books@acme.test\nno address"},
                "Invoices by mail to: “no address” is not an e-mail address.",
            ),
            (
                {"recipients": "a@b.test, c@d.test"},
                "Invoices by mail to: “a@b.test, c@d.test” is not an e-mail address.",
            ),
            (
                {"recipients": "\n".join(f"a{n}@b.test" for n in range(11))},
                "Invoices by mail to: At most 10 people can get the invoices by mail.",
            ),
        ],
    )
    def test_stands_beside_its_field_and_keeps_the_rest(
        self, place: Place, unchanged: Unchanged, change: dict[str, str], sentence: str
    ) -> None:
        browser = sign_in(place.owner)
        with unchanged():
            response = browser.post(url(place), {**TYPED, **change})
        assert response.status_code == 422
        assert f"Please check: {sentence}" in text_of(response)
        name = next(iter(change))
        assert f'aria-describedby="{"id_recipients-hint " if name == "recipients" else ""}id_{name}-error"' in (
            response.content.decode()
        )
        if name != "country":
            assert values(response) == {**TYPED, **change}

    def test_all_that_is_wrong_is_said_at_once(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.owner)
        with unchanged():
            response = browser.post(url(place), {**TYPED, "legal_name": "", "recipients": "no address"})
        assert re.findall(r'<li><a href="#(\w+)">', response.content.decode()) == ["id_legal_name", "id_recipients"]

    def test_control_characters_are_not_kept(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.owner)
        for name in ("legal_name", "city", "tax_id", "recipients"):
            for hostile in ("a\x00b", "a\rb\x0b", "\x1b[31m"):
                with unchanged():
                    response = browser.post(url(place), {**TYPED, name: hostile})
                assert (name, hostile, response.status_code) == (name, hostile, 422)

    def test_markup_is_text(self, place: Place) -> None:
        browser, name = sign_in(place.owner), '"><script>alert(1)</script>'
        assert browser.post(url(place), {**TYPED, "legal_name": name}).status_code == 303
        response = browser.get(url(place))
        assert values(response)["legal_name"] == name
        assert "<script>alert" not in response.content.decode()

    def test_a_field_that_nobody_sets(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.owner)
        for name in ("tax_exempt", "company_id", "amount", "id", "recipients[]"):
            with unchanged():
                response = browser.post(url(place), {**TYPED, name: "on"})
            assert (name, response.status_code) == (name, 422)
            assert "This request names a field that can't be set." in text_of(response)
            assert values(response)["legal_name"] == "Acme Alarms LLC"

    def test_a_version_that_can_not_be_read(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.owner)
        for version in ("", "abc", "-1", "0", "9" * 30, ["1", "1"]):
            with unchanged():
                response = browser.post(url(place), {**TYPED, "version": version})
            assert (version, response.status_code) == (version, 422)

    def test_a_card_number_is_refused_and_not_shown_again(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.owner)
        with unchanged():
            response = browser.post(url(place), {**TYPED, "po_number": SECOND_CARD})
        assert response.status_code == 422
        assert "Never send card numbers here." in text_of(response)
        assert SECOND_CARD not in response.content.decode()


class TestTwoPeople:
    def test_who_comes_second_hears_it_and_loses_nothing(self, place: Place, unchanged: Unchanged) -> None:
        group = save_group(place.id, "Clerks", VIEW, MODIFY)
        clerk = sign_in(add_member(place.id, "clerk@acme.test", "Clara Clerk", group))
        sign_in(place.owner).post(url(place), TYPED)
        with unchanged():
            response = clerk.post(url(place), {**TYPED, "city": "Provo"})
        assert response.status_code == 409
        assert "Changed by someone else. Reload." in text_of(response)
        assert values(response)["city"] == "Provo"
        # Sent again without reloading it is refused again: the version did not move on unseen.
        assert values(response)["version"] == "1"
        with unchanged():
            assert clerk.post(url(place), {**TYPED, "city": "Provo"}).status_code == 409
        fresh = values(clerk.get(url(place)))
        assert (fresh["city"], fresh["version"]) == ("Lehi", "2")

    def test_at_the_same_moment_one_is_kept_and_the_other_is_told(self, place: Place) -> None:
        browsers = [sign_in(place.owner) for _ in range(2)]

        def save(at: int) -> int:
            with clock.pinned(NOW):
                return browsers[at].post(url(place), {**TYPED, "city": f"City {at}"}).status_code

        answers = at_once(lambda: save(0), lambda: save(1))
        assert sorted(answers) == [303, 409]
        assert (kept(place)["city"], kept(place)["version"]) == (f"City {answers.index(303)}", 2)


class TestWho:
    def test_a_viewer_can_not_send_it(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.viewer)
        with unchanged():
            response = browser.post(url(place), TYPED)
        assert response.status_code == 403
        assert "You need Account Management with Modify to do this." in text_of(response)

    @pytest.mark.parametrize("method", ["put", "delete", "patch"])
    def test_knows_get_and_post_only(self, place: Place, unchanged: Unchanged, method: str) -> None:
        browser = sign_in(place.owner)
        with unchanged():
            response = getattr(browser, method)(url(place))
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")
