"""Each task twice in a row and twice at once, on one company that has something due of each kind: all happens once.

A worker that is taken for dead may still live, so every job may run twice. A task without an entry in `ONCE` fails.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings as configured
from django.core import mail
from django.db import connection
from procrastinate.contrib.django import app

from tenantry.actions.billing.run_billing import run_billing
from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.refund_payment import RefundForm, refund_payment
from tenantry.jobs import schedule, stalled, tasks, work
from tenantry.outside import clock
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.records.base import tenancy
from tenantry.records.companies.models import BillingDetails
from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.models import GatewayEvent, PaymentIntent
from tests.builders import CLOCK, NOW, Place, done, put_on_file
from tests.database import TestServer
from tests.faces.billing import bill, billed_place, fault, invoice_ids
from tests.gateway.process import GatewayProcess, running_gateway
from tests.prepared import Prepared, prepared_at_the_processor_by
from tests.racing import at_once
from tests.telling import event, listening, tell
from tests.untouched import Unchanged

LATER = NOW + timedelta(days=92, hours=1)
"""Feb 12, 2027: the fourth period has begun, and the card expires at the end of the month."""
TABLES = """
    select table_name from information_schema.tables
    where table_schema = 'public' and (table_name like 'tenantry\\_%' or table_name = 'procrastinate_jobs')
"""
DEAD = """
    insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 day');
    insert into procrastinate_jobs (queue_name, task_name, status, queueing_lock, worker_id)
    select 'default', 'billing.collect', 'doing', company, max(id)
    from procrastinate_workers, unnest(array['acme', 'brink']) company group by company order by company;
    insert into procrastinate_jobs (queue_name, task_name, queueing_lock) values ('default', 'billing.collect', 'acme')
"""
"""A worker died with two jobs; the first of them waits once more already, so it can't be put back as well."""


@dataclass(frozen=True)
class Due:
    """The company, the run that is to bill it, and the event that tells of its payment."""

    place: Place
    run_id: str
    event_id: str


def due_of_each_kind(control: SandboxControl) -> Due:
    """Leave three invoices, none printed: one paid and credited, one whose answer got lost, one to collect."""
    control.freeze_clock(NOW)
    place = billed_place()
    with tenancy.phase(place.id):
        BillingDetails.objects.update(recipients=["ap@acme.test"])
    card = put_on_file(place, control, expiry="02/27")
    for days in (32, 63):
        bill(place, NOW + timedelta(days=days))
    first, second, third = invoice_ids(place)
    done(pay(place, first, card))
    control.freeze_clock(LATER)
    with clock.pinned(LATER - timedelta(minutes=30)), listening():
        done(issue_credit_note(actor=place.vendor, invoice_id=first, form=CreditNoteForm("Two days", 4000), now=NOW))
        with answers_lost(place, "create_refund"):
            done(refund_payment(actor=place.vendor, invoice_id=first, form=RefundForm("Two days")))
        with answers_lost(place, "confirm_intent"):
            done(pay(place, second, card))
        with tenancy.phase(place.id):
            Invoice.objects.filter(id=third).update(collect_at=LATER)
            unknown = PaymentIntent.objects.get(state="unknown").gateway_id
        tell(event("intent.succeeded", unknown))
    planned = done(run_billing(actor=CLOCK, now=LATER))
    with connection.cursor() as cursor:
        cursor.execute(f"delete from procrastinate_jobs; {DEAD}")
    return Due(place, planned.run_id, str(GatewayEvent.objects.get().id))


def pay(place: Place, invoice_id: str, card: str) -> Any:
    return pay_invoice(actor=place.owner.actor, invoice_id=invoice_id, method_id=card, request_key=invoice_id)


def answers_lost(place: Place, operation: str) -> Any:
    process = GatewayProcess(configured.TENANTRY_GATEWAY_URL, "", 0, None, None)  # type: ignore[arg-type]
    return fault(process, place, "cut_after", operation=operation)


@pytest.fixture(scope="module")
def gateway_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Run a processor of this file's own: its clock is moved, so that it pays out."""
    with running_gateway(tmp_path_factory.mktemp("gateway-of-tasks")) as process:
        yield process


prepared = prepared_at_the_processor_by(due_of_each_kind)

CALLS: dict[str, Callable[[Due], Any]] = {
    "billing.bill_batch": lambda due: tasks.bill_batch(run_id=due.run_id, company_ids=due.place.id),
    "payments.apply_event": lambda due: tasks.apply_event(event_id=due.event_id),
    "schedule.bill": lambda due: plan_and_bill(),
    "schedule.overdue": lambda due: schedule.tell_of_overdue_comparisons(0),
    "schedule.payouts": lambda due: schedule.read_payouts(0),
    "schedule.stalled": lambda due: asyncio.run(put_back()),
    "schedule.sweep": lambda due: schedule.sweep(),
    "schedule.tick": lambda due: schedule.tick(0),
}
"""How a task is called that does not take a company."""

