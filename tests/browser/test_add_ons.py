"""Add-ons: the price before the click, on at once, off at once, nothing lost (O1 to O9, O11)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.people import Visitor
from tests.browser.product import SUMMIT, VIEWER, Company, Product


def card(visit: Visitor, name: str) -> Locator:
    """Find an add-on's card."""
    return visit.page.get_by_role("article", name=name, exact=True)


def opens(visit: Visitor, action: str, name: str) -> None:
    """Click an action on a card, and wait for what it asks."""
    card(visit, name).get_by_role("link", name=re.compile(f"^{action}")).click()
    if action in ("Enable", "Disable"):
        expect(visit.asked.get_by_role("heading", level=1)).to_be_visible()


def confirms(visit: Visitor) -> None:
    """Press Confirm in the confirmation."""
    visit.clicks("Confirm", role="button", within=visit.asked)


@pytest.fixture
def subscribed(product: Product, slug: str) -> Company:
    """Give a company in its first month, with a card."""
    return product.open(slug, "subscribe", "card 4242424242424242", "bill")


@pytest.fixture
def checking(product: Product, slug: str) -> Company:
    """Give a company that has Credit Checks on."""
    return product.open(slug, "subscribe", "card 4242424242424242", "bill", "enable credit-checks")


UNANSWERED = "We got no answer, so we can't say whether it was done. Load the page again to see."


def test_a_lost_answer_leaves_it_open_whether_it_was_done(visitor: Visitor, subscribed: Company) -> None:
    visit, page = visitor, visitor.page
    visit.comes_in(subscribed.owner).goes(subscribed.slug, "add-ons")
    opens(visit, "Enable", "Credit Checks")
    visit.asked.get_by_label("I accept the terms of Credit Checks").check()
    here, alert = page.url, visit.asked.get_by_role("alert")
    held: list[Route] = []
    page.route("**/credit-checks/enable", lambda route: held.append(route))
    with page.expect_request("**/credit-checks/enable"):
        confirms(visit)
    page.keyboard.press("Escape")
    expect(visit.asked).to_be_hidden()
    held[0].abort()
    expect(alert.get_by_text(UNANSWERED, exact=True)).to_be_visible()
    expect(alert).to_be_focused()
    visit.looks_around()

    def is_done_unheard(route: Route) -> None:
        assert route.fetch(max_redirects=0).status == 303
        route.fulfill(status=504, body="Gateway Timeout")

    page.route("**/credit-checks/enable", is_done_unheard)
    with page.expect_response("**/credit-checks/enable"):
        confirms(visit)
    page.unroute_all()
    expect(alert).to_have_count(1)
    expect(alert).to_be_focused()
    expect(alert).to_have_text(f"{UNANSWERED}Load the page again")
    alert.get_by_role("link", name="Load the page again", exact=True).click()
    expect(card(visit, "Credit Checks").locator(".badge")).to_have_text("Enabled")
    assert page.url == here


def test_terms_are_accepted_before_it_is_on(any_visit: Visitor, subscribed: Company) -> None:
    visit, page = any_visit, any_visit.page
    before = visit.product.charges(subscribed)
    visit.comes_in(subscribed.owner).goes(subscribed.slug, "add-ons")
    expect(page.get_by_role("article")).to_have_count(8)
    expect(card(visit, "Consumer Financing").locator(".badge")).to_have_text("Disabled")
    opens(visit, "Enable", "Consumer Financing")
    expect(visit.asked.get_by_role("heading", level=1)).to_have_text("Enable Consumer Financing?")
    expect(visit.asked).to_contain_text("Nothing is charged now; the charge stands on the next invoice.")
    expect(visit.asked.locator(".statement")).to_contain_text("$29.00 / month, plus tax")
    expect(visit.asked.locator(".statement")).to_contain_text("Visa •••• 4242")
    visit.looks_around()
    confirms(visit)
    expect(visit.asked.locator(".error")).to_be_visible()
    visit.looks_around()
    visit.asked.get_by_label("I accept the terms of Consumer Financing").check()
    confirms(visit)
    expect(page.get_by_role("status")).to_contain_text("Consumer Financing is enabled")
    expect(card(visit, "Consumer Financing").locator(".badge")).to_have_text("Enabled")
    expect(page.get_by_role("region", name="Summary")).to_contain_text("$69.00 / month")
    assert visit.product.charges(subscribed) == before


