"""Read one invoice as the vendor sees it: what was credited, paid and sent back. For the vendor's reading alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.core.credit_notes import Credit, Sums, credit, creditable
from tenantry.core.ids import NewId
from tenantry.core.money import Money
from tenantry.core.payment_facts import IntentFacts, Loaded
from tenantry.core.payment_states import State
from tenantry.core.refund_facts import RefundsLoaded
from tenantry.core.refund_flow import refundable
from tenantry.core.refusal import Refusal
from tenantry.records.companies.models import Company
from tenantry.records.invoices.billable import given_back
from tenantry.records.invoices.credit_notes import credit_notes_of, sums_credited, sums_of
from tenantry.records.invoices.models import Invoice
from tenantry.records.invoices.queries import invoice
from tenantry.records.payments.queries import load
from tenantry.records.payments.refunds import refund_rows, refunds_of


@dataclass(frozen=True, slots=True)
class InvoiceSeen:
    """One invoice with everything that a decision about it needs."""

    company: Company
    invoice: Invoice
    loaded: Loaded
    payment: RefundsLoaded
    sums: Sums
    credited: tuple[Sums, ...]
    given_back: int
    credit_notes: list[Any]
    refunds: list[Any]

    @property
    def creditable(self) -> Money | Refusal:
        """Tell how much can be credited now, or why nothing."""
        return creditable(self.loaded.invoice, self.loaded.latest, self.sums, self.credited, self.given_back)

    @property
    def refundable(self) -> Money | Refusal:
        """Tell how much can be sent back now, or why nothing."""
        return refundable(self.payment)

    def would_credit(self, amount: Money) -> Credit | Refusal:
        """Tell what a credit note of this amount would do. A payment at rest is given up before it is issued."""
        return credit(self.loaded.invoice, self._latest, self.sums, self.credited, amount, self.given_back)

    @property
    def _latest(self) -> IntentFacts | None:
        latest = self.loaded.latest
        return None if latest is not None and latest.state is State.READY else latest


def invoice_seen(slug: str, invoice_id: UUID, *, now: datetime, new_id: NewId) -> InvoiceSeen | None:
    """Read one invoice of the company at an address."""
    company = Company.objects.filter(slug=slug).first()
    row = invoice(str(company.id), str(invoice_id)) if company else None
    if company is None or row is None:
        return None
    loaded = load(company, row, now=now, new_id=new_id, lock=False)
    notes = credit_notes_of(str(company.id), str(row.id))
    return InvoiceSeen(
        company=company,
        invoice=row,
        loaded=loaded,
        payment=refunds_of(loaded, company, lock=False),
        sums=sums_of(row),
        credited=tuple(sums_credited(note) for note in notes),
        given_back=given_back(row),
        credit_notes=notes,
        refunds=refund_rows(str(company.id), [row.id]),
    )
