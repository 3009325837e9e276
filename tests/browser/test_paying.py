"""Paying an invoice: the amount and the method before the click, one charge after it (I5, I6)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Visitor
from tests.browser.product import Company, Product

DECLINES, VISA, ASKS = "4000000000000341", "4242424242424242", "4000002500003155"
PAID, REFUSED = (4290, "succeeded"), (4290, "declined")
# Two seats at $20.00, and 7.25 % sales tax of Utah.
PAY = "Pay $42.90"


@pytest.fixture
def failed(product: Product, slug: str) -> Company:
    """Give a company whose only invoice was declined; another card is on file."""
    return product.open(slug, "subscribe", f"card {DECLINES}", f"card {VISA}", "bill")


@pytest.fixture
def asked_by_bank(product: Product, slug: str) -> Company:
    """Give a company whose bank wants each payment approved, so that the automatic one failed."""
    return product.open(slug, "subscribe", f"card {ASKS}", "bill")


def opens_to_pay(visit: Visitor, company: Company) -> None:
    """Come to the question which method is charged."""
    visit.comes_in(company.owner).goes(company.slug, "invoices")
    visit.page.get_by_role("row").nth(1).get_by_role("link", name=re.compile("^Pay ")).click()
    expect(visit.asked.get_by_role("heading", level=1)).to_have_text(re.compile(r"^Pay invoice .*-000001\?$"))
    expect(visit.asked).to_contain_text("$42.90 is charged now, once, to the method you choose.")


def status(page: Page) -> str:
    """Read the invoice's status on its page."""
    return page.locator(".head .badge").inner_text().strip()


def test_a_failed_invoice_is_paid_with_another_card(any_visit: Visitor, failed: Company) -> None:
    visit = any_visit
    opens_to_pay(visit, failed)
    expect(visit.asked.get_by_role("radio", checked=True)).to_have_count(1)
    visit.looks_around()
    visit.asked.get_by_label("Visa •••• 4242").check()
    visit.clicks(PAY, role="button", within=visit.asked)
    visit.is_told("Paid $42.90.")
    assert status(visit.page) == "Paid"
    expect(visit.page.get_by_role("region", name="Payments")).to_contain_text("Payment of $42.90 with Visa •••• 4242")
    expect(visit.main.get_by_role("link", name=re.compile("^Pay"))).to_have_count(0)
    assert visit.product.charges(failed) == [REFUSED, PAID]
    visit.goes(failed.slug, "invoices")
    row = visit.page.get_by_role("row").nth(1)
    expect(row.locator(".badge")).to_have_text("Paid")
    expect(row).to_contain_text(re.compile(r"Charged \w+ \d+ · \$42\.90"))
    visit.looks_around()


def test_a_declined_payment_says_so_and_stays_payable(visit: Visitor, failed: Company) -> None:
    opens_to_pay(visit, failed)
    visit.asked.get_by_label("Visa •••• 0341").check()
    visit.clicks(PAY, role="button", within=visit.asked)
    expect(visit.page.get_by_role("alert")).to_contain_text("The bank declined the card. Try another method.")
    expect(visit.page.get_by_label("Visa •••• 0341")).to_be_checked()
    if visit.has_scripts:
        expect(visit.page.get_by_role("alert")).to_be_focused()
    visit.looks_around()
    assert visit.product.charges(failed) == [REFUSED, REFUSED]
    visit.page.get_by_label("Visa •••• 4242").check()
    visit.presses(PAY)
    visit.is_told("Paid $42.90.")
    assert visit.product.charges(failed) == [REFUSED, REFUSED, PAID]


def test_a_double_click_charges_once(any_visit: Visitor, failed: Company) -> None:
    visit = any_visit
    opens_to_pay(visit, failed)
    visit.asked.get_by_label("Visa •••• 4242").check()
    visit.asked.get_by_role("button", name=PAY).dblclick()
    expect(visit.main.locator(".badge").first).to_be_visible()
    visit.goes(failed.slug, f"invoices/{failed.invoices[0]}")
    expect(visit.page.locator(".head .badge")).to_have_text("Paid")
    assert visit.product.charges(failed) == [REFUSED, PAID]


def test_two_windows_charge_once_and_the_second_is_told(visit: Visitor, failed: Company) -> None:
    visit.comes_in(failed.owner).goes(failed.slug, f"invoices/{failed.invoices[0]}/pay")
    second = visit.page.context.new_page()
    second.goto(visit.page.url)
    for page in (visit.page, second):
        page.get_by_label("Visa •••• 4242").check()
    visit.presses(PAY)
    visit.is_told("Paid $42.90.")
    second.get_by_role("button", name=PAY).click()
    expect(second.get_by_role("alert")).to_contain_text("This invoice is already paid.")
    expect(second.get_by_role("button", name=PAY)).to_have_count(0)
    assert visit.product.charges(failed) == [REFUSED, PAID]


def test_back_and_again_charges_once(visit: Visitor, failed: Company) -> None:
    visit.comes_in(failed.owner).goes(failed.slug, f"invoices/{failed.invoices[0]}/pay")
    visit.page.get_by_label("Visa •••• 4242").check()
    visit.presses(PAY)
    visit.is_told("Paid $42.90.")
    visit.page.go_back()
    if visit.page.get_by_role("button", name=PAY).count():
        visit.presses(PAY)
    visit.goes(failed.slug, f"invoices/{failed.invoices[0]}")
    assert status(visit.page) == "Paid"
    assert visit.product.charges(failed) == [REFUSED, PAID]


def goes_to_the_bank(visit: Visitor, company: Company) -> None:
    """Pay with the card whose bank asks, and be sent to the bank's page."""
    opens_to_pay(visit, company)
    visit.clicks(PAY, role="button", within=visit.asked)
    expect(visit.page).to_have_url(re.compile(f"^{re.escape(visit.product.gateway_url)}/approve/"))
    expect(visit.page.get_by_role("heading", name="Approve this payment")).to_be_visible()


