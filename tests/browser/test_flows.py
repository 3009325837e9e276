"""The flows of the mission's tables in a real browser, with scripts on and off."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import fresh_context
from tests.browser.people import sign_in
from tests.browser.product import (
    BOOKS,
    CASCADE,
    OWNER,
    SUMMIT,
    TECH,
    Product,
)


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def visit(request: pytest.FixtureRequest, browser: Browser, product: Product) -> Iterator[Page]:
    """Give a page that nobody is signed in at, with scripts on and then off."""
    with fresh_context(browser, java_script_enabled=request.param) as context:
        yield context.new_page()


def said(page: Page, words: str) -> None:
    """Expect the sentence that says what happened."""
    expect(page.get_by_text(words).first).to_be_visible()


class TestGettingIn:
    def test_owner_lands_on_the_admin_index_and_finds_the_area(self, visit: Page, product: Product) -> None:
        sign_in(visit, product, OWNER)
        expect(visit).to_have_url(f"{product.url}/{SUMMIT}/admin")
        expect(visit.get_by_role("heading", name="Administration")).to_be_visible()
        visit.get_by_role("link", name=re.compile("^Account Management")).click()
        expect(visit).to_have_url(product.area(SUMMIT))
        entries = visit.get_by_role("navigation", name="Account Management").get_by_role("link")
        assert [text.strip() for text in entries.all_inner_texts()] == ["Billing Methods", "Invoices", "Add-ons"]

    def test_without_view_there_is_no_card_and_no_page(self, visit: Page, product: Product) -> None:
        sign_in(visit, product, TECH)
        assert visit.get_by_role("link", name=re.compile("^Account Management")).count() == 0
        answer = visit.goto(product.area(SUMMIT))
        assert answer is not None
        assert answer.status == 403
        said(visit, "You need Account Management with View to open this page.")

    def test_another_company_is_the_same_as_none(self, visit: Page, product: Product) -> None:
        sign_in(visit, product, OWNER)
        bodies = []
        for slug in (CASCADE, "nobody-here"):
            answer = visit.goto(product.area(slug))
            assert answer is not None
            assert answer.status == 404
            bodies.append(
                re.sub(r"<code>[^<]*</code>|value=\"[^\"]*\"|nonce=\"[^\"]*\"", "", answer.text()).replace(slug, "")
            )
        assert bodies[0] == bodies[1]

    def test_a_bookkeeper_chooses_the_company(self, visit: Page, product: Product) -> None:
        sign_in(visit, product, BOOKS)
        expect(visit).to_have_url(f"{product.url}/companies")
        visit.get_by_role("link", name="Cascade Security").click()
        expect(visit).to_have_url(f"{product.url}/{CASCADE}/admin")
