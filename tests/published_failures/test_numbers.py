"""Numbers of invoices: gaps of sequences (Formance, incident.io), duplicates of MAX + 1 (Lago)."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import connections

from tenantry.actions.billing.bill_company import bill_company
from tenantry.project import embedded_postgres
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import Invoice
from tests import database as databases
from tests.actions.test_billing import billed
from tests.builders import Place, done, open_place, set_up_plan, subscribe
from tests.database import TestServer
from tests.operations.conftest import make_place
from tests.racing import at_once

JAN_31, MAR_2, MAY_2 = (datetime(2026, month, day, 18, tzinfo=UTC) for month, day in ((1, 31), (3, 2), (5, 2)))
NAIVE_TABLES = "create sequence naive_numbers; create table naive_invoice (number int)"
NAIVE_ISSUE = "insert into naive_invoice values (nextval('naive_numbers'))"
NAIVE_NUMBERS = "select number from naive_invoice order by number"


def subscribed() -> Place:
    """Open a company that owes an invoice for each month from 31 January on."""
    set_up_plan(now=JAN_31)
    place = open_place("acme", now=JAN_31)
    subscribe(place, now=JAN_31)
    return place


def numbers(place: Place) -> list[str]:
    """List the numbers of the company's invoices."""
    with tenancy.reading(place.id):
        return list(Invoice.objects.order_by("sequence").values_list("number", flat=True))


class TestFormance:
    """An id from a sequence has a gap where a transaction was undone."""

    def test_naive(self, postgres: TestServer, database: str) -> None:
        with psycopg.connect(postgres.named(postgres.superuser_url, database)) as naive:
            naive.execute(NAIVE_TABLES)
            for ended in (naive.commit, naive.rollback, naive.commit):
                naive.execute(NAIVE_ISSUE)
                ended()
                naive.execute("select 1")
            assert naive.execute(NAIVE_NUMBERS).fetchall() == [(1,), (3,)]

    def test_ours(self, postgres: TestServer, database: str) -> None:
        place = subscribed()
        billed([place], JAN_31)
        append = "execute on function append_audit(timestamptz, jsonb)"
        postgres.run(f"revoke {append} from public, tenantry_app", name=database)
        # Undone at its last statement, long after the number was taken.
        assert billed([place], MAR_2).issued == 0
        postgres.run(f"grant {append} to tenantry_app", name=database)
        billed([place], MAR_2)
        assert numbers(place) == ["ACME-000001", "ACME-000002"]


class TestIncidentIo:
    """A sequence jumps when its server crashes: it notes down 32 values ahead."""

    @pytest.fixture
    def running(self) -> Iterator[embedded_postgres.Server]:
        home = make_place()
        server = embedded_postgres.start(home, fsync=False)
        try:
            yield server
        finally:
            connections.close_all()
            server.stop()
            embedded_postgres.discard(home)
            shutil.rmtree(home)

    def test_naive_and_ours(self, running: embedded_postgres.Server) -> None:
        server = TestServer(running.app_url, running.owner_url, running.superuser_url)
        databases.make_template(server)
        # A commit that was answered has to be in the log; that no disk is waited for makes no difference to this crash.
        server.run(f"alter database {databases.TEMPLATE} set synchronous_commit = on")
        databases.point_at(server, databases.TEMPLATE)
        place = subscribed()
        billed([place], MAR_2)
        with _naive(server) as naive:
            naive.execute(NAIVE_TABLES)
            naive.execute(NAIVE_ISSUE)
            naive.execute(NAIVE_ISSUE)
        connections.close_all()
        _crash(running)
        billed([place], MAY_2)
        with _naive(server) as naive:
            naive.execute(NAIVE_ISSUE)
            assert naive.execute(NAIVE_NUMBERS).fetchall() == [(1,), (2,), (34,)]
        assert numbers(place) == [f"ACME-{number:06d}" for number in (1, 2, 3, 4)]


@contextmanager
def _naive(server: TestServer) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(server.named(server.superuser_url, databases.TEMPLATE), autocommit=True) as connection:
        yield connection


def _crash(running: embedded_postgres.Server) -> None:
    """Let the server die at once, and recover from its log."""
    os.kill(running.pid, signal.SIGQUIT)
    while running.is_running():
        time.sleep(0.01)
    running.restart()


class TestLago:
    """MAX + 1 gives the same number to two who ask at once."""

    def test_naive(self, postgres: TestServer, database: str) -> None:
        url = postgres.named(postgres.superuser_url, database)
        with psycopg.connect(url) as one, psycopg.connect(url) as other:
            one.execute("create table naive_invoice (number int); insert into naive_invoice values (1)")
            one.commit()
            for connection in (one, other):
                connection.execute("insert into naive_invoice select max(number) + 1 from naive_invoice")
            one.commit()
            other.commit()
            assert one.execute(NAIVE_NUMBERS).fetchall() == [(1,), (2,), (2,)]

    def test_ours(self, database: str) -> None:
        place = subscribed()
        answers = at_once(*[lambda: bill_company(actor=place.clock, now=MAY_2)] * 4)
        assert sum(done(answer).issued for answer in answers) == 4
        assert numbers(place) == [f"ACME-{number:06d}" for number in (1, 2, 3, 4)]
