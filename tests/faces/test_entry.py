"""The way in: who gets which answer, before any page is shown."""

from __future__ import annotations

import gzip
import logging
import re
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tenantry.core.permissions import ACCOUNT_MANAGEMENT, USER_ACCOUNTS, Grant, Level
from tenantry.outside import clock, host
from tenantry.records.base import tenancy
from tests.builders import (
    MODIFY,
    NOW,
    PASSWORD,
    Place,
    add_member,
    change_member,
    give_password,
    open_place,
    save_group,
    set_up_plan,
    sign_in,
    subscribe,
)
from tests.faces.pages import text_of, without_chances
from tests.prepared import Prepared, prepared_by
from tests.untouched import Unchanged

VIEW_WORDS = "You need Account Management with View to open this page."
MODIFY_WORDS = "You need Account Management with Modify to do this."


prepared = prepared_by(open_place)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Open a company."""
    return prepared.value


@pytest.fixture(autouse=True)
def at_noon() -> Any:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


class TestStart:
    def test_leads_to_billing_methods(self, place: Place) -> None:
        response = sign_in(place.viewer).get("/acme/admin/account-management")
        assert (response.status_code, response["Location"]) == (302, place.url("billing-methods"))

    def test_names_and_paths_are_the_promised_ones(self, place: Place) -> None:
        name = "admin.account-management.billing-methods"
        assert reverse(name, args=["acme"]) == "/acme/admin/account-management/billing-methods"

    def test_the_three_entries_stand_in_their_order(self, place: Place) -> None:
        body = sign_in(place.viewer).get(place.url("billing-methods")).content.decode()
        side = body.split('<nav class="side"')[1].split("</nav>")[0]
        words = ["Billing Methods", "Invoices", "Add-ons"]
        assert sorted(words, key=side.index) == words

    def test_the_page_says_what_it_is_and_what_it_is_not(self, place: Place) -> None:
        group = save_group(place.id, "Clerks", Grant(ACCOUNT_MANAGEMENT, Level.VIEW), Grant("invoices", Level.VIEW))
        clerk = sign_in(add_member(place.id, "cleo@acme.test", "Cleo Clerk", group))
        viewer = sign_in(place.viewer)
        for browser, is_led in ((clerk, True), (viewer, False)):
            response = browser.get(place.url("billing-methods"))
            text = text_of(response)
            assert (
                "Your company's subscription to SecurityTrax. For billing your own customers, see Billing Admin ."
                " For their invoices and payments, see Accounting ."
            ).replace(" .", " ." if is_led else ".") in text
            for name in ("billing_admin", "accounting"):
                found = host.link(name)
                assert found is not None
                address = reverse(found.route, args=["acme"])
                assert (f'href="{address}"' in response.content.decode()) is is_led
                assert (browser.get(address).status_code == 200) is is_led

    def test_a_viewer_reads_why_controls_are_missing(self, place: Place) -> None:
        viewer = text_of(sign_in(place.viewer).get(place.url("billing-methods")))
        owner = text_of(sign_in(place.owner).get(place.url("billing-methods")))
        words = "You need Account Management with Modify to change payment methods."
        assert words in viewer
        assert words not in owner
        assert "Add Payment Method" not in viewer
        assert "Add Payment Method" in owner


class TestAnonymous:
    def test_comes_back_to_the_very_page(self, place: Place) -> None:
        location = Client().get(place.url("history") + "?older=3")["Location"]
        assert location == "/accounts/login/?next=%2Facme%2Fadmin%2Faccount-management%2Fhistory%3Folder%3D3"

    def test_hears_the_same_of_unknown_companies(self, place: Place) -> None:
        known = Client().get("/acme/admin")
        unknown = Client().get("/nobody/admin")
        assert (known.status_code, unknown.status_code) == (302, 302)
        assert unknown["Location"] == known["Location"].replace("acme", "nobody")


class TestStranger:
    def test_an_unknown_address_of_the_own_company_looks_the_same_too(self, place: Place) -> None:
        client = sign_in(place.owner)
        missing, foreign = client.get("/acme/nowhere"), client.get("/nobody/admin")
        assert missing.status_code == 404
        assert without_chances(missing) == without_chances(foreign)


class TestWithoutView:
    def test_finds_no_card_on_the_admin_index(self, place: Place, caplog: pytest.LogCaptureFixture) -> None:
        client = sign_in(place.nobody)
        caplog.clear()
        response = client.get("/acme/admin")
        assert response.status_code == 403
        said = "There is nothing in Admin that you may open. Ask an administrator of your company for a permission."
        assert said in text_of(response)
        assert [getattr(record, "event", "") for record in caplog.records] == ["admin_missing"]
        for path in ("/acme/admin", place.url("invoices"), "/acme/admin/users"):
            body = client.get(path).content.decode()
            assert 'href="/acme/admin' not in body
            assert re.search(r'href="/accounts/logout/"[^>]*>\s*Sign out', body)

    def test_who_holds_one_permission_finds_its_card_and_admin_in_the_bar(self, place: Place) -> None:
        body = sign_in(place.viewer).get("/acme/admin").content.decode()
        assert re.search(r'class="bar-link" href="/acme/admin"', body)
        assert "/acme/admin/account-management" in body
        assert "/acme/admin/users" not in body


class TestWithView:
    def test_modify_taken_away_while_the_form_is_open(self, place: Place, unchanged: Unchanged) -> None:
        group = save_group(place.id, "Payers", MODIFY)
        member = add_member(place.id, "payer@acme.test", "Pat Payer", group)
        client = sign_in(member)
        assert client.get(place.url("billing-methods/add")).status_code == 200
        save_group(place.id, "Payers", Grant("account_management", Level.VIEW), group_id=group)
        with unchanged():
            response = client.post(place.url("billing-methods/add"), {"kind": "card", "same_as_company": "on"})
        assert response.status_code == 403
        assert MODIFY_WORDS in text_of(response)

    def test_modify_implies_view(self, place: Place) -> None:
        group = save_group(place.id, "Payers", MODIFY)
        member = add_member(place.id, "payer@acme.test", "Pat Payer", group)
        assert sign_in(member).get(place.url("billing-methods")).status_code == 200


class TestSwitchedOff:
    @pytest.mark.parametrize("switches", [{"is_active": False}, {"can_log_in": False}])
    def test_is_sent_to_sign_in_at_the_next_request(
        self, place: Place, unchanged: Unchanged, switches: dict[str, bool]
    ) -> None:
        client = sign_in(place.viewer)
        assert client.get(place.url("billing-methods")).status_code == 200
        change_member(place.viewer, **switches)
        with unchanged():
            response = client.get(place.url("billing-methods"))
            assert response.status_code == 302
            assert response["Location"].startswith("/accounts/login/?next=")
            assert "_auth_user_id" not in client.session

    def test_finds_nothing_at_the_company_that_switched_them_off(self, place: Place) -> None:
        other = open_place("birch")
        group = save_group(other.id, "More", MODIFY)
        add_member(other.id, place.viewer.email, "Vic Viewer", group)
        client = sign_in(place.viewer)
        change_member(place.viewer, is_active=False)
        assert client.get(place.url("billing-methods")).status_code == 404
        assert client.get(other.url("billing-methods")).status_code == 200

    def test_cannot_sign_in_again(self, place: Place) -> None:
        change_member(place.viewer, can_log_in=False)
        form = {"login": place.viewer.email, "password": PASSWORD}
        response = Client().post("/accounts/login/", form)
        assert (response.status_code, response["Location"]) == (302, "/accounts/inactive/")

    def test_signs_in_while_switched_on(self, place: Place) -> None:
        client = Client()
        response = client.post("/accounts/login/", {"login": place.viewer.email, "password": PASSWORD})
        assert (response.status_code, response["Location"]) == (302, "/")
        assert client.get("/")["Location"] == "/acme/admin"


class TestForms:
    @pytest.mark.parametrize("token", ["", "x" * 64, "short"])
    def test_without_the_right_token_nothing_happens(self, place: Place, unchanged: Unchanged, token: str) -> None:
        client = sign_in(place.owner, enforce_csrf_checks=True)
        client.get(place.url("billing-methods/add"))
        with unchanged():
            response = client.post(place.url("billing-methods/add"), {"csrfmiddlewaretoken": token})
        assert response.status_code == 403
        assert "This form has expired. Reload the page and try again." in text_of(response)

    def test_the_token_of_another_session_is_refused(self, place: Place, unchanged: Unchanged) -> None:
        first = sign_in(place.owner, enforce_csrf_checks=True)
        second = sign_in(place.viewer, enforce_csrf_checks=True)
        first.get(place.url("billing-methods/add"))
        body = second.get(place.url("billing-methods")).content.decode()
        token = body.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        with unchanged():
            response = first.post(place.url("billing-methods/add"), {"csrfmiddlewaretoken": token, "kind": "card"})
        assert response.status_code == 403
        assert "This form has expired. Reload the page and try again." in text_of(response)

    @pytest.mark.parametrize("field", ["address_line_1", "note", "extra", "next"])
    def test_a_card_number_in_any_field_is_refused_and_not_logged(
        self, place: Place, unchanged: Unchanged, caplog: pytest.LogCaptureFixture, field: str
    ) -> None:
        form = {"kind": "card", "same_as_company": "on", field: "my card 4242 4242-4242 4242"}
        client = sign_in(place.owner)
        with unchanged(), caplog.at_level(logging.DEBUG):
            response = client.post(place.url("billing-methods/add"), form)
        assert response.status_code == 422
        assert "Never send card numbers here." in text_of(response)
        everything = response.content.decode() + "".join(str(vars(record)) for record in caplog.records)
        assert "4242 4242" not in everything.replace("-", " ")


class TestErrors:
    def test_a_failing_page_shows_nothing_of_the_inside(
        self, place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        secret = f"secret-{uuid4()}"
        monkeypatch.setattr("tenantry.portal.views.billing_methods.methods_page", _raising(RuntimeError(secret)))
        client = sign_in(place.owner)
        response = client.get(place.url("billing-methods"))
        assert response.status_code == 500
        assert "This page failed on our side." in text_of(response)
        assert secret not in response.content.decode()
        line = next(record for record in caplog.records if record.name == "tenantry.request")
        assert line.request_id == response["X-Request-Id"]  # type: ignore[attr-defined]
        assert line.request_id in response.content.decode()  # type: ignore[attr-defined]

    def test_a_company_that_is_locked_answers_busy(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tenantry.portal.views.billing_methods.methods_page", _raising(tenancy.Busy()))
        response = sign_in(place.owner).get(place.url("billing-methods"))
        assert response.status_code == 503
        assert "Someone else is changing this right now. Try again." in text_of(response)
        assert int(response["Retry-After"]) > 0

    def test_every_answer_carries_the_headers(self, place: Place) -> None:
        client = sign_in(place.owner)
        for path in ("/acme/admin", place.url("billing-methods"), "/nobody/admin", "/"):
            response = client.get(path)
            assert response["Cache-Control"] == "no-store"
            assert response["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "camera=()" in response["Permissions-Policy"]
            assert response["X-Content-Type-Options"] == "nosniff"
            assert "HX-Request" in response["Vary"]

    def test_a_dialog_that_is_refused_is_a_dialog(self, place: Place) -> None:
        response = sign_in(place.viewer).get(place.url("billing-methods/add"), headers={"HX-Request": "true"})
        assert response.status_code == 403
        body = response.content.decode()
        assert "<!doctype" not in body.lower()
        assert MODIFY_WORDS in text_of(response)


def _raising(error: Exception) -> Any:
    def fail(*args: Any, **options: Any) -> Any:
        raise error

    return fail


class TestHome:
    def test_sends_to_sign_in(self, database: str) -> None:
        assert Client().get("/")["Location"] == "/accounts/login/?next=%2F"

    def test_sends_to_the_only_company(self, place: Place) -> None:
        assert sign_in(place.nobody).get("/")["Location"] == "/acme/admin"

    def test_offers_a_choice_of_several(self, place: Place) -> None:
        other = open_place("birch", name="Birch Security")
        add_member(other.id, place.viewer.email, "Vic Viewer")
        client = sign_in(place.viewer)
        assert client.get("/")["Location"] == "/companies"
        body = client.get("/companies").content.decode()
        assert 'href="/acme/admin"' in body
        assert 'href="/birch/admin"' in body
        assert "Birch Security" in body
        assert 'href="/companies"' in client.get("/acme/admin").content.decode()

    def test_signs_out_who_belongs_nowhere(self, place: Place) -> None:
        client = sign_in(place.viewer)
        change_member(place.viewer, is_active=False)
        for path in ("/", "/companies"):
            assert client.get(path)["Location"].startswith("/accounts/login/")


class TestAdminIndex:
    def test_account_management_stands_last_in_organization(self, place: Place) -> None:
        body = sign_in(place.owner).get("/acme/admin").content.decode()
        section = body.split("Organization</h2>")[1].split("</section>")[0]
        labels = [part.split("<")[0] for part in section.split('class="tile-title">')[1:]]
        assert labels[-3:] == ["Permission Groups &amp; Roles", "Users", "Account Management"]
        assert 'href="/acme/admin/account-management"' in section

    def test_a_card_shows_to_those_who_may_open_it(self, place: Place) -> None:
        group = save_group(place.id, "Recruiters", Grant(USER_ACCOUNTS, Level.VIEW))
        member = add_member(place.id, "rae@acme.test", "Rae Recruiter", group)
        text = text_of(sign_in(member).get("/acme/admin"))
        assert "Users" in text
        assert "Permission Groups & Roles" not in text
        viewer = text_of(sign_in(place.viewer).get("/acme/admin"))
        assert "Your subscription: billing methods, invoices and add-ons." in viewer
        assert "The people of your company" not in viewer


class TestSummary:
    def test_says_what_is_paid_when_and_with_what(self, place: Place) -> None:
        set_up_plan(amount_minor=29900)
        subscribe(place)
        text = text_of(sign_in(place.viewer).get(place.url("billing-methods")))
        assert "You pay $299.00 / month" in text
        assert "Core $299.00" in text
        assert "Nov 12, 2026 · about $299.00" in text
        assert "No payment method yet" in text

    def test_says_that_tax_comes_on_top(self, place: Place, settings: Any) -> None:
        rate = {"country": "US", "region": "UT", "name": "Utah sales tax", "basis_points": 1000}
        set_up_plan(amount_minor=29900)
        subscribe(place)
        assert "plus tax" not in text_of(sign_in(place.viewer).get(place.url("billing-methods")))
        settings.TENANTRY_TAX = {"kind": "fixed", "rates": [rate]}
        text = text_of(sign_in(place.viewer).get(place.url("billing-methods")))
        assert "You pay $299.00 / month Show what it is made of plus tax" in text
        assert "about $328.90" in text

    def test_is_not_there_without_a_subscription(self, place: Place) -> None:
        assert "You pay" not in text_of(sign_in(place.viewer).get(place.url("billing-methods")))


def test_people_made_by_a_company_can_get_a_password(place: Place) -> None:
    member = add_member(place.id, "new@acme.test", "Nia New")
    give_password(member)
    assert Client().login(email=member.email, password=PASSWORD)


def test_scripts_run_because_the_policy_names_their_nonce(place: Place) -> None:
    answer = sign_in(place.owner).get(place.url("history"))
    nonces = set(re.findall(r'<script src="[^"]+"[^>]* nonce="([^"]+)"', answer.content.decode()))
    assert len(nonces) == 1
    assert f"'nonce-{nonces.pop()}'" in answer.headers["Content-Security-Policy"]


def test_pages_are_compressed_for_who_can_read_that(place: Place) -> None:
    browser = sign_in(place.owner)
    plain = browser.get(place.url("history"))
    packed = browser.get(place.url("history"), headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert {"Accept-Encoding", "HX-Request"} <= set(packed.headers["Vary"].split(", "))
    unpacked = HttpResponse(gzip.decompress(packed.content))
    assert without_chances(unpacked) == without_chances(plain)
    assert int(packed.headers["Content-Length"]) == len(packed.content) < len(plain.content) / 3


def test_a_file_that_the_browser_kept_is_not_sent_again(place: Place) -> None:
    browser, packed = sign_in(place.owner), {"Accept-Encoding": "gzip"}
    first = browser.get("/static/ui/tenantry.js", headers=packed)
    assert first.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(b"".join(first.streaming_content)).startswith(b"// Dialogs open in place")
    kept = {"If-None-Match": first.headers["ETag"], "If-Modified-Since": first.headers["Last-Modified"]}
    assert browser.get("/static/ui/tenantry.js", headers={**packed, **kept}).status_code == 304
    part = browser.get("/static/ui/tenantry.js", headers={**packed, "Range": "bytes=0-8"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"// Dialog")
