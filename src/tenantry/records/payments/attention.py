"""What needs somebody's attention: the oldest open invoice whose payment failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery

from tenantry.core.money import Money
from tenantry.core.payment_states import Outcome
from tenantry.records.payments.invoice_list import failed_invoices
from tenantry.records.payments.models import PaymentAttempt


@dataclass(frozen=True, slots=True)
class FailedPayment:
    """A payment that was declined, returned or not completed, of an invoice that is open and has no other under way."""

    invoice_id: str
    number: str
    amount: Money
    at: datetime


def failed_payment(company_id: str) -> FailedPayment | None:
    """Give the oldest open invoice that is shown as Failed, with its last payment; None while there is none."""
    sent = PaymentAttempt.objects.filter(company_id=company_id, intent__invoice_id=OuterRef("id"))
    last = sent.exclude(outcome=Outcome.NOT_SENT.value).order_by("-intent__generation", "-number")
    row: Any = (
        failed_invoices(company_id)
        .annotate(
            asked_minor=Subquery(last.values("intent__amount_minor")[:1]),
            decided_at=Subquery(last.values("decided_at")[:1]),
        )
        .order_by("sequence")
        .first()
    )
    if row is None:
        return None
    amount = Money(row.asked_minor, row.currency)
    return FailedPayment(str(row.id), row.number, amount, row.decided_at or row.state_moved_at)
