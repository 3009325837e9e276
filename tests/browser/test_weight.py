"""What comes over the wire: the first page with everything it needs, and the pages after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page

from tests.browser.people import Visitor
from tests.browser.product import OWNER, SUMMIT

FIRST, LATER = 150_000, 25_000
PATHS = ("billing-methods", "invoices", "add-ons", "billing-methods/add", "history")


@contextmanager
def weighed(page: Page) -> Iterator[dict[str, int]]:
    """Weigh what is loaded meanwhile: address → bytes over the wire, headers too. What was kept weighs nothing."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    names: dict[str, str] = {}
    loaded: dict[str, int] = {}
    session.on("Network.requestWillBeSent", lambda sent: names.update({sent["requestId"]: sent["request"]["url"]}))
    session.on(
        "Network.loadingFinished",
        lambda done: loaded.update({names.get(done["requestId"], "?"): int(done["encodedDataLength"])}),
    )
    yield loaded
    session.detach()


@pytest.mark.parametrize("path", PATHS)
def test_a_first_page_is_light_and_the_next_ones_lighter(newcomer: Visitor, path: str) -> None:
    address = newcomer.comes_in(OWNER).product.area(SUMMIT, path)
    with weighed(newcomer.page) as first:
        newcomer.page.goto(address, wait_until="networkidle")
    assert sum(first.values()) <= FIRST, first
    assert len(first) >= 5, "the page, its style, its scripts, its font"
    with weighed(newcomer.page) as later:
        newcomer.page.goto(address, wait_until="networkidle")
    assert sum(later.values()) <= LATER, later
