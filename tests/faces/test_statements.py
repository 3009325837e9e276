"""What a page costs: no more than 15 statements, and the same with 24 invoices and with 2,400.

Counted is every statement that a request sends, as Django counts them: the session, the user, BEGIN, the opening
of the snapshot (one trip that sets its isolation and lets the person in), who they are there, everything that the page
reads, and COMMIT. The routes are those of the URL map, so that no page can be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenantry.outside import clock
from tests.builders import NOW, sign_in
from tests.faces.busy import Busy, Route, busy_company, every_route, query_of, staff_member

MOST = 15
FEW, MANY = 24, 2400
NO_PAGES = {
    "home": 302,
    "admin.account-management": 302,
    "admin.account-management.invoices.approved": 303,
    "account_login": 302,
    "account_signup": 302,
    "account_set_password": 302,
    "backoffice.review.ask": 303,
    "api.gateway-events": 405,
}
"""Routes that show nothing themselves to somebody who is signed in: they lead on, or only take a POST."""
MORE = {
    "admin.account-management.invoices": (
        "status=paid", "status=pending", "status=failed", "year=2021", "status=paid&year=2021", "before=1200",
        "after=1200", "before=1", "status=failed&year=2020",
    ),
    "admin.account-management.history": (
        "show=billing-methods", "show=invoices", "show=add-ons", "show=people", "older=5", "newer=1",
    ),
    "admin.account-management.add-ons": ("show=enabled", "show=available", "q=credit"),
    "admin.users": ("show=active", "show=cannot-log-in"),
    "backoffice.companies": ("q=large", "q=nobody", "after=9e0c9a1e-0b0e-4b4e-8a9e-000000000000"),
}  # fmt: skip
"""What else the addresses of a page may ask for."""


@pytest.fixture(autouse=True)
def at_ten() -> Iterator[None]:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


def cost(browser: Client, address: str, **headers: str) -> tuple[int, int]:
    """Open a page; give its status and how many statements it took."""
    with CaptureQueriesContext(connection) as captured:
        response = browser.get(address, headers=headers)
    return response.status_code, len(captured)


def costs(busy: Busy, staff: Client) -> dict[str, tuple[int, int]]:
    """Open every page as one who may see it: by name, the status and the statements."""
    owner = sign_in(busy.place.owner)
    return {
        route.name: cost(_visitor(route, owner, staff), route.address(busy, query_of(route, busy, busy.place.owner)))
        for route in every_route()
    }


def _visitor(route: Route, owner: Client, staff: Client) -> Client:
    return staff if route.name.startswith("backoffice.") else owner


def test_every_page_takes_few_statements_and_as_many_with_2400_invoices_as_with_24(database: str, gateway: Any) -> None:
    few, many = busy_company("small", FEW, gateway), busy_company("large", MANY, gateway)
    staff = Client()
    staff.force_login(staff_member())
    with_few, with_many = costs(few, staff), costs(many, staff)
    assert with_few == with_many
    assert {name: status for name, (status, _) in with_many.items() if status != 200} == NO_PAGES
    assert {name: count for name, (_, count) in with_many.items() if count > MOST} == {}
    others = dict(_other_looks(many, staff))
    assert {look: count for look, (_, count) in others.items() if count > MOST} == {}
    assert {status for status, _ in others.values()} <= {200, 302, 303, 403}


def _other_looks(busy: Busy, staff: Client) -> Iterator[tuple[str, tuple[int, int]]]:
    """Open the pages in other ways: with filters and places, as a dialog, and as people who may not change or see."""
    place = busy.place
    owner, viewer, nobody = (sign_in(one) for one in (place.owner, place.viewer, busy.outsider))
    for route in every_route():
        address = route.address(busy, query_of(route, busy, place.viewer))
        for query in MORE.get(route.name, ()):
            yield f"{route.name}?{query}", cost(_visitor(route, owner, staff), route.address(busy, query))
        if "company" in route.takes and not route.name.startswith("backoffice."):
            yield f"{route.name} as a dialog", cost(owner, address, hx_request="true")
            yield f"{route.name} as a viewer", cost(viewer, address)
            yield f"{route.name} without a grant", cost(nobody, address)
