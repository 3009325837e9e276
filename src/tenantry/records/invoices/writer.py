"""Write issued invoices, one or hundreds: reserve numbers, then invoices, lines and postings in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import F

from tenantry.core import issuing
from tenantry.core.ids import NewId
from tenantry.core.invoice_states import INVOICE, InvoiceEvent
from tenantry.core.payment_facts import InvoiceState
from tenantry.core.periods import BillingPeriod
from tenantry.core.rating import RatedLine
from tenantry.core.refusal import Refusal
from tenantry.core.totals import Totals
from tenantry.records.invoices import ledger
from tenantry.records.invoices.models import Invoice, InvoiceLine


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """An invoice that was decided on and is not written yet. `id` is handed in, the number is not known yet."""

    id: str
    company_id: str
    subscription_id: str
    period: BillingPeriod
    lines: tuple[RatedLine, ...]
    totals: Totals
    issued_at: datetime
    issue_date: date
    due_date: date
    collect_at: datetime | None
    billed_to: Mapping[str, object]
    sold_by: Mapping[str, object]
    paid_how: Mapping[str, object]
    tax_facts: Sequence[Mapping[str, object]]
    recipients: tuple[str, ...]
    run_id: str | None = None


def write_invoices(invoices: Sequence[NewInvoice], *, new_id: NewId) -> dict[str, str]:
    """Write invoices of locked companies, at most one for each: invoice id → number.

    The numbers come from the companies' own counters in this transaction: they commit or vanish with it.
    """
    numbers = _reserve([invoice.company_id for invoice in invoices])
    Invoice.objects.bulk_create(_row(invoice, *numbers[invoice.company_id]) for invoice in invoices)
    InvoiceLine.objects.bulk_create(
        _line_row(invoice, position, line, new_id())
        for invoice in invoices
        for position, line in enumerate(invoice.lines, start=1)
    )
    _post(invoices, new_id)
    return {invoice.id: numbers[invoice.company_id][1] for invoice in invoices}


def _reserve(company_ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "update tenantry_companies_company set last_invoice_number = last_invoice_number + 1"
            " where id = any(%s::uuid[]) returning id, last_invoice_number, number_prefix",
            [list(company_ids)],
        )
        rows = cursor.fetchall()
    return {str(id_): (number, f"{prefix}-{number:06d}") for id_, number, prefix in rows}


def _row(invoice: NewInvoice, sequence: int, number: str) -> Invoice:
    totals = invoice.totals
    return Invoice(
        id=invoice.id,
        company_id=invoice.company_id,
        number=number,
        sequence=sequence,
        subscription_id=invoice.subscription_id,
        period_start=invoice.period.start,
        period_end=invoice.period.end,
        issued_at=invoice.issued_at,
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        currency=totals.total.currency,
        subtotal_minor=totals.subtotal.minor,
        discount_minor=totals.discount.minor,
        tax_minor=totals.tax.minor,
        total_minor=totals.total.minor,
        credit_used_minor=totals.credit_applied.minor,
        tax_facts=list(invoice.tax_facts),
        billed_to=dict(invoice.billed_to),
        sold_by=dict(invoice.sold_by),
        paid_how=dict(invoice.paid_how),
        recipients=list(invoice.recipients),
        run_id=invoice.run_id,
        state=issuing.first_state(totals).value,
        state_moved_at=invoice.issued_at,
        collect_at=invoice.collect_at,
        paper_due_at=invoice.issued_at,
    )


def _line_row(invoice: NewInvoice, position: int, line: RatedLine, line_id: str) -> InvoiceLine:
    return InvoiceLine(
        id=line_id,
        company_id=invoice.company_id,
        invoice_id=invoice.id,
        position=position,
        subject_kind=line.subject_kind,
        code=line.code,
        name=line.name,
        period_start=line.period.start,
        period_end=line.period.end,
        days_start=line.days.start if line.days else None,
        days_end=line.days.end if line.days else None,
        running_period_id=line.running_period_id or None,
        price_id=line.price_id or None,
        quantity=line.quantity,
        unit_amount_minor=line.unit_amount.minor,
        on_days=line.on_days,
        period_days=line.period_days,
        seat_days=line.seat_days,
        owed_minor=line.owed.minor,
        already_minor=line.already.minor,
        amount_minor=line.amount.minor,
        reason=line.reason.value,
    )


def _post(invoices: Sequence[NewInvoice], new_id: NewId) -> None:
    if not invoices:
        return
    entries = [
        (invoice.company_id, entry, ledger.THE_INVOICE)
        for invoice in invoices
        for entry in issuing.entries(invoice.id, invoice.totals)
    ]
    ledger.post_many(entries, occurred_at=invoices[0].issued_at, new_id=new_id)


class InvoiceHasMoved(Exception):
    """An invoice was not as the decision took it to be; the transaction is undone and nothing has happened."""


def end_invoice(invoice: Invoice, event: InvoiceEvent, *, now: datetime) -> None:
    """Move a locked invoice to the state in which nothing is collected any more by itself.

    Raises:
        InvoiceHasMoved: the move is not listed, or the row is not the one that was read.
    """
    state = INVOICE.after(InvoiceState(invoice.state), event)
    if isinstance(state, Refusal):
        raise InvoiceHasMoved(f"{invoice.number} is {invoice.state}: {event}")
    rows = Invoice.objects.filter(company_id=invoice.company_id, id=invoice.id, version=invoice.version)
    if rows.update(state=state.value, state_moved_at=now, version=F("version") + 1, collect_at=None) != 1:
        raise InvoiceHasMoved(invoice.number)
