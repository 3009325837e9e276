"""Billing run: invoices a second, with lines, postings, numbers and audit, against COPY of the same rows.

`python benchmarks/billing.py [companies]` starts a PostgreSQL of its own (fsync on), opens companies through the real
verbs and bills all of them with the real run. The reference copies the same rows into tables with the same indexes, but
without keys, triggers or policies.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime

from _database import own_database
from _table import line

COMPANIES = int(sys.argv[1]) if len(sys.argv) > 1 else 400
GOAL, LATER = 300, 3_500
NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
TABLES = ("tenantry_invoices_invoice", "tenantry_invoices_invoiceline", "tenantry_invoices_ledgerentry",
          "tenantry_invoices_posting", "tenantry_base_auditentry")  # fmt: skip


def main() -> None:
    """Measure and print."""
    with own_database() as (server, name):
        _fill()
        _warm_up()
        seconds, issued, statements = _bill()
        copied = _copy(server.named(server.superuser_url, name))
    rate, limit = issued / seconds, issued / copied
    line(
        f"billing run, 4 lines, {COMPANIES} companies",
        f"{rate:,.0f} invoices/s, {statements / issued:.2f} statements each",
        f"{GOAL} invoices/s now, {LATER:,} later",
        f"COPY of the same rows: {limit:,.0f}/s",
        rate / limit,
    )


def _fill() -> None:
    """Open companies on a plan with three add-ons each."""
    from tenantry.actions.companies.open_company import Opening, open_company
    from tenantry.actions.subscriptions.start_subscription import start_subscription
    from tenantry.outside.ids import new_id
    from tenantry.records.base import tenancy
    from tenantry.records.catalog.models import AddOn, Price
    from tenantry.records.subscriptions.models import AddOnPeriod, Subscription
    from tests.builders import VENDOR, set_up_addon, set_up_plan

    set_up_plan(amount_minor=2000, shape="per_seat", now=NOW)
    codes = [set_up_addon(f"addon-{n}", amount_minor=1900 + n, now=NOW) for n in range(3)]
    addons = [(AddOn.objects.get(code=code), Price.objects.get(addon__code=code)) for code in codes]
    for n in range(COMPANIES):
        opening = Opening(f"co-{n}", f"Company {n}", f"CO{n}", "America/Denver", "USD", f"owner@co-{n}.test", "Olga")
        company_id = open_company(actor=VENDOR, opening=opening, now=NOW)
        vendor = replace(VENDOR, company_id=str(company_id))
        start_subscription(actor=vendor, plan_code="core", first_day=date(2026, 3, 1), now=NOW)
        with tenancy.phase(str(company_id)):
            subscription = Subscription.objects.get()
            AddOnPeriod.objects.bulk_create(
                AddOnPeriod(
                    id=new_id(), company_id=company_id, subscription=subscription, addon=addon, price=price,
                    started_at=NOW, fingerprint="",
                )
                for addon, price in addons
            )  # fmt: skip


def _warm_up() -> None:
    """Bill the first company, so that imports and plans are not measured."""
    from tenantry.actions.billing.bill_company import bill_company
    from tenantry.records.base import tenancy
    from tests.builders import CLOCK

    bill_company(actor=replace(CLOCK, company_id=tenancy.all_companies()[0]), now=NOW)


def _bill() -> tuple[float, int, int]:
    """Run it; give the seconds, the invoices and the statements."""
    from django.db import connection

    from tenantry.actions.billing.bill_companies import BatchResult, bill_companies
    from tenantry.actions.billing.run_billing import PlannedRun, run_billing
    from tests.builders import CLOCK

    counted = []

    def count(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        counted.append(1)
        return execute(sql, params, many, context)

    started, issued = time.perf_counter(), 0
    with connection.execute_wrapper(count):
        planned = run_billing(actor=CLOCK, now=NOW)
        assert isinstance(planned, PlannedRun)
        for batch in planned.batches:
            result = bill_companies(actor=CLOCK, run_id=planned.run_id, company_ids=batch, now=NOW)
            assert isinstance(result, BatchResult)
            issued += result.issued
    return time.perf_counter() - started, issued, len(counted)


def _copy(url: str) -> float:
    """Copy the same rows into tables with the same indexes, without keys, triggers or policies."""
    import psycopg

    with psycopg.connect(url) as connection:
        data = {}
        for table in TABLES:
            with connection.cursor().copy(f"copy {table} to stdout (format binary)") as copy:
                data[table] = b"".join(bytes(block) for block in copy)
            connection.execute(f"create table copy_{table} (like {table} including indexes)")  # type: ignore[arg-type]
        connection.commit()
        started = time.perf_counter()
        for table in TABLES:
            with connection.cursor().copy(f"copy copy_{table} from stdin (format binary)") as copy:
                copy.write(data[table])
        connection.commit()
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
