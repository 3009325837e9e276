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


def test_a_paid_invoice_is_credited_then_refunded(any_visit: Visitor, slug: str) -> None:
    visit, page = any_visit, any_visit.page
    company = visit.product.open(slug, "subscribe", "card 4242424242424242", "bill")
    visit.comes_in(STAFF)
    page.goto(f"{visit.product.url}/backoffice/companies/{slug}")
    page.get_by_role("table", name="Invoices").get_by_role("link", name=re.compile(r"^\S+-000001$")).click()
    visit.reads("Credit the invoice first, then refund it.")
    visit.looks_around()
    visit.clicks("Credit")
    visit.looks_around()
    page.get_by_label("Amount").fill("20.00")
    page.get_by_label("Reason").fill("Two days without service")
    visit.presses("Review")
    visit.reads("Issue this credit note?", "$18.65 and $1.35 tax", "Kept as the company's credit")
    visit.looks_around()
    visit.presses("Issue credit note")
    expect(page.get_by_role("status")).to_contain_text(
        re.compile(r"Credit note \S+-CN-000001 over \$20\.00 was issued\.")
    )
    visit.clicks("Refund")
    page.get_by_label("Amount").fill("20.01")
    page.get_by_label("Reason").fill("They asked for the money")
    visit.presses("Review")
    expect(page.get_by_role("alert").first).to_contain_text("At most $20.00 can be sent back.")
    page.get_by_label("Amount").fill("15.00")
    visit.presses("Review")
    visit.reads("Send this money back?", "Visa •••• 4242")
    visit.looks_around()
    visit.presses("Send it back")
    visit.is_told("$15.00 were sent back.")
    visit.looks_around()
    assert visit.product.charges(company) == [(4290, "succeeded")]
    visit.comes_in(company.viewer).goes(slug, "invoices")
    page.get_by_role("row").nth(1).get_by_role("link", name=re.compile(r"^\S+-000001$")).click()
    expect(visit.main).to_contain_text(re.compile(r"Refunded \w+ \d+ · \$15\.00"))
    visit.reads("Two days without service", "$20.00 kept as your credit.")
    visit.looks_around()
