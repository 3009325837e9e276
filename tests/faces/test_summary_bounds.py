"""The dearest prices there may be, with the most seats and tax: every page of the area can still be opened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tenantry.actions.subscriptions.record_seats import record_seats
from tenantry.core.catalog import MOST_OF_PRICE_MINOR
from tenantry.core.seats import MOST_SEATS
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import Invoice
from tests.builders import NOW, done, offer, open_place, set_up_addon, set_up_plan, sign_in, subscribe
from tests.faces.billing import bill

PAGES = {
    "billing-methods": "$1,000,000,000.00",
    "invoices": "$1,000,000,000.00",
    "add-ons": "$1,000,000,000.00",
    "add-ons/extra/enable": "$2,000,000,000.00",
}
"""What is paid each month, before tax: on the quote with the add-on."""


@pytest.mark.parametrize("shape", ["flat", "per_seat"])
def test_at_the_bounds_every_page_of_the_area_stands(database: str, settings: Any, shape: str) -> None:
    rate = {"country": "US", "region": "UT", "name": "Utah sales tax", "basis_points": 725}
    settings.TENANTRY_TAX = {"kind": "fixed", "rates": [rate]}
    with clock.pinned(NOW):
        place = open_place(now=NOW - timedelta(days=1))
        set_up_plan(shape=shape, amount_minor=MOST_OF_PRICE_MINOR[shape])
        set_up_addon("extra", shape=shape, amount_minor=MOST_OF_PRICE_MINOR[shape])
        offer(place, "extra")
        subscribe(place)
        done(record_seats(actor=place.vendor, seats=MOST_SEATS, now=NOW))
        browser = sign_in(place.owner)
        for page, monthly in PAGES.items():
            response = browser.get(place.url(page))
            assert response.status_code == 200, page
            assert monthly in response.content.decode(), page
        bill(place, NOW)
    with tenancy.reading(place.id):
        assert list(Invoice.objects.values_list("subtotal_minor", "tax_minor")) == [(10**11, 725 * 10**7)]
