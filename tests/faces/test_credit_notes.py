"""Credit notes as the company sees them: on the invoice, in the sums, as a PDF behind a link of one's own."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.invoices.store_credit_note_document import store_credit_note_document
from tenantry.actions.invoices.void_invoice import void_invoice
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import CreditNoteDocument
from tests.builders import NOW, Place, done, open_place, put_on_file, sign_in
from tests.faces.billing import billed_place, first_invoice
from tests.faces.pages import text_of
from tests.prepared import Prepared, prepared_by
from tests.untouched import Unchanged

REASON = "Two days without service"


@pytest.fixture(autouse=True)
def at_ten() -> Any:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


prepared = prepared_by(billed_place)


@pytest.fixture
def place(prepared: Prepared, database: str, gateway: Any) -> Place:
    """Open a company with one invoice of $412.50."""
    return prepared.value


def credited(place: Place, amount_minor: int, *, is_printed: bool = True) -> str:
    form = CreditNoteForm(REASON, amount_minor)
    note = done(issue_credit_note(actor=place.vendor, invoice_id=first_invoice(place), form=form, now=NOW))
    if is_printed:
        done(store_credit_note_document(actor=place.clock, credit_note_id=note.id, now=NOW))
    return str(note.id)


def page(place: Place) -> str:
    return text_of(sign_in(place.viewer).get(place.url(f"invoices/{first_invoice(place)}")))


def link(place: Place, browser: Client) -> str:
    body = browser.get(place.url(f"invoices/{first_invoice(place)}")).content.decode()
    found = re.search(r'href="([^"]+/credit-notes/[^"]+/download\?[^"]+)"', body)
    assert found
    return found.group(1).replace("&amp;", "&")


def test_an_invoice_without_one_says_nothing_of_them(place: Place) -> None:
    assert "Credit notes" not in page(place)
    assert "Credited" not in page(place)


def test_it_stands_on_the_invoice_and_in_its_sums(place: Place) -> None:
    credited(place, 1250, is_printed=False)
    text = page(place)
    assert "Credit notes" in text
    assert f"ACME-CN-000001 {REASON} $12.50 taken off what was due on this invoice." in text
    assert "Preparing…" in text
    assert "Total $412.50 Credited -$12.50 Balance due $400.00" in text.replace("−", "-")


def test_on_a_paid_invoice_it_is_credit(place: Place, gateway: Any) -> None:
    method = put_on_file(place, gateway)
    invoice_id = first_invoice(place)
    pay_invoice(actor=place.owner.actor, invoice_id=invoice_id, method_id=method, request_key="k")
    credited(place, 1250)
    text = page(place)
    assert f"ACME-CN-000001 {REASON} $12.50 kept as your credit." in text
    assert "Credited" not in text


def test_the_history_says_it(place: Place) -> None:
    credited(place, 1250)
    text = text_of(sign_in(place.viewer).get(place.url("history")))
    assert "Issued credit note ACME-CN-000001 over $12.50 for invoice ACME-000001" in text
    assert "Vera Vendor of SecurityTrax" in text
    assert "Stored the PDF of credit note ACME-CN-000001" in text


def test_a_cancelled_invoice_says_so(place: Place) -> None:
    void_invoice(actor=place.vendor, invoice_id=first_invoice(place), reason=REASON, now=NOW)
    assert "Cancelled on Nov 12, 2026" in page(place)
    assert "Cancelled invoice ACME-000001" in text_of(sign_in(place.viewer).get(place.url("history")))


class TestDownload:
    def test_gives_the_stored_bytes(self, place: Place, unchanged: Unchanged) -> None:
        credited(place, 1250)
        browser = sign_in(place.viewer)
        address = link(place, browser)
        with unchanged():
            response = browser.get(address)
        with tenancy.reading(place.id):
            assert response.content == bytes(CreditNoteDocument.objects.get().pdf)
        assert response["Content-Disposition"] == 'attachment; filename="ACME-CN-000001.pdf"'
        assert response["Cache-Control"] == "private, no-store"

    def test_expired_altered_or_another_persons_is_refused(self, place: Place) -> None:
        credited(place, 1250)
        browser = sign_in(place.viewer)
        address = link(place, browser)
        with clock.pinned(NOW + timedelta(seconds=300)):
            assert "This link has expired." in text_of(browser.get(address))
        for bad in (address[:-1], address + "x", address.split("?")[0]):
            response = browser.get(bad)
            assert (response.status_code, "This link is not valid." in text_of(response)) == (403, True)
        assert sign_in(place.owner).get(address).status_code == 403

    def test_a_link_to_the_invoice_does_not_open_the_note(self, place: Place) -> None:
        note_id = credited(place, 1250)
        browser = sign_in(place.viewer)
        query = link(place, browser).split("?")[1]
        other = place.url(f"invoices/{note_id}/download?{query}")
        assert browser.get(other).status_code == 403

    def test_strangers_hear_that_there_is_nothing(self, place: Place) -> None:
        credited(place, 1250)
        address = link(place, sign_in(place.viewer))
        brink = open_place("brink")
        assert sign_in(brink.owner).get(address).status_code == 404
        assert sign_in(place.nobody).get(address).status_code == 403
        assert Client().get(address).status_code == 302
        assert sign_in(place.viewer).post(address).status_code == 405
