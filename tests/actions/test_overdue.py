"""What fails for ever without moving any money is told, too: the daily comparison, and what was paid out (I-6, I-7)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tenantry.jobs import work
from tenantry.outside import clock
from tests.builders import NOW, Place, put_on_file
from tests.faces.billing import billed_place


@pytest.fixture
def place(database: str, gateway: Any) -> Place:
    with clock.pinned(NOW):
        place = billed_place()
        put_on_file(place, gateway)
        work.reconcile(place.id)
    return place


@contextmanager
def garbage(process: Any, operation: str) -> Iterator[None]:
    """Let the processor answer every question of one kind with what nobody can read."""
    rule = {"fault": "garbage", "operation": operation, "times": -1}
    httpx.post(f"{process.url}/control/faults", json=rule, trust_env=False, verify=False).raise_for_status()
    try:
        yield
    finally:
        clear = {"clear": True}
        httpx.post(f"{process.url}/control/faults", json=clear, trust_env=False, verify=False).raise_for_status()


def alarms(caplog: pytest.LogCaptureFixture) -> list[tuple[Any, ...]]:
    found = [one for one in caplog.records if one.name == "tenantry.alarm"]
    return [(one.event, getattr(one, "company", ""), getattr(one, "count", 0)) for one in found]  # type: ignore[attr-defined]


def test_a_comparison_that_keeps_failing_is_told_after_26_hours(
    place: Place, gateway_process: Any, caplog: pytest.LogCaptureFixture
) -> None:
    told = []
    with garbage(gateway_process, "list_intents"):
        for hours in (23, 24, 25, 26, 27):
            with clock.pinned(NOW + timedelta(hours=hours)):
                work.reconcile(place.id)
                work.tell_of_overdue_comparisons()
            told.append(len(alarms(caplog)))
    overdue = [("comparison_overdue", place.id, 1)]
    assert told == [0, 0, 0, 1, 2]
    assert alarms(caplog) == overdue * 2
    with clock.pinned(NOW + timedelta(hours=28)):
        work.reconcile(place.id)
        work.tell_of_overdue_comparisons()
    assert alarms(caplog) == overdue * 2


def test_a_company_that_was_never_compared_is_not_overdue(
    database: str, gateway: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with clock.pinned(NOW):
        put_on_file(billed_place(), gateway)
    with clock.pinned(NOW + timedelta(days=3)):
        work.tell_of_overdue_comparisons()
    assert alarms(caplog) == []


def test_payouts_that_cannot_be_read_are_told(
    place: Place, gateway_process: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with clock.pinned(NOW):
        work.read_payouts()
        assert alarms(caplog) == []
        with garbage(gateway_process, "list_payouts"):
            work.read_payouts()
        assert alarms(caplog) == [("payouts_unread", "", 0)]
        work.read_payouts()
    assert alarms(caplog) == [("payouts_unread", "", 0)]
