"""What there is to look at: each page, dialog, error and empty state, and how to come to it.

Tests and screenshots share it. Nothing here changes anything: look at it in every size and color, in any order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

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

WAITING = "northgate-alarm"
"""A company that is opened for the sights: a bank account that is not verified, and an invoice that failed."""
WAITING_OWNER = f"owner@{WAITING}.test"
STEPS = ("subscribe", "card 4000002500003155", "bank", "bill", "enable quickbooks")
Act = Callable[[Page], None]


@dataclass(frozen=True)
class Sight:
    """A page as somebody sees it; `act` is what they do there first."""

    name: str
    email: str
    path: str
    act: Act | None = None

    def opens(self, page: Page, product: Product) -> None:
        """Come to it."""
        if self.email:
            page.context.add_cookies([product.session(self.email)])  # type: ignore[list-item]
        answer = page.goto(product.url + self.path)
        assert answer is not None
        assert answer.status < 500, self.path
        if self.act is not None:
            self.act(page)


def opens_dialog(name: str) -> Act:
    """Click what opens a dialog."""

    def act(page: Page) -> None:
        page.get_by_role("link", name=re.compile(f"^{name}")).first.click()
        expect(page.get_by_role("dialog").get_by_role("heading", level=1)).to_be_visible()

    return act


def opens_text(words: str) -> Act:
    """Open what is folded."""
    return lambda page: page.get_by_text(words).first.click()


def is_refused(button: str, fill: dict[str, str] | None = None) -> Act:
    """Send a form that is refused."""

    def act(page: Page) -> None:
        for label, text in (fill or {}).items():
            page.get_by_label(re.compile(f"^{label}")).first.fill(text)
        page.get_by_role("main").get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("alert").first).to_be_visible()

    return act


def _terms_refused(page: Page) -> None:
    opens_dialog("Enable Consumer Financing")(page)
    page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("dialog").locator(".error")).to_be_visible()


def _address_refused(page: Page) -> None:
    page.get_by_label("Same as the company's address").uncheck()
    page.get_by_role("button", name="Continue to the secure page").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _amounts_refused(page: Page) -> None:
    opens_dialog("Verify")(page)
    page.get_by_role("dialog").get_by_role("button", name="Verify").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()


def _opens_menu(page: Page) -> None:
    page.locator("summary", has=page.locator(".avatar")).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def _first_invoice(page: Page) -> None:
    page.locator("#invoice-list .number a").first.click()
    expect(page.get_by_role("table", name="Lines")).to_be_visible()


def _to_credit(page: Page) -> None:
    page.get_by_role("link", name="SUMMIT-").nth(1).click()
    page.get_by_role("link", name="Credit", exact=True).click()
    expect(page.get_by_label("Reason")).to_be_visible()


def _credit_review(page: Page) -> None:
    _to_credit(page)
    page.get_by_label("Reason").fill("Two days without service")
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_role("button", name="Review")).to_have_count(0)


def _goes_to_the_processor(kind: str) -> Act:
    def act(page: Page) -> None:
        page.get_by_label(kind).check()
        if kind != "Card":
            page.get_by_role("group", name="Debit authorization").get_by_role("checkbox").check()
        page.get_by_role("button", name="Continue to the secure page").click()
        expect(page.get_by_role("heading", name=re.compile("^Add a "))).to_be_visible()

    return act


def _area(company: str, path: str) -> str:
    return f"/{company}/admin/account-management/{path}"


def _of(email: str, company: str, *seen: tuple[str, str] | tuple[str, str, Act]) -> list[Sight]:
    return [Sight(one[0], email, _area(company, one[1]), *one[2:]) for one in seen]


SIGHTS: tuple[Sight, ...] = (
    Sight("sign-in", "", "/accounts/login/"),
    Sight("sign-in-refused", "", "/accounts/login/", is_refused("Sign in", {"E-mail": OWNER, "Password": "wrong"})),
    Sight("password-reset", "", "/accounts/password/reset/"),
    Sight("companies", BOOKS, "/companies"),
    Sight("admin", OWNER, f"/{SUMMIT}/admin"),
    Sight("user-menu", OWNER, f"/{SUMMIT}/admin", _opens_menu),
    Sight("nothing-to-set-up", TECH, f"/{SUMMIT}/admin"),
    *_of(
        OWNER,
        SUMMIT,
        ("billing-methods", "billing-methods"),
        ("summary-open", "billing-methods", opens_text("$453.00 / month")),
        ("method-default", "billing-methods", opens_dialog("Make Default")),
        ("method-remove", "billing-methods", opens_dialog("Remove")),
        ("method-add", "billing-methods/add"),
        ("method-add-bank", "billing-methods/add", lambda page: page.get_by_label("Bank account (ACH)").check()),
        ("method-add-refused", "billing-methods/add", _address_refused),
        ("invoices", "invoices"),
        ("invoices-numbers", "invoices", opens_text("Show the numbers")),
        ("invoices-failed", "invoices?status=failed"),
        ("invoices-none", "invoices?status=pending&year=2024"),
        ("invoice", "invoices?status=failed", _first_invoice),
        ("invoice-paid", "invoices?status=paid", _first_invoice),
        ("invoice-pay", "invoices?status=failed", opens_dialog("Pay SUMMIT")),
        ("billing-details", "invoices/billing-details"),
        (
            "billing-details-refused",
            "invoices/billing-details",
            is_refused("Save", {"Legal name": "", "Invoices by mail to": "nobody"}),
        ),
        ("link-not-valid", "invoices/00000000-0000-4000-8000-000000000000/download?s=x"),
        ("add-ons", "add-ons"),
        ("add-on-documentation", "add-ons/credit-checks"),
        ("add-on-enable", "add-ons", opens_dialog("Enable Payable")),
        ("add-on-enable-refused", "add-ons", _terms_refused),
        ("add-on-enable-page", "add-ons/consumer-financing/enable"),
        ("add-on-disable", "add-ons", opens_dialog("Disable QuickBooks")),
        ("add-on-disable-page", "add-ons/quickbooks/disable"),
        ("add-on-configure", "add-ons/invoice-plus/configure"),
        ("history", "history"),
    ),
    Sight("not-found", OWNER, _area(CASCADE, "invoices")),
    Sight("users", OWNER, f"/{SUMMIT}/admin/users"),
    Sight("user-new-refused", OWNER, f"/{SUMMIT}/admin/users/new", is_refused("Save")),
    Sight("permission-groups", OWNER, f"/{SUMMIT}/admin/permissions"),
    Sight("permission-group-refused", OWNER, f"/{SUMMIT}/admin/permissions/new", is_refused("Save")),
    Sight("credit-bureaus", OWNER, f"/{SUMMIT}/admin/integrations/credit-bureaus"),
    Sight("credit-bureau-types", OWNER, f"/{SUMMIT}/admin/integrations/credit-bureaus/new"),
    Sight(
        "credit-bureau-refused",
        OWNER,
        f"/{SUMMIT}/admin/integrations/credit-bureaus/new/equifax",
        is_refused("Save"),
    ),
    Sight("billing-admin", OWNER, f"/{SUMMIT}/admin/billing-admin"),
    Sight("accounting", OWNER, f"/{SUMMIT}/admin/accounting"),
    *_of(
        VIEWER,
        SUMMIT,
        ("viewer-billing-methods", "billing-methods"),
        ("viewer-add-ons", "add-ons"),
        ("viewer-billing-details", "invoices/billing-details"),
        ("viewer-refused", "billing-methods/add"),
    ),
    *_of(TECH, SUMMIT, ("tech-refused", "billing-methods")),
    *_of(
        HARBOR_OWNER,
        HARBOR,
        ("harbor-billing-methods", "billing-methods"),
        ("harbor-invoices", "invoices"),
        ("processor-card", "billing-methods/add", _goes_to_the_processor("Card")),
        ("harbor-enable", "add-ons", opens_dialog("Enable Message")),
    ),
    # A company may begin five within an hour: four looks of one each.
    *_of(
        CASCADE_OWNER, CASCADE, ("processor-bank", "billing-methods/add", _goes_to_the_processor("Bank account (ACH)"))
    ),
    Sight("credit-bureaus-off", HARBOR_OWNER, f"/{HARBOR}/admin/integrations/credit-bureaus"),
    *_of(
        WAITING_OWNER,
        WAITING,
        ("method-waiting", "billing-methods"),
        ("method-verify", "billing-methods", opens_dialog("Verify")),
        ("method-verify-refused", "billing-methods", _amounts_refused),
        ("invoice-first", "invoices", _first_invoice),
        ("history-words", "history?show=add-ons", opens_text("Text they confirmed")),
    ),
    Sight("back-office", STAFF, "/backoffice/"),
    Sight("back-office-none", STAFF, "/backoffice/?q=nobody"),
    Sight("back-office-company", STAFF, f"/backoffice/companies/{SUMMIT}"),
    Sight("back-office-credit", STAFF, f"/backoffice/companies/{SUMMIT}", _to_credit),
    Sight("back-office-credit-review", STAFF, f"/backoffice/companies/{SUMMIT}", _credit_review),
    Sight("back-office-reviews", STAFF, "/backoffice/reviews"),
    Sight("back-office-runs", STAFF, "/backoffice/billing-runs"),
)
