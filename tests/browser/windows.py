"""Windows that stay open from test to test: one for each way that people come.

A window of its own costs each test a second's work: a process, and every style and script read anew. So a test gets one
that was left as if nobody had been there: no cookie, nothing stored, one page, at its size, in its colors. Whoever
needs one where truly nobody was (files that are not kept yet, a clock that is stopped) takes `a_new_window`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 375, "height": 812}
KINDS: dict[str, dict[str, Any]] = {
    "scripts": {"viewport": DESK},
    "no scripts": {"viewport": DESK, "java_script_enabled": False},
    "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True},
}
NOTHING_STORED = "localStorage.clear(); sessionStorage.clear()"
PAGES = ("document", "xhr", "fetch")
CUT_OFF = ("htmx:afterRequest", "htmx:sendError")
"""What htmx notes of a connection that a test cut."""
WAITS_SECONDS = 30
"""How long Playwright waits for a page or a thing on it, unless a test says otherwise."""


@dataclass(frozen=True)
class Window:
    """A window, whether scripts run in it, and what went wrong in it: a script, a policy, a file that is missing."""

    page: Page
    kind: str
    errors: list[str]

    @property
    def has_scripts(self) -> bool:
        """Say whether scripts run in it."""
        return bool(KINDS[self.kind].get("java_script_enabled", True))

    def is_left(self, still: str) -> None:
        """Leave it as if nobody had been there, at a page where nothing happens."""
        for page in self.page.context.pages:
            if page is not self.page:
                page.close()
        self.page.goto(still)
        self.page.context.clear_cookies()
        self.page.evaluate(NOTHING_STORED)
        self.page.set_viewport_size(KINDS[self.kind]["viewport"])
        self.page.emulate_media(color_scheme="null")
        self.page.set_default_timeout(WAITS_SECONDS * 1000)


class Windows:
    """The windows of one browser onto one address, each opened when it is first needed."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        self.still = f"{url}/healthz"
        self._left: dict[str, Window] = {}

    @contextmanager
    def borrow(self, kind: str) -> Iterator[Window]:
        """Lend a window; when it comes back nothing may have gone wrong in it."""
        window = self._left.pop(kind, None) or opened(self.browser, kind)
        yield window
        window.is_left(self.still)
        assert window.errors == []
        self._left[kind] = window


@contextmanager
def a_new_window(browser: Browser, kind: str = "scripts") -> Iterator[Window]:
    """Open a window where nobody was before; nothing may go wrong in it."""
    window = opened(browser, kind)
    yield window
    window.page.context.close()
    assert window.errors == []


def opened(browser: Browser, kind: str) -> Window:
    """Open a window of a kind, and note what goes wrong in it."""
    context = browser.new_context(**KINDS[kind])
    errors = _noted(context)
    return Window(context.new_page(), kind, errors)


def _noted(context: BrowserContext) -> list[str]:
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("console", lambda message: _note_console(errors, message))
    context.on("response", lambda response: _note_response(errors, response))
    context.on("requestfailed", lambda request: _note_failure(errors, request))
    return errors


def _note_console(errors: list[str], message: ConsoleMessage) -> None:
    # A refusal's 4xx is an answer; a missing file is noted by its response.
    if (
        message.type == "error"
        and "Failed to load resource" not in message.text
        and "Response Status" not in message.text
        and message.text.split(",")[0] not in CUT_OFF
    ):
        errors.append(message.text)


def _note_response(errors: list[str], response: Response) -> None:
    is_page = response.request.resource_type in PAGES
    is_answer = is_page and response.status != 500  # a refusal has its 4xx, a service that is away its 503
    if response.status >= 400 and not is_answer:
        errors.append(f"{response.status} {response.url}")


def _note_failure(errors: list[str], request: Request) -> None:
    if request.resource_type not in PAGES and "ERR_ABORTED" not in str(request.failure):
        errors.append(f"{request.failure} {request.url}")
