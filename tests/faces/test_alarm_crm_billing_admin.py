"""Billing Admin and Accounting: the company's defaults for billing its customers, kept visibly apart (R2, A8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from alarm_crm.models import BillableItem, BillingTerm, SalesTaxRate
from tenantry.core.permissions import Grant, Level
from tenantry.outside import clock, host
from tenantry.outside.host import HostLink
from tenantry.records.base import tenancy
from tests.builders import NOW, Place, offer, open_place, set_up_addon, sign_in
from tests.faces.alarm_crm import dealer, person, rows, switch_on
from tests.faces.pages import text_of, without_chances
from tests.prepared import Prepared, prepared_by
from tests.racing import at_once
from tests.untouched import Unchanged

HERE = "/acme/admin/billing-admin"
APART = "This is for billing your customers . What your company pays SecurityTrax stands in Account Management."
ITEM = {
    "name": "Monitoring",
    "unit_price_minor": "1,049.50",
    "is_taxable": "on",
    "accounting_category": "Services",
    "description": "By the month.",
    "status": "active",
}
TERM = {"name": "Net 30", "days": "30"}
TAX = {"name": "Utah", "rate_basis_points": "7.25", "area": "Utah County"}
CATALOGS = [
    ("billable-items", BillableItem, ITEM),
    ("terms", BillingTerm, TERM),
    ("sales-tax", SalesTaxRate, TAX),
]
EACH = pytest.mark.parametrize(("route", "model", "sent"), CATALOGS)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


prepared = prepared_by(open_place)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Open a company."""
    return prepared.value


@pytest.fixture
def owner(place: Place) -> Client:
    """The browser of its owner."""
    return sign_in(place.owner)


def only(place: Place, model: Any) -> Any:
    (row,) = rows(place, model)
    return row


class TestOverview:
    def test_it_says_what_it_is_and_leads_back(self, owner: Client) -> None:
        page = owner.get(HERE)
        assert page.status_code == 200
        words = text_of(page)
        assert APART in words
        for title in ("Invoice Billable Items", "Terms", "Sales Tax"):
            assert title in words
        assert 'href="/acme/admin/account-management"' in page.content.decode()

    def test_account_management_leads_to_both_of_what_it_is_not(self, place: Place) -> None:
        assert host.link("billing_admin") == HostLink("admin.billing-admin", "invoices")
        assert host.link("accounting") == HostLink("admin.accounting", "invoices")

    def test_accounting_says_what_it_is(self, owner: Client) -> None:
        page = owner.get("/acme/admin/accounting")
        assert page.status_code == 200
        words = text_of(page)
        assert "The invoices and payments of your customers." in words
        assert APART in words
        assert f'href="{HERE}"' in page.content.decode()

    def test_the_cards_stand_in_a_section_of_their_own(self, place: Place, owner: Client) -> None:
        words = text_of(owner.get("/acme/admin"))
        at = [words.index(f" {label} ") for label in ("Billing Admin", "Invoice Billable Items", "Terms", "Sales Tax")]
        assert at == sorted(at)
        assert words.index("Account Management") < at[0]
        looker = text_of(sign_in(place.viewer).get("/acme/admin"))
        assert "Billing Admin" not in looker
        assert "Sales Tax" not in looker

    def test_each_page_keeps_itself_apart(self, place: Place, owner: Client) -> None:
        for route, model, sent in CATALOGS:
            owner.post(f"{HERE}/{route}/new", sent)
            for address in ("", "/new", f"/{only(place, model).id}"):
                assert APART in text_of(owner.get(f"{HERE}/{route}{address}"))


