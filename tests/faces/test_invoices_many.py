"""The list costs the same with 24 invoices and with 2,400."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from tenantry.core.invoice_states import Status
from tenantry.outside import clock
from tenantry.portal.entry import Visit
from tenantry.portal.pages.invoices_built import invoices_page
from tenantry.records.base import tenancy
from tenantry.records.companies import queries as companies
from tenantry.records.payments.invoice_list import Place as At
from tenantry.records.payments.invoice_list import Wanted, listed
from tests.builders import NOW, Place, open_place, set_up_plan, sign_in, subscribe
from tests.faces import rows


@pytest.fixture(autouse=True)
def at_ten() -> Any:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


def full(place: Place, count: int) -> None:
    """Write so many paid invoices, each with a payment."""
    method_id = rows.method_row(place)
    ids = rows.write_invoices(place, count)
    rows.put_in_state(place, ids[:-2], "paid")
    for invoice_id in ids[-24:-2]:
        rows.add_payment(place, invoice_id, method_id, "succeeded", "succeeded")
    rows.add_payment(place, ids[-2], method_id, "ready", "declined")


def queries(browser: Any, address: str) -> list[str]:
    """List the statements of a page that read rows."""
    with CaptureQueriesContext(connection) as captured:
        response = browser.get(address)
    assert response.status_code == 200
    return [one["sql"] for one in captured if re.match("select", one["sql"], re.I) and "set_config" not in one["sql"]]


def plan_of(wanted: Wanted, at: At, place: Place) -> str:
    """Give how PostgreSQL finds a page, as the app role within the company's transaction."""
    with tenancy.reading(place.id):
        with CaptureQueriesContext(connection) as captured:
            assert listed(place.id, wanted, at, most=12).invoices
        with connection.cursor() as cursor:
            cursor.execute("explain " + captured[0]["sql"])
            return "\n".join(line for (line,) in cursor.fetchall())


MOST_OF_THE_PAGE, MOST_WITH_ITS_FRAME = 15, 30


def test_the_page_costs_the_same_with_24_and_with_2400_invoices(database: str, postgres: Any) -> None:
    small, large = _place("small", 24), _place("large", 2400)
    counts = [len(queries(sign_in(place.owner), place.url("invoices"))) for place in (small, large)]
    assert counts[0] == counts[1] <= MOST_WITH_ITS_FRAME
    assert _own_queries(small) == _own_queries(large) <= MOST_OF_THE_PAGE
    postgres.run("analyze", name=database)
    for wanted, at in (
        (Wanted(), At()),
        (Wanted(), At(before=1200)),
        (Wanted(), At(after=1200)),
        (Wanted(Status.PAID), At()),
        (Wanted(year=2023), At()),
    ):
        plan = plan_of(wanted, at, large)
        assert "using invoice_number_once" in plan
        assert "Sort" not in plan


def _place(slug: str, count: int) -> Place:
    place = open_place(slug)
    set_up_plan(f"plan-{slug}")
    subscribe(place, f"plan-{slug}")
    full(place, count)
    return place


def _own_queries(place: Place) -> int:
    """Count what the list takes beside the frame that every page of the area has."""
    request = RequestFactory().get(place.url("invoices"))
    entered = companies.enter(user=place.owner.user, slug=place.slug, request_id="r", address="::1")
    assert entered
    visit = Visit(request, entered, NOW)
    with visit.reading():
        assert visit.standing
        with CaptureQueriesContext(connection) as captured:
            page = invoices_page(visit, Wanted(), At())
    assert (len(page.invoices), bool(page.pager.older_url)) == (12, True)
    return len(captured)
