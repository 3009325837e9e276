"""Issuing: gapless numbers, one invoice for each period, balanced books, nobody stopped by somebody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections

from tenantry.actions.billing.bill_companies import BatchResult, bill_companies
from tenantry.actions.billing.bill_company import bill_company
from tenantry.actions.billing.run_billing import run_billing
from tenantry.actions.invoices import issue_invoices as issuing
from tenantry.core.refusal import Refusal
from tenantry.project import bill_command
from tenantry.records.base import tenancy
from tenantry.records.billing_runs.models import BillingOutcome, BillingRun
from tenantry.records.companies.models import Company
from tenantry.records.companies.queries import lock_company
from tenantry.records.invoices.models import Invoice, InvoiceLine, Posting
from tenantry.records.subscriptions.models import PlanPeriod
from tests.builders import CLOCK, NOW, Place, done, open_place, set_up_plan, subscribe
from tests.prepared import Prepared, prepared_by
from tests.racing import at_once

JAN_31 = datetime(2026, 1, 31, 18, tzinfo=UTC)


def invoices(place: Place) -> list[Any]:
    """List what stands in the company's books."""
    with tenancy.reading(place.id):
        fields = ("number", "period_start", "period_end", "total_minor", "state")
        return list(Invoice.objects.order_by("sequence").values_list(*fields))


def balances(place: Place) -> dict[str, int]:
    """Sum the postings of each account."""
    found: dict[str, int] = {}
    with tenancy.reading(place.id):
        for account, amount in Posting.objects.values_list("account", "amount_minor"):
            found[account] = found.get(account, 0) + amount
    return found


def billed(places: list[Place], now: datetime, *, progress: Callable[[int], None] | None = None) -> BatchResult:
    """Bill these companies as one batch."""
    planned = done(run_billing(actor=CLOCK, now=now))
    ids = [place.id for place in places]
    return done(bill_companies(actor=CLOCK, run_id=planned.run_id, company_ids=ids, now=now, progress=progress))


def subscribed() -> Place:
    """A company on a flat plan of $299.00, anchored on a 31st."""
    place = open_place("acme", now=JAN_31)
    set_up_plan(amount_minor=29900, now=JAN_31)
    subscribe(place, now=JAN_31)
    return place


prepared = prepared_by(subscribed)


@pytest.fixture
def acme(prepared: Prepared, database: str) -> Place:
    """Begin with it."""
    return prepared.value


class TestIssuing:
    def test_issues_the_first_period_with_its_number_lines_and_postings(self, acme: Place) -> None:
        assert billed([acme], JAN_31) == BatchResult(1)
        assert invoices(acme) == [("ACME-000001", date(2026, 1, 31), date(2026, 2, 28), 29900, "open")]
        assert balances(acme) == {"receivable": 29900, "revenue": -29900}
        with tenancy.reading(acme.id):
            line = InvoiceLine.objects.get()
            assert (line.code, line.on_days, line.period_days, line.amount_minor, line.reason) == (
                "core", 28, 28, 29900, "advance",
            )  # fmt: skip

    def test_a_second_run_finds_nothing(self, acme: Place) -> None:
        billed([acme], JAN_31)
        before = invoices(acme)
        assert billed([acme], JAN_31 + timedelta(hours=3)) == BatchResult(0)
        assert invoices(acme) == before

    def test_missed_months_are_caught_up_each_with_its_own_invoice(self, acme: Place) -> None:
        billed([acme], datetime(2026, 5, 2, tzinfo=UTC))
        assert [row[1] for row in invoices(acme)] == [
            date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30),
        ]  # fmt: skip

    def test_a_company_with_nothing_to_bill_burns_no_number(self, acme: Place) -> None:
        with tenancy.phase(acme.id):
            PlanPeriod.objects.update(ended_at=JAN_31 + timedelta(hours=1))
        result = billed([acme], datetime(2026, 3, 15, tzinfo=UTC))
        # The plan was on at one moment of 31 January: 1 of 28 days = 29,900 / 28 = 1,067.86 -> 1,068.
        assert invoices(acme) == [("ACME-000001", date(2026, 1, 31), date(2026, 2, 28), 1068, "open")]
        assert result == BatchResult(1)
        later = billed([acme], datetime(2026, 4, 15, tzinfo=UTC))
        assert (later, len(invoices(acme))) == (BatchResult(0), 1)

    @pytest.mark.parametrize(
        ("zone", "total"),
        [
            ("Pacific/Honolulu", 4 * 29900),
            ("Asia/Beirut", 4 * 29900),
            # The plan began on January 31 at noon in Denver; in Auckland that was February 1: 1 of 28 days comes back.
            ("Pacific/Auckland", 4 * 29900 - 1068),
        ],
    )
    def test_a_zone_that_changes_within_a_period_leaves_no_gap_and_bills_no_day_twice(
        self, acme: Place, zone: str, total: int
    ) -> None:
        billed([acme], JAN_31)
        with tenancy.phase(acme.id):
            Company.objects.update(time_zone=zone)
        billed([acme], datetime(2026, 5, 15, tzinfo=UTC))
        periods = [(start, end) for _number, start, end, _total, _state in invoices(acme)]
        assert periods == [
            (date(2026, 1, 31), date(2026, 2, 28)),
            (date(2026, 2, 28), date(2026, 3, 31)),
            (date(2026, 3, 31), date(2026, 4, 30)),
            (date(2026, 4, 30), date(2026, 5, 31)),
        ]
        assert sum(row[3] for row in invoices(acme)) == total

    def test_needs_the_clock_or_the_vendor(self, acme: Place) -> None:
        refused = bill_company(actor=acme.owner.actor, now=NOW)
        assert isinstance(refused, Refusal)
        assert refused.code == "not_allowed"
        assert invoices(acme) == []