def test_cancel_changes_nothing(any_visit: Visitor, subscribed: Company) -> None:
    visit = any_visit
    visit.comes_in(subscribed.owner).goes(subscribed.slug, "add-ons")
    opens(visit, "Enable", "Inventory+")
    visit.clicks("Cancel", within=visit.asked)
    visit.is_at("add-ons", subscribed.slug)
    expect(visit.page.get_by_role("dialog")).to_have_count(0)
    expect(card(visit, "Inventory+").locator(".badge")).to_have_text("Disabled")


def test_the_quote_binds_and_a_seat_more_needs_a_fresh_one(any_visit: Visitor, subscribed: Company) -> None:
    visit = any_visit
    visit.comes_in(subscribed.owner).goes(subscribed.slug, "add-ons")
    opens(visit, "Enable", "Payable+")
    expect(visit.asked).to_contain_text("$3.00 / seat / month for 2 seats.")
    visit.product.hire(subscribed, "Ana Lima")
    confirms(visit)
    expect(visit.asked.get_by_role("alert")).to_contain_text("The number of seats changed to 3. Review and confirm.")
    expect(visit.asked).to_contain_text("$3.00 / seat / month for 3 seats.")
    expect(visit.asked.locator(".statement")).to_contain_text("$9.00 / month, plus tax")
    visit.looks_around()
    confirms(visit)
    expect(visit.page.get_by_role("status")).to_contain_text("Payable+ is enabled")
    expect(card(visit, "Payable+")).to_contain_text("3 seats = $9.00 / month")


def test_disable_says_what_stops_and_what_is_kept(any_visit: Visitor, checking: Company) -> None:
    visit = any_visit
    visit.comes_in(checking.owner).goes(checking.slug, "add-ons")
    opens(visit, "Disable", "Credit Checks")
    expect(visit.asked.get_by_role("heading", level=1)).to_have_text("Disable Credit Checks?")
    expect(visit.asked.get_by_role("term")).to_have_text(["Stops now", "Kept", "Money"])
    expect(visit.asked).to_contain_text("Your data is kept. Enable again to see it.")
    visit.looks_around()
    confirms(visit)
    expect(visit.page.get_by_role("status")).to_contain_text("Credit Checks is disabled. Your data is kept.")
    expect(card(visit, "Credit Checks").locator(".badge")).to_have_text("Disabled")


def test_the_second_of_two_who_enable_reads_the_truth(visit: Visitor, subscribed: Company) -> None:
    visit.comes_in(subscribed.owner).goes(subscribed.slug, "add-ons")
    opens(visit, "Enable", "Inventory+")
    expect(visit.asked.get_by_role("button", name="Confirm")).to_be_visible()
    other = visit.page.context.new_page()
    other.goto(visit.product.area(subscribed.slug, "add-ons/inventory-plus/enable"))
    other.get_by_role("button", name="Confirm").click()
    expect(other.get_by_role("status")).to_contain_text("Inventory+ is enabled")
    other.close()
    confirms(visit)
    visit.is_told("Inventory+ is enabled already.")
    visit.goes(subscribed.slug, "history?show=add-ons")
    expect(visit.main.get_by_text("Enabled Inventory+")).to_have_count(1)


def test_the_bureaus_open_and_close_with_the_add_on(any_visit: Visitor, checking: Company) -> None:
    visit, page = any_visit, any_visit.page
    visit.comes_in(checking.owner).goes(checking.slug, "add-ons")
    opens(visit, "Configure", "Credit Checks")
    page.get_by_role("link", name=re.compile("^Credit Bureaus")).click()
    visit.clicks("New Credit Bureau")
    if page.get_by_label("Credit Bureau Type").count():
        page.get_by_label("Credit Bureau Type").select_option(label="Manual Entry")
    page.get_by_role("link", name="Manual Entry").or_(page.get_by_role("button", name="Continue")).first.click()
    page.get_by_label("Name").fill("By hand")
    visit.presses("Save")
    expect(page.get_by_role("row", name=re.compile("By hand"))).to_be_visible()
    here = page.url
    visit.goes(checking.slug, "add-ons")
    opens(visit, "Disable", "Credit Checks")
    expect(visit.asked).to_contain_text("1 credit bureau")
    confirms(visit)
    expect(page.get_by_role("status")).to_be_visible()
    page.goto(here)
    visit.reads("Credit Checks is turned off.")
    expect(page.get_by_role("link", name="New Credit Bureau")).to_have_count(0)
    expect(page.get_by_text("By hand")).to_have_count(0)
    visit.looks_around()
    visit.clicks("Go to Add-ons")
    visit.is_at("add-ons", checking.slug)
    opens(visit, "Enable", "Credit Checks")
    visit.asked.get_by_label("I accept the terms of Credit Checks").check()
    confirms(visit)
    expect(page.get_by_role("status")).to_be_visible()
    page.goto(here)
    expect(page.get_by_role("row", name=re.compile("By hand"))).to_be_visible()


