"""The flows of the mission's tables in a real browser, with scripts on and off."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import fresh_context
from tests.browser.people import assert_accessible, sign_in, type_card
from tests.browser.product import (
    BOOKS,
    CASCADE,
    CASCADE_OWNER,
    HARBOR,
    HARBOR_OWNER,
    OWNER,
    STAFF,
    SUMMIT,
    TECH,
    VIEWER,
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

    def test_a_viewer_reads_why_the_buttons_are_missing(self, visit: Page, product: Product) -> None:
        sign_in(visit, product, VIEWER)
        visit.goto(product.area(SUMMIT))
        said(visit, "You need Account Management with Modify to")
        assert visit.get_by_role("link", name="Add Payment Method").count() == 0
        assert visit.get_by_role("link", name=re.compile("^Remove")).count() == 0
        visit.goto(product.area(SUMMIT, "add-ons"))
        assert visit.get_by_role("link", name=re.compile("^(Enable|Disable)")).count() == 0

    def test_a_bookkeeper_chooses_the_company(self, visit: Page, product: Product) -> None:
        sign_in(visit, product, BOOKS)
        expect(visit).to_have_url(f"{product.url}/companies")
        visit.get_by_role("link", name="Cascade Security").click()
        expect(visit).to_have_url(f"{product.url}/{CASCADE}/admin")


class TestBillingMethods:
    def test_a_card_is_typed_at_the_processor_saved_here_and_not_charged(
        self, visit: Page, product: Product, request: pytest.FixtureRequest
    ) -> None:
        number, last4 = (
            ("5555555555554444", "4444") if "no scripts" in request.node.name else ("378282246310005", "0005")
        )
        before = _charges(product)
        sign_in(visit, product, HARBOR_OWNER)
        visit.goto(product.area(HARBOR, "billing-methods/add"))
        visit.get_by_role("button", name="Continue to the secure page").click()
        expect(visit).to_have_url(re.compile(f"^{re.escape(product.gateway_url)}/setup/"))
        assert_accessible_if_scripted(visit)
        type_card(visit, number, cvc="1234" if last4 == "0005" else "123")
        expect(visit).to_have_url(re.compile(f"^{re.escape(product.url)}"))
        visit.get_by_role("button", name="Save").click()
        said(visit, "Nothing was charged")
        expect(visit.get_by_text(last4).first).to_be_visible()
        assert _charges(product) == before

    def test_a_refused_card_stays_at_the_processor_with_its_words(self, visit: Page, product: Product) -> None:
        sign_in(visit, product, HARBOR_OWNER)
        visit.goto(product.area(HARBOR, "billing-methods/add"))
        visit.get_by_role("button", name="Continue to the secure page").click()
        type_card(visit, "4000000000000002")
        expect(visit).to_have_url(re.compile(f"^{re.escape(product.gateway_url)}/setup/"))
        said(visit, "declined")
        assert visit.get_by_label("Card number").input_value() == ""

    def test_the_default_cannot_be_removed(self, visit: Page, product: Product) -> None:
        sign_in(visit, product, OWNER)
        visit.goto(product.area(SUMMIT))
        said(visit, "Make another method the default first.")


def assert_accessible_if_scripted(page: Page) -> None:
    """Let axe look where scripts run: it is one."""
    try:
        page.evaluate("1")
    except Exception:  # noqa: BLE001 - scripts are off
        return
    if page.evaluate("typeof window.requestAnimationFrame") == "function":
        assert_accessible(page)


def _charges(product: Product) -> list[str]:
    answer = httpx.get(f"{product.gateway_url}/control/charges", trust_env=False)
    return [charge["id"] for charge in answer.raise_for_status().json()["charges"]]


class TestInvoices:
    def test_a_pdf_comes_through_a_signed_link_and_an_altered_one_does_not(self, visit: Page, product: Product) -> None:
        sign_in(visit, product, VIEWER)
        visit.goto(product.area(SUMMIT, "invoices"))
        link = visit.get_by_role("link", name=re.compile("Download PDF")).first
        address = product.url + str(link.get_attribute("href"))
        with visit.expect_download() as started:
            link.click()
        path = started.value.path()
        assert path.read_bytes().startswith(b"%PDF-")
        assert started.value.suggested_filename.endswith(".pdf")
        answer = visit.goto(address[:-2] + ("aa" if not address.endswith("aa") else "bb"))
        assert answer is not None
        assert answer.status == 403
        said(visit, "This link is not valid.")

    def test_the_failed_invoice_is_filtered_opened_and_explained(self, visit: Page, product: Product) -> None:
        sign_in(visit, product, VIEWER)
        visit.goto(product.area(SUMMIT, "invoices"))
        visit.get_by_role("link", name="Paid", exact=True).click()
        expect(visit.get_by_text("Failed", exact=True)).to_have_count(1)
        visit.get_by_role("link", name=re.compile("^SUMMIT-")).first.click()
        said(visit, "seats")
        said(visit, "Enabled by Olivia Owens")

    def test_billing_details_keep_what_was_typed(self, visit: Page, product: Product) -> None:
        sign_in(visit, product, CASCADE_OWNER)
        visit.goto(product.area(CASCADE, "invoices/billing-details"))
        visit.get_by_label("PO number").fill("PO-77")
        visit.get_by_label(re.compile("recipients", re.IGNORECASE)).fill("books@cascade.test\nno address")
        visit.get_by_role("button", name="Save").click()
        expect(visit.get_by_label("PO number")).to_have_value("PO-77")
        visit.get_by_label(re.compile("recipients", re.IGNORECASE)).fill("books@cascade.test")
        visit.get_by_role("button", name="Save").click()
        visit.goto(product.area(CASCADE, "invoices/billing-details"))
        expect(visit.get_by_label("PO number")).to_have_value("PO-77")


class TestAddOns:
    def test_enable_with_terms_then_disable(self, visit: Page, product: Product) -> None:
        sign_in(visit, product, OWNER)
        visit.goto(product.area(SUMMIT, "add-ons/consumer-financing/enable"))
        visit.get_by_role("button", name="Confirm").click()
        expect(visit.get_by_role("button", name="Confirm")).to_be_visible()
        visit.get_by_label("I accept the terms of Consumer Financing").check()
        visit.get_by_role("button", name="Confirm").click()
        said(visit, "Consumer Financing is enabled")
        visit.goto(product.area(SUMMIT, "add-ons/consumer-financing/disable"))
        said(visit, "Your data is kept. Enable again to see it.")
        visit.get_by_role("button", name="Confirm").click()
        said(visit, "Consumer Financing is disabled")

    def test_credit_checks_opens_and_closes_the_bureaus(self, visit: Page, product: Product) -> None:
        sign_in(visit, product, HARBOR_OWNER)
        visit.goto(f"{product.url}/{HARBOR}/admin/integrations/credit-bureaus")
        assert visit.get_by_role("link", name="New Credit Bureau").count() == 0
        visit.goto(product.area(HARBOR, "add-ons/credit-checks/enable"))
        visit.get_by_label(re.compile("^I accept the terms")).check()
        visit.get_by_role("button", name="Confirm").click()
        visit.goto(product.area(HARBOR, "add-ons"))
        visit.get_by_role("link", name=re.compile("^Configure")).first.click()
        visit.get_by_role("link", name="Credit Bureaus").first.click()
        expect(visit.get_by_role("link", name="New Credit Bureau").first).to_be_visible()
        visit.goto(product.area(HARBOR, "add-ons/credit-checks/disable"))
        visit.get_by_role("button", name="Confirm").click()
        visit.goto(f"{product.url}/{HARBOR}/admin/integrations/credit-bureaus")
        assert visit.get_by_role("link", name="New Credit Bureau").count() == 0
        said(visit, "Credit Checks is turned off.")


def test_a_dialog_opens_in_place_and_gives_the_focus_back(owner: Page, product: Product) -> None:
    owner.goto(product.area(SUMMIT, "add-ons"))
    card = owner.locator("article, li").filter(has_text="Inventory+").last
    opener = card.get_by_role("link", name=re.compile("^Enable"))
    opener.focus()
    owner.keyboard.press("Enter")
    dialog = owner.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert_accessible(owner)
    owner.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_staff_land_in_the_back_office_and_find_a_company(browser: Browser, product: Product) -> None:
    with fresh_context(browser) as context:
        page = sign_in(context.new_page(), product, STAFF)
        expect(page).to_have_url(f"{product.url}/backoffice/")
        page.get_by_role("link", name=re.compile("Summit Alarm")).first.click()
        said(page, "SUMMIT-0000")


def test_z_paying_and_the_next_billing_date_show_what_was_promised(owner: Page, product: Product) -> None:
    """Last in the file: it moves the demo's time."""
    owner.goto(product.area(SUMMIT, "invoices?status=failed"))
    owner.get_by_role("link", name=re.compile("^Pay")).first.click()
    owner.get_by_role("button", name=re.compile("^Pay ")).click()
    said(owner, "Paid")
    before = _charges(product)
    owner.goto(product.area(SUMMIT, "add-ons/inventory-plus/enable"))
    statement = owner.locator("dl.statement").inner_text()
    now, recurring = re.findall(r"\$[\d.,]+", statement)[0], "$79.00"
    owner.get_by_role("button", name="Confirm").click()
    said(owner, "Inventory+ is enabled")
    assert _charges(product) == before
    owner.get_by_role("button", name="Go to next billing date").click()
    said(owner, "The demo's clock went to")
    owner.goto(product.area(SUMMIT, "invoices"))
    owner.get_by_role("link", name=re.compile("^SUMMIT-")).first.click()
    rows = owner.locator("table tr").filter(has_text="Inventory+").all_inner_texts()
    assert len(rows) == 2
    assert [amount in text for amount, text in zip((recurring, now), rows, strict=True)] == [True, True]
