"""May it be used now? The answer comes from the add-on periods, so it cannot disagree with the bill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q

from tenantry.records.catalog.models import AddOn, Offer
from tenantry.records.subscriptions.models import AddOnPeriod


@dataclass(frozen=True, slots=True)
class HeldAddOn:
    """The latest stretch of an add-on, held until the end of this transaction: nobody can end it before."""

    period_id: str
    started_at: datetime
    ended_at: datetime | None

    def is_on(self, now: datetime) -> bool:
        """Tell whether the add-on is on. `now` must be read after the row was held, not before."""
        return self.started_at <= now and (self.ended_at is None or self.ended_at > now)


def is_enabled(company_id: str, feature_code: str, now: datetime) -> bool:
    """Tell whether the company may use the add-on of this code at an instant."""
    rows = AddOnPeriod.objects.filter(company_id=company_id, addon__code=feature_code, started_at__lte=now)
    return rows.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=now)).exists()


def is_offered(company_id: str, code: str) -> bool:
    """Tell whether the company is offered the add-on: one that it is not offered does not exist for it."""
    rows = Offer.objects.filter(company_id=company_id, addon__code=code, withdrawn_at__isnull=True)
    return rows.filter(addon__retired_at__isnull=True).exists()


def hold_addon(company_id: str, code: str) -> HeldAddOn | None:
    """Take the latest stretch of the add-on in share mode, or give None when it never was on.

    Disable wants the same row for itself, so it waits for this transaction; a writer that comes while
    Disable has the row waits too, and then reads the end that Disable wrote.
    """
    period, addon = AddOnPeriod._meta.db_table, AddOn._meta.db_table
    statement = (
        f'select p.id, p.started_at, p.ended_at from "{period}" p join "{addon}" a on a.id = p.addon_id'  # noqa: S608 - the tables are ours
        " where p.company_id = %s and a.code = %s order by p.started_at desc limit 1 for share of p"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [company_id, code])
        row = cursor.fetchone()
    return HeldAddOn(str(row[0]), row[1], row[2]) if row else None


def companies_of_transaction() -> set[str]:
    """Name the companies whose rows this transaction may touch."""
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('app.company', true)")
        return set(filter(None, (cursor.fetchone()[0] or "").split(",")))
