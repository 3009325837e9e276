"""The signed link to a PDF: it adds to session, membership and View, and replaces none of them (I3)."""

from __future__ import annotations

import hashlib
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tenantry.outside import clock, signed_links
from tenantry.records.base import tenancy
from tenantry.records.companies.models import Company
from tenantry.records.invoices.models import InvoiceDocument
from tests.builders import (
    MODIFY,
    NOW,
    VIEW,
    Place,
    add_member,
    change_member,
    save_group,
    sign_in,
)
from tests.faces import rows
from tests.faces.billing import bill, billed_place, first_invoice, print_all
from tests.faces.pages import text_of, without_chances
from tests.prepared import Prepared, prepared_by
from tests.untouched import Unchanged

NOT_VALID = "This link is not valid."
EXPIRED = "This link has expired. Refresh the Invoices page to get a new one."


@pytest.fixture(autouse=True)
def at_ten() -> Any:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


def printed_place() -> Place:
    """Open a company with one invoice whose PDF is stored."""
    place = billed_place()
    print_all(place)
    return place


prepared = prepared_by(printed_place)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Begin with it."""
    return prepared.value


def link(place: Place, browser: Client) -> str:
    """Take the link from the Invoices page, as a browser would."""
    found = re.search(r'href="([^"]+/download\?[^"]+)"', browser.get(place.url("invoices")).content.decode())
    assert found
    return found.group(1).replace("&amp;", "&")


def stored(place: Place) -> InvoiceDocument:
    """Read the stored paper."""
    with tenancy.reading(place.id):
        return InvoiceDocument.objects.get()


class TestAGoodLink:
    def test_gives_the_stored_bytes(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.viewer)
        address = link(place, browser)
        with unchanged():
            response = browser.get(address)
        document = stored(place)
        assert response.status_code == 200
        assert response.content == bytes(document.pdf)
        assert hashlib.sha256(response.content).hexdigest() == document.sha256
        assert response.content.startswith(b"%PDF-")

    def test_its_headers(self, place: Place) -> None:
        browser = sign_in(place.viewer)
        response = browser.get(link(place, browser))
        assert {name: response[name] for name in HEADERS} == HEADERS
        assert "Content-Length" in response
        assert "Set-Cookie" not in response

    def test_is_good_for_300_seconds_less_one(self, place: Place) -> None:
        browser = sign_in(place.viewer)
        address = link(place, browser)
        with clock.pinned(NOW + timedelta(seconds=299)):
            assert browser.get(address).status_code == 200

    def test_may_be_used_twice_while_it_is_good(self, place: Place) -> None:
        browser = sign_in(place.viewer)
        address = link(place, browser)
        assert browser.get(address).content == browser.get(address).content

    def test_head_gives_the_headers_without_the_bytes(self, place: Place) -> None:
        browser = sign_in(place.viewer)
        response = browser.head(link(place, browser))
        assert (response.status_code, response.content) == (200, b"")
        assert response["Content-Length"] == str(len(bytes(stored(place).pdf)))

    def test_a_range_is_ignored(self, place: Place) -> None:
        browser = sign_in(place.viewer)
        response = browser.get(link(place, browser), headers={"range": "bytes=0-10"})
        assert (response.status_code, len(response.content)) == (200, len(bytes(stored(place).pdf)))
        assert "Content-Range" not in response

    def test_a_link_of_the_previous_key_is_good_and_of_a_retired_or_unknown_one_not(
        self, place: Place, settings: Any
    ) -> None:
        browser = sign_in(place.viewer)
        address = link(place, browser)
        settings.TENANTRY_LINK_KEYS = [("3", "a newer secret"), *settings.TENANTRY_LINK_KEYS]
        assert browser.get(address).status_code == 200
        settings.TENANTRY_LINK_KEYS = settings.TENANTRY_LINK_KEYS[:1]
        assert browser.get(address).status_code == 403
        assert browser.get(address.replace("k=2", "k=9")).status_code == 403


HEADERS = {
    "Content-Type": "application/pdf",
    "Content-Disposition": 'attachment; filename="ACME-000001.pdf"',
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class TestTheFileName:
    @pytest.mark.parametrize(
        ("prefix", "expected"),
        [
            ('"\r\nSet-Cookie: a=b', "Set-Cookie-a-b-000002.pdf"),
            ("../../x", "x-000002.pdf"),
            ("Ünïcødé☃", "n-c-d--000002.pdf"),
            ("A" * 300, "A" * 80 + ".pdf"),
        ],
    )
    def test_is_made_from_the_number_in_plain_letters(self, place: Place, prefix: str, expected: str) -> None:
        with tenancy.phase(place.id):
            Company.objects.update(number_prefix=prefix)
        invoice_id = rows.write_invoices(place, 1)[0]
        with tenancy.phase(place.id):
            InvoiceDocument.objects.create(
                id=invoice_id, company_id=place.id, invoice_id=invoice_id, pdf=b"%PDF-x", sha256="x", rendered_at=NOW
            )
        target = signed_links.LinkTarget("invoice-pdf", place.id, invoice_id, place.viewer.user_id)
        address = f"{place.url('invoices/')}{invoice_id}/download?{signed_links.make(target, NOW)}"
        response = sign_in(place.viewer).get(address)
        assert response.status_code == 200
        assert response["Content-Disposition"] == f'attachment; filename="{expected}"'
        assert "Set-Cookie" not in response


ALTERED = (
    "{e}&{k}&{upper}",
    "{e}&{k}",
    "{e}&{k}&s=",
    "{e}&{k}&{s}&{s}",
    "{e}&{k}&{s}=",
    "{e}&{k}&{s}&x=1",
    "{e}&{k}&{s}&",
    "{k}&{e}&{s}",
    "{later}&{k}&{s}",
    "",
    "{e}&{k}&%73={raw}",
    "{e}&{k}&{s}#",
    "{e}&{k}&s={raw}%00",
    "e=" + "9" * 5000 + "&{k}&{s}",
)


class TestAnAlteredLink:
    def test_is_refused_without_a_byte(
        self, place: Place, unchanged: Unchanged, caplog: pytest.LogCaptureFixture
    ) -> None:
        browser = sign_in(place.viewer)
        path, _, query = link(place, browser).partition("?")
        e, k, s = query.split("&")
        later, raw = f"e={int(e[2:]) + 1}", s[2:]
        for change in ALTERED:
            query = change.format(e=e, k=k, s=s, upper=s.upper(), later=later, raw=raw)
            caplog.clear()
            with caplog.at_level(logging.WARNING, "tenantry.security"), unchanged():
                response = browser.get(path, QUERY_STRING=query.replace("#", "%23"))
            assert (change, response.status_code) == (change, 403)
            text = text_of(response)
            assert NOT_VALID in text
            assert "ACME-000001" not in text
            assert "412.50" not in text
            assert f'href="{place.url("invoices")}"' in response.content.decode()
            assert [record.event for record in caplog.records] == ["link_altered"]  # type: ignore[attr-defined]

    def test_each_changed_character_of_the_signature(self, place: Place) -> None:
        browser = sign_in(place.viewer)
        address = link(place, browser)
        statuses = set()
        for at in range(len(address) - 43, len(address)):
            changed = address[:at] + ("A" if address[at] != "A" else "B") + address[at + 1 :]
            statuses.add(browser.get(changed).status_code)
        assert statuses == {403}

    def test_of_another_person_of_the_same_company(self, place: Place) -> None:
        address = link(place, sign_in(place.owner))
        response = sign_in(place.viewer).get(address)
        assert (response.status_code, NOT_VALID in text_of(response)) == (403, True)

    def test_of_another_invoice(self, place: Place) -> None:
        bill(place, NOW + timedelta(days=40))
        print_all(place)
        browser = sign_in(place.viewer)
        body = browser.get(place.url("invoices")).content.decode()
        one, two = re.findall(r'href="([^"?]+/download)\?([^"]+)"', body)
        assert browser.get(f"{one[0]}?{two[1].replace('&amp;', '&')}").status_code == 403
        assert browser.get(f"{one[0]}?{one[1].replace('&amp;', '&')}").status_code == 200

    def test_of_another_company(self, place: Place) -> None:
        other = billed_place("other")
        print_all(other)
        mine = link(place, sign_in(place.viewer))
        theirs = link(other, sign_in(other.viewer))
        browser = sign_in(place.viewer)
        assert browser.get(theirs).status_code == 404
        moved = theirs.replace("/other/", "/acme/")
        missing = mine.replace(first_invoice(place), "6a2f41a3-c54c-4b8e-9d2c-0f0e8a1b7c11")
        # Its own company's page tells nothing about whether such an invoice is there.
        assert without_chances(browser.get(moved)) == without_chances(browser.get(missing))
        assert browser.get(moved).status_code == 403

    def test_for_another_purpose(self, place: Place) -> None:
        target = signed_links.LinkTarget("receipt-pdf", place.id, first_invoice(place), place.viewer.user_id)
        address = f"{place.url('invoices/')}{first_invoice(place)}/download?{signed_links.make(target, NOW)}"
        assert sign_in(place.viewer).get(address).status_code == 403


class TestAnOldLink:
    def test_says_where_to_get_a_new_one(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.viewer)
        address = link(place, browser)
        with clock.pinned(NOW + timedelta(seconds=301)), unchanged():
            response = browser.get(address)
        text = text_of(response)
        assert response.status_code == 403
        assert EXPIRED in text
        assert "ACME-000001" not in text
        assert f'href="{place.url("invoices")}"' in response.content.decode()

    def test_altered_as_well_is_altered(self, place: Place) -> None:
        browser = sign_in(place.viewer)
        address = link(place, browser)
        changed = address[:-1] + ("A" if address[-1] != "A" else "B")
        with clock.pinned(NOW + timedelta(seconds=301)):
            assert NOT_VALID in text_of(browser.get(changed))

    def test_refreshing_the_page_gives_a_good_one(self, place: Place) -> None:
        browser = sign_in(place.viewer)
        link(place, browser)
        with clock.pinned(NOW + timedelta(seconds=301)):
            assert browser.get(link(place, browser)).status_code == 200


class TestWho:
    """The order: session, membership, View, then the link."""

    def test_without_a_session_it_opens_nothing(self, place: Place) -> None:
        address = link(place, sign_in(place.viewer))
        response = Client().get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/?next=%2Facme%2F")

    def test_after_signing_out(self, place: Place) -> None:
        browser = sign_in(place.viewer)
        address = link(place, browser)
        browser.logout()
        assert browser.get(address).status_code == 302

    def test_after_view_was_taken_away(self, place: Place) -> None:
        group = save_group(place.id, "Clerks", VIEW, MODIFY)
        browser = sign_in(add_member(place.id, "clerk@acme.test", "Clara Clerk", group))
        address = link(place, browser)
        save_group(place.id, "Clerks", group_id=group)
        response = browser.get(address)
        assert response.status_code == 403
        assert "You need Account Management with View to open this page." in text_of(response)

    def test_after_the_person_was_switched_off(self, place: Place) -> None:
        browser = sign_in(place.viewer)
        address = link(place, browser)
        change_member(place.viewer, is_active=False)
        response = browser.get(address)
        assert response.status_code == 302
        assert "/accounts/login/" in response["Location"]

    def test_a_stranger_hears_of_no_company_even_with_a_broken_link(self, place: Place) -> None:
        other = billed_place("other")
        browser = sign_in(other.owner)
        address = f"{place.url('invoices/')}{first_invoice(place)}/download?e=1&k=2&s=x"
        unknown = address.replace("/acme/", "/nowhere/")
        assert browser.get(address).status_code == 404
        assert without_chances(browser.get(address)) == without_chances(browser.get(unknown))

    @pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
    def test_can_only_be_read(self, place: Place, unchanged: Unchanged, method: str) -> None:
        browser = sign_in(place.owner)
        address = link(place, browser)
        with unchanged():
            response = getattr(browser, method)(address)
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")

    def test_a_form_without_its_token_hears_the_same(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.owner, enforce_csrf_checks=True)
        address = link(place, browser)
        with unchanged():
            response = browser.post(address)
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


class TestWithinAnotherSite:
    def test_is_blocked(self, place: Place) -> None:
        browser = sign_in(place.viewer)
        embedded = (("navigate", "iframe"), ("no-cors", "image"), ("no-cors", "embed"), ("cors", "empty"))
        for site in ("cross-site", "same-site"):
            for mode, destination in embedded:
                headers = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": destination}
                response = browser.get(link(place, browser), headers=headers)
                assert (headers, response.status_code) == (headers, 403)
                assert b"%PDF" not in response.content
                assert response["X-Frame-Options"] == "DENY"
                assert response["Cross-Origin-Resource-Policy"] == "same-origin"

    def test_a_click_is_none(self, place: Place) -> None:
        browser = sign_in(place.viewer)
        for site in ("same-origin", "none", "cross-site"):
            headers = {"sec-fetch-site": site, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
            assert browser.get(link(place, browser), headers=headers).status_code == 200
        assert browser.get(link(place, browser)).status_code == 200


def test_a_pdf_that_is_not_stored_yet_is_being_prepared(database: str) -> None:
    place = billed_place()
    target = signed_links.LinkTarget("invoice-pdf", place.id, first_invoice(place), place.viewer.user_id)
    address = f"{place.url('invoices/')}{first_invoice(place)}/download?{signed_links.make(target, NOW)}"
    response = sign_in(place.viewer).get(address)
    assert (response.status_code, "This PDF is still being prepared." in text_of(response)) == (404, True)
