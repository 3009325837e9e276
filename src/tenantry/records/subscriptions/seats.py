"""Keep how many seats there are, when that changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenantry.core.ids import NewId
from tenantry.records.companies.models import Company
from tenantry.records.subscriptions.models import SeatCount
from tenantry.records.subscriptions.queries import change_counts_from, subscription


def _latest(company_id: str, subject: str) -> SeatCount | None:
    return SeatCount.objects.filter(company_id=company_id, subject=subject).order_by("-counted_at").first()


def keep_count(company: Company, seats: int, *, now: datetime, source: str, new_id: NewId, subject: str = "") -> bool:
    """Append the count if it differs from the latest; tell whether it did. Needs the company's lock."""
    company_id = str(company.id)
    latest = _latest(company_id, subject)
    if latest is not None and latest.seats == seats:
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
