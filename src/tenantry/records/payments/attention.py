"""What needs somebody's attention: the oldest open invoice whose payment failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenantry.core.money import Money
from tenantry.records.payments.models import PaymentAttempt


@dataclass(frozen=True, slots=True)
class FailedPayment:
    """A payment that was declined or returned, of an invoice that is open."""

    invoice_id: str
    number: str
    amount: Money
    at: datetime


def failed_payment(company_id: str) -> FailedPayment | None:
    """Give the oldest open invoice whose intent rests after a decline, or whose payment was returned."""
    row = (
        PaymentAttempt.objects.filter(
            company_id=company_id,
            outcome__in=["declined", "returned"],
            decided_at__isnull=False,
            intent__invoice__state="open",
            intent__state__in=["ready", "returned"],
        )
        .order_by("intent__invoice__sequence", "-intent__generation", "-number")
        .values_list(
            "intent__invoice_id",
            "intent__invoice__number",
            "intent__amount_minor",
            "intent__currency",
            "decided_at",
        )
        .first()
    )
    return FailedPayment(str(row[0]), row[1], Money(row[2], row[3]), row[4]) if row else None
