"""Names for what a history refers to by id."""

from __future__ import annotations

from collections.abc import Collection

from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.models import PaymentIntent, Refund


def invoice_numbers(company_id: str, ids: Collection[str]) -> dict[str, str]:
    """Give the numbers of invoices: id → number."""
    rows = Invoice.objects.filter(company_id=company_id, id__in=list(ids)).values_list("id", "number")
    return {str(id_): number for id_, number in rows}


def numbers_of_intents(company_id: str, ids: Collection[str]) -> dict[str, str]:
    """Give the numbers of the invoices that intents collect: intent id → number."""
    rows = PaymentIntent.objects.filter(company_id=company_id, id__in=list(ids))
    return {str(id_): number for id_, number in rows.values_list("id", "invoice__number")}


def numbers_of_refunds(company_id: str, ids: Collection[str]) -> dict[str, str]:
    """Give the numbers of the invoices whose payments were refunded: refund id → number."""
    rows = Refund.objects.filter(company_id=company_id, id__in=list(ids))
    return {str(id_): number for id_, number in rows.values_list("id", "intent__invoice__number")}
