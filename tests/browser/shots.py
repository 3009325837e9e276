"""Screenshots of each page and state, wide, narrow and dark: `make shots`, into `.cache/shots`.

`python -m tests.browser.shots --readme` takes the three of the README, as one window shows them.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.product import LAUNCH, Product, running_demo
from tests.browser.sights import SIGHTS, STEPS, WAITING, Sight
from tests.browser.windows import DESK, KINDS

LOOKS: dict[str, dict[str, Any]] = {
    "wide": KINDS["scripts"],
    "narrow": KINDS["phone"],
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "dark-narrow": {**KINDS["phone"], "color_scheme": "dark"},
}
TALLEST = 6000
README = {"billing-methods": "billing-methods", "invoices": "invoices", "add-on-enable-page": "add-on-enable"}
WINDOW = {"width": 1280, "height": 840}


def take(browser: Browser, product: Product, folder: Path, only: str = "") -> int:
    """Take every sight in every look; give how many failed."""
    product.open(WAITING, *STEPS)
    failed = 0
    for look, options in LOOKS.items():
        for sight in SIGHTS:
            if only in sight.name:
                failed += _shoot(browser, product, sight, folder / f"{sight.name}-{look}.png", options)
    return failed


def _shoot(browser: Browser, product: Product, sight: Sight, path: Path, options: dict[str, Any]) -> int:
    context = browser.new_context(**options)
    page = context.new_page()
    try:
        sight.opens(page, product)
        if not page.get_by_role("dialog").count():
            _grow(page)
        page.screenshot(path=path, animations="disabled")
    except AssertionError as error:
        print(f"{path.stem}: {str(error).splitlines()[0]}")
        return 1
    finally:
        context.close()
    return 0


def _grow(page: Page) -> None:
    """Make the window as tall as the page: what sticks to its foot stands at the foot."""
    size = page.viewport_size
    assert size is not None
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": size["width"], "height": min(max(size["height"], height), TALLEST)})


def take_for_readme(browser: Browser, product: Product, folder: Path) -> int:
    """Take what the README shows."""
    context = browser.new_context(viewport=WINDOW)
    page = context.new_page()
    for sight in SIGHTS:
        if sight.name in README:
            sight.opens(page, product)
            page.screenshot(path=folder / f"{README[sight.name]}.png", animations="disabled")
    context.close()
    return 0


def main() -> int:
    """Take the screenshots; give 1 when one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path(".cache/shots"))
    parser.add_argument("--only", default="", help="a part of the names")
    parser.add_argument("--readme", action="store_true", help="the three of the README, into docs/screenshots")
    options = parser.parse_args()
    folder = Path("docs/screenshots") if options.readme else options.into
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, running_demo() as product:
        browser = playwright.chromium.launch(args=LAUNCH, executable_path=os.environ.get("TENANTRY_CHROMIUM"))
        if options.readme:
            failed = take_for_readme(browser, product, folder)
        else:
            failed = take(browser, product, folder, options.only)
        browser.close()
    print(f"{len(list(folder.glob('*.png')))} screenshots in {folder}, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