class TestNumbers:
    def test_they_come_from_the_companys_own_counter(self, acme: Place) -> None:
        birch = open_place("birch", now=JAN_31)
        subscribe(birch, now=JAN_31)
        billed([acme, birch], datetime(2026, 3, 2, tzinfo=UTC))
        for place, name in ((acme, "ACME"), (birch, "BIRCH")):
            with tenancy.reading(place.id):
                assert list(Invoice.objects.order_by("sequence").values_list("sequence", "number")) == [
                    (1, f"{name}-000001"), (2, f"{name}-000002"),
                ]  # fmt: skip
                assert Company.objects.get().last_invoice_number == 2

    def test_a_pass_that_is_undone_burns_none(self, acme: Place, postgres: Any, database: str) -> None:
        """The audit is written last: here the numbers are reserved and the invoices written already."""
        append = "execute on function append_audit(timestamptz, jsonb)"
        postgres.run(f"revoke {append} from public, tenantry_app", name=database)
        for _ in range(3):
            issued, set_aside = (result := billed([acme], JAN_31)).issued, result.set_aside
            assert (issued, [company_id for company_id, _ in set_aside]) == (0, [acme.id])
            assert "append_audit" in set_aside[0][1]
        assert (invoices(acme), balances(acme)) == ([], {})
        postgres.run(f"grant {append} to tenantry_app", name=database)
        assert billed([acme], JAN_31) == BatchResult(1)
        assert [row[0] for row in invoices(acme)] == ["ACME-000001"]


class TestBatches:
    def test_one_company_at_fault_is_set_aside_and_named_the_others_are_billed(
        self, database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        set_up_plan(now=JAN_31)
        places = [open_place(slug, now=JAN_31) for slug in ("anna", "bert", "cora")]
        for place in places:
            subscribe(place, now=JAN_31)
        broken = places[1]

        def decide(gathered: Any, company_id: str, run_id: str | None, now: datetime) -> Any:
            if company_id == broken.id:
                raise ValueError("its price is unreadable")
            return kept(gathered, company_id, run_id, now)

        kept = issuing._decide
        monkeypatch.setattr(issuing, "_decide", decide)
        result = billed(places, JAN_31)
        assert result == BatchResult(2, ((broken.id, "ValueError: its price is unreadable"),))
        assert [len(invoices(place)) for place in places] == [1, 0, 1]
        (alarm,) = [record for record in caplog.records if record.name == "tenantry.alarm"]
        assert (alarm.event, alarm.company, alarm.code) == ("company_set_aside", broken.id, "ValueError")  # type: ignore[attr-defined]
        with tenancy.reading(broken.id):
            assert [row.reason for row in BillingOutcome.objects.all()] == ["ValueError: its price is unreadable"]
        run = BillingRun.objects.get()
        assert (run.companies_due, run.issued, run.set_aside) == (3, 2, 1)
        monkeypatch.setattr(issuing, "_decide", kept)
        assert billed(places, JAN_31) == BatchResult(1)
        assert invoices(broken)[0][0] == "BERT-000001"

    def test_a_company_that_somebody_holds_is_left_to_the_next_run_and_nobody_is_woken(
        self, database: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        set_up_plan(now=JAN_31)
        places = [open_place(slug, now=JAN_31) for slug in ("anna", "bert", "cora")]
        for place in places:
            subscribe(place, now=JAN_31)
        held, advanced = places[1], []

        def bill_without_patience() -> BatchResult:
            with connection.cursor() as cursor:
                cursor.execute("set lock_timeout = '100ms'")
            return billed(places, JAN_31, progress=advanced.append)

        with tenancy.phase(held.id):
            lock_company(held.id)
            (result,) = at_once(bill_without_patience)
        assert result == BatchResult(2, busy=(held.id,))
        assert sum(advanced) == 3
        assert [len(invoices(place)) for place in places] == [1, 0, 1]
        assert [record for record in caplog.records if record.name in ("tenantry.alarm", "tenantry.billing")] == []
        with tenancy.reading(held.id):
            assert not BillingOutcome.objects.exists()
        run = BillingRun.objects.get()
        assert (run.companies_due, run.issued, run.set_aside) == (3, 2, 0)
        assert bill_command._told(result, 3, as_json=False) == 1
        assert capsys.readouterr().out == (
            "Companies due: 3. Invoices issued: 2. Set aside: 0.\n"
            f"Left to the next run, since somebody else holds them: 1. The first: {held.id}\n"
        )
        assert billed(places, JAN_31) == BatchResult(1)
        assert invoices(held)[0][0] == "BERT-000001"

    def test_the_same_run_twice_at_once_bills_each_company_once(self, database: str) -> None:
        set_up_plan(now=JAN_31)
        places = [open_place(f"co-{n}", now=JAN_31) for n in range(6)]
        for place in places:
            subscribe(place, now=JAN_31)
        ids, barrier, results = [place.id for place in places], threading.Barrier(3), []

        def run() -> None:
            barrier.wait()
            results.append(bill_companies(actor=CLOCK, run_id=RUN, company_ids=ids, now=JAN_31))
            connections.close_all()

        threads = [threading.Thread(target=run) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(done(result).issued for result in results) == 6
        assert [[row[0] for row in invoices(place)] for place in places] == [[f"CO-{n}-000001"] for n in range(6)]


RUN = "00000000-0000-4000-8000-000000000001"
