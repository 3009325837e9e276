"""Billing Methods: typed at the processor, kept here, never charged by that (M1 to M7)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.people import Visitor, assert_fits, types_account, types_card
from tests.browser.product import HARBOR, OWNER, SUMMIT, VIEWER, Company, Product

VISA, MASTERCARD, DECLINED = "4242424242424242", "5555555555554444", "4000000000000002"
ACCOUNT = "000123456789"
TO_THE_PROCESSOR = "Continue to the secure page"


@pytest.fixture
def with_cards(product: Product, slug: str) -> Company:
    """Give a company with two cards; the Visa is the default."""
    return product.open(slug, "subscribe later", f"card {VISA}", f"card {MASTERCARD}")


def row(visit: Visitor, last4: str) -> Locator:
    """Find a method in the list."""
    return visit.page.get_by_role("region", name="Payment methods").get_by_role("listitem").filter(has_text=last4)


def is_at_the_processor(visit: Visitor) -> None:
    """Expect the processor's own page, at its own origin."""
    expect(visit.page).to_have_url(re.compile(f"^{re.escape(visit.product.gateway_url)}/setup/"))


def test_a_card_is_typed_at_the_processor_saved_here_and_not_charged(any_visit: Visitor, new_company: Company) -> None:
    visit, page = any_visit, any_visit.page
    visit.comes_in(new_company.owner).goes(new_company.slug)
    expect(page.get_by_role("heading", name="No payment method yet")).to_be_visible()
    visit.looks_around()
    visit.clicks("Add Payment Method")
    expect(page.get_by_label("Make this the default")).to_be_checked()
    visit.presses(TO_THE_PROCESSOR)
    is_at_the_processor(visit)
    types_card(page, VISA)
    expect(page.get_by_role("heading", name="Save Visa •••• 4242?")).to_be_visible()
    visit.reads("It becomes the default.", "Saving charges nothing.", "Applies to the next scheduled billing date (")
    visit.presses("Save")
    visit.is_told("Visa •••• 4242 is on file and is the default. Nothing was charged.")
    expect(row(visit, "4242")).to_contain_text("Credit card · Visa")
    expect(row(visit, "4242")).to_contain_text("Expires 12/2030")
    expect(row(visit, "4242").locator(".badge")).to_have_text(["Default"])
    assert visit.product.charges(new_company) == []


def test_a_billing_address_of_its_own_is_checked_and_kept_while_it_is_wrong(
    visit: Visitor, new_company: Company
) -> None:
    page = visit.comes_in(new_company.owner).goes(new_company.slug, "billing-methods/add").page
    page.get_by_label("Same as the company's address").uncheck()
    page.get_by_label("City").fill("Ogden")
    visit.presses(TO_THE_PROCESSOR)
    listed = page.get_by_role("alert").get_by_role("link")
    expect(listed.first).to_contain_text("Address 1")
    if visit.has_scripts:
        expect(page.get_by_role("alert")).to_be_focused()
    visit.looks_around()
    expect(page.get_by_label("City")).to_have_value("Ogden")
    listed.first.click()
    expect(page.get_by_label("Address 1")).to_be_focused()
    page.get_by_label("Address 1").fill("9 Elm Street")
    page.get_by_label("State").fill("UT")
    page.get_by_label("ZIP").fill("84401")
    visit.presses(TO_THE_PROCESSOR)
    is_at_the_processor(visit)


def test_an_address_without_a_blank_fits_where_it_stands(visitor: Visitor, new_company: Company) -> None:
    page, long = visitor.page, "Longstreet" * 12
    visitor.comes_in(new_company.owner).goes(new_company.slug, "invoices/billing-details")
    page.get_by_label("Address 1").fill(long)
    visitor.presses("Save")
    expect(page.get_by_role("status")).to_be_visible()
    visitor.goes(new_company.slug, "billing-methods/add")
    page.set_viewport_size({"width": 320, "height": 640})
    expect(visitor.main.get_by_text(long)).to_be_visible()
    assert_fits(page)


