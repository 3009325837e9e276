"""The vendor's staff: companies, one company's subscription and invoices, billing runs."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.people import Visitor, sign_in
from tests.browser.product import OWNER, STAFF


def test_staff_land_in_the_back_office_and_find_a_company(any_visit: Visitor) -> None:
    visit, page = any_visit, any_visit.page
    sign_in(page, visit.product, STAFF)
    expect(page).to_have_url(f"{visit.product.url}/backoffice/")
    page.get_by_label("Search companies").fill("summit al")
    visit.presses("Search")
    companies = page.get_by_role("region", name="Companies").locator("tbody tr")
    expect(companies).to_have_count(1)
    expect(companies).to_contain_text("14 seats")
    expect(companies).to_contain_text("$453.00")
    visit.looks_around()
    visit.clicks("Summit Alarm")
    expect(page.get_by_role("heading", level=1, name="Summit Alarm")).to_be_visible()
    invoices = page.get_by_role("table", name="Invoices")
    expect(invoices.get_by_role("row", name=re.compile("SUMMIT-000024"))).to_contain_text("Failed")
    expect(page.get_by_role("table", name="Add-ons").get_by_role("row", name=re.compile("QuickBooks"))).to_contain_text(
        "Enabled"
    )
    visit.looks_around()
    visit.clicks("All companies")
    page.get_by_label("Search companies").fill("no such company")
    visit.presses("Search")
    expect(page.get_by_role("heading", name="No company found")).to_be_visible()
    visit.looks_around()


def test_each_billing_run_is_listed_with_its_outcome(visit: Visitor) -> None:
    page = visit.comes_in(STAFF).page
    page.goto(f"{visit.product.url}/backoffice/")
    visit.clicks("Billing runs", within=page.get_by_role("navigation", name="Back office"))
    expect(page.get_by_role("region", name="Billing runs").locator("tbody tr").first).to_be_visible()
    visit.looks_around()


def test_no_company_gets_in(visit: Visitor) -> None:
    answer = visit.comes_in(OWNER).page.goto(f"{visit.product.url}/backoffice/")
    assert answer is not None
    assert answer.status == 404