def test_the_bank_asks_and_is_answered_yes(any_visit: Visitor, asked_by_bank: Company) -> None:
    visit = any_visit
    goes_to_the_bank(visit, asked_by_bank)
    visit.presses("Approve")
    visit.is_told("Paid $42.90.")
    assert status(visit.page) == "Paid"
    assert visit.product.charges(asked_by_bank) == [REFUSED, PAID]


def test_the_bank_asks_and_is_answered_no(visit: Visitor, asked_by_bank: Company) -> None:
    goes_to_the_bank(visit, asked_by_bank)
    visit.presses("Refuse")
    expect(visit.page.locator(".head .badge")).to_have_text("Failed")
    expect(visit.main.get_by_role("link", name=PAY)).to_be_visible()
    assert visit.product.charges(asked_by_bank) == [REFUSED, REFUSED]


def test_left_half_way_it_is_pending_and_goes_on_from_there(visit: Visitor, asked_by_bank: Company) -> None:
    goes_to_the_bank(visit, asked_by_bank)
    visit.goes(asked_by_bank.slug, "invoices")
    row = visit.page.get_by_role("row").nth(1)
    expect(row.locator(".badge")).to_have_text("Pending")
    expect(row).to_contain_text("Your bank asks you to approve this payment.")
    expect(row.get_by_role("link", name=re.compile("^Pay"))).to_have_count(0)
    on = row.get_by_role("link", name=re.compile("^Continue at your bank"))
    expect(on).to_be_visible()
    row.get_by_role("link", name=re.compile("-000001$")).first.click()
    visit.looks_around()
    visit.goes(asked_by_bank.slug, "invoices")
    on.click()
    visit.presses("Approve")
    visit.is_told("Paid $42.90.")
    assert visit.product.charges(asked_by_bank) == [REFUSED, PAID]


def test_an_invoice_waits_for_a_method_and_is_paid_with_a_new_one(visit: Visitor, product: Product, slug: str) -> None:
    company = product.open(slug, "subscribe", "bill")
    visit.comes_in(company.owner).goes(company.slug, "invoices")
    row = visit.page.get_by_role("row").nth(1)
    expect(row.locator(".badge")).to_have_text("Pending")
    expect(row).to_contain_text("Waiting for a payment method")
    expect(row.get_by_role("link", name=re.compile("^Pay"))).to_have_count(0)
    row.get_by_role("link", name=re.compile("-000001$")).first.click()
    visit.reads("It is not charged by itself, not even once there is a method: pay it then with the one you choose.")
    assert product.charges(company) == []


def test_a_payment_without_an_answer_is_pending_and_settles_by_itself(newcomer: Visitor, failed: Company) -> None:
    visit, page = newcomer, newcomer.page
    page.clock.install()
    opens_to_pay(visit, failed)
    visit.asked.get_by_label("Visa •••• 4242").check()
    visit.product.fail_next(failed, "cut_after", "confirm_intent")
    visit.clicks(PAY, role="button", within=visit.asked)
    visit.reads("We're confirming this payment. You don't need to pay again.")
    assert status(page) == "Pending"
    expect(visit.main.get_by_role("link", name=re.compile("^Pay"))).to_have_count(0)
    visit.looks_around()
    summary = page.get_by_role("region", name="Summary").locator("summary")
    summary.click()
    page.clock.fast_forward(11_000)  # the page asks again, nothing is new, and nothing moves on it
    expect(page.locator(".breakdown")).to_be_visible()
    visit.product.calm(failed)
    page.clock.fast_forward(11_000)
    expect(page.locator(".head .badge")).to_have_text("Paid")
    expect(visit.main).to_be_focused()
    expect(page.get_by_role("navigation", name="Account Management")).to_be_visible()
    assert visit.product.charges(failed) == [REFUSED, PAID]


def test_a_page_that_cannot_ask_again_stays_as_it_is(newcomer: Visitor, failed: Company) -> None:
    visit, page, asks = newcomer, newcomer.page, re.compile(r"\?confirming=")
    page.clock.install()
    page.route(asks, lambda route: route.fulfill(status=502, body="Bad Gateway"))
    opens_to_pay(visit, failed)
    visit.asked.get_by_label("Visa •••• 4242").check()
    visit.product.fail_next(failed, "cut_after", "confirm_intent")
    visit.clicks(PAY, role="button", within=visit.asked)
    visit.reads("We're confirming this payment. You don't need to pay again.")
    here, shown = page.url, visit.main.inner_text()
    with page.expect_response(asks):
        page.clock.fast_forward(11_000)
    page.route(asks, lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.clock.fast_forward(11_000)
    page.context.clear_cookies()
    page.unroute_all()
    with page.expect_response(re.compile("/accounts/login/")):
        page.clock.fast_forward(11_000)
    page.clock.run_for(1_000)
    assert (page.url, visit.main.inner_text()) == (here, shown)


def test_a_payment_service_that_is_away_charges_nothing(visit: Visitor, product: Product, slug: str) -> None:
    company = product.open(slug, "subscribe", "bill", f"card {VISA}")
    visit.comes_in(company.owner).goes(company.slug, f"invoices/{company.invoices[0]}/pay")
    product.fail_next(company, "cut_before", "create_intent")
    visit.presses(PAY)
    expect(visit.page.get_by_role("alert")).to_contain_text("Payment service is unavailable. Nothing was charged.")
    visit.looks_around()
    assert product.charges(company) == []
    visit.presses(PAY)
    visit.is_told("Paid $42.90.")
    assert product.charges(company) == [PAID]
