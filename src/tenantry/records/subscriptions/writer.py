"""Move subscriptions on to their next period, one or hundreds."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from tenantry.records.subscriptions.models import Subscription


def keep_next_periods(rows: Sequence[Subscription]) -> None:
    """Write `next_period_start` and `next_issue_at` of locked rows in one statement.

    Raises:
        RuntimeError: a row was not there to be written.
    """
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "update tenantry_subscriptions_subscription s"
            " set next_period_start = n.start, next_issue_at = n.issue_at"
            " from unnest(%s::uuid[], %s::date[], %s::timestamptz[]) as n(id, start, issue_at) where s.id = n.id",
            [
                [row.id for row in rows],
                [row.next_period_start for row in rows],
                [row.next_issue_at for row in rows],
            ],
        )
        if cursor.rowcount != len(rows):
            raise RuntimeError(f"{cursor.rowcount} of {len(rows)} subscriptions moved on")
