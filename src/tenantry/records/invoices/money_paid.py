"""What was paid in each month, and for what: the numbers behind the picture of the invoices' page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import F, Max, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce, TruncMonth

from tenantry.core.postings import REFUNDS, Account
from tenantry.records.invoices.models import CreditNote, Invoice, InvoiceLine, Posting

TAX = "tax"
CREDIT = "credit"
"""What discounts, credit and credit notes changed (mostly below zero: took off)."""
REFUND = "refund"
"""What was sent back (below zero)."""


@dataclass(frozen=True, slots=True)
class PaidShare:
    """What one thing came to on the invoices that were paid in a month: a plan, an add-on, TAX or CREDIT; or REFUND."""

    month: date
    subject_kind: str
    code: str
    name: str
    amount_minor: int


def paid_shares(company_id: str, since: datetime, zone: str) -> list[PaidShare]:
    """List the shares of each month since an instant, months by the company's zone.

    Those of a month add up to what was really paid, less what was sent back in it.
    """
    in_zone = ZoneInfo(zone)
    lines = (
        InvoiceLine.objects.filter(company_id=company_id, invoice__state="paid", invoice__state_moved_at__gte=since)
        .annotate(month=TruncMonth("invoice__state_moved_at", tzinfo=in_zone))
        .values_list("month", "subject_kind", "code")
        .annotate(label=Max("name"), minor=Sum("amount_minor"))
    )
    notes = CreditNote.objects.filter(company_id=company_id, invoice_id=OuterRef("id")).values("invoice_id")
    credited = Coalesce(Subquery(notes.annotate(off=Sum("to_receivable_minor")).values("off")), 0)
    invoices = Invoice.objects.filter(company_id=company_id, state="paid", state_moved_at__gte=since).annotate(
        month=TruncMonth("state_moved_at", tzinfo=in_zone), credited=credited
    )
    asked = F("total_minor") - F("credit_used_minor") - F("credited")
    sums = [
        invoices.annotate(kind=Value(kind), none=Value("")).values_list("month", "kind", "none")
        .annotate(label=Value(""), minor=Sum(minor))
        for kind, minor in ((TAX, F("tax_minor")), (CREDIT, asked - F("subtotal_minor") - F("tax_minor")))
    ]  # fmt: skip
    sent_back = (
        Posting.objects.filter(company_id=company_id, account=Account.GATEWAY_CLEARING, entry__kind__in=REFUNDS)
        .filter(entry__occurred_at__gte=since)
        .annotate(month=TruncMonth("entry__occurred_at", tzinfo=in_zone), kind=Value(REFUND), none=Value(""))
        .values_list("month", "kind", "none")
        .annotate(label=Value(""), minor=Sum("amount_minor"))
    )
    rows = lines.union(*sums, sent_back, all=True).order_by("month", "subject_kind", "code")
    return [PaidShare(month.date(), kind, code, name, int(minor)) for month, kind, code, name, minor in rows]
