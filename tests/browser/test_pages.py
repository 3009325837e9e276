"""Each page in a real browser: nothing for axe to find, nothing that sticks out, in light and dark, wide and 320 px."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import fresh_context
from tests.browser.people import assert_accessible, assert_fits, sign_in
from tests.browser.product import Product
from tests.browser.shots import PAGES

LOOKS = {
    "wide and light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "320 px and dark": {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}},
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("email", PAGES)
def test_pages_are_accessible_and_fit(browser: Browser, product: Product, email: str, look: str) -> None:
    with fresh_context(browser, **LOOKS[look]) as context:
        page = sign_in(context.new_page(), product, email)
        for _, path in PAGES[email]:
            answer = page.goto(product.url + path)
            assert answer is not None
            assert answer.status < 500, path
            assert_accessible(page)
            assert_fits(page)


@pytest.mark.parametrize("look", LOOKS)
def test_sign_in_and_the_processors_page_too(browser: Browser, product: Product, look: str) -> None:
    with fresh_context(browser, **LOOKS[look]) as context:
        page = context.new_page()
        for address in (f"{product.url}/accounts/login/", f"{product.url}/accounts/password/reset/"):
            page.goto(address)
            assert_accessible(page)
            assert_fits(page)
        page.goto(f"{product.gateway_url}/control")
        assert_accessible(page)
