"""Invoices: the list, one of them, its PDF, and what stands on the next ones (I1 to I4, I7, I9)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.people import Visitor
from tests.browser.product import OWNER, SUMMIT, VIEWER, Company, Product

VISA = "4242424242424242"
PRINTED = """() => {
  const place = (what) => what.getBoundingClientRect();
  const page = place(document.body), main = place(document.querySelector("main"));
  const cut = [...document.querySelectorAll("table")].filter((one) => place(one).right > main.right);
  const shown = [...document.querySelectorAll(".bar, .side, .demo, .actions")].filter((one) => place(one).height);
  return [main.left, page.right - main.right, cut.length, shown.length];
}"""
"""What is left free on both sides, how many tables are cut off, and how much can be seen that only a screen has."""


@pytest.fixture
def paid(product: Product, slug: str) -> Company:
    """Give a company whose first invoice is paid."""
    return product.open(slug, "subscribe", f"card {VISA}", "bill")


def rows(visit: Visitor) -> Locator:
    """Find the rows of the list."""
    return visit.page.get_by_role("region", name="Invoices").locator("tbody tr")


def numbers(visit: Visitor) -> list[str]:
    """Read the numbers of the list."""
    return rows(visit).get_by_role("link", name=re.compile(r"^SUMMIT-\d+$")).all_inner_texts()


def narrows(visit: Visitor, label: str, choice: str) -> None:
    """Choose in one of the filters."""
    visit.clicks(choice, within=visit.page.get_by_role("navigation", name=label))
    expect(visit.page.get_by_role("navigation", name=label).get_by_role("link", name=choice)).to_have_attribute(
        "aria-current", "true"
    )


def test_two_years_are_leafed_through_and_filtered(any_visit: Visitor) -> None:
    visit = any_visit
    visit.comes_in(OWNER).goes(SUMMIT, "invoices")
    first = numbers(visit)
    assert (len(first), first[0], first[-1]) == (12, "SUMMIT-000025", "SUMMIT-000014")
    visit.clicks("Older")
    expect(rows(visit).first).to_contain_text("SUMMIT-000013")
    visit.clicks("Older")
    expect(rows(visit)).to_have_count(1)
    visit.clicks("Newer")
    visit.clicks("Newer")
    expect(rows(visit).first).to_contain_text("SUMMIT-000025")
    assert numbers(visit) == first
    narrows(visit, "Status", "Failed")
    expect(rows(visit)).to_have_count(1)
    expect(rows(visit)).to_contain_text("Card declined on")
    narrows(visit, "Status", "Pending")
    expect(rows(visit)).to_contain_text("Bank debit, up to 4 business days")
    narrows(visit, "Year", visit.page.get_by_role("navigation", name="Year").get_by_role("link").last.inner_text())
    expect(rows(visit)).to_have_count(0)
    expect(visit.page.get_by_role("heading", name="No invoice matches")).to_be_visible()
    visit.looks_around()


def test_an_invoice_opens_to_its_lines_and_who_caused_them(any_visit: Visitor) -> None:
    visit = any_visit
    visit.comes_in(VIEWER).goes(SUMMIT, "invoices?status=failed")
    rows(visit).get_by_role("link", name=re.compile("^SUMMIT-")).first.click()
    lines = visit.page.get_by_role("table", name="Lines")
    plan = lines.get_by_role("row", name=re.compile("^SecurityTrax Core"))
    expect(plan).to_contain_text("14 seats × $20.00")
    expect(plan).to_contain_text("Subscribed by SecurityTrax on")
    expect(plan).to_contain_text("$280.00")
    expect(lines.get_by_role("row", name=re.compile("^QuickBooks"))).to_contain_text("Enabled by Olivia Owens on")
    expect(lines.get_by_role("row", name=re.compile("^Balance due"))).to_contain_text("$485.84")
    expect(visit.page.get_by_role("region", name="Payments").get_by_text("declined by the bank")).to_have_count(4)
    visit.reads("You need Account Management with Modify to pay invoices or change billing details.")
    expect(visit.main.get_by_role("link", name=re.compile("^Pay"))).to_have_count(0)
    visit.looks_around()


def test_the_picture_of_what_was_paid_has_the_same_numbers_as_a_table(visit: Visitor) -> None:
    visit.comes_in(VIEWER).goes(SUMMIT, "invoices")
    picture = visit.page.get_by_role("region", name="What you paid, last 12 months").first
    expect(picture.get_by_role("table")).to_be_hidden()
    picture.get_by_text("Show the numbers").click()
    expect(picture.get_by_role("columnheader")).to_have_text(
        ["Month", "Total", "SecurityTrax Core", "Message+", "QuickBooks", "Invoice+", "Credit Checks", "Tax"]
    )
    expect(picture.get_by_role("row")).to_have_count(13)


def test_a_page_is_printed_as_wide_as_the_paper(visitor: Visitor) -> None:
    page = visitor.page
    visitor.comes_in(OWNER).goes(SUMMIT, "invoices")
    rows(visitor).first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1, name=re.compile("^Invoice "))).to_be_visible()
    page.emulate_media(media="print")
    printed = []
    for width in (739, 979, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        printed.append(page.evaluate(PRINTED))
    page.emulate_media(media="null")
    assert printed == [[16, 16, 0, 0], [24, 24, 0, 0], [24, 24, 0, 0]]


def test_the_pdf_comes_by_a_link_that_nobody_altered(any_visit: Visitor, paid: Company) -> None:
    visit, page = any_visit, any_visit.page
    visit.comes_in(paid.viewer).goes(paid.slug, "invoices")
    link = rows(visit).first.get_by_role("link", name=re.compile("^Download PDF"))
    address = visit.product.url + str(link.get_attribute("href"))
    with page.expect_download() as started:
        link.click()
    assert started.value.path().read_bytes().startswith(b"%PDF-")
    assert re.fullmatch(r"[A-Z0-9]+-000001\.pdf", started.value.suggested_filename)
    answer = page.goto(address[:-2] + ("bb" if address.endswith("aa") else "aa"))
    assert answer is not None
    assert answer.status == 403
    visit.reads("This link is not valid.")
    visit.looks_around()


def test_an_old_link_leads_back_to_a_fresh_one(visit: Visitor, paid: Company) -> None:
    visit.comes_in(paid.owner).goes(paid.slug, "invoices")
    rows(visit).first.get_by_role("link").first.click()
    invoice_id = visit.page.url.rsplit("/", 1)[-1]
    answer = visit.page.goto(visit.product.old_link(paid, paid.owner, invoice_id))
    assert answer is not None
    assert answer.status == 403
    visit.reads("This link has expired. Refresh the Invoices page to get a new one.")
    visit.looks_around()
    visit.main.get_by_role("link", name=re.compile("Invoices")).click()
    visit.is_at("invoices", paid.slug)
    with visit.page.expect_download() as started:
        rows(visit).first.get_by_role("link", name=re.compile("^Download PDF")).click()
    assert started.value.path().read_bytes().startswith(b"%PDF-")


def test_an_open_page_renews_its_links(newcomer: Visitor, paid: Company) -> None:
    newcomer.page.clock.install()
    newcomer.comes_in(paid.owner).goes(paid.slug, "invoices")
    link = rows(newcomer).first.get_by_role("link", name=re.compile("^Download PDF"))
    before = str(link.get_attribute("href"))
    newcomer.page.wait_for_timeout(1100)  # a link of the same second is the same
    newcomer.page.clock.fast_forward(241_000)
    expect(link).not_to_have_attribute("href", before)
    expect(newcomer.page.get_by_role("heading", level=1, name="Invoices")).to_be_visible()
    expect(newcomer.page.get_by_role("navigation", name="Account Management")).to_be_visible()


def test_a_page_that_cannot_renew_itself_stays_as_it_is(newcomer: Visitor, paid: Company) -> None:
    page = newcomer.page
    page.clock.install()
    newcomer.comes_in(paid.owner).goes(paid.slug, "invoices")
    listed, here = rows(newcomer).all_inner_texts(), page.url
    assert len(listed) == 1
    page.route(here, lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))
    with page.expect_response(here) as answered:
        page.clock.fast_forward(241_000)
    page.route(here, lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.clock.fast_forward(241_000)
    page.unroute_all()
    page.context.clear_cookies()
    with page.expect_response(re.compile("/accounts/login/")) as signed_out:
        page.clock.fast_forward(241_000)
    page.clock.run_for(1_000)
    assert (answered.value.status, signed_out.value.status) == (502, 200)
    assert (page.url, rows(newcomer).all_inner_texts()) == (here, listed)
    rows(newcomer).get_by_role("link", name=re.compile("-000001$")).first.click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_billing_details_keep_what_was_typed_and_stand_on_the_next_invoices(
    any_visit: Visitor, new_company: Company
) -> None:
    visit, page = any_visit, any_visit.page
    visit.comes_in(new_company.owner).goes(new_company.slug, "invoices")
    visit.clicks("Billing details")
    page.get_by_label("PO number").fill("PO-77")
    page.get_by_label("Legal name").fill("")
    page.get_by_label("Invoices by mail to").fill("books@somewhere.test\nno address")
    visit.presses("Save")
    listed = page.get_by_role("alert").get_by_role("link")
    expect(listed).to_have_count(2)
    expect(page.get_by_label("PO number")).to_have_value("PO-77")
    expect(page.get_by_label("Invoices by mail to")).to_have_value("books@somewhere.test\nno address")
    visit.looks_around()
    listed.first.click()
    expect(page.get_by_label("Legal name")).to_be_focused()
    page.get_by_label("Legal name").fill("Seventy-Seven LLC")
    page.get_by_label("Invoices by mail to").fill("books@somewhere.test")
    visit.presses("Save")
    expect(page.get_by_role("status")).to_be_visible()
    visit.goes(new_company.slug, "invoices/billing-details")
    expect(page.get_by_label("Legal name")).to_have_value("Seventy-Seven LLC")
    expect(page.get_by_label("PO number")).to_have_value("PO-77")


def test_a_viewer_reads_the_billing_details_and_changes_none(visit: Visitor) -> None:
    visit.comes_in(VIEWER).goes(SUMMIT, "invoices/billing-details")
    visit.reads("Summit Alarm LLC", "PO-2291", "accounting@summit-alarm.test")
    expect(visit.main.get_by_role("textbox")).to_have_count(0)
    expect(visit.main.get_by_role("button")).to_have_count(0)
    visit.looks_around()


def test_a_new_company_reads_when_its_first_invoice_comes(visit: Visitor, new_company: Company) -> None:
    visit.comes_in(new_company.owner).goes(new_company.slug, "invoices")
    expect(visit.page.get_by_role("heading", name="No invoices yet")).to_be_visible()
    expect(visit.main).to_contain_text(re.compile(r"The first one .*\w+ 1, \d{4}"))
    visit.looks_around()
