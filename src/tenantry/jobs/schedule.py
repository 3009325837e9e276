"""Every periodic job, in one list. Business time lives in rows: a tick only looks for what is due."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from procrastinate import exceptions
from procrastinate.contrib.django import app

from tenantry.actions.billing.run_billing import run_billing
from tenantry.core.refusal import Refusal
from tenantry.jobs import stalled, tasks, work
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.payments import gateway_events


@app.periodic(cron="* * * * *")
@app.task(name="schedule.tick", queueing_lock="schedule.tick")
def tick(timestamp: int) -> None:
    """Look for what is due, each minute."""
    look_for_work()


@app.task(name="schedule.sweep", queueing_lock="schedule.sweep")
def sweep() -> None:
    """Look for what is due now, because a verb has just made something due."""
    look_for_work()


def look_for_work() -> None:
    """Enqueue one job per kind of work and company that has some due, and one per event that waits too long."""
    for kind, task in tasks.TASK_OF_KIND.items():
        for company_id in tenancy.companies_with_work(kind, clock.now()):
            _enqueue_once(task, company_id, company_id=company_id)
    for company_id in tenancy.companies_to_reconcile(clock.now()):
        _enqueue_once(tasks.reconcile, company_id, company_id=company_id)
    for event_id in gateway_events.due(clock.now()):
        _enqueue_once(tasks.apply_event, event_id, event_id=event_id)


def _enqueue_once(task: Any, key: str, **args: str) -> None:
    with suppress(exceptions.AlreadyEnqueued):
        task.configure(queueing_lock=f"{task.name}:{key}").defer(**args)


@app.periodic(cron="*/10 * * * *")
@app.task(name="schedule.bill", queueing_lock="schedule.bill")
def bill(timestamp: int) -> None:
    """Plan a billing run of what is due, one job for each batch."""
    with clock.standing():
        planned = run_billing(actor=work.clock_actor(), now=clock.now())
    if isinstance(planned, Refusal):
        return
    for batch in planned.batches:
        tasks.bill_batch.defer(run_id=planned.run_id, company_ids=",".join(batch))


@app.periodic(cron="17 * * * *")
@app.task(name="schedule.payouts", queueing_lock="schedule.payouts")
def read_payouts(timestamp: int) -> None:
    """Read the payouts, each hour."""
    with clock.standing():
        work.read_payouts()


@app.periodic(cron="47 * * * *")
@app.task(name="schedule.overdue", queueing_lock="schedule.overdue")
def tell_of_overdue_comparisons(timestamp: int) -> None:
    """Tell of comparisons that keep failing, each hour."""
    with clock.standing():
        work.tell_of_overdue_comparisons()


@app.periodic(cron="* * * * *")
@app.task(name="schedule.stalled", queueing_lock="schedule.stalled", pass_context=True)
async def put_back(context: Any, timestamp: int) -> None:
    """Put back the jobs of a worker that died."""
    await stalled.put_back(context.app)
