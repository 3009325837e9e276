"""Billing runs: what was due, what was issued, and who could not be billed."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.backoffice.entry import StaffVisit, staff_page
from tenantry.backoffice.pages.billing_runs import BillingRunRow, BillingRunsPage
from tenantry.records.billing_runs import queries
from tenantry.ui import formats
from tenantry.ui.parts import Badge, Tone

SECTION = "billing-runs"
MOST = 50
ZONE = "UTC"
"""A run belongs to no company, so its instants have no company's zone."""


@staff_page
def billing_runs(visit: StaffVisit) -> HttpResponse:
    """List the latest runs."""
    page = BillingRunsPage(tuple(_row(run) for run in queries.latest_runs(limit=MOST)))
    return visit.page("backoffice/billing_runs.html", page, section=SECTION)


def _row(run: queries.Run) -> BillingRunRow:
    return BillingRunRow(
        for_date=formats.day(run.for_date),
        started=formats.moment(run.started_at, ZONE),
        due=str(run.companies_due),
        issued=str(run.issued),
        outcome=_outcome(run),
        set_aside=tuple(f"{one.company}: {one.reason}" for one in run.set_aside),
    )


def _outcome(run: queries.Run) -> Badge:
    if run.set_aside:
        return Badge(_("%(count)d set aside") % {"count": len(run.set_aside)}, Tone.BAD, "circle-alert")
    if run.ended_at is None:
        return Badge(_("Under way"), Tone.INFO, "clock")
    return Badge(_("Done"), Tone.GOOD, "circle-check")
