"""Read subscriptions and what runs on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tenantry.core.periods import Interval, counts_from
from tenantry.records.subscriptions.models import AddOnPeriod, Subscription


@dataclass(frozen=True, slots=True)
class AddOnOn:
    """A stretch of time in which an add-on was on."""

    period_id: str
    code: str
    started_at: datetime
    ended_at: datetime | None


def lock_subscription(company_id: str) -> Subscription | None:
    """Lock the company's subscription, after the company."""
    return Subscription.objects.select_for_update(no_key=True).filter(company_id=company_id).first()


def lock_subscriptions(company_ids: Sequence[str]) -> dict[str, Subscription]:
    """Lock the subscriptions of a batch, after their companies."""
    rows = Subscription.objects.select_for_update(no_key=True).filter(company_id__in=company_ids).order_by("id")
    return {str(row.company_id): row for row in rows}


def subscription(company_id: str) -> Subscription | None:
    """Read the company's subscription."""
    return Subscription.objects.filter(company_id=company_id).first()


def change_counts_from(row: Subscription, time_zone: str, now: datetime) -> datetime:
    """Give the instant from which a change holds that is made now, so that no day moves which was billed for good."""
    return counts_from(row.anchor_date, row.next_period_start, Interval(row.interval), time_zone, now)


def addon_stretches(company_id: str) -> list[AddOnOn]:
    """List every stretch in which any add-on was on, oldest first."""
    rows = AddOnPeriod.objects.filter(company_id=company_id).order_by("started_at", "id")
    return [
        AddOnOn(str(id_), code, started_at, ended_at)
        for id_, code, started_at, ended_at in rows.values_list("id", "addon__code", "started_at", "ended_at")
    ]


def lock_running_addon(company_id: str, code: str) -> Any:
    """Lock the stretch of this add-on that has no end yet, or give None."""
    return (
        AddOnPeriod.objects.select_for_update(no_key=True, of=("self",))
        .select_related("addon", "price")
        .filter(company_id=company_id, addon__code=code, ended_at__isnull=True)
        .first()
    )


def next_issue_of(company_id: str) -> datetime | None:
    """Give the instant at which the company's next invoice is issued, or None without a subscription."""
    rows = Subscription.objects.filter(company_id=company_id, ended_at__isnull=True)
    return rows.values_list("next_issue_at", flat=True).first()


def next_issue_of_all() -> datetime | None:
    """Give the first instant at which any company's next invoice is issued. For the vendor's reading."""
    rows = Subscription.objects.filter(ended_at__isnull=True).order_by("next_issue_at")
    return rows.values_list("next_issue_at", flat=True).first()
