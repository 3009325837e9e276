"""What is done when something is due: for each kind of work, one company's share of it.

Due dates stand in rows. These functions ask for the rows that are due by now and call one verb for each, so
running one twice, or at once, changes things once. A row at fault keeps none of its company's other rows waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from tenantry.actions._row_by_row import row_by_row
from tenantry.actions.billing.bill_companies import bill_companies
from tenantry.actions.billing.collect_invoice import collect_invoice
from tenantry.actions.billing.run_billing import run_billing
from tenantry.actions.invoices.store_credit_note_document import store_credit_note_document
from tenantry.actions.invoices.store_document import store_document
from tenantry.actions.notices.remind_of_expiry import remind_of_expiry
from tenantry.actions.notices.send_notice import send_notice
from tenantry.actions.payments.apply_gateway_event import apply_gateway_event
from tenantry.actions.payments.end_recovery import end_recovery
from tenantry.actions.payments.read_payouts import PayoutsRead
from tenantry.actions.payments.read_payouts import read_payouts as read
from tenantry.actions.payments.reconcile_gateway import reconcile_gateway
from tenantry.actions.payments.resolve_payment import resolve_payment
from tenantry.actions.payments.resolve_refund import resolve_refund
from tenantry.core.permissions import Actor, ActorKind
from tenantry.core.refusal import Refusal
from tenantry.outside import alarm_log, clock
from tenantry.records.base import tenancy
from tenantry.records.companies import queries as companies
from tenantry.records.invoices import credit_notes
from tenantry.records.invoices import queries as invoices
from tenantry.records.notices import queries as notices
from tenantry.records.payments import gateway_events, refunds
from tenantry.records.payments import queries as payments

COMPARED_WITHIN = timedelta(hours=26)
"""A daily comparison and two hours for one that failed."""


def clock_actor(company_id: str = "") -> Actor:
    """Build the actor of scheduled work."""
    return Actor(ActorKind.CLOCK, company_id, name="Schedule")


def bill_batch(run_id: str, company_ids: list[str]) -> None:
    """Bill one batch of a run."""
    bill_companies(actor=clock_actor(), run_id=run_id, company_ids=company_ids, now=clock.now())


def bill(company_id: str) -> None:
    """Bill one company, as a run of its own."""
    planned = run_billing(actor=clock_actor(), now=clock.now(), only=company_id)
    if isinstance(planned, Refusal):
        return
    for batch in planned.batches:
        bill_batch(planned.run_id, list(batch))


def collect(company_id: str) -> None:
    """Charge the default method for each invoice that is due for it."""
    with row_by_row("collect", company_id) as rows:
        for invoice_id in _due(company_id, payments.invoices_to_collect):
            with rows.one(invoice_id):
                collect_invoice(actor=clock_actor(company_id), invoice_id=invoice_id)


def ask(company_id: str) -> None:
    """Ask the gateway about each payment and each refund whose end is not known."""
    with row_by_row("ask", company_id) as rows:
        for intent_id in _due(company_id, payments.intents_to_ask):
            with rows.one(intent_id):
                resolve_payment(actor=clock_actor(company_id), intent_id=intent_id)
        for refund_id in _due(company_id, refunds.refunds_to_ask):
            with rows.one(refund_id):
                resolve_refund(actor=clock_actor(company_id), refund_id=refund_id)


def reconcile(company_id: str) -> None:
    """Compare one company's payments with the gateway's; the last one of a recovery ends it."""
    done = reconcile_gateway(actor=clock_actor(company_id), now=clock.now())
    if not isinstance(done, Refusal) and not tenancy.companies_in_recovery():
        end_recovery(actor=clock_actor(), now=clock.now())


def tell_of_overdue_comparisons() -> None:
    """Tell the alarm log which companies' books were not compared with the gateway's for 26 hours.

    The comparison is due daily and is tried until it passes; what nobody hears of could fail for ever (I-6, I-7).
    """
    longest_ago = clock.now() - COMPARED_WITHIN
    overdue = [one for one in tenancy.companies_to_reconcile(clock.now()) if _was_compared_before(one, longest_ago)]
    if overdue:
        alarm_log.comparison_overdue(company=overdue[0], companies=len(overdue))


def _was_compared_before(company_id: str, instant: datetime) -> bool:
    with tenancy.reading(company_id):
        compared_at = companies.company(company_id).reconciled_at
    return compared_at is not None and compared_at <= instant


def read_payouts() -> None:
    """Read what the gateway paid out, for all companies together."""
    done = read(actor=clock_actor(), now=clock.now())
    if isinstance(done, PayoutsRead) and not done.was_answered:
        alarm_log.payouts_unread()


def apply_event(event_id: str) -> None:
    """Follow one event of the gateway."""
    apply_gateway_event(actor=clock_actor(), event_id=event_id, now=clock.now())


def apply_events() -> int:
    """Follow every event whose job got lost or could not learn the truth; give how many."""
    due = gateway_events.due(clock.now())
    for event_id in due:
        apply_event(event_id)
    return len(due)


def print_papers(company_id: str) -> None:
    """Render the PDF of each invoice and credit note that has none yet."""
    actor = clock_actor(company_id)
    with row_by_row("print", company_id) as rows:
        for invoice_id in _due(company_id, invoices.invoices_to_print):
            with rows.one(invoice_id):
                store_document(actor=actor, invoice_id=invoice_id, now=clock.now())
        for credit_note_id in _due(company_id, credit_notes.credit_notes_to_print):
            with rows.one(credit_note_id):
                store_credit_note_document(actor=actor, credit_note_id=credit_note_id, now=clock.now())


def notify(company_id: str) -> None:
    """Mail each notice that is due."""
    with row_by_row("notify", company_id) as rows:
        for notice_id in _due(company_id, notices.notices_to_send):
            with rows.one(notice_id):
                send_notice(actor=clock_actor(company_id), notice_id=notice_id, now=clock.now())


def remind(company_id: str) -> None:
    """Remind of cards that expire."""
    remind_of_expiry(actor=clock_actor(company_id), now=clock.now())


def _due(company_id: str, query: Callable[[str, datetime], list[str]]) -> list[str]:
    with tenancy.reading(company_id):
        return query(company_id, clock.now())


WORK: dict[str, Callable[[str], None]] = {
    "bill": bill,
    "print": print_papers,
    "collect": collect,
    "ask": ask,
    "remind": remind,
    "notify": notify,
}


def run_everything_due() -> int:
    """Do all that is due now, in this process, until nothing is; give how many shares of work were done.

    The demo's clock uses it, and so do scenarios: the very functions that the worker runs.
    """
    waiting = tenancy.companies_to_reconcile(clock.now())
    for company_id in waiting:
        reconcile(company_id)
    done = len(waiting)
    for _ in range(MOST_ROUNDS):
        events = apply_events()
        found = [(kind, company_id) for kind in WORK for company_id in tenancy.companies_with_work(kind, clock.now())]
        if not found and not events:
            return done
        for kind, company_id in found:
            WORK[kind](company_id)
        done += len(found) + events
    return done


MOST_ROUNDS = 20