class TestSaving:
    def test_an_item(self, place: Place, owner: Client) -> None:
        answer = owner.post(f"{HERE}/billable-items/new", ITEM)
        assert (answer.status_code, answer["Location"]) == (303, f"{HERE}/billable-items")
        row = only(place, BillableItem)
        assert (row.name, row.unit_price_minor, row.is_taxable, row.is_active) == ("Monitoring", 104950, True, True)
        assert (row.accounting_category, row.description) == ("Services", "By the month.")
        shown = text_of(owner.get(f"{HERE}/billable-items"))
        assert "Saved Monitoring." in shown
        assert "Monitoring $1,049.50 Taxable Services Active" in shown

    def test_a_term(self, place: Place, owner: Client) -> None:
        assert owner.post(f"{HERE}/terms/new", TERM).status_code == 303
        assert only(place, BillingTerm).days == 30
        assert "Net 30 30 days" in text_of(owner.get(f"{HERE}/terms"))

    def test_a_sales_tax(self, place: Place, owner: Client) -> None:
        assert owner.post(f"{HERE}/sales-tax/new", TAX).status_code == 303
        assert only(place, SalesTaxRate).rate_basis_points == 725
        assert "Utah 7.25% Utah County" in text_of(owner.get(f"{HERE}/sales-tax"))

    def test_changing_an_item_shows_and_keeps_everything(self, place: Place, owner: Client) -> None:
        owner.post(f"{HERE}/billable-items/new", ITEM)
        here = f"{HERE}/billable-items/{only(place, BillableItem).id}"
        form = owner.get(here).content.decode()
        assert 'value="1049.50"' in form
        changed = {**ITEM, "unit_price_minor": "0", "status": "inactive", "version": "1"}
        changed.pop("is_taxable")
        assert owner.post(here, changed).status_code == 303
        row = only(place, BillableItem)
        assert (row.unit_price_minor, row.is_taxable, row.is_active, row.version) == (0, False, False, 2)

    def test_yen_have_no_cents(self, database: str) -> None:
        place = open_place("tokyo", currency="JPY", time_zone="Asia/Tokyo")
        browser = sign_in(place.owner)
        here = "/tokyo/admin/billing-admin/billable-items"
        assert browser.post(f"{here}/new", {**ITEM, "unit_price_minor": "1.5"}).status_code == 422
        assert browser.post(f"{here}/new", {**ITEM, "unit_price_minor": "1500"}).status_code == 303
        assert only(place, BillableItem).unit_price_minor == 1500
        assert "¥1,500" in text_of(browser.get(here))

    @pytest.mark.parametrize(
        ("route", "changed", "words"),
        [
            ("billable-items", {"name": ""}, "Name: This can't be left empty."),
            *(
                ("billable-items", {"unit_price_minor": typed}, "Enter an amount like 49.50, not below zero.")
                for typed in ("-1", "0.001", "49,50", "abc", "NaN", "1e3", "10000000000.01", "١٢", "0x1f")
            ),
            ("billable-items", {"unit_price_minor": ""}, "Default unit price: This can't be left empty."),
            ("billable-items", {"status": "gone"}, "Status: Select a valid choice."),
            ("terms", {"days": "-1"}, "Days: Ensure this value is greater than or equal to 0."),
            ("terms", {"days": "366"}, "Days: Ensure this value is less than or equal to 365."),
            ("terms", {"days": "1.5"}, "Days: Enter a whole number."),
            ("terms", {"days": "9" * 5000}, "Days: Enter a whole number."),
            *(
                (
                    "sales-tax",
                    {"rate_basis_points": typed},
                    "Enter a rate in percent between 0 and 100, with at most two decimals.",
                )
                for typed in ("-0.1", "100.01", "7.255", "seven")
            ),
            ("sales-tax", {"area": " "}, "Area: This can't be left empty."),
            ("terms", {"name": "4242-4242-4242-4242"}, "Name: Never send card numbers here."),
        ],
    )
    def test_what_cannot_be_is_refused_beside_its_field(
        self, owner: Client, unchanged: Unchanged, route: str, changed: dict[str, str], words: str
    ) -> None:
        sent = {"billable-items": ITEM, "terms": TERM, "sales-tax": TAX}[route]
        with unchanged():
            answer = owner.post(f"{HERE}/{route}/new", {**sent, **changed})
        assert answer.status_code == 422
        assert words in text_of(answer)
        assert "Please check:" in text_of(answer)
        (typed,) = changed.values()
        if words.endswith("zero."):
            assert f'value="{typed}"' in answer.content.decode()
        assert "4242-4242" not in answer.content.decode()

    @EACH
    def test_a_name_stands_once_in_a_company(
        self, place: Place, owner: Client, unchanged: Unchanged, route: str, model: Any, sent: dict[str, str]
    ) -> None:
        assert owner.post(f"{HERE}/{route}/new", sent).status_code == 303
        with unchanged():
            again = owner.post(f"{HERE}/{route}/new", {**sent, "name": sent["name"].upper()})
        assert again.status_code == 409
        assert f"There is one named {sent['name'].upper()} already." in text_of(again)
        other = open_place("cascade")
        assert sign_in(other.owner).post(f"/cascade/admin/billing-admin/{route}/new", sent).status_code == 303
        assert len(rows(place, model)) == len(rows(other, model)) == 1

    @EACH
    def test_two_saves_at_once_write_one(self, place: Place, route: str, model: Any, sent: dict[str, str]) -> None:
        browsers = [sign_in(place.owner) for _ in range(2)]
        answers = at_once(*(lambda one=one: one.post(f"{HERE}/{route}/new", sent) for one in browsers))
        assert sorted(answer.status_code for answer in answers) == [303, 409]
        assert len(rows(place, model)) == 1

    @EACH
    def test_an_older_form_changes_nothing(
        self, place: Place, owner: Client, unchanged: Unchanged, route: str, model: Any, sent: dict[str, str]
    ) -> None:
        owner.post(f"{HERE}/{route}/new", sent)
        here = f"{HERE}/{route}/{only(place, model).id}"
        assert owner.post(here, {**sent, "name": "First", "version": "1"}).status_code == 303
        with unchanged():
            late = owner.post(here, {**sent, "name": "Second", "version": "1"})
        assert late.status_code == 409
        assert "Changed by someone else. Reload." in text_of(late)
        assert only(place, model).name == "First"

    @EACH
    def test_deleting_asks_first(
        self, place: Place, owner: Client, unchanged: Unchanged, route: str, model: Any, sent: dict[str, str]
    ) -> None:
        owner.post(f"{HERE}/{route}/new", sent)
        here = f"{HERE}/{route}/{only(place, model).id}"
        with unchanged():
            assert f"Delete {sent['name']}?" in text_of(owner.get(f"{here}/delete"))
        assert owner.post(f"{here}/delete").status_code == 303
        assert rows(place, model) == []
        assert owner.post(f"{here}/delete").status_code == 404


