"""The vendor's back office: who may look, and what they see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenantry.actions.billing.collect_invoice import collect_invoice
from tenantry.actions.billing.run_billing import run_billing
from tenantry.core import postings
from tenantry.core.money import Money
from tenantry.outside import clock
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.billing_runs.models import BillingOutcome
from tenantry.records.companies.models import Company, VendorStaff
from tenantry.records.invoices import ledger
from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.models import PaymentIntent, Review
from tests.actions.test_add_ons import count_seats, enable
from tests.actions.test_billing import billed
from tests.builders import (
    CLOCK,
    NOW,
    Place,
    add_staff,
    done,
    offer,
    open_place,
    put_on_file,
    set_up_addon,
    set_up_plan,
    subscribe,
)
from tests.builders import sign_in as sign_in_member
from tests.faces.rows import add_payment, method_row, write_invoices
from tests.prepared import Prepared, prepared_by
from tests.untouched import Unchanged

NOV_1 = datetime(2026, 11, 1, 18, tzinfo=UTC)
PAGES = ("/backoffice/", "/backoffice/companies/acme", "/backoffice/billing-runs")
DECLINED = "4000000000000341"


@pytest.fixture(autouse=True)
def standing_still() -> Iterator[None]:
    """Stand on November 12."""
    with clock.pinned(NOW):
        yield


def furnished() -> Place:
    """A company on a plan since November 1, with its invoice."""
    set_up_plan(amount_minor=29900, now=NOV_1)
    set_up_addon("credit-checks", amount_minor=1900, now=NOV_1)
    set_up_addon("invoice-plus", name="Invoice+", amount_minor=500, shape="per_seat", now=NOV_1)
    return opened("acme", name="Acme & Sons")


prepared = prepared_by(furnished)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Begin with it."""
    return prepared.value


def opened(slug: str, *, name: str = "") -> Place:
    """Open a company on the plan, with its invoice of November."""
    place = open_place(slug, name=name, now=NOV_1)
    subscribe(place, now=NOV_1)
    billed([place], NOV_1)
    return place


@pytest.fixture
def staff(place: Place) -> Client:
    """A browser in which a person of the vendor is signed in."""
    client = Client()
    client.force_login(add_staff(now=NOV_1))
    return client