def test_a_declined_card_stays_at_the_processor_and_cancel_comes_back(visit: Visitor, new_company: Company) -> None:
    page = visit.comes_in(new_company.owner).goes(new_company.slug, "billing-methods/add").page
    visit.presses(TO_THE_PROCESSOR)
    types_card(page, DECLINED)
    is_at_the_processor(visit)
    expect(page.get_by_role("alert")).to_contain_text("The bank declined it: generic decline.")
    expect(page.get_by_label("Card number")).to_have_value("")
    expect(page.get_by_label("Name on the card")).to_have_value("Ana Lima")
    visit.clicks("Cancel")
    visit.is_told("Nothing was added. You can start again.")
    visit.is_at("billing-methods/add", new_company.slug)
    visit.goes(new_company.slug)
    expect(page.get_by_role("heading", name="No payment method yet")).to_be_visible()


def test_a_card_that_is_on_file_is_not_added_twice(visit: Visitor, with_cards: Company) -> None:
    visit.comes_in(with_cards.owner).goes(with_cards.slug, "billing-methods/add")
    visit.presses(TO_THE_PROCESSOR)
    types_card(visit.page, VISA)
    visit.presses("Save")
    visit.reads("This card is already on file.")
    visit.looks_around()
    visit.clicks("Back to Billing Methods")
    expect(visit.page.get_by_role("region", name="Payment methods").get_by_role("listitem")).to_have_count(2)


def test_going_back_and_saving_again_leaves_one_card(visit: Visitor, new_company: Company) -> None:
    page = visit.comes_in(new_company.owner).goes(new_company.slug, "billing-methods/add").page
    visit.presses(TO_THE_PROCESSOR)
    types_card(page, VISA)
    expect(page.get_by_role("heading", name="Save Visa •••• 4242?")).to_be_visible()
    here = page.url
    visit.presses("Save")
    visit.is_told("Visa •••• 4242 is on file and is the default. Nothing was charged.")
    page.goto(here)
    visit.is_at("billing-methods", new_company.slug)
    expect(row(visit, "4242")).to_have_count(1)


def test_a_bank_account_waits_for_its_deposits(any_visit: Visitor, new_company: Company) -> None:
    visit, page = any_visit, any_visit.page
    visit.comes_in(new_company.owner).goes(new_company.slug, "billing-methods/add")
    page.get_by_label("Bank account (ACH)").check()
    expect(page.get_by_role("region", name="Debit authorization")).to_contain_text("60 days")
    visit.presses(TO_THE_PROCESSOR)
    expect(page.get_by_role("alert")).to_contain_text("Accept the debit authorization to continue.")
    expect(page.get_by_label("Bank account (ACH)")).to_be_checked()
    visit.looks_around()
    page.get_by_role("group", name="Debit authorization").get_by_role("checkbox").check()
    visit.presses(TO_THE_PROCESSOR)
    is_at_the_processor(visit)
    types_account(page, ACCOUNT)
    visit.presses("Save")
    visit.is_told("Test Bank •••• 6789 is on file: Verification pending. Nothing was charged.")
    expect(row(visit, "6789").locator(".badge")).to_have_text(["Verification pending"])
    expect(row(visit, "6789").get_by_role("link", name="Make Default")).to_have_count(0)
    verifies(visit, "1", "2")
    expect(visit.asked.get_by_role("alert")).to_contain_text("Amounts don't match. 2 tries left.")
    visit.looks_around()
    visit.asked.get_by_label("First amount").fill("45")
    visit.asked.get_by_label("Second amount").fill("32")
    visit.clicks("Verify", role="button", within=visit.asked)
    visit.is_told("Test Bank •••• 6789 is verified and is the default.")
    expect(row(visit, "6789").locator(".badge")).to_have_text(["Default"])
    assert visit.product.charges(new_company) == []


def verifies(visit: Visitor, first: str, second: str) -> None:
    """Type the two amounts."""
    row(visit, "6789").get_by_role("link", name="Verify").click()
    visit.asked.get_by_label("First amount").fill(first)
    visit.asked.get_by_label("Second amount").fill(second)
    visit.clicks("Verify", role="button", within=visit.asked)


