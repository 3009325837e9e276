"""Rate and issue for one batch of companies, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenantry.actions.invoices import issue_invoices as issuing
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside import alarm_log
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.billing_runs.models import BillingOutcome, BillingRun

_log = logging.getLogger("tenantry.billing")
MOST_PERIODS = 60


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a batch came to: invoices issued, and companies that could not be billed with the reason.

    Those in `busy` were held by somebody else for longer than we wait; nothing is wrong with them, they are still due.
    """

    issued: int = 0
    set_aside: tuple[tuple[str, str], ...] = ()
    busy: tuple[str, ...] = ()

    def __add__(self, other: BatchResult) -> BatchResult:
        """Join two results."""
        return BatchResult(self.issued + other.issued, self.set_aside + other.set_aside, self.busy + other.busy)


def bill_companies(
    *,
    actor: Actor,
    run_id: str,
    company_ids: Sequence[str],
    now: datetime,
    progress: Callable[[int], None] | None = None,
) -> BatchResult | Refusal:
    """Issue what is due of each company, one period after the other until none is due.

    A repeat finds nothing to do. A batch that fails is halved until the company at fault stands alone: that
    one is set aside with its reason, the others are billed. One that somebody else holds is left to the next run,
    without an alarm: that passes by itself. `progress` hears how many companies are done.

    Raises:
        OperationalError: the database went away. Nobody is set aside for it; the batch is to be run again.
    """
    if refused := require(actor, Action.BILL_COMPANIES):
        return refused
    result = _bill(actor, run_id, tuple(company_ids), now, progress or (lambda count: None))
    _note(run_id, result, now)
    return result


def _bill(
    actor: Actor, run_id: str, company_ids: tuple[str, ...], now: datetime, progress: Callable[[int], None]
) -> BatchResult:
    try:
        issued = _issue_until_nothing_is_due(actor, run_id, company_ids, now)
    except Exception as error:
        if tenancy.is_lost(error):
            raise
        if len(company_ids) > 1:
            half = len(company_ids) // 2
            first = _bill(actor, run_id, company_ids[:half], now, progress)
            return first + _bill(actor, run_id, company_ids[half:], now, progress)
        progress(1)
        if isinstance(error, tenancy.Busy):
            return BatchResult(busy=company_ids)
        _log.exception("a company could not be billed", extra={"company": company_ids[0]})
        alarm_log.company_set_aside(company=company_ids[0], error=type(error).__name__)
        return BatchResult(0, ((company_ids[0], f"{type(error).__name__}: {error}"[:500]),))
    progress(len(company_ids))
    return BatchResult(issued)


def _issue_until_nothing_is_due(actor: Actor, run_id: str, company_ids: tuple[str, ...], now: datetime) -> int:
    issued, due = 0, company_ids
    for _ in range(MOST_PERIODS):
        done = issuing.issue_invoices(actor=actor, company_ids=due, run_id=run_id, now=now)
        if isinstance(done, Refusal):
            raise PermissionError(done.code)
        issued += len(done.invoice_ids)
        due = done.still_due
        if not due:
            break
    return issued


def _note(run_id: str, result: BatchResult, now: datetime) -> None:
    """Write down what could not be billed, and what the run has come to so far."""
    for company_id, reason in result.set_aside if run_id else ():
        with tenancy.phase(company_id):
            BillingOutcome.objects.create(
                id=new_id(), company_id=company_id, run_id=run_id, reason=reason, set_aside_at=now
            )
    if not run_id:
        return
    with tenancy.vendor_phase():
        run = BillingRun.objects.select_for_update().filter(id=run_id).first()
        if run is not None:
            run.issued += result.issued
            run.set_aside += len(result.set_aside)
            run.ended_at = now
            run.save(update_fields=["issued", "set_aside", "ended_at"])