def text(response: Any) -> str:
    """Read the words of a page."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def names(response: Any) -> list[str]:
    """Read the names of the list."""
    return re.findall(r'<a href="/backoffice/companies/[^"]+"><strong>([^<]+)</strong>', response.content.decode())


class TestWhoMayLook:
    @pytest.mark.parametrize("address", PAGES)
    def test_anonymous_goes_to_sign_in(self, place: Place, address: str) -> None:
        response = Client().get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/?next=%2Fbackoffice%2F")

    @pytest.mark.parametrize("address", [*PAGES, "/backoffice/companies/unknown"])
    def test_a_company_s_people_hear_that_there_is_nothing(
        self, place: Place, address: str, unchanged: Unchanged, caplog: pytest.LogCaptureFixture
    ) -> None:
        client = sign_in_member(place.owner)
        with unchanged():
            for response in (client.get(address), client.post(address)):
                assert response.status_code == 404
                assert "We can't find that page or record." in text(response)
        assert {getattr(record, "event", "") for record in caplog.records} == {"not_staff"}

    def test_staff_that_left_is_out_at_the_next_request(self, place: Place, staff: Client) -> None:
        assert staff.get("/backoffice/").status_code == 200
        VendorStaff.objects.all().delete()
        response = staff.get("/backoffice/")
        assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=%2Fbackoffice%2F")

    @pytest.mark.parametrize("address", PAGES)
    def test_it_only_shows(self, staff: Client, address: str, unchanged: Unchanged) -> None:
        with unchanged():
            assert staff.get(address).status_code == 200
            response = staff.post(address, {"q": "x"})
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")

    def test_staff_does_not_get_into_a_company_s_own_pages(self, place: Place, staff: Client) -> None:
        assert staff.get(place.url("add-ons")).status_code == 404

    def test_nothing_is_cached(self, staff: Client) -> None:
        assert staff.get("/backoffice/")["Cache-Control"] == "no-store"

    def test_home_leads_there(self, staff: Client) -> None:
        assert staff.get("/")["Location"] == "/backoffice/"


class TestCompanies:
    def test_each_says_what_it_pays_and_owes(self, place: Place, staff: Client) -> None:
        offer(place, "credit-checks")
        done(enable(place, "credit-checks"))
        words = text(staff.get("/backoffice/"))
        # 299.00 + 19.00 each month; the invoice of November is open.
        assert "Acme & Sons Core 2 seats Dec 1, 2026 $318.00 $299.00" in words

    def test_one_without_a_subscription(self, place: Place, staff: Client) -> None:
        open_place("birch")
        assert "Birch No subscription — — —" in text(staff.get("/backoffice/"))

    def test_search(self, place: Place, staff: Client) -> None:
        open_place("birch")
        open_place("oak", name="Percent 100%_")
        assert names(staff.get("/backoffice/?q=BIR")) == ["Birch"]
        assert names(staff.get("/backoffice/?q=sons")) == ["Acme &amp; Sons"]
        assert names(staff.get("/backoffice/?q=0%25_")) == ["Percent 100%_"]
        assert names(staff.get("/backoffice/?q=%25")) == ["Percent 100%_"]
        nothing = staff.get("/backoffice/?q=" + "x" * 500 + "%00'--")
        assert names(nothing) == []
        assert "No company found" in text(nothing)

    def test_pages_of_25_by_name_both_ways(self, place: Place, staff: Client) -> None:
        with tenancy.phase(place.id):
            row = Company.objects.get(id=place.id)
        for number in range(60):
            id_ = new_id()
            with tenancy.phase(id_):
                Company.objects.create(
                    id=id_, slug=f"co-{number}", name=f"Co {number // 2:02}", number_prefix=f"CO{number}",
                    time_zone=row.time_zone, currency="USD", opened_at=NOV_1,
                )  # fmt: skip
        expected = ["Acme &amp; Sons", *(f"Co {number // 2:02}" for number in range(60))]
        pages, addresses, address = [], [], "/backoffice/"
        while address:
            addresses.append(address)
            page = staff.get(address)
            pages.append(names(page))
            found = re.search(r'href="([^"]+)" rel="next"', page.content.decode())
            address = unescape(found.group(1)) if found else ""
        assert [len(page) for page in pages] == [25, 25, 11]
        assert [name for page in pages for name in page] == expected
        back = re.search(r'href="([^"]+)" rel="prev"', staff.get(addresses[2]).content.decode())
        assert back is not None
        assert names(staff.get(unescape(back.group(1)))) == pages[1]

    @pytest.mark.parametrize("query", ["after=x", "before=x", f"after={'0' * 8}-0000-4000-8000-000000000000", "after="])
    def test_a_bad_place_is_the_first_page(self, place: Place, staff: Client, query: str) -> None:
        assert names(staff.get(f"/backoffice/?{query}")) == ["Acme &amp; Sons"]

    def test_as_many_queries_for_many_companies(self, place: Place, staff: Client) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert staff.get("/backoffice/").status_code == 200
            return len(captured)

        one = queries()
        for number in range(5):
            opened(f"more-{number}")
        assert queries() == one


class TestOneCompany:
    def test_subscription_add_ons_and_people(self, place: Place, staff: Client) -> None:
        count_seats(place, 14)
        for code in ("credit-checks", "invoice-plus"):
            offer(place, code)
        done(enable(place, "invoice-plus"))
        words = text(staff.get("/backoffice/companies/acme"))
        # 14 × 5.00 = 70.00; 299.00 + 70.00; 70.00 × 19 ÷ 30 = 44.33; 299.00 + 70.00 + 44.33 = 413.33
        assert "Monthly $369.00 Next invoice Dec 1, 2026 · about $413.33 Seats 14 Open $299.00" in words
        assert "Plan Core" in words
        assert "Invoice+ $70.00 / month 14 seats × $5.00" in words
        assert "Way of paying Charged automatically" in words
        assert "Default method —" in words
        assert "Credit Checks Disabled $19.00 / month" in words
        assert "Invoice+ Enabled since Nov 12, 2026 $5.00 / seat / month" in words
        assert "Olga Owner owner@acme.test" in words
        assert "Vic Viewer viewer@acme.test Viewers" in words

    def test_credit_and_what_is_owed(self, place: Place, staff: Client) -> None:
        """A bank took back $30.00 that had become credit and was used: the next invoice asks for them."""
        assert "Company credit $0.00" in text(staff.get("/backoffice/companies/acme"))
        with tenancy.phase(place.id):
            back = postings.overpayment_returned(str(Invoice.objects.get().id), Money(3000, "USD"))
            ledger.post(place.id, back, occurred_at=NOW, new_id=new_id)
        words = text(staff.get("/backoffice/companies/acme"))
        # 299.00 + 30.00
        assert "Next invoice Dec 1, 2026 · about $329.00" in words
        assert "Owed $30.00 Returned payments that had become credit; on the next invoice" in words
        assert "Company credit" not in words

    def test_invoices_with_status_and_why(self, place: Place, staff: Client) -> None:
        words = text(staff.get("/backoffice/companies/acme"))
        assert "Nov 1, 2026 ACME-000001 $299.00 Pending Waiting for a payment method" in words
        assert "No payment yet." in words

    def test_payments_with_their_outcome(self, place: Place, staff: Client, gateway: Any) -> None:
        put_on_file(place, gateway, number=DECLINED)
        with tenancy.reading(place.id):
            invoice_id = str(Invoice.objects.get().id)
        collect_invoice(actor=place.clock, invoice_id=invoice_id)
        words = text(staff.get("/backoffice/companies/acme"))
        assert "Nov 1, 2026 ACME-000001 $299.00 Failed Card declined on Nov 12, 2026" in words
        payments = words.split("Outcome")[1]
        assert "ACME-000001 Visa •••• 0341 $299.00 Declined" in payments

    def test_older_invoices_and_payments_are_reached_page_by_page(self, place: Place, staff: Client) -> None:
        method = method_row(place)
        for invoice_id in write_invoices(place, 50):
            add_payment(place, invoice_id, method, "ready", "declined")
        first, lists = "/backoffice/companies/acme", {}
        for name, columns in (("invoices", r'class="number"><a [^>]+>'), ("payments", 'data-label="Invoice">')):
            addresses, pages, address = [], [], first
            while address:
                addresses.append(address)
                with CaptureQueriesContext(connection) as captured:
                    html = staff.get(address).content.decode()
                assert len(captured) <= 15
                part = html.split(f'id="{name}"')[1].split("</nav>")[0].split("<caption>People")[0]
                pages.append(re.findall(columns + "([^<]+)", part))
                found = re.search(rf'href="(\?{name}-before=[^"]+)"', part)
                address = first + unescape(found.group(1)) if found else ""
                assert found is None or address.endswith(f"#{name}")
            lists[name] = pages
            back = re.search(rf'href="(\?{name}-after=[^"]+)"', html)
            assert back
            html = staff.get(first + unescape(back.group(1))).content.decode()
            assert pages[1][0] in html
            assert re.search(rf"{name}-after=", html)
        numbers = [f"ACME-{number:06d}" for number in range(51, 0, -1)]
        assert [len(page) for page in lists["invoices"]] == [24, 24, 3]
        assert [number for page in lists["invoices"] for number in page] == numbers
        assert [number for page in lists["payments"] for number in page] == numbers[:50]

    @pytest.mark.parametrize("place_of", ["invoices-before=x", "invoices-before=0", "payments-before=x",
                                          "payments-before=00000000-0000-4000-8000-000000000000",
                                          "payments-after=00000000-0000-4000-8000-000000000000"])  # fmt: skip
    def test_a_bad_place_in_a_list_is_its_first_page(self, place: Place, staff: Client, place_of: str) -> None:
        add_payment(place, write_invoices(place, 1)[0], method_row(place), "ready", "declined")
        html = staff.get(f"/backoffice/companies/acme?{place_of}").content.decode()
        assert html.count("ACME-000002</a>") == 1
        assert html.count('data-label="Invoice">ACME-000002<') == 1

    def test_held_billing_and_a_review_stand_on_top(self, place: Place, staff: Client) -> None:
        with tenancy.phase(place.id):
            invoice = Invoice.objects.get()
            intent = PaymentIntent.objects.create(
                id=new_id(), company_id=place.id, invoice_id=invoice.id, generation=1, state="ready",
                amount_minor=29900, currency="USD", gateway="sandbox", customer="cus", create_key="k",
                opened_at=NOV_1, moved_at=NOV_1,
            )  # fmt: skip
            Review.objects.create(
                id=new_id(), company_id=place.id, intent_id=intent.id, reason="amount_differs", facts={},
                opened_at=NOW - timedelta(days=1),
            )  # fmt: skip
            Company.objects.update(billing_held_at=NOW - timedelta(days=1), billing_held_because="amount_differs")
        words = text(staff.get("/backoffice/companies/acme"))
        assert "Billing has been held since Nov 11, 2026: nothing is charged. Invoice ACME-000001 in review" in words
        assert "in review since Nov 11, 2026: Amount differs." in words
        listed = text(staff.get("/backoffice/"))
        assert "Payments in review 1 Billing held 1" in listed
        assert "Acme & Sons Billing held 1 in review" in listed

    def test_what_is_written_is_shown_as_text(self, place: Place, staff: Client) -> None:
        with tenancy.phase(place.id):
            Company.objects.update(name="<script>alert(1)</script>")
        for address in ("/backoffice/", "/backoffice/companies/acme"):
            html = staff.get(address).content.decode()
            assert "<script>alert" not in html
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html

    def test_an_unknown_one(self, staff: Client) -> None:
        assert staff.get("/backoffice/companies/unknown").status_code == 404

    def test_another_company_s_rows_are_not_among_them(self, place: Place, staff: Client) -> None:
        other = opened("birch")
        offer(other, "credit-checks")
        done(enable(other, "credit-checks"))
        words = text(staff.get("/backoffice/companies/acme"))
        assert "BIRCH" not in words
        assert "owner@birch.test" not in words
        assert "Credit Checks" not in words


class TestBillingRuns:
    def test_the_latest_with_who_was_set_aside(self, place: Place, staff: Client) -> None:
        other = open_place("birch", now=NOV_1)
        subscribe(other, now=NOV_1)
        planned = done(run_billing(actor=CLOCK, now=NOW))
        with tenancy.phase(other.id):
            BillingOutcome.objects.create(
                id=new_id(), company_id=other.id, run_id=planned.run_id, reason="its price is unreadable",
                set_aside_at=NOW,
            )  # fmt: skip
        words = text(staff.get("/backoffice/billing-runs"))
        first, second = words.index("Nov 12, 2026"), words.index("Nov 1, 2026")
        assert first < second
        assert "1 set aside Birch: its price is unreadable" in words
        assert "1 1 Done" in words
