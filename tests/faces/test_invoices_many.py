"""The list looks at the invoices that it shows, however many there are."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenantry.core.invoice_states import Status
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.payments.invoice_list import Place as At
from tenantry.records.payments.invoice_list import Wanted, listed
from tests.builders import NOW, Place, open_place
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


def plan_of(wanted: Wanted, at: At, place: Place) -> str:
    """Give how PostgreSQL finds a page, as the app role within the company's transaction."""
    with tenancy.reading(place.id):
        with CaptureQueriesContext(connection) as captured:
            assert listed(place.id, wanted, at, most=12).invoices
        with connection.cursor() as cursor:
            cursor.execute("explain " + captured[0]["sql"])
            return "\n".join(line for (line,) in cursor.fetchall())


def test_a_page_is_found_by_the_index_of_the_numbers(database: str, postgres: Any) -> None:
    place = open_place("large")
    full(place, 2400)
    postgres.run("analyze", name=database)
    for wanted, at in (
        (Wanted(), At()),
        (Wanted(), At(before=1200)),
        (Wanted(), At(after=1200)),
        (Wanted(Status.PAID), At()),
        (Wanted(year=2023), At()),
    ):
        plan = plan_of(wanted, at, place)
        assert "using invoice_number_once" in plan
        assert "Sort" not in plan
