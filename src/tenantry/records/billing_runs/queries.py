"""Read billing runs and what they could not bill. For the vendor's reading alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from tenantry.records.billing_runs.models import BillingOutcome, BillingRun
from tenantry.records.companies.models import Company


@dataclass(frozen=True, slots=True)
class SetAside:
    """A company that a run could not bill, and why."""

    company: str
    reason: str


@dataclass(frozen=True, slots=True)
class Run:
    """One billing run; `ended_at` is None until its first batch is done."""

    for_date: date
    started_at: datetime
    ended_at: datetime | None
    companies_due: int
    issued: int
    set_aside: tuple[SetAside, ...]


def latest_runs(*, limit: int) -> tuple[Run, ...]:
    """List the latest runs, newest first."""
    rows = list(BillingRun.objects.order_by("-started_at", "-id")[:limit])
    outcomes = list(BillingOutcome.objects.filter(run_id__in=[row.id for row in rows]).order_by("set_aside_at", "id"))
    names = dict(Company.objects.filter(id__in={row.company_id for row in outcomes}).values_list("id", "name"))
    aside: dict[object, list[SetAside]] = defaultdict(list)
    for outcome in outcomes:
        aside[outcome.run_id].append(SetAside(names.get(outcome.company_id, ""), outcome.reason))
    return tuple(
        Run(row.for_date, row.started_at, row.ended_at, row.companies_due, row.issued, tuple(aside[row.id]))
        for row in rows
    )
