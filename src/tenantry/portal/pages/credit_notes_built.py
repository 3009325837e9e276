"""The credit notes of an invoice as its page shows them, each with a fresh link to its PDF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tenantry.core.money import Money
from tenantry.outside import signed_links
from tenantry.portal.pages.invoices import CreditNoteRow
from tenantry.ui import formats, paper

if TYPE_CHECKING:
    from tenantry.portal.entry import Visit

PURPOSE = "credit-note-pdf"


def credit_note_rows(visit: Visit, notes: Sequence[Any]) -> tuple[CreditNoteRow, ...]:
    """Build the rows, the oldest first."""
    return tuple(_row(visit, note) for note in notes)


def credit_note_target(visit: Visit, credit_note_id: str) -> signed_links.LinkTarget:
    """Name what a download link is for: this credit note's PDF, for this person in this company."""
    return signed_links.LinkTarget(PURPOSE, visit.company_id, credit_note_id, visit.actor.user_id)


def _row(visit: Visit, note: Any) -> CreditNoteRow:
    locale = visit.entered.locale
    off, kept = (Money(minor, note.currency) for minor in (note.to_receivable_minor, note.to_credit_minor))
    return CreditNoteRow(
        number=note.number,
        issued=formats.instant(note.issued_at, visit.entered.time_zone, locale),
        amount=formats.money(off + kept, locale),
        reason=note.reason,
        what_becomes_of_it=paper.what_becomes_of_credit(off, kept, locale),
        download_url=_download_url(visit, note),
    )


def _download_url(visit: Visit, note: Any) -> str:
    if note.paper_due_at is not None:
        return ""
    link = signed_links.make(credit_note_target(visit, str(note.id)), visit.now)
    return f"{visit.url('credit-note.download', note.id)}?{link}"
