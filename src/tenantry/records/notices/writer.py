"""Write a mail that is due, inside the caller's transaction; the same thing is never written twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tenantry.core.ids import NewId
from tenantry.records.notices.models import Notice


def write_notice(
    *,
    company_id: str,
    kind: str,
    about_kind: str,
    about_id: str,
    about_key: str,
    facts: Mapping[str, object],
    now: datetime,
    new_id: NewId,
) -> None:
    """Keep that a mail is due now, once for each (kind, about_key)."""
    Notice.objects.bulk_create(
        [
            Notice(
                id=new_id(),
                company_id=company_id,
                kind=kind,
                about_kind=about_kind,
                about_id=about_id,
                about_key=about_key,
                facts=dict(facts),
                due_at=now,
            )
        ],
        ignore_conflicts=True,
    )
