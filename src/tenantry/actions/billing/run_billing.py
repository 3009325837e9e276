"""One run per call: find the companies that are due and split them into batches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.billing_runs.models import BillingRun

BATCH = 200


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run that is written down, and what its batches are."""

    run_id: str
    batches: tuple[tuple[str, ...], ...]

    @property
    def companies(self) -> int:
        """Count the companies that are due."""
        return sum(len(batch) for batch in self.batches)


def run_billing(*, actor: Actor, now: datetime, only: str = "") -> PlannedRun | Refusal:
    """Plan a run of everything due by now: missed days are caught up. `only` is one company's id.

    A run with nothing due costs one query and leaves no row.
    """
    if refused := require(actor, Action.RUN_BILLING):
        return refused
    due = tenancy.companies_with_work("bill", now)
    if only:
        due = [company_id for company_id in due if company_id == only]
    batches = tuple(tuple(due[at : at + BATCH]) for at in range(0, len(due), BATCH))
    if not batches:
        return PlannedRun("", ())
    run_id = new_id()
    with tenancy.vendor_phase():
        BillingRun.objects.create(id=run_id, for_date=now.date(), started_at=now, companies_due=len(due))
    return PlannedRun(run_id, batches)
