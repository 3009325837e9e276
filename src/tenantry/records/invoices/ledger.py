"""Write balanced postings. The database checks the balance once more at commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tenantry.core.ids import NewId
from tenantry.core.postings import Entry, assert_balanced
from tenantry.records.invoices.models import LedgerEntry, Posting


@dataclass(frozen=True, slots=True)
class Booked:
    """The row that an entry books; all empty where it is the invoice itself."""

    attempt_id: str = ""
    credit_note_id: str = ""
    refund_id: str = ""
    payout_share_id: str = ""


THE_INVOICE = Booked()


def post(company_id: str, entry: Entry, *, occurred_at: datetime, new_id: NewId, booked: Booked = THE_INVOICE) -> str:
    """Write one entry with its postings; give its id."""
    return post_many([(company_id, entry, booked)], occurred_at=occurred_at, new_id=new_id)[0]


def post_many(entries: Iterable[tuple[str, Entry, Booked]], *, occurred_at: datetime, new_id: NewId) -> list[str]:
    """Write entries of one or many companies: (company id, entry, what it books); give their ids."""
    rows, legs = [], []
    for company_id, entry, booked in entries:
        assert_balanced(entry.lines)
        row = LedgerEntry(
            id=new_id(),
            company_id=company_id,
            kind=entry.kind.value,
            invoice_id=entry.invoice_id or None,
            attempt_id=booked.attempt_id or None,
            credit_note_id=booked.credit_note_id or None,
            refund_id=booked.refund_id or None,
            payout_share_id=booked.payout_share_id or None,
            occurred_at=occurred_at,
        )
        rows.append(row)
        legs += [
            Posting(
                id=new_id(),
                company_id=company_id,
                entry_id=row.id,
                account=line.account.value,
                invoice_id=line.invoice_id or None,
                amount_minor=line.amount_minor,
                currency=line.currency,
            )
            for line in entry.lines
        ]
    LedgerEntry.objects.bulk_create(rows)
    Posting.objects.bulk_create(legs)
    return [str(row.id) for row in rows]
