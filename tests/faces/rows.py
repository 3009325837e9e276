"""Hundreds of invoices at once, and payments in states that take long to reach: written as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from django.db.models import F

from tenantry.core import postings
from tenantry.core.billable import RatedLine, Reason
from tenantry.core.money import Money
from tenantry.core.periods import BillingPeriod
from tenantry.core.tax_rates import TaxRate, TaxRates
from tenantry.core.totals import add_up
from tenantry.records.base import tenancy
from tenantry.records.companies.models import Company
from tenantry.records.invoices import ledger, writer
from tenantry.records.invoices.models import Invoice, InvoiceLine
from tenantry.records.payments.models import PaymentAttempt, PaymentIntent, PaymentMethod
from tests.builders import Place

FIRST_DAY = date(2020, 5, 1)
TAXED = TaxRates("fixed", (TaxRate("Utah sales tax", 725),))
BILLED_TO = {"legal_name": "Acme LLC", "city": "Lehi", "region": "UT", "country": "US", "po_number": ""}
VENDOR = {"name": "SecurityTrax", "address_lines": [], "tax_id": ""}
RATED = (("plan", "core", "Core", 29900), ("addon", "message", "Message+", 4900))
DAY = timedelta(days=1)


def _id() -> str:
    return str(uuid4())


def write_invoices(place: Place, count: int, *, first_day: date = FIRST_DAY, credit_minor: int = 0) -> list[str]:
    """Write open invoices of $373.23, one for each day from `first_day` on; give their ids, oldest first."""
    with tenancy.phase(place.id):
        company = Company.objects.select_for_update().get(id=place.id)
        last = company.last_invoice_number
        new = [_new(place, first_day + DAY * n, credit_minor) for n in range(count)]
        numbered = [(one, last + n, f"{company.number_prefix}-{last + n:06d}") for n, one in enumerate(new, start=1)]
        Invoice.objects.bulk_create(writer._row(one, number, words) for one, number, words in numbered)
        InvoiceLine.objects.bulk_create(
            writer._line_row(one, position, line, _id())
            for one in new
            for position, line in enumerate(one.lines, start=1)
        )
        writer._post(new, _id)
        Company.objects.filter(id=place.id).update(last_invoice_number=last + count)
    return [one.id for one in new]


def _new(place: Place, day: date, credit_minor: int) -> writer.NewInvoice:
    period = BillingPeriod(day, day + DAY)
    lines = tuple(_line(period, *rated) for rated in RATED)
    return writer.NewInvoice(
        id=_id(), company_id=place.id, subscription_id=_id(), period=period, lines=lines,
        totals=add_up(lines, "USD", TAXED, credit_available=Money(credit_minor, "USD")),
        issued_at=noon(day), issue_date=day, due_date=day, collect_at=None,
        billed_to=BILLED_TO, sold_by=VENDOR, paid_how={"kind": "waiting_for_method"},
        tax_facts=[{"name": "Utah sales tax", "basis_points": 725, "amount_minor": 2523}], recipients=(),
    )  # fmt: skip


def _line(period: BillingPeriod, kind: str, code: str, name: str, minor: int) -> RatedLine:
    money = Money(minor, "USD")
    return RatedLine(kind, code, name, "", "", period, 1, money, 1, 1, 0, minor, 0, minor, Reason.ADVANCE)


def noon(day: date) -> datetime:
    """Give the middle of a day, also for a company in Denver."""
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC)


def put_in_state(place: Place, invoice_ids: Sequence[str], state: str) -> None:
    """Move invoices to a state, on their day, with their paper stored; the books follow."""
    with tenancy.phase(place.id):
        found = Invoice.objects.filter(id__in=invoice_ids).order_by("sequence")
        found.update(state=state, state_moved_at=F("issued_at"), paper_due_at=None)
        rows = list(found.all())
        booked = {"paid": postings.succeeded, "uncollectible": postings.written_off}.get(state)
        if booked:
            due = [Money(row.total_minor - row.credit_used_minor, "USD") for row in rows]
            entries = [
                (place.id, booked(str(row.id), one), ledger.THE_INVOICE) for row, one in zip(rows, due, strict=True)
            ]
            ledger.post_many(entries, occurred_at=rows[-1].issued_at, new_id=_id)


def method_row(place: Place) -> str:
    """Put a card on file without the processor."""
    method_id = _id()
    with tenancy.phase(place.id):
        PaymentMethod.objects.create(
            id=method_id, company_id=place.id, kind="card", gateway="sandbox", token=_id(), fingerprint=_id(),
            brand="Visa", last4="4242", expiry_month=12, expiry_year=2030, is_verified=True, is_default=True,
            billing_address={}, added_at=noon(FIRST_DAY), added_by="",
        )  # fmt: skip
        Company.objects.filter(id=place.id).update(gateway_customer="cus_1")
    return method_id


def add_payment(place: Place, invoice_id: str, method_id: str, state: str, outcome: str, generation: int = 1) -> None:
    """Give an invoice an intent in a state with one attempt of an outcome."""
    intent_id = _id()
    with tenancy.phase(place.id):
        row = Invoice.objects.get(id=invoice_id)
        at = row.issued_at
        PaymentIntent.objects.create(
            id=intent_id, company_id=place.id, invoice_id=invoice_id, generation=generation, state=state,
            amount_minor=row.total_minor, currency="USD", gateway="sandbox", customer="cus_1",
            create_key=f"{invoice_id}:{generation}", gateway_id=intent_id, opened_at=at, moved_at=at,
        )  # fmt: skip
        PaymentAttempt.objects.create(
            id=_id(), company_id=place.id, intent_id=intent_id, number=1, method_id=method_id,
            confirm_key=f"{invoice_id}:{generation}:1", by_kind="member", by_name="Olga Owner", outcome=outcome,
            opened_at=at, sent_at=at, decided_at=at if outcome else None,
        )  # fmt: skip