def test_make_default_swaps_and_only_then_the_other_can_go(any_visit: Visitor, with_cards: Company) -> None:
    visit = any_visit
    visit.comes_in(with_cards.owner).goes(with_cards.slug)
    expect(row(visit, "4242")).to_contain_text("Make another method the default first.")
    expect(row(visit, "4242").get_by_role("link", name="Remove")).to_have_count(0)
    row(visit, "4444").get_by_role("link", name="Make Default").click()
    expect(visit.asked).to_contain_text("Making it the default charges nothing now.")
    visit.looks_around()
    visit.clicks("Make Default", role="button", within=visit.asked)
    visit.is_told("Mastercard •••• 4444 is the default now. Nothing was charged.")
    expect(row(visit, "4444").locator(".badge")).to_have_text(["Default"])
    row(visit, "4242").get_by_role("link", name="Remove").click()
    visit.clicks("Cancel", within=visit.asked)
    expect(row(visit, "4242")).to_have_count(1)
    row(visit, "4242").get_by_role("link", name="Remove").click()
    expect(visit.asked).to_contain_text("It is never charged again.")
    visit.looks_around()
    visit.clicks("Remove", role="button", within=visit.asked)
    visit.is_told("Visa •••• 4242 was removed.")
    expect(row(visit, "4242")).to_have_count(0)
    expect(visit.page.get_by_role("region", name="Summary")).to_contain_text("Mastercard •••• 4444")
    assert visit.product.charges(with_cards) == []


def test_removing_what_somebody_else_removed_says_so(visit: Visitor, with_cards: Company) -> None:
    visit.comes_in(with_cards.owner).goes(with_cards.slug)
    row(visit, "4444").get_by_role("link", name="Remove").click()
    expect(visit.asked.get_by_role("button", name="Remove")).to_be_visible()
    other = visit.page.context.new_page()
    other.goto(visit.product.area(with_cards.slug))
    other.get_by_role("link", name="Remove Credit card · Mastercard 4444").click()
    other.get_by_role("button", name="Remove").click()
    expect(other.get_by_role("status")).to_be_visible()
    other.close()
    visit.clicks("Remove", role="button", within=visit.asked)
    visit.reads("This payment method is not there any more.")


def test_an_unpaid_invoice_is_offered_beside_the_methods(visit: Visitor, product: Product, slug: str) -> None:
    company = product.open(slug, "subscribe", "card 4000000000000341", f"card {VISA}", "bill")
    visit.comes_in(company.owner).goes(company.slug)
    unpaid = visit.page.get_by_role("region", name="Not paid yet")
    expect(unpaid).to_contain_text("$42.90")
    expect(unpaid).to_contain_text("Card declined on")
    unpaid.get_by_role("link", name=re.compile("^Pay")).click()
    expect(visit.asked.get_by_role("button", name="Pay $42.90")).to_be_visible()
    assert product.charges(company) == [(4290, "declined")]


def test_a_viewer_reads_why_the_buttons_are_missing(visit: Visitor) -> None:
    visit.comes_in(VIEWER).goes(SUMMIT)
    visit.reads("You need Account Management with Modify to change payment methods.")
    for name in ("Add Payment Method", "Make Default", "Remove", "Verify", "Pay"):
        expect(visit.main.get_by_role("link", name=re.compile(f"^{name}"))).to_have_count(0)
    answer = visit.page.goto(visit.product.area(SUMMIT, "billing-methods/add"))
    assert answer is not None
    assert answer.status == 403
    visit.reads("You need Account Management with Modify")


def test_each_method_says_what_it_is_and_what_stands_in_the_way(visit: Visitor) -> None:
    visit.comes_in(OWNER).goes(SUMMIT)
    expect(row(visit, "5556").locator(".badge")).to_have_text(["Default", "Expires soon"])
    expect(row(visit, "5556")).to_contain_text("Make another method the default first.")
    expect(row(visit, "6789")).to_contain_text("ACH · Test Bank")
    expect(row(visit, "6789")).to_contain_text("A payment with this method is in progress.")


def test_a_company_with_nothing_on_file_reads_when_it_will_be_charged(visit: Visitor, product: Product) -> None:
    visit.comes_in("owner@harbor-alarms.test").goes(HARBOR, "invoices")
    expect(visit.page.get_by_role("heading", name="No invoices yet")).to_be_visible()
    visit.looks_around()