BOOKED = {"ledgerentry": 1, "posting": 2}
ONCE: dict[str, dict[str, int]] = {
    "billing.bill_batch": {**BOOKED, "invoice": 1, "invoiceline": 1, "auditentry": 1, "jobs": 1},
    "billing.collect": {
        **BOOKED, "paymentintent": 1, "paymentattempt": 1, "notice": 1, "auditentry": 3, "jobs": 2, "taken": 41250
    },
    "documents.store": {"invoicedocument": 3, "creditnotedocument": 1, "notice": 4, "auditentry": 4, "jobs": 1},
    "methods.remind": {"notice": 1, "jobs": 1},
    "notices.send": {"mails": 1},
    "payments.apply_event": {**BOOKED, "notice": 1, "auditentry": 1, "jobs": 1},
    "payments.reconcile": {"ledgerentry": 2, "posting": 4, "notice": 2, "auditentry": 2, "jobs": 1},
    "payments.resolve": {"ledgerentry": 2, "posting": 4, "notice": 2, "auditentry": 2, "jobs": 1},
    "schedule.bill": {**BOOKED, "invoice": 1, "invoiceline": 1, "auditentry": 1},
    "schedule.overdue": {},
    "schedule.payouts": {**BOOKED, "payout": 1, "payoutline": 1, "payoutshare": 1, "auditentry": 1},
    "schedule.stalled": {"put back": 1},
    "schedule.sweep": {"jobs": 7},
    "schedule.tick": {"jobs": 7},
}  # fmt: skip
"""What a task does once: rows by table, cents that the processor takes, mails, jobs of a dead worker put back."""
OF_EACH_RUN = {"schedule.bill": {"billingrun", "jobs"}}
"""Two runs that are planned at once are two runs: the second finds nothing to issue."""


def plan_and_bill() -> None:
    """Plan a run and do the jobs that it asks for."""
    schedule.bill(0)
    with connection.cursor() as cursor:
        cursor.execute("select args from procrastinate_jobs where task_name = 'billing.bill_batch'")
        batches = [json.loads(args) for (args,) in cursor.fetchall()]
    for args in batches:
        tasks.bill_batch(**args)


async def put_back() -> None:
    """Do the watch's task with the connector that a worker has."""
    worker = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker.open_async():
        await stalled.put_back(worker)


def run(name: str, due: Due) -> None:
    """Run a task as a worker would."""
    with clock.pinned(LATER):
        if name in CALLS:
            CALLS[name](due)
        else:
            app.tasks[name](company_id=due.place.id)


@pytest.fixture
def effects(postgres: TestServer, database: str, gateway: SandboxControl) -> Iterator[Callable[[str], dict[str, int]]]:
    """Give what a task has done since the test began."""
    mail.outbox.clear()
    with psycopg.connect(postgres.named(postgres.superuser_url, database), autocommit=True) as superuser:
        tables = [table for (table,) in superuser.execute(TABLES)]
        rows = " union all ".join(f"select '{table}', count(*) from {table}" for table in tables)
        attempts = "select 'put back', coalesce(sum(attempts), 0) from procrastinate_jobs"

        def counted() -> Counter[str]:
            found = superuser.execute(f"{rows} union all {attempts}").fetchall()  # type: ignore[call-overload]
            taken = sum(one["amount_minor"] for one in gateway.charges() if one["outcome"] == "succeeded")
            named = {table.rpartition("_")[2]: int(count) for table, count in found}
            assert len(named) == len(found)
            return Counter({**named, "taken": taken, "mails": len(mail.outbox)})

        before = counted()
        yield lambda name: {
            what: count for what, count in (counted() - before).items() if what not in OF_EACH_RUN.get(name, ())
        }


def test_none_is_left_out() -> None:
    """Fail for a task without an entry, and for work that no task does."""
    ours = {name for name, task in app.tasks.items() if task.func.__module__.startswith("tenantry.")}
    assert ours == set(ONCE)
    assert {*tasks.TASK_OF_KIND, "bill"} == set(work.WORK)


def test_something_of_each_kind_is_due(prepared: Prepared, database: str) -> None:
    due = {kind: tenancy.companies_with_work(kind, LATER) for kind in work.WORK}
    assert due == {kind: [prepared.value.place.id] for kind in work.WORK}
    assert tenancy.companies_to_reconcile(LATER) == [prepared.value.place.id]


@pytest.mark.parametrize("name", ONCE)
def test_twice_in_a_row(
    prepared: Prepared, database: str, effects: Callable[[str], dict[str, int]], unchanged: Unchanged, name: str
) -> None:
    run(name, prepared.value)
    assert effects(name) == ONCE[name]
    with unchanged():
        run(name, prepared.value)
    assert effects(name) == ONCE[name]


@pytest.mark.parametrize("name", ONCE)
def test_twice_at_once(
    prepared: Prepared, database: str, effects: Callable[[str], dict[str, int]], unchanged: Unchanged, name: str
) -> None:
    at_once(*[lambda: run(name, prepared.value)] * 2)
    assert effects(name) == ONCE[name]
    with unchanged():
        run(name, prepared.value)
    assert effects(name) == ONCE[name]
