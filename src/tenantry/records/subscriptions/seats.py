"""Keep how many seats there are, when that changed.

Whoever counted last goes on counting: a count by the company's own members never replaces one that was handed in.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tenantry.core.ids import NewId
from tenantry.records.companies.models import Company
from tenantry.records.companies.queries import seats as seats_of_members
from tenantry.records.subscriptions.models import SeatCount
from tenantry.records.subscriptions.queries import change_counts_from, subscription

MEMBERS = "members"
"""The source of a count of the company's own members (D2)."""


def _latest(company_id: str, subject: str) -> SeatCount | None:
    return SeatCount.objects.filter(company_id=company_id, subject=subject).order_by("-counted_at").first()


def are_members_counted(company_id: str) -> bool:
    """Tell whether the company's own members are its seats: not while a host counts for itself."""
    latest = _latest(company_id, "")
    return latest is None or latest.source == MEMBERS


def count_members(company: Company, *, now: datetime, new_id: NewId) -> None:
    """Count the members again after a change of them, unless a host counts for itself. Needs the company's lock."""
    if are_members_counted(str(company.id)):
        keep_count(company, seats_of_members(str(company.id)), now=now, source=MEMBERS, new_id=new_id)


def keep_count(company: Company, seats: int, *, now: datetime, source: str, new_id: NewId, subject: str = "") -> bool:
    """Append the count if it, or who counted, differs from the latest; tell whether. Needs the company's lock."""
    company_id = str(company.id)
    latest = _latest(company_id, subject)
    if latest is not None and (latest.seats, latest.source) == (seats, source):
        return False
    row = subscription(company_id)
    if row is not None:
        now = change_counts_from(row, company.time_zone, now)
    # Two counts never share an instant: the later one has to be the later row for whoever reads them.
    counted_at = now if latest is None else max(now, latest.counted_at + timedelta(microseconds=1))
    SeatCount.objects.create(
        id=new_id(), company_id=company_id, subject=subject, seats=seats, counted_at=counted_at, source=source
    )
    return True