def test_the_grid_is_filtered_and_each_add_on_is_documented(visit: Visitor, checking: Company) -> None:
    visit.comes_in(checking.owner).goes(checking.slug, "add-ons")
    visit.clicks("Enabled")
    expect(visit.page.get_by_role("article")).to_have_count(1)
    visit.clicks("Available")
    expect(visit.page.get_by_role("article")).to_have_count(7)
    opens(visit, "Learn More", "QuickBooks")
    expect(visit.page.get_by_role("heading", level=1, name="QuickBooks")).to_be_visible()
    visit.reads("The sync stops at once. The connection is kept.")
    visit.looks_around()


def test_the_history_keeps_the_text_that_was_confirmed(visit: Visitor, subscribed: Company) -> None:
    visit.comes_in(subscribed.owner).goes(subscribed.slug, "add-ons")
    opens(visit, "Enable", "QuickBooks")
    promised = visit.asked.locator(".statement dd").first.inner_text().split()[0]
    confirms(visit)
    expect(visit.page.get_by_role("status")).to_be_visible()
    visit.clicks("Whole history")
    visit.clicks("Add-ons", within=visit.page.get_by_role("navigation", name="Show"))
    change = visit.main.get_by_role("listitem").filter(has_text="Enabled QuickBooks, $35.00 / month")
    expect(change).to_contain_text("Olga Owner")
    change.get_by_text("Text they confirmed").click()
    expect(change.locator("pre")).to_contain_text(promised)
    visit.looks_around()


def test_without_a_method_the_confirmation_offers_to_add_one_and_comes_back(
    visit: Visitor, new_company: Company
) -> None:
    visit.comes_in(new_company.owner).goes(new_company.slug, "add-ons")
    opens(visit, "Enable", "Inventory+")
    visit.looks_around()
    visit.clicks("Add one", within=visit.asked)
    visit.presses("Continue to the secure page")
    page = visit.page
    page.get_by_label("Card number").fill("4242424242424242")
    page.get_by_label("Expiry date").fill("12/30")
    page.get_by_label("CVC").fill("123")
    page.get_by_label("Name on the card").fill("Ana Lima")
    visit.presses("Save card")
    visit.presses("Save")
    expect(page.get_by_role("heading", level=1, name="Enable Inventory+?")).to_be_visible()
    expect(page.locator(".statement")).to_contain_text("Visa •••• 4242")
    visit.presses("Confirm")
    expect(page.get_by_role("status")).to_contain_text("Inventory+ is enabled")


def test_what_is_not_offered_does_not_exist(visit: Visitor) -> None:
    visit.comes_in("owner@cascade-security.test").goes("cascade-security", "add-ons")
    expect(visit.page.get_by_role("article")).to_have_count(4)
    answer = visit.page.goto(visit.product.area("cascade-security", "add-ons/quickbooks/enable"))
    assert answer is not None
    assert answer.status == 404
    visit.reads("We can't find that page or record.")


def test_a_viewer_sees_prices_and_reads_why_there_are_no_buttons(visit: Visitor) -> None:
    visit.comes_in(VIEWER).goes(SUMMIT, "add-ons")
    visit.reads("You need Account Management with Modify to enable, disable or configure add-ons.")
    for name in ("Enable", "Disable", "Configure"):
        expect(visit.main.get_by_role("link", name=re.compile(f"^{name} "))).to_have_count(0)
    expect(card(visit, "Invoice+")).to_contain_text("14 seats = $70.00 / month")
    visit.clicks("Whole history")
    expect(visit.page.get_by_role("heading", level=1, name="History")).to_be_visible()
