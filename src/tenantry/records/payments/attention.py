"""What needs somebody's attention: the oldest open invoice whose payment failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenantry.core.money import Money
from tenantry.core.payment_states import Outcome
from tenantry.records.payments.invoice_list import oldest_failed
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
    invoice = oldest_failed(company_id)
    if invoice is None:
        return None
    minor, at = (
        PaymentAttempt.objects.filter(company_id=company_id, intent__invoice_id=invoice.id)
        .exclude(outcome=Outcome.NOT_SENT.value)
        .order_by("-intent__generation", "-number")
        .values_list("intent__amount_minor", "decided_at")[0]
    )
    return FailedPayment(str(invoice.id), invoice.number, Money(minor, invoice.currency), at or invoice.state_moved_at)
