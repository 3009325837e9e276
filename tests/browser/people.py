"""What people do in the browser, and what must hold wherever they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, Page, expect

from tests.browser.product import PASSWORD, Product

LOOK = """async (options) => (await axe.run(document, options)).violations.map(
  (found) => [found.id, ...found.nodes.slice(0, 3).map((node) => node.html.slice(0, 120))])"""
COME_TO_REST = "document.getAnimations().forEach((one) => one.finish())"
"""A dialog that fades in has half its colors; waiting could take for ever, for a window in the back gets no frames."""
AXE_OF_COLORS = ("color-contrast", "link-in-text-block")
"""The rules whose answer depends on colors; dark changes nothing else (`test_dark_is_nothing_but_other_colors`)."""


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser: one window, and whether scripts run in it."""

    page: Page
    product: Product
    has_scripts: bool

    def comes_in(self, email: str) -> Visitor:
        """Be signed in."""
        self.page.context.add_cookies([self.product.session(email)])  # type: ignore[list-item]
        return self

    def goes(self, company: str, path: str = "billing-methods") -> Visitor:
        """Open a page of Account Management."""
        self.page.goto(self.product.area(company, path))
        return self

    def clicks(self, name: str, *, role: Any = "link", within: Locator | None = None) -> Visitor:
        """Click the one thing of this name."""
        (within or self.page).get_by_role(role, name=name, exact=True).click()
        return self

    def presses(self, name: str) -> Visitor:
        """Press the one button of this name."""
        return self.clicks(name, role="button")

    @property
    def asked(self) -> Locator:
        """Give the confirmation: a dialog where scripts run, the page that it also is where they don't."""
        return self.page.get_by_role("dialog") if self.has_scripts else self.page.locator(".dialog-page")

    @property
    def main(self) -> Locator:
        """Give the page's main part."""
        return self.page.get_by_role("main")

    def is_told(self, words: str) -> None:
        """Expect the sentence that says what happened."""
        expect(self.page.get_by_role("status").get_by_text(words, exact=True)).to_be_visible()

    def is_warned(self, words: str) -> None:
        """Expect the sentence that says what is wrong, with the focus on it where scripts run."""
        expect(self.page.get_by_role("alert").get_by_text(words, exact=True).first).to_be_visible()

    def reads(self, *words: str) -> None:
        """Expect sentences on the page."""
        for one in words:
            expect(self.page.get_by_text(one).first).to_be_visible()

    def is_at(self, path: str, company: str) -> None:
        """Expect to be at a page of Account Management."""
        expect(self.page).to_have_url(self.product.area(company, path))

    def looks_around(self) -> None:
        """Let axe look at the page as it stands, and see that nothing sticks out sideways."""
        assert_fits(self.page)
        if self.has_scripts:  # axe is a script itself
            assert_accessible(self.page)


def sign_in(page: Page, product: Product, email: str) -> Page:
    """Sign in and land where the product sends this person."""
    page.goto(f"{product.url}/accounts/login/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


def assert_accessible(page: Page, *rules: str) -> None:
    """Let axe look at the page once nothing moves any more; with all its rules, or with these."""
    page.evaluate(COME_TO_REST)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    violations = page.evaluate(LOOK, {"resultTypes": ["violations"], **only})
    assert violations == [], page.url


def assert_fits(page: Page) -> None:
    """Nothing sticks out sideways."""
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, f"{page.url} is {width} px too wide at {page.viewport_size}"


def types_card(page: Page, number: str, *, expiry: str = "12/30", cvc: str = "123") -> None:
    """Fill in the processor's own page."""
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry date").fill(expiry)
    page.get_by_label("CVC").fill(cvc)
    page.get_by_label("Name on the card").fill("Ana Lima")
    page.get_by_role("button", name="Save card").click()


def types_account(page: Page, number: str, *, routing: str = "110000000") -> None:
    """Fill in the processor's own page for a bank account."""
    page.get_by_label("Account holder").fill("Test Company")
    page.get_by_label("Routing number").fill(routing)
    page.get_by_label("Account number").fill(number)
    page.get_by_label("Checking").check()
    page.get_by_role("button", name="Save bank account").click()
