"""Which click caused a line: read from the history, where every change stands with who made it (I7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from tenantry.core.billable import PLAN, Reason
from tenantry.core.periods import day_start_instant
from tenantry.core.permissions import Action
from tenantry.records.base.models import AuditEntry
from tenantry.records.invoices.models import InvoiceLine
from tenantry.records.subscriptions.models import SeatCount

MOST_COUNTS = 500
_PERIOD_CLICKS = (Action.ENABLE_ADDON.value, Action.DISABLE_ADDON.value)


@dataclass(frozen=True, slots=True)
class Cause:
    """One change behind a line. `action` is the verb's name, or `seats` with the counts before and after it.

    `by_kind` is the kind of actor; `by_name` is empty where nobody in particular did it.
    """

    action: str
    at: datetime
    by_kind: str = ""
    by_name: str = ""
    seats_before: int | None = None
    seats: int | None = None


def causes(company_id: str, lines: Sequence[InvoiceLine], zone: str) -> dict[str, tuple[Cause, ...]]:
    """Give the changes behind each line, oldest first: line id → causes."""
    periods = [line.running_period_id for line in lines if line.running_period_id]
    clicks = _clicks(company_id, periods)
    counts = _seat_changes(company_id, lines, zone)
    return {str(line.id): _of(line, clicks, counts) for line in lines}


def _of(line: InvoiceLine, clicks: dict[str, list[Cause]], counts: dict[str, list[Cause]]) -> tuple[Cause, ...]:
    if line.reason == Reason.SEATS_CHANGED:
        return tuple(counts.get(str(line.id), ()))
    own = clicks.get(Action.START_SUBSCRIPTION.value if line.subject_kind == PLAN else str(line.running_period_id), [])
    wanted = Action.DISABLE_ADDON if line.reason == Reason.DISABLED_MID_PERIOD else None
    fitting = [cause for cause in own if wanted is None or cause.action == wanted.value]
    return tuple(fitting[:1] if wanted is None else fitting[-1:])


def _clicks(company_id: str, period_ids: Sequence[Any]) -> dict[str, list[Cause]]:
    started = Q(action=Action.START_SUBSCRIPTION.value)
    switched = Q(action__in=_PERIOD_CLICKS, object_id__in=[str(id_) for id_ in period_ids])
    rows = AuditEntry.objects.filter(started | switched, company_id=company_id).order_by("sequence")
    found: dict[str, list[Cause]] = defaultdict(list)
    for action, object_id, at, kind, name in rows.values_list("action", "object_id", "at", "actor_kind", "actor_name"):
        key = action if action == Action.START_SUBSCRIPTION.value else object_id
        found[key].append(Cause(action, at, kind, name))
    return found


def _seat_changes(company_id: str, lines: Sequence[InvoiceLine], zone: str) -> dict[str, list[Cause]]:
    trued_up = [line for line in lines if line.reason == Reason.SEATS_CHANGED]
    if not trued_up:
        return {}
    until = day_start_instant(max(line.period_end for line in trued_up), zone)
    latest = SeatCount.objects.filter(company_id=company_id, counted_at__lt=until).order_by("-counted_at", "-id")
    rows = list(reversed(latest[:MOST_COUNTS]))
    people = _who_at(company_id, [row.counted_at for row in rows])
    return {str(line.id): _changes_within(line, rows, people, zone) for line in trued_up}


def _changes_within(
    line: InvoiceLine, rows: Sequence[SeatCount], people: dict[datetime, tuple[str, str]], zone: str
) -> list[Cause]:
    subject = line.code if any(row.subject == line.code for row in rows) else ""
    start, end = day_start_instant(line.period_start, zone), day_start_instant(line.period_end, zone)
    found, before = [], None
    for row in rows:
        if row.subject != subject:
            continue
        if before is not None and start <= row.counted_at < end:
            kind, name = people.get(row.counted_at, ("", ""))
            found.append(Cause("seats", row.counted_at, kind, name, before, row.seats))
        before = row.seats
    return found


def _who_at(company_id: str, instants: Sequence[datetime]) -> dict[datetime, tuple[str, str]]:
    """Give who changed something at these instants: a count is kept at the very instant of the change."""
    rows = AuditEntry.objects.filter(
        company_id=company_id,
        at__in=list(instants),
        action__in=[Action.SAVE_MEMBER.value, Action.SAVE_PERMISSION_GROUP.value, Action.RECORD_SEATS.value],
    )
    return {at: (kind, name) for at, kind, name in rows.values_list("at", "actor_kind", "actor_name")}
