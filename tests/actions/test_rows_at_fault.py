"""Due work: a row at fault keeps no other row waiting, and somebody is told which one it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection

from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.companies.models import Company
from tenantry.records.invoices.models import Invoice, InvoiceDocument
from tenantry.records.notices.models import Notice
from tenantry.records.payments.models import PaymentIntent, Payout
from tests.actions.test_payouts import PAID_OUT, paying_place, processor, read, shares  # noqa: F401 - a fixture
from tests.builders import NOW, Place, put_on_file
from tests.faces.billing import bill, billed_place, invoice_ids, state_of
from tests.prepared import Prepared, prepared_at_the_processor_by
from tests.racing import at_once

LATER = NOW + timedelta(days=80)


def due_thrice(gateway: Any) -> Place:
    """Open a company with three invoices that are due for its card."""
    acme = billed_place()
    put_on_file(acme, gateway)
    for _ in range(2):
        bill(acme, LATER)
    with tenancy.phase(acme.id):
        Invoice.objects.update(collect_at=LATER)
    assert len(invoice_ids(acme)) == 3
    return acme


prepared = prepared_at_the_processor_by(due_thrice)


@pytest.fixture
def place(prepared: Prepared, database: str, gateway: Any) -> Iterator[Place]:
    """Begin with it, at the instant when they are due."""
    with clock.pinned(LATER):
        yield prepared.value


@pytest.fixture
def at_fault(postgres: Any, database: str) -> Any:
    """Let the database refuse a write on a table where a condition holds."""

    def spoil(table: str, event: str, condition: str) -> None:
        postgres.run(
            "create function spoiled() returns trigger language plpgsql as "
            "$$ begin raise exception 'this row is spoiled'; end $$",
            f"create trigger spoiled before {event} on {table} for each row when ({condition}) "
            "execute function spoiled()",
            name=database,
        )

    return spoil


def alarms(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str, str, str]]:
    found = [record for record in caplog.records if record.name == "tenantry.alarm"]
    return [(one.event, one.work, one.company, one.about, one.code) for one in found]  # type: ignore[attr-defined]


def test_collecting(place: Place, at_fault: Any, caplog: pytest.LogCaptureFixture) -> None:
    first, second, third = invoice_ids(place)
    at_fault("tenantry_payments_paymentintent", "insert", f"new.invoice_id = '{first}'")
    for _ in range(2):
        with pytest.raises(DatabaseError, match="this row is spoiled"):
            work.collect(place.id)
    assert [state_of(place, one) for one in (first, second, third)] == ["open", "paid", "paid"]
    assert alarms(caplog) == [("row_failed", "collect", place.id, first, "ProgrammingError")] * 2


def test_asking(place: Place, at_fault: Any, caplog: pytest.LogCaptureFixture) -> None:
    work.collect(place.id)
    with tenancy.phase(place.id):
        PaymentIntent.objects.update(next_ask_at=LATER)
        first = PaymentIntent.objects.order_by("next_ask_at", "id").values_list("id", flat=True)[0]
    at_fault("tenantry_payments_paymentintent", "update", f"new.id = '{first}'")
    with pytest.raises(DatabaseError, match="this row is spoiled"):
        work.ask(place.id)
    with tenancy.reading(place.id):
        assert list(PaymentIntent.objects.filter(next_ask_at=LATER).values_list("id", flat=True)) == [first]
    assert alarms(caplog) == [("row_failed", "ask", place.id, str(first), "ProgrammingError")]


def test_printing(place: Place, at_fault: Any, caplog: pytest.LogCaptureFixture) -> None:
    first, second, third = invoice_ids(place)
    at_fault("tenantry_invoices_invoicedocument", "insert", f"new.invoice_id = '{first}'")
    with pytest.raises(DatabaseError, match="this row is spoiled"):
        work.print_papers(place.id)
    with tenancy.reading(place.id):
        printed = {str(id_) for id_ in InvoiceDocument.objects.values_list("invoice_id", flat=True)}
    assert printed == {second, third}
    assert alarms(caplog) == [("row_failed", "print", place.id, first, "ProgrammingError")]


def test_mailing(place: Place, at_fault: Any, caplog: pytest.LogCaptureFixture) -> None:
    work.print_papers(place.id)
    with tenancy.reading(place.id):
        waiting = list(Notice.objects.filter(sent_at=None).order_by("due_at", "id").values_list("id", flat=True))
    assert len(waiting) > 1
    at_fault("tenantry_notices_notice", "update", f"new.id = '{waiting[0]}'")
    with pytest.raises(DatabaseError, match="this row is spoiled"):
        work.notify(place.id)
    with tenancy.reading(place.id):
        assert list(Notice.objects.filter(sent_at=None).values_list("id", flat=True)) == waiting[:1]
    assert alarms(caplog) == [("row_failed", "notify", place.id, str(waiting[0]), "ProgrammingError")]


def test_a_company_that_somebody_holds_is_nobodys_fault(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Each of its rows would wait as long, so the first one ends the turn; nobody is woken."""

    def collect_without_patience() -> None:
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '200ms'")
        with clock.pinned(LATER):
            work.collect(place.id)

    with tenancy.phase(place.id):
        Company.objects.select_for_update().get(id=place.id)
        with pytest.raises(tenancy.Busy):
            at_once(collect_without_patience)
    assert [state_of(place, one) for one in invoice_ids(place)] == ["open"] * 3
    assert alarms(caplog) == []


def test_a_payout(
    database: str, processor: Any, at_fault: Any, postgres: Any, caplog: pytest.LogCaptureFixture  # noqa: F811
) -> None:  # fmt: skip
    places = [paying_place(processor, slug, 10000) for slug in ("acme", "brink")]
    first, second = sorted(places, key=lambda one: one.id)
    processor.move_clock(PAID_OUT)
    at_fault("tenantry_payments_payoutshare", "insert", f"new.company_id = '{first.id}'")
    with pytest.raises(DatabaseError, match="this row is spoiled"):
        read()
    assert (shares(first), shares(second)) == ([], [10000])
    with tenancy.vendor_reading():
        payout = Payout.objects.get()
    assert (payout.is_shared_out, payout.strange_lines) == (False, [])
    assert alarms(caplog) == [("row_failed", "payouts", first.id, payout.gateway_id, "ProgrammingError")]
    postgres.run("drop trigger spoiled on tenantry_payments_payoutshare", name=database)
    read()
    assert (shares(first), shares(second)) == ([10000], [10000])
