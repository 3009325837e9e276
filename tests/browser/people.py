"""What people do in the browser."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.product import PASSWORD, Product


def sign_in(page: Page, product: Product, email: str) -> Page:
    """Sign in and land where the product sends this person."""
    page.goto(f"{product.url}/accounts/login/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


def assert_accessible(page: Page) -> None:
    """Let axe look at the page as it stands."""
    found = Axe().run(page)
    violations = [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found.response["violations"]]
    assert violations == [], f"{page.url}: {violations}"


def assert_fits(page: Page) -> None:
    """Nothing sticks out sideways."""
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, f"{page.url} is {width} px too wide at {page.viewport_size}"


def type_card(page: Page, number: str, *, expiry: str = "12/30", cvc: str = "123") -> None:
    """Fill in the processor's own page."""
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expir", exact=False).first.fill(expiry)
    page.get_by_label("CVC").fill(cvc)
    page.get_by_label("Name", exact=False).first.fill("Test Person")
    page.locator("button[type=submit]").first.click()
