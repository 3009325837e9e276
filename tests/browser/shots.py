"""Screenshots of each page and state, wide and narrow: `make shots`, into `.cache/shots`.

`python -m tests.browser.shots [--url URL]` takes them from a demo that runs already, else starts one.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.people import sign_in
from tests.browser.product import (
    BOOKS,
    CASCADE,
    HARBOR,
    HARBOR_OWNER,
    LAUNCH,
    OWNER,
    STAFF,
    SUMMIT,
    TECH,
    VIEWER,
    Product,
    running_demo,
)

AREA = "admin/account-management"
PAGES: dict[str, tuple[tuple[str, str], ...]] = {
    OWNER: (
        ("admin-index", f"/{SUMMIT}/admin"),
        ("billing-methods", f"/{SUMMIT}/{AREA}/billing-methods"),
        ("method-add", f"/{SUMMIT}/{AREA}/billing-methods/add"),
        ("invoices", f"/{SUMMIT}/{AREA}/invoices"),
        ("invoices-failed", f"/{SUMMIT}/{AREA}/invoices?status=failed"),
        ("billing-details", f"/{SUMMIT}/{AREA}/invoices/billing-details"),
        ("add-ons", f"/{SUMMIT}/{AREA}/add-ons"),
        ("add-on-docs", f"/{SUMMIT}/{AREA}/add-ons/credit-checks"),
        ("add-on-enable", f"/{SUMMIT}/{AREA}/add-ons/payable-plus/enable"),
        ("add-on-enable-terms", f"/{SUMMIT}/{AREA}/add-ons/consumer-financing/enable"),
        ("add-on-disable", f"/{SUMMIT}/{AREA}/add-ons/quickbooks/disable"),
        ("add-on-configure", f"/{SUMMIT}/{AREA}/add-ons/credit-checks/configure"),
        ("history", f"/{SUMMIT}/{AREA}/history"),
        ("users", f"/{SUMMIT}/admin/users"),
        ("user-new", f"/{SUMMIT}/admin/users/new"),
        ("permission-groups", f"/{SUMMIT}/admin/permissions"),
        ("permission-group-new", f"/{SUMMIT}/admin/permissions/new"),
        ("credit-bureaus", f"/{SUMMIT}/admin/integrations/credit-bureaus"),
        ("billing-admin", f"/{SUMMIT}/admin/billing-admin"),
        ("not-found", f"/{CASCADE}/{AREA}/invoices"),
    ),
    VIEWER: (
        ("viewer-billing-methods", f"/{SUMMIT}/{AREA}/billing-methods"),
        ("viewer-add-ons", f"/{SUMMIT}/{AREA}/add-ons"),
    ),
    TECH: (("tech-refused", f"/{SUMMIT}/{AREA}/billing-methods"), ("tech-admin-index", f"/{SUMMIT}/admin")),
    HARBOR_OWNER: (
        ("harbor-billing-methods", f"/{HARBOR}/{AREA}/billing-methods"),
        ("harbor-invoices", f"/{HARBOR}/{AREA}/invoices"),
        ("harbor-enable", f"/{HARBOR}/{AREA}/add-ons/message-plus/enable"),
        ("harbor-credit-bureaus-off", f"/{HARBOR}/admin/integrations/credit-bureaus"),
    ),
    BOOKS: (("companies", "/companies"),),
    STAFF: (("backoffice", "/backoffice/"), ("backoffice-company", f"/backoffice/companies/{SUMMIT}")),
}
SIZES = {"wide": (1280, 900), "narrow": (375, 812)}


def take(browser: Browser, product: Product, folder: Path) -> int:
    """Take every page in every size; give how many answered 5xx."""
    failed = 0
    for size, (width, height) in SIZES.items():
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        page.goto(f"{product.url}/accounts/login/")
        _shoot(page, folder / f"login-{size}.png")
        context.close()
        for email, pages in PAGES.items():
            context = browser.new_context(viewport={"width": width, "height": height})
            page = sign_in(context.new_page(), product, email)
            for name, path in pages:
                answer = page.goto(product.url + path)
                if answer is None or answer.status >= 500:
                    print(f"{answer.status if answer else '-'} {path}")
                    failed += 1
                _shoot(page, folder / f"{name}-{size}.png")
            if email == OWNER:
                _invoice(page, product, folder, size)
            if email == STAFF:
                _give_back(page, product, folder, size)
            context.close()
    return failed


def _invoice(page: Page, product: Product, folder: Path, size: str) -> None:
    page.goto(f"{product.url}/{SUMMIT}/{AREA}/invoices?status=failed")
    page.get_by_role("link", name="SUMMIT-").first.click()
    page.wait_for_load_state()
    _shoot(page, folder / f"invoice-{size}.png")
    page.goto(page.url.split("?")[0] + "/pay")
    _shoot(page, folder / f"invoice-pay-{size}.png")


def _give_back(page: Page, product: Product, folder: Path, size: str) -> None:
    page.goto(f"{product.url}/backoffice/companies/{SUMMIT}")
    page.get_by_role("link", name="SUMMIT-").nth(1).click()
    page.wait_for_load_state()
    _shoot(page, folder / f"backoffice-invoice-{size}.png")
    page.get_by_role("link", name="Credit", exact=True).click()
    page.get_by_label("Reason").fill("Two days without service")
    _shoot(page, folder / f"backoffice-credit-{size}.png")
    page.get_by_role("button", name="Review").click()
    page.wait_for_load_state()
    _shoot(page, folder / f"backoffice-credit-review-{size}.png")


def _shoot(page: Page, path: Path) -> None:
    page.screenshot(path=path, full_page=True)


def main() -> int:
    """Take the screenshots; give 1 when a page failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a demo that runs already")
    parser.add_argument("--into", type=Path, default=Path(".cache/shots"))
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(args=LAUNCH, executable_path=os.environ.get("TENANTRY_CHROMIUM"))
        if options.url:
            failed = take(browser, Product(options.url, "", Path(), 0), options.into)
        else:
            with running_demo() as product:
                failed = take(browser, product, options.into)
        browser.close()
    print(f"{len(list(options.into.glob('*.png')))} screenshots in {options.into}, {failed} pages failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
