"""What ran and how many seats there were, as parts of the one statement that rating's facts are read with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from tenantry.core.proration import SeatCount as SeatCountFact
from tenantry.core.rating import ADDON, PLAN, Running
from tenantry.records.base.facts import Parts, instant, instant_or_none, part
from tenantry.records.catalog.queries import price_value
from tenantry.records.subscriptions.models import AddOnPeriod, PlanPeriod, SeatCount

SEATS = "seats"
_PRICE = ("price_id", "price__shape", "price__amount_minor", "price__currency", "price__proration")


def parts_since(company_ids: Sequence[str], since: datetime) -> list[QuerySet[Any]]:
    """Name what is read: every plan and add-on stretch that reaches past `since`, and the seat counts.

    Of the counts: those from `since` on, and of each subject the last one before.
    """
    counts = SeatCount.objects.filter(company_id__in=company_ids)
    before = counts.filter(counted_at__lt=since).order_by("company_id", "subject", "-counted_at", "-id")
    return [
        *(_running(model, kind, company_ids, since) for model, kind in ((PlanPeriod, PLAN), (AddOnPeriod, ADDON))),
        *(
            part(rows, SEATS, "subject", "seats", "counted_at", "id")
            for rows in (before.distinct("company_id", "subject"), counts.filter(counted_at__gte=since))
        ),
    ]


def _running(model: Any, kind: str, company_ids: Sequence[str], since: datetime) -> QuerySet[Any]:
    rows = model.objects.filter(company_id__in=company_ids).filter(Q(ended_at__isnull=True) | Q(ended_at__gte=since))
    return part(rows, kind, f"{kind}__code", f"{kind}__name", "started_at", "ended_at", "id", *_PRICE)


def running_of(parts: Parts) -> tuple[Running, ...]:
    """Read the stretches of one company: plans, then add-ons, each by their start."""
    found = [
        Running(kind, code, name, price_value(*price), instant(started_at), instant_or_none(end), id_)
        for kind in (PLAN, ADDON)
        for code, name, started_at, end, id_, *price in parts.get(kind, ())
    ]
    return tuple(sorted(found, key=lambda one: (one.subject_kind != PLAN, one.started_at, one.period_id)))


def seat_counts_of(parts: Parts) -> tuple[SeatCountFact, ...]:
    """Read the seat counts of one company, oldest first."""
    found = sorted((instant(at), id_, subject, seats) for subject, seats, at, id_ in parts.get(SEATS, ()))
    return tuple(SeatCountFact(subject, seats, at) for at, _id, subject, seats in found)
