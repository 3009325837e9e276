"""Read payments in review. Across companies for the vendor's reading; one company's for a verb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from tenantry.core.money import Money
from tenantry.core.payment_states import State
from tenantry.core.refund_states import RefundState
from tenantry.records.companies.models import Company
from tenantry.records.payments.models import Refund, Review


@dataclass(frozen=True, slots=True)
class ReviewSeen:
    """One review with what it is about. Without an intent (`state` None) it is about something only the gateway has.

    `refund_ids` are the refunds of its payment that can be asked about.
    """

    id: str
    company_id: str
    company_name: str
    company_slug: str
    time_zone: str
    is_billing_held: bool
    reason: str
    opened_at: datetime
    intent_id: str = ""
    invoice_id: str = ""
    number: str = ""
    amount: Money | None = None
    state: State | None = None
    gateway_id: str = ""
    refund_ids: tuple[str, ...] = ()
    is_refund_unknown: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    closed_at: datetime | None = None
    closed_by: str = ""
    decision: str = ""
    evidence: str = ""


def open_reviews(*, limit: int) -> tuple[ReviewSeen, ...]:
    """List the open reviews of all companies, the oldest first."""
    return _seen(Review.objects.filter(closed_at__isnull=True).order_by("opened_at", "id"), limit)


def closed_reviews(*, limit: int) -> tuple[ReviewSeen, ...]:
    """List the reviews of all companies that were closed last."""
    return _seen(Review.objects.filter(closed_at__isnull=False).order_by("-closed_at", "id"), limit)


def review(id_: UUID) -> ReviewSeen | None:
    """Read one review, of whichever company."""
    found = _seen(Review.objects.filter(id=id_), 1)
    return found[0] if found else None


def count_open() -> int:
    """Count the open reviews of all companies."""
    return Review.objects.filter(closed_at__isnull=True).count()


def lock_review(company_id: str, id_: str) -> Review | None:
    """Lock one review of a company; the company is locked already."""
    rows = Review.objects.select_for_update(no_key=True, of=("self",)).select_related("intent")
    return rows.filter(company_id=company_id, id=id_).first()


def _seen(rows: QuerySet[Review], limit: int) -> tuple[ReviewSeen, ...]:
    found = list(rows.select_related("intent__invoice")[:limit])
    companies = {row.id: row for row in Company.objects.filter(id__in={row.company_id for row in found})}
    refunds = _open_refunds([row.intent_id for row in found if row.intent_id])
    return tuple(_one(row, companies[row.company_id], refunds.get(row.intent_id, ())) for row in found)


def _open_refunds(intent_ids: Sequence[Any]) -> dict[Any, tuple[Refund, ...]]:
    rows = Refund.objects.filter(intent_id__in=intent_ids, next_ask_at__isnull=False).order_by("number")
    found: dict[Any, tuple[Refund, ...]] = {}
    for row in rows:
        found[row.intent_id] = (*found.get(row.intent_id, ()), row)
    return found


def _one(row: Any, company: Company, refunds: Sequence[Refund]) -> ReviewSeen:
    intent = row.intent
    about: dict[str, Any] = {}
    if intent is not None:
        about = {
            "intent_id": str(intent.id),
            "invoice_id": str(intent.invoice_id),
            "number": intent.invoice.number,
            "amount": Money(intent.amount_minor, intent.currency),
            "state": State(intent.state),
            "gateway_id": intent.gateway_id,
            "refund_ids": tuple(str(one.id) for one in refunds),
            "is_refund_unknown": any(one.state == RefundState.UNKNOWN for one in refunds),
        }
    return ReviewSeen(
        id=str(row.id),
        company_id=str(row.company_id),
        company_name=company.name,
        company_slug=company.slug,
        time_zone=company.time_zone,
        is_billing_held=company.billing_held_at is not None,
        reason=row.reason,
        opened_at=row.opened_at,
        facts=row.facts,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        decision=row.decision,
        evidence=row.evidence,
        **about,
    )