class TestWhoMay:
    @EACH
    def test_view_looks_only(
        self, place: Place, owner: Client, unchanged: Unchanged, route: str, model: Any, sent: dict[str, str]
    ) -> None:
        owner.post(f"{HERE}/{route}/new", sent)
        here = f"{HERE}/{route}/{only(place, model).id}"
        looker = sign_in(person(place, "looker", Grant("invoices", Level.VIEW)))
        listed = looker.get(f"{HERE}/{route}")
        words = text_of(listed)
        assert sent["name"] in words
        assert APART in words
        assert "account-management" not in listed.content.decode()
        assert "You need Invoices with Create to do this." in words
        with unchanged():
            for address, level in ((f"{HERE}/{route}/new", "Create"), (here, "Modify"), (f"{here}/delete", "Delete")):
                opened, posted = looker.get(address), looker.post(address, sent)
                assert (opened.status_code, posted.status_code) == (403, 403)
                assert f"You need Invoices with {level} to open this page." in text_of(opened)
                assert f"You need Invoices with {level} to do this." in text_of(posted)

    def test_without_view_nothing_opens(self, place: Place, unchanged: Unchanged) -> None:
        browser = sign_in(place.viewer)
        with unchanged():
            for path in ("billing-admin", "billing-admin/terms", "accounting"):
                answer = browser.get(f"/acme/admin/{path}")
                assert answer.status_code == 403
                assert "You need Invoices with View to open this page." in text_of(answer)

    @EACH
    def test_records_of_others_and_unknown_ones_look_the_same(
        self, place: Place, owner: Client, unchanged: Unchanged, route: str, model: Any, sent: dict[str, str]
    ) -> None:
        owner.post(f"{HERE}/{route}/new", sent)
        id_ = only(place, model).id
        other = sign_in(open_place("cascade").owner)
        with unchanged():
            found = []
            for one in (id_, uuid4()):
                address = f"/cascade/admin/billing-admin/{route}/{one}"
                found.append(other.get(address))
                for answer in (found[-1], other.post(address, sent), other.post(f"{address}/delete")):
                    assert answer.status_code == 404
            assert without_chances(found[0]) == without_chances(found[1])

    def test_the_database_itself_keeps_companies_apart(self, place: Place, owner: Client) -> None:
        owner.post(f"{HERE}/terms/new", TERM)
        other = open_place("cascade")
        with tenancy.phase(other.id):
            assert BillingTerm.objects.count() == 0
            assert BillingTerm.objects.update(days=1) == 0
        assert only(place, BillingTerm).days == 30


def test_the_tag_shows_its_part_only_while_the_add_on_is_on(database: str) -> None:
    place = dealer(is_on=False)
    set_up_addon("quickbooks", name="QuickBooks")
    offer(place, "quickbooks")
    browser = sign_in(place.owner)
    words = "QuickBooks is on: the accounting category decides where an item is booked."
    assert words not in text_of(browser.get(f"{HERE}/billable-items"))
    switch_on(place, "quickbooks")
    assert words in text_of(browser.get(f"{HERE}/billable-items"))
    # Only an item has an accounting category.
    for other in ("terms", "sales-tax"):
        response = browser.get(f"{HERE}/{other}")
        assert (response.status_code, words in text_of(response)) == (200, False)
