"""Read the mails that are due."""

from __future__ import annotations

from datetime import datetime

from tenantry.records.notices.models import Notice


def notices_to_send(company_id: str, now: datetime) -> list[str]:
    """List the notices that are due and not sent, the oldest first."""
    rows = Notice.objects.filter(company_id=company_id, sent_at__isnull=True, due_at__lte=now)
    return [str(id_) for id_ in rows.order_by("due_at", "id").values_list("id", flat=True)]


def lock_notice(company_id: str, notice_id: str) -> Notice | None:
    """Lock one notice; None when another process has it or it is gone."""
    rows = Notice.objects.select_for_update(no_key=True, skip_locked=True)
    return rows.filter(company_id=company_id, id=notice_id).first()
