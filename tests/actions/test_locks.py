"""What decides waits for the company's lock, and then sees what was committed meanwhile (R7).

Nothing here is left to chance: the verb is started while the test holds the lock, and the lock is let go once the
server says that the verb waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import connections

from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.core.payment_outcome import PaymentOutcome, PaymentResult
from tenantry.core.refusal import Refusal
from tenantry.outside import clock
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.catalog.models import Price
from tenantry.records.companies.queries import lock_company
from tenantry.records.invoices.models import InvoiceLine
from tenantry.records.payments.models import PaymentAttempt, PaymentMethod
from tenantry.records.subscriptions.models import AddOnPeriod, Subscription
from tests.actions.test_billing import billed
from tests.builders import (
    NOW,
    SECOND_CARD,
    Place,
    offer,
    open_place,
    put_on_file,
    set_up_addon,
    set_up_plan,
    subscribe,
)
from tests.database import TestServer
from tests.faces.billing import billed_place, first_invoice, taken

WAITING = "select count(*) from pg_stat_activity where datname = %s and wait_event_type = 'Lock'"


class Started:
    """A call in a thread of its own; `answer` is there once it has ended, or the error that ended it."""

    def __init__(self, call: Callable[[], Any], now: datetime) -> None:
        self.answer: Any = None
        self._call, self._now = call, now
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            with clock.pinned(self._now):
                self.answer = self._call()
        except Exception as error:  # noqa: BLE001 - the test compares it with what it wanted
            self.answer = error
        finally:
            connections.close_all()


@pytest.fixture
def held(postgres: TestServer, database: str) -> Any:
    """Give `held(place, call, now)`: a block within which the company is locked and the call waits for it."""
    url = postgres.named(postgres.superuser_url, database)

    @contextmanager
    def holding(place: Place, call: Callable[[], Any], now: datetime) -> Iterator[Started]:
        with psycopg.connect(url, autocommit=True) as server:
            with tenancy.phase(place.id):
                lock_company(place.id)
                started = Started(call, now)
                while server.execute(WAITING, [database]).fetchone() == (0,) and started.thread.is_alive():
                    time.sleep(0.002)
                if isinstance(started.answer, Exception):
                    raise started.answer
                assert started.thread.is_alive(), f"it waited for nobody: {started.answer}"
                yield started
            started.thread.join(30)
            assert not started.thread.is_alive()

    return holding


class TestPaying:
    @pytest.fixture
    def place(self, database: str, gateway: Any) -> Place:
        """Open a company with an invoice of $412.50 and a good card."""
        place = billed_place()
        put_on_file(place, gateway)
        return place

    def pays(self, place: Place, method_id: str) -> Callable[[], Any]:
        """Give a click on Pay."""
        actor, invoice_id = place.owner.actor, first_invoice(place)
        return lambda: pay_invoice(actor=actor, invoice_id=invoice_id, method_id=method_id, request_key="form")

    def test_waits_its_turn(self, place: Place, gateway: Any, held: Any) -> None:
        with tenancy.reading(place.id):
            card = str(PaymentMethod.objects.get().id)
        with held(place, self.pays(place, card), NOW) as started:
            assert PaymentAttempt.objects.count() == 0
        assert isinstance(started.answer, PaymentOutcome)
        assert started.answer.result is PaymentResult.PAID
        assert taken(gateway, place) == [41250]

    def test_a_method_that_was_removed_while_it_waited_is_not_charged(
        self, place: Place, gateway: Any, held: Any
    ) -> None:
        second = put_on_file(place, gateway, number=SECOND_CARD)
        with held(place, self.pays(place, second), NOW) as started:
            assert PaymentMethod.objects.filter(id=second).update(removed_at=NOW) == 1
        assert started.answer == Refusal("method_not_found", {"method_id": second})
        assert taken(gateway, place) == []
        with tenancy.reading(place.id):
            assert PaymentAttempt.objects.count() == 0


class TestBilling:
    def test_what_was_enabled_while_it_waited_is_billed(self, database: str, held: Any) -> None:
        nov_1, nov_12, dec_1 = (
            datetime(2026, month, day, 18, tzinfo=UTC) for month, day in ((11, 1), (11, 12), (12, 1))
        )
        set_up_plan(now=nov_1)
        set_up_addon("credit-checks", amount_minor=1900, now=nov_1)
        place = open_place("acme", now=nov_1)
        subscribe(place, now=nov_1)
        offer(place, "credit-checks", now=nov_1)
        billed([place], nov_1)
        price = Price.objects.get(addon__code="credit-checks")
        with held(place, lambda: billed([place], dec_1), dec_1) as started:
            AddOnPeriod.objects.create(
                id=new_id(), company_id=place.id, subscription=Subscription.objects.get(), addon_id=price.addon_id,
                price=price, started_at=nov_12, fingerprint="",
            )  # fmt: skip
        assert started.answer.issued == 1
        with tenancy.reading(place.id):
            lines = InvoiceLine.objects.filter(code="credit-checks").order_by("period_start")
            # 19 of November's 30 days: 1,900 × 19 / 30 = 1,203.33; then December in advance.
            assert list(lines.values_list("on_days", "amount_minor")) == [(19, 1203), (31, 1900)]
