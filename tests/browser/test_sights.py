"""Each page, dialog, error and empty state: nothing for axe to find, nothing that sticks out, in light and dark, wide,
narrow and zoomed; no script error and no violated policy."""

from __future__ import annotations

import pytest

from tests.browser.people import AXE_OF_COLORS, Visitor, assert_accessible, assert_fits
from tests.browser.product import Product
from tests.browser.sights import SIGHTS, STEPS, WAITING, Sight
from tests.browser.windows import DESK

NARROW = {"width": 320, "height": 640}
ZOOMED = {"width": DESK["width"] // 2, "height": DESK["height"] // 2}
"""A desk's window at 200 %: half as many CSS pixels."""


@pytest.fixture(scope="session")
def scene(product: Product) -> Product:
    """Open the company that the sights need."""
    product.open(WAITING, *STEPS)
    return product


@pytest.mark.parametrize("sight", SIGHTS, ids=[sight.name for sight in SIGHTS])
def test_it_can_be_used_by_everybody_everywhere(visitor: Visitor, scene: Product, sight: Sight) -> None:
    page = visitor.page
    sight.opens(page, scene)
    assert_fits(page)
    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    assert_accessible(page, *AXE_OF_COLORS)
    page.set_viewport_size(ZOOMED)
    assert_fits(page)
    page.set_viewport_size(NARROW)
    assert_fits(page)
    assert_accessible(page, *AXE_OF_COLORS)
    page.emulate_media(color_scheme="light")
    assert_accessible(page)
