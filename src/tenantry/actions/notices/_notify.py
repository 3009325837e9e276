"""Write a mail that is due in the caller's transaction, and wake the worker that sends it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tenantry.outside import queue
from tenantry.outside.ids import new_id
from tenantry.records.notices.writer import write_notice


def notify(
    *,
    company_id: str,
    kind: str,
    about_kind: str,
    about_id: str,
    about_key: str,
    facts: Mapping[str, object],
    now: datetime,
) -> None:
    """Keep that a mail is due now, once for each (kind, about_key)."""
    write_notice(
        company_id=company_id,
        kind=kind,
        about_kind=about_kind,
        about_id=about_id,
        about_key=about_key,
        facts=facts,
        now=now,
        new_id=new_id,
    )
    queue.enqueue("notices.send", once=f"notices.send:{company_id}", company_id=company_id)
