"""Which click caused a line: read from the history, where every change stands with who made it (I7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from tenantry.core.billable import PLAN, Reason
from tenantry.core.periods import day_start_instant
from tenantry.core.permissions import Action
from tenantry.records.base.facts import Parts, instant, part, read_parts
from tenantry.records.base.models import AuditEntry
from tenantry.records.invoices.models import InvoiceLine
from tenantry.records.subscriptions.models import SeatCount

MOST_COUNTS = 500
CHANGES, COUNTS, NOTED = "changes", "counts", "noted"
_CHANGE = ("sequence", "action", "object_id", "at", "actor_kind", "actor_name")
_PERIOD_CLICKS = (Action.ENABLE_ADDON.value, Action.DISABLE_ADDON.value)
_SEAT_CLICKS = (Action.SAVE_MEMBER.value, Action.SAVE_PERMISSION_GROUP.value, Action.RECORD_SEATS.value)


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
    """Give the changes behind each line, oldest first, with one statement: line id → causes."""
    trued_up = [line for line in lines if line.reason == Reason.SEATS_CHANGED]
    parts = [part(_changes_behind(company_id, lines), CHANGES, *_CHANGE)]
    if trued_up:
        counts = _counts_until(company_id, day_start_instant(max(line.period_end for line in trued_up), zone))
        noted = AuditEntry.objects.filter(company_id=company_id, action__in=_SEAT_CLICKS)
        parts.append(part(counts, COUNTS, "counted_at", "id", "subject", "seats"))
        parts.append(part(noted.filter(at__in=counts.values("counted_at")), NOTED, "at", "actor_kind", "actor_name"))
    found = read_parts(*parts).get(company_id, {})
    clicks, counted = _clicks(found), _seat_changes(trued_up, found, zone)
    return {str(line.id): _of(line, clicks, counted) for line in lines}


def _changes_behind(company_id: str, lines: Sequence[InvoiceLine]) -> QuerySet[AuditEntry]:
    periods = [str(line.running_period_id) for line in lines if line.running_period_id]
    started = Q(action=Action.START_SUBSCRIPTION.value)
    switched = Q(action__in=_PERIOD_CLICKS, object_id__in=periods)
    return AuditEntry.objects.filter(started | switched, company_id=company_id)


def _counts_until(company_id: str, until: datetime) -> QuerySet[SeatCount]:
    rows = SeatCount.objects.filter(company_id=company_id, counted_at__lt=until)
    return rows.order_by("-counted_at", "-id")[:MOST_COUNTS]


def _of(line: InvoiceLine, clicks: dict[str, list[Cause]], counts: dict[str, list[Cause]]) -> tuple[Cause, ...]:
    if line.reason == Reason.SEATS_CHANGED:
        return tuple(counts.get(str(line.id), ()))
    own = clicks.get(Action.START_SUBSCRIPTION.value if line.subject_kind == PLAN else str(line.running_period_id), [])
    if _gives_back_an_end(line):
        ended = [cause for cause in own if cause.action == Action.DISABLE_ADDON.value]
        return tuple(ended[-1:] or (own[:1] if line.reason == Reason.PRICE_CHANGED else ()))
    return tuple(own[:1])


def _gives_back_an_end(line: InvoiceLine) -> bool:
    """Tell whether a line stands there because something ended: also where it went on at another price."""
    is_less = line.reason == Reason.PRICE_CHANGED and line.amount_minor < 0
    return line.reason == Reason.DISABLED_MID_PERIOD or is_less


def _clicks(found: Parts) -> dict[str, list[Cause]]:
    """Give the clicks by the period that they opened or closed; those that started the subscription by their name."""
    clicks: dict[str, list[Cause]] = defaultdict(list)
    for _sequence, action, object_id, at, kind, name in sorted(found.get(CHANGES, ())):
        key = action if action == Action.START_SUBSCRIPTION.value else object_id
        clicks[key].append(Cause(action, instant(at), kind, name))
    return clicks


def _seat_changes(trued_up: Sequence[InvoiceLine], found: Parts, zone: str) -> dict[str, list[Cause]]:
    """Give the counts within the period of each line; each was kept at the very instant of the change."""
    counts = sorted((instant(at), id_, subject, seats) for at, id_, subject, seats in found.get(COUNTS, ()))
    people = {instant(at): (kind, name) for at, kind, name in found.get(NOTED, ())}
    return {str(line.id): _changes_within(line, counts, people, zone) for line in trued_up}


def _changes_within(
    line: InvoiceLine, counts: Sequence[tuple[datetime, str, str, int]], people: Mapping[datetime, tuple[str, str]],
    zone: str,
) -> list[Cause]:  # fmt: skip
    own = line.code if any(subject == line.code for _at, _id, subject, _seats in counts) else ""
    start, end = day_start_instant(line.period_start, zone), day_start_instant(line.period_end, zone)
    found, before = [], None
    for at, _id, subject, seats in counts:
        if subject != own:
            continue
        if before not in (None, seats) and start <= at < end:
            kind, name = people.get(at, ("", ""))
            found.append(Cause("seats", at, kind, name, before, seats))
        before = seats
    return found
