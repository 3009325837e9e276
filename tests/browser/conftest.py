"""A browser, and one demo for all tests of this folder. Each test that changes something has a company of its own."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import Visitor
from tests.browser.product import LAUNCH, Company, Product, running_demo
from tests.browser.windows import Windows, a_new_window

# A busy machine is slow; no test is about speed.
SECONDS = 15
expect.set_options(timeout=SECONDS * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what moves the demo's time last: the other tests live in the demo's present."""
    items.sort(key=lambda item: "moves_time" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the Chromium that `make test` found or installed."""
    found = os.environ.get("TENANTRY_CHROMIUM")
    return {**browser_type_launch_args, "args": LAUNCH, **({"executable_path": found} if found else {})}


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    """Run the demo once."""
    with running_demo() as running:
        yield running


@pytest.fixture
def slug(request: pytest.FixtureRequest) -> str:
    """Give a company's address that no other test has."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")
    return f"{words[:28].strip('-')}-{zlib.crc32(request.node.nodeid.encode()):08x}"


@pytest.fixture(scope="session")
def windows(browser: Browser, product: Product) -> Windows:
    """Keep the windows through which people look."""
    return Windows(browser, product.url)


@pytest.fixture
def visitor(windows: Windows, product: Product) -> Iterator[Visitor]:
    """Give somebody at a desk, with scripts."""
    with windows.borrow("scripts") as window:
        yield Visitor(window.page, product, window.has_scripts)


@pytest.fixture
def newcomer(browser: Browser, product: Product) -> Iterator[Visitor]:
    """Give somebody at a desk, with scripts, whose browser was never here and belongs to this test alone."""
    with a_new_window(browser, "scripts") as window:
        yield Visitor(window.page, product, window.has_scripts)


@pytest.fixture(params=["scripts", "no scripts"])
def visit(request: pytest.FixtureRequest, windows: Windows, product: Product) -> Iterator[Visitor]:
    """Give somebody at a desk: with scripts, then without."""
    with windows.borrow(request.param) as window:
        yield Visitor(window.page, product, window.has_scripts)


@pytest.fixture(params=["scripts", "no scripts", "phone"])
def any_visit(request: pytest.FixtureRequest, windows: Windows, product: Product) -> Iterator[Visitor]:
    """Give somebody in each way that people come: at a desk with and without scripts, and with a phone."""
    with windows.borrow(request.param) as window:
        yield Visitor(window.page, product, window.has_scripts)


@pytest.fixture
def new_company(product: Product, slug: str) -> Company:
    """Give a company of one's own: no subscription yet to be billed, nothing on file."""
    return product.open(slug, "subscribe later")


@pytest.fixture
def moves_time() -> None:
    """Mark a test that moves the demo's clock."""
