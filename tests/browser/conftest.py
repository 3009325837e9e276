"""A browser, and one demo for all tests of this folder. Each test changes things of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.people import sign_in
from tests.browser.product import HARBOR_OWNER, LAUNCH, OWNER, Product, running_demo


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


@pytest.fixture(params=["scripts", "no scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Run a flow twice: with scripts on and off."""
    return bool(request.param == "scripts")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Give a context that fails the test on a script error or a violated policy."""
    with fresh_context(browser) as made:
        yield made


class fresh_context:  # noqa: N801 - used as a function
    """A context that notes errors and asserts at the end that there were none."""

    def __init__(self, browser: Browser, **options: Any) -> None:
        self._context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self._errors: list[str] = []

    def __enter__(self) -> BrowserContext:
        """Open it."""
        self._context.on("weberror", lambda error: self._errors.append(str(error.error)))
        self._context.on("console", self._note)
        return self._context

    def _note(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self._errors.append(message.text)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Close it."""
        self._context.close()
        if kind is None:
            assert self._errors == []


@pytest.fixture
def owner(context: BrowserContext, product: Product) -> Page:
    """Summit Alarm's owner, signed in."""
    return sign_in(context.new_page(), product, OWNER)


@pytest.fixture
def harbor(context: BrowserContext, product: Product) -> Page:
    """Harbor Alarms' owner, signed in."""
    return sign_in(context.new_page(), product, HARBOR_OWNER)
