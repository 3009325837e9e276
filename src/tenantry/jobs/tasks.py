"""One task per job name, each a call of `work`; its arguments are ids. Meanwhile the demo's clock stands still."""

from __future__ import annotations

from procrastinate.contrib.django import app

from tenantry.jobs import work
from tenantry.outside import clock


@app.task(name="billing.bill_batch", retry=3)
def bill_batch(run_id: str, company_ids: str) -> None:
    """Bill a batch of companies; the ids come joined by commas."""
    with clock.standing():
        work.bill_batch(run_id, company_ids.split(","))


@app.task(name="billing.collect")
def collect(company_id: str) -> None:
    """Charge what is due of one company."""
    with clock.standing():
        work.collect(company_id)


@app.task(name="payments.resolve")
def resolve(company_id: str) -> None:
    """Ask what became of the payments of one company."""
    with clock.standing():
        work.ask(company_id)


@app.task(name="payments.reconcile")
def reconcile(company_id: str) -> None:
    """Compare one company's payments with the gateway's."""
    with clock.standing():
        work.reconcile(company_id)


@app.task(name="payments.apply_event")
def apply_event(event_id: str) -> None:
    """Follow one event of the gateway."""
    with clock.standing():
        work.apply_event(event_id)


@app.task(name="documents.store")
def store_documents(company_id: str) -> None:
    """Render the papers of one company."""
    with clock.standing():
        work.print_papers(company_id)


@app.task(name="notices.send")
def send_notices(company_id: str) -> None:
    """Send the mails of one company."""
    with clock.standing():
        work.notify(company_id)


@app.task(name="methods.remind")
def remind(company_id: str) -> None:
    """Remind one company of cards that expire."""
    with clock.standing():
        work.remind(company_id)


TASK_OF_KIND = {
    "print": store_documents,
    "collect": collect,
    "ask": resolve,
    "remind": remind,
    "notify": send_notices,
}
