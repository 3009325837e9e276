"""The ledger after the calm, recomputed by the product's own check: what `tenantry check ledger` would say."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

from tenantry.core.billable import ADDON, RatedLine
from tenantry.core.ledger_check import findings, payout_findings
from tenantry.core.ledger_facts import (
    AttemptRow,
    CreditNoteRow,
    EntryRow,
    Finding,
    InvoiceRow,
    LedgerFacts,
    LineRow,
    PayoutShareRow,
    PostingRow,
    RefundRow,
)
from tenantry.core.postings import EntryKind
from tenantry.core.refund_states import RefundState
from tests.simulation.accounts import Account, Issued
from tests.simulation.books import Booked, Books
from tests.simulation.violation import CURRENCY, Violation
from tests.simulation.world import World

GATEWAY = "sandbox"


def check(world: World) -> None:
    """Check each company, and the payouts of all."""
    entries = _entries(world.books)
    for company_id, account in world.accounts.items():
        facts = _facts(world.books, account, entries[company_id])
        for found in findings(facts):
            if not _is_right(world, facts, found):
                raise Violation(f"I-8 the product's own check says {found}")
    shared: Counter[str] = Counter()
    for (_, payout_id), share in world.books.shares.items():
        shared[payout_id] += share.amount_minor
    for found in payout_findings([one.row(shared[id_]) for id_, one in world.books.payouts.items()]):
        raise Violation(f"I-8 the product's own check says {found}")


def _is_right(world: World, facts: LedgerFacts, found: Finding) -> bool:
    """Tell whether a finding says the truth: a refund that nobody asked for here may overdraw the credit."""
    return found.code == "credit_below_zero" and any(one.was_found for one in facts.refunds)


def _facts(books: Books, account: Account, entries: tuple[EntryRow, ...]) -> LedgerFacts:
    company_id = account.company_id
    invoices = tuple(_invoice(books, issued) for issued in account.issued)
    notes = _credit_notes(account)
    return LedgerFacts(
        company_id, company_id, account.last_number, len(notes), invoices, notes,
        tuple(one for row in invoices for one in _attempts(books, row.id)),
        tuple(one for row in invoices for one in _refunds(books, row.id)),
        tuple(_share(books, share) for (owner, _), share in books.shares.items() if owner == company_id),
        entries,
    )  # fmt: skip


def _share(books: Books, share: PayoutShareRow) -> PayoutShareRow:
    """Find the payments of its lines, as the check does: one that was lost may have been taken up again."""
    lines = tuple(replace(line, intent_id=books.by_gateway_id.get(line.intent_id, "")) for line in share.lines)
    return replace(share, lines=lines)


def _invoice(books: Books, issued: Issued) -> InvoiceRow:
    totals, row = issued.totals, books.invoices[issued.invoice.id]
    return InvoiceRow(
        id=row.id,
        number=row.number,
        sequence=issued.sequence,
        state=row.state,
        currency=CURRENCY,
        subtotal_minor=totals.subtotal.minor,
        discount_minor=totals.discount.minor,
        tax_minor=totals.tax.minor,
        total_minor=totals.total.minor,
        credit_used_minor=totals.credit_applied.minor,
        taxes_minor=tuple(share.amount.minor for share in totals.tax_shares),
        lines=tuple(_line(row.id, one) for one in issued.lines),
        shown_due_minor=row.amount_due.minor,
    )


def _line(id_: str, line: RatedLine) -> LineRow:
    days_of = (line.code if line.subject_kind == ADDON else line.subject_kind, line.period.start)
    return LineRow(id_, line.owed_minor, line.already_minor, line.amount_minor, days_of)


def _credit_notes(account: Account) -> tuple[CreditNoteRow, ...]:
    return tuple(
        CreditNoteRow(
            id=note.id,
            invoice_id=note.invoice_id,
            number=f"{account.company_id}-CN-{sequence:06}",
            sequence=sequence,
            currency=CURRENCY,
            net_minor=note.sums.net.minor,
            tax_minor=note.sums.tax.minor,
            total_minor=note.sums.whole.minor,
            to_receivable_minor=note.to_receivable_minor,
            to_credit_minor=note.sums.whole.minor - note.to_receivable_minor,
            taxes_minor=tuple(share.amount.minor for share in note.sums.tax_shares),
            lines_minor=(note.sums.net.minor,),
        )
        for sequence, note in enumerate(account.notes, 1)
    )


def _attempts(books: Books, invoice_id: str) -> list[AttemptRow]:
    intents = {one.id: one for one in books.intents[invoice_id]}
    return [
        AttemptRow(
            one.id, invoice_id, one.intent_id, f"payment {one.number}", one.outcome, one.code,
            intents[one.intent_id].state, intents[one.intent_id].amount.minor, CURRENCY, GATEWAY, one.decided_at,
        )
        for one in books.attempts[invoice_id]
    ]  # fmt: skip


def _refunds(books: Books, invoice_id: str) -> list[RefundRow]:
    return [
        RefundRow(
            one.id, invoice_id, one.intent_id, f"refund {one.number}", one.state, bool(one.by_kind), one.was_found,
            one.gateway_refund_id, one.amount.minor, CURRENCY, GATEWAY,
            one.moved_at if one.state is RefundState.DONE else None,
        )
        for intent in books.intents[invoice_id]
        for one in books.refunds.rows.get(intent.id, ())
    ]  # fmt: skip


def _entries(books: Books) -> dict[str, tuple[EntryRow, ...]]:
    """Give the journal by company. The notes of an invoice are booked in the order in which they were issued."""
    found: dict[str, list[EntryRow]] = defaultdict(list)
    company_of_share = {row.id: company_id for (company_id, _), row in books.shares.items()}
    noted: Counter[str] = Counter()
    for at, booked in enumerate(books.journal):
        invoice_id = booked.entry.invoice_id
        note_id = ""
        if booked.entry.kind is EntryKind.CREDITED:
            noted[invoice_id] += 1
            note_id = f"{invoice_id}#{noted[invoice_id]}"
        company_id = company_of_share[booked.share_id] if booked.share_id else books.company_of[invoice_id]
        found[company_id].append(_entry(str(at), booked, note_id))
    return {company_id: tuple(rows) for company_id, rows in found.items()} | {
        one: () for one in books.companies if one not in found
    }


def _entry(id_: str, booked: Booked, note_id: str) -> EntryRow:
    legs = tuple(
        PostingRow(f"{id_}.{at}", line.account.value, line.invoice_id, line.amount_minor, line.currency)
        for at, line in enumerate(booked.entry.lines)
    )
    return EntryRow(
        id_, booked.entry.kind.value, booked.entry.invoice_id, legs, booked.attempt_id, note_id, booked.refund_id,
        booked.share_id,
    )  # fmt: skip
