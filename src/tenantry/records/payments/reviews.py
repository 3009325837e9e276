"""Open reviews that are about no payment of ours, and hold a company's billing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tenantry.records.companies.models import Company
from tenantry.records.payments.models import Review


def is_known(company_id: str, reason: str, gateway_id: str) -> bool:
    """Tell whether a review was ever opened for this reason about this object of the gateway."""
    return Review.objects.filter(company_id=company_id, reason=reason, facts__gateway_id=gateway_id).exists()


def is_open(company_id: str, reason: str) -> bool:
    """Tell whether a review for this reason waits for a person."""
    return Review.objects.filter(company_id=company_id, reason=reason, closed_at__isnull=True).exists()


def open_without_intent(
    company_id: str, review_id: str, reason: str, facts: Mapping[str, object], *, now: datetime
) -> None:
    """Put something at the gateway that no row here speaks of before a person."""
    Review.objects.create(id=review_id, company_id=company_id, reason=reason, facts=dict(facts), opened_at=now)


def hold_billing(company: Company, because: str, *, now: datetime) -> None:
    """Stop every charge of a locked company until a person has looked; the first reason stands."""
    if company.billing_held_at is None:
        Company.objects.filter(id=company.id).update(billing_held_at=now, billing_held_because=because)
