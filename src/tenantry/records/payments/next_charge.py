"""What of a company is unpaid, and which charge is scheduled next (M6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenantry.core.ids import NewId
from tenantry.core.invoice_states import Shown, owed, shown
from tenantry.core.money import Money
from tenantry.records.companies.models import Company
from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.queries import load_many

MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class UnpaidInvoice:
    """An open invoice. `collect_at` is when its charge is scheduled, if it is."""

    id: str
    number: str
    amount: Money
    collect_at: datetime | None
    shown: Shown


def unpaid_invoices(company: Company, now: datetime, new_id: NewId) -> tuple[UnpaidInvoice, ...]:
    """List the open invoices with something to pay, oldest first."""
    rows = list(Invoice.objects.filter(company_id=company.id, state="open").order_by("sequence")[:MOST_SHOWN])
    if not rows:
        return ()
    loaded = load_many(company, rows, now=now, new_id=new_id, lock=False)
    found = [(row, loaded[str(row.id)]) for row in rows]
    return tuple(
        UnpaidInvoice(str(row.id), row.number, owed(facts.invoice), row.collect_at, shown(facts))
        for row, facts in found
        if owed(facts.invoice).minor
    )


def next_collection(unpaid: tuple[UnpaidInvoice, ...]) -> UnpaidInvoice | None:
    """Give the one whose charge is scheduled first."""
    scheduled = [one for one in unpaid if one.collect_at is not None]
    return min(scheduled, key=lambda one: (one.collect_at, one.number), default=None)
