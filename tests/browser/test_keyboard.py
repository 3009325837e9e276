"""The main flows by keyboard alone; the focus can be seen, stays in a dialog, and comes back after it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Visitor
from tests.browser.product import OWNER, SUMMIT, Company, Product

MOST_STOPS = 120
HERE = r"""() => {
  const here = document.activeElement, seen = here.closest(".option") || here;
  const style = getComputedStyle(seen);
  return {
    tag: here.tagName,
    name: (here.ariaLabel || here.labels?.[0]?.innerText || here.innerText || "").replace(/\s+/g, " ").trim(),
    place: here.closest("dialog") ? "dialog" : here === document.body ? "browser" : "page",
    shown: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  };
}"""


def stops_at(page: Page, name: str) -> None:
    """Press Tab until the focus is on something whose name begins so."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if re.match(name, page.evaluate(HERE)["name"]):
            return
    raise AssertionError(f"Tab never came to {name!r}")


@pytest.mark.parametrize("path", ["billing-methods", "invoices", "add-ons", "billing-methods/add", "history"])
def test_the_focus_is_seen_wherever_it_goes(visitor: Visitor, path: str) -> None:
    visitor.comes_in(OWNER).goes(SUMMIT, path)
    hidden, names = [], []
    for _ in range(MOST_STOPS):
        visitor.page.keyboard.press("Tab")
        here = visitor.page.evaluate(HERE)
        if here["place"] == "browser":
            break
        names.append(here["name"])
        if not here["shown"]:
            hidden.append(here)
    assert names[0] == "Skip to the content"
    assert len(names) > 10
    assert hidden == []


def test_the_first_stop_skips_to_the_content(visitor: Visitor) -> None:
    visitor.comes_in(OWNER).goes(SUMMIT, "invoices")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    expect(visitor.main).to_be_focused()


def test_an_add_on_is_enabled_in_a_dialog(visitor: Visitor, product: Product, slug: str) -> None:
    page = visitor.page
    company = product.open(slug, "subscribe", "card 4242424242424242", "bill")
    visitor.comes_in(company.owner).goes(company.slug, "add-ons")
    stops_at(page, "Enable Credit Checks")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=1)).to_be_focused()
    places = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        places.add(page.evaluate(HERE)["place"])
    assert "page" not in places
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name="Enable Credit Checks")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("heading", level=1)).to_be_focused()
    stops_at(page, "I accept the terms")
    page.keyboard.press("Space")
    stops_at(page, "Confirm")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Credit Checks is enabled")
    expect(page.get_by_role("status")).to_be_focused()


def test_an_invoice_is_paid(visitor: Visitor, product: Product, slug: str) -> None:
    page = visitor.page
    company = product.open(slug, "subscribe", "card 4000000000000341", "card 4242424242424242", "bill")
    visitor.comes_in(company.owner).goes(company.slug, "invoices")
    stops_at(page, r"Pay \S+-000001")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading", level=1)).to_be_focused()
    stops_at(page, "Visa •••• 0341")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Visa •••• 4242")).to_be_checked()
    stops_at(page, "Pay ")
    page.keyboard.press("Enter")
    visitor.is_told("Paid $42.90.")
    expect(page.get_by_role("status")).to_be_focused()
    assert product.charges(company) == [(4290, "declined"), (4290, "succeeded")]


def test_a_list_that_renews_itself_leaves_the_focus_alone(newcomer: Visitor, product: Product, slug: str) -> None:
    page = newcomer.page
    page.clock.install()
    company = product.open(slug, "subscribe", "card 4000000000000341", "card 4242424242424242", "bill")
    newcomer.comes_in(company.owner).goes(company.slug, "invoices")
    stops_at(page, r"Pay \S+-000001")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=1)).to_be_focused()
    stops_at(page, "Cancel")
    with page.expect_response(lambda answer: answer.url.endswith("/invoices") and answer.request.method == "GET"):
        page.clock.fast_forward(241_000)
    page.clock.run_for(1_000)
    expect(page.locator("#invoice-list")).to_be_visible()
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    stops_at(page, "Pay ")
    expect(dialog.get_by_role("button", name="Pay $42.90")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name=re.compile(r"^Pay \S+-000001"))).to_be_focused()


@pytest.mark.parametrize("name", [r"\S+-000001$", r"Pay \S+-000001", r"Download PDF \S+-000001"])
def test_a_list_that_renews_itself_gives_the_focus_back(
    newcomer: Visitor, product: Product, slug: str, name: str
) -> None:
    page = newcomer.page
    page.clock.install()
    company = product.open(slug, "subscribe", "card 4000000000000341", "card 4242424242424242", "bill")
    newcomer.comes_in(company.owner).goes(company.slug, "invoices")
    stops_at(page, name)
    page.evaluate("document.activeElement.dataset.old = ''")
    page.clock.fast_forward(241_000)
    expect(page.locator("[data-old]")).to_have_count(0)
    assert re.match(name, page.evaluate(HERE)["name"])


def test_a_card_is_added_and_removed_again(visitor: Visitor, product: Product, slug: str) -> None:
    page = visitor.page
    company = product.open(slug, "subscribe later", "card 5555555555554444")
    visitor.comes_in(company.owner).goes(company.slug)
    stops_at(page, "Add Payment Method")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Add Payment Method")).to_be_visible()
    stops_at(page, "Continue to the secure page")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Add a card")).to_be_visible()
    for label, typed in (("Card number", "4242424242424242"), ("Expiry date", "1230"), ("CVC", "123")):
        stops_at(page, label)
        page.keyboard.type(typed)
    stops_at(page, "Name on the card")
    page.keyboard.type("Ana Lima")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Save Visa •••• 4242?")).to_be_visible()
    stops_at(page, "Save")
    page.keyboard.press("Enter")
    visitor.is_told("Visa •••• 4242 is on file. Nothing was charged.")
    stops_at(page, r"Remove .*4242")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading", level=1)).to_be_focused()
    stops_at(page, "Remove")
    page.keyboard.press("Enter")
    visitor.is_told("Visa •••• 4242 was removed.")


def test_menus_open_close_and_give_the_focus_back(visitor: Visitor) -> None:
    page = visitor.page
    visitor.comes_in(OWNER).goes(SUMMIT)
    stops_at(page, "Menu of Olivia Owens")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    stops_at(page, "Dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    assert page.evaluate(HERE)["name"] == "Menu of Olivia Owens"
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_refused_form_is_mended_from_its_list_of_errors(visitor: Visitor, new_company: Company) -> None:
    page = visitor.page
    visitor.comes_in(new_company.owner).goes(new_company.slug, "invoices/billing-details")
    page.get_by_label("Legal name").fill("")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    stops_at(page, "Legal name")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Legal name")).to_be_focused()
    page.keyboard.type("By Keyboard LLC")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_focused()
