"""The hosted pages in a real browser: without scripts, by keyboard, accessible, narrow, and back to the product."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserType, Page, expect

from tests.gateway.caller import Caller

CHROMIUM = os.environ.get("TENANTRY_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PHONE = {"width": 320, "height": 640}


class Home(BaseHTTPRequestHandler):
    """The product to which the browser comes back: another origin."""

    def do_GET(self) -> None:
        body = b"<!doctype html><html lang=en><title>Back</title><p>back at the product"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def product() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Home)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/billing"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium(browser_type: BrowserType) -> Iterator[Browser]:
    browser = browser_type.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


@contextmanager
def window(chromium: Browser, **options: object) -> Iterator[Page]:
    context = chromium.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(8000)
    yield page
    context.close()


def fill_card(page: Page, number: str) -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry date").fill("12/30")
    page.get_by_label("CVC").fill("123")
    page.get_by_label("Name on the card").fill("Ana Lima")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_card_is_saved_and_the_browser_comes_back(chromium: Browser, caller: Caller, scripts: bool) -> None:
    with product() as home, window(chromium, java_script_enabled=scripts) as page:
        setup = caller.setup(caller.customer(), return_url=home)
        page.goto(setup["page_url"])
        fill_card(page, "4000 0000 0000 0002")
        page.get_by_role("button", name="Save card").click()
        assert page.get_by_role("alert").locator("a").all_inner_texts() == ["The bank declined it: generic decline."]
        assert page.get_by_label("Name on the card").input_value() == "Ana Lima"
        fill_card(page, "4242 4242 4242 4242")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{home}?setup={setup['id']}")
        assert caller.http.get(f"/v1/setups/{setup['id']}").json()["state"] == "succeeded"


def test_a_bank_account_is_saved_by_keyboard_alone(chromium: Browser, caller: Caller) -> None:
    with product() as home, window(chromium, java_script_enabled=False) as page:
        setup = caller.setup(caller.customer(), "ach", home)
        page.goto(setup["page_url"])
        for text in ("Acme Alarm", "110000000", "000123456789"):
            page.keyboard.press("Tab")
            page.keyboard.type(text)
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{home}?setup={setup['id']}")
        assert caller.http.get(f"/v1/setups/{setup['id']}").json()["method"]["last4"] == "6789"


def test_cancel_comes_back_too(chromium: Browser, caller: Caller) -> None:
    with product() as home, window(chromium, java_script_enabled=False) as page:
        setup = caller.setup(caller.customer(), return_url=home)
        page.goto(setup["page_url"])
        page.get_by_role("link", name="Cancel").click()
        page.wait_for_url(f"{home}?setup={setup['id']}")


def test_a_payment_is_approved(chromium: Browser, caller: Caller) -> None:
    with product() as home, window(chromium, java_script_enabled=False) as page:
        customer = caller.customer()
        intent = caller.intent(customer).json()["id"]
        card = caller.card(customer, "4000002500003155")
        page.goto(caller.confirm(intent, card, return_url=home).json()["next_url"])
        page.get_by_role("button", name="Approve").click()
        page.wait_for_url(home)
        assert [charge["outcome"] for charge in caller.charges(customer)] == ["succeeded"]


def test_pages_are_accessible_and_fit_a_phone(chromium: Browser, caller: Caller) -> None:
    customer = caller.customer("Acme Alarm and Monitoring of Greater Springfield, Incorporated")
    intent = caller.intent(customer).json()["id"]
    approve = caller.confirm(intent, caller.card(customer, "4000002500003155")).json()["next_url"]
    card, bank = caller.setup(customer)["page_url"], caller.setup(customer, "ach")["page_url"]
    with window(chromium, viewport=PHONE) as page:
        for address, button in (
            (card, "Save card"),
            (bank, "Save bank account"),
            (approve, ""),
            (f"{caller.url}/control", ""),
        ):
            page.goto(address)
            assert broken(page) == []
            if button:
                page.get_by_role("button", name=button).click()
                expect(page.get_by_role("alert")).to_be_focused()
                assert broken(page) == []


def test_pages_are_accessible_in_the_dark(chromium: Browser, caller: Caller) -> None:
    with window(chromium, color_scheme="dark") as page:
        page.goto(caller.setup(caller.customer())["page_url"])
        page.get_by_role("button", name="Save card").click()
        expect(page.get_by_role("alert")).to_be_focused()
        assert broken(page) == []
        page.goto(f"{caller.url}/control")
        assert broken(page) == []


def broken(page: Page) -> list[str]:
    """Name what axe finds wrong, and a page that scrolls sideways."""
    found = [f"{one['id']}: {one['nodes'][0]['html']}" for one in Axe().run(page).response["violations"]]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("the page scrolls sideways")
    return found
