"""What must stand in the books for each row that moved money: exactly these entries, leg by leg, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tenantry.core import postings
from tenantry.core.bank_returns import is_dispute
from tenantry.core.ledger_facts import (
    AttemptRow,
    CreditNoteRow,
    EntryRow,
    Finding,
    InvoiceRow,
    LedgerFacts,
    PayoutShareRow,
    PostingRow,
    RefundRow,
)
from tenantry.core.money import Money
from tenantry.core.payment_facts import InvoiceState
from tenantry.core.payment_states import Outcome, State
from tenantry.core.postings import Account, Entry, EntryKind
from tenantry.core.refund_states import RefundState

INS = {
    EntryKind.SUCCEEDED: EntryKind.RETURNED,
    EntryKind.RECOVERED: EntryKind.RETURNED,
    EntryKind.OVERPAID: EntryKind.OVERPAYMENT_RETURNED,
}
"""How money that an attempt brought in may be booked, and how each is booked when the bank took it back."""


@dataclass(frozen=True, slots=True)
class Source:
    """A row that is booked: how a finding names it, and the entries that name it."""

    kind: str
    id: str
    label: str
    invoice_id: str
    entries: tuple[EntryRow, ...]

    def finding(self, code: str, row: EntryRow | PostingRow | None = None, **facts: object) -> Finding:
        """Say what is wrong with this row, or with an entry or a posting of it."""
        kind = self.kind if row is None else "entry" if isinstance(row, EntryRow) else "posting"
        return Finding(code, kind, self.id if row is None else row.id, self.label, facts, self.invoice_id)


class Booked:
    """The entries by the row that they book."""

    def __init__(self, facts: LedgerFacts) -> None:
        self.by_source: dict[tuple[str, str], list[EntryRow]] = defaultdict(list)
        for entry in facts.entries:
            self.by_source[_source_of(entry)].append(entry)

    def of(self, kind: str, row_id: str, label: str, invoice_id: str = "") -> Source:
        """Give a row with its entries, and count them as accounted for."""
        return Source(kind, row_id, label, invoice_id, tuple(self.by_source.pop((kind, row_id), ())))

    def strangers(self) -> Iterator[EntryRow]:
        """Give the entries that no row accounted for."""
        for entries in self.by_source.values():
            yield from entries


def _source_of(entry: EntryRow) -> tuple[str, str]:
    named = {
        "attempt": entry.attempt_id,
        "credit_note": entry.credit_note_id,
        "refund": entry.refund_id,
        "payout_share": entry.payout_share_id,
    }
    return next(((kind, id_) for kind, id_ in named.items() if id_), ("invoice", entry.invoice_id))


def check_invoice(source: Source, row: InvoiceRow, notes: Sequence[CreditNoteRow]) -> Iterator[Finding]:
    """Compare an invoice's own entries with what it says."""
    currency = row.currency
    net, tax = Money(row.net_minor, currency), Money(row.tax_minor, currency)
    used, left_over = Money(row.credit_used_minor, currency), Money(row.left_over_minor, currency)
    expected = [postings.issued(row.id, net=net, tax=tax, credit_left_over=left_over)]
    asked_before = Money(row.brought_forward_minor, currency)
    if used.minor > 0:
        expected.append(postings.credit_used(row.id, used))
    elif asked_before.minor:
        expected.append(postings.brought_forward(row.id, asked_before))
    if row.state is InvoiceState.VOID:
        credited = sum(note.to_receivable_minor for note in notes)
        due = Money(row.total_minor - credited, currency) - used
        if due.minor <= 0:
            yield source.finding("state_wrong", state=row.state.value, should=InvoiceState.PAID.value)
            return
        expected.append(postings.voided(row.id, net=net, tax=tax, still_due=due, brought_forward=asked_before))
    expected += [_written_off(row, entry) for entry in source.entries if entry.kind == EntryKind.WRITTEN_OFF]
    yield from compare(source, [entry for entry in expected if entry.lines])


def _written_off(row: InvoiceRow, entry: EntryRow) -> Entry:
    """Take the amount from the entry: whether it was right shows in what is left on the invoice."""
    lost = next((one.amount_minor for one in entry.postings if one.account == Account.BAD_DEBT), 0)
    return postings.written_off(row.id, Money(max(lost, 1), row.currency))


def check_credit_note(source: Source, row: CreditNoteRow) -> Iterator[Finding]:
    """Compare a credit note's entry with what it says."""
    entry = postings.credited(
        row.invoice_id,
        net=Money(row.net_minor, row.currency),
        tax=Money(row.tax_minor, row.currency),
        to_receivable=Money(row.to_receivable_minor, row.currency),
    )
    yield from compare(source, [entry])


def check_attempt(source: Source, row: AttemptRow, refunds: Sequence[RefundRow]) -> Iterator[Finding]:
    """Compare how an attempt ended with what was booked: money in once, taken back once, else nothing."""
    amount = Money(row.amount_minor, row.currency)
    came = [entry for entry in source.entries if entry.kind in INS]
    if row.outcome not in (Outcome.SUCCEEDED, Outcome.RETURNED):
        if source.entries:
            yield _not_paid(source, row)
        return
    if not came:
        if row.outcome is Outcome.SUCCEEDED or source.entries:
            yield source.finding("not_booked", kind=EntryKind.SUCCEEDED.value)
        return
    kind = EntryKind(came[0].kind)
    expected = [_books(kind)(row.invoice_id, amount)]
    taken = taken_back(row, refunds)
    if row.outcome is Outcome.RETURNED and taken.minor:
        expected.append(_books(INS[kind])(row.invoice_id, taken))
    yield from compare(source, expected)


def _not_paid(source: Source, row: AttemptRow) -> Finding:
    """Name the odd one of three: the intent says whether the attempt or its entry is wrong."""
    entry = source.entries[0]
    if row.intent_state in (State.SUCCEEDED, State.RETURNED):
        return source.finding("outcome_wrong", outcome=row.outcome.value, kind=entry.kind)
    return source.finding("booked_without_payment", entry, outcome=row.outcome.value, kind=entry.kind)


def taken_back(row: AttemptRow, refunds: Sequence[RefundRow]) -> Money:
    """Give what the bank took back: a lost dispute leaves what had been refunded before it."""
    amount = Money(row.amount_minor, row.currency)
    if not is_dispute(row.code):
        return amount
    before = (one.amount_minor for one in refunds if _was_done_before(one, row))
    return amount - Money(sum(before), row.currency)


def _was_done_before(refund: RefundRow, row: AttemptRow) -> bool:
    if refund.state is not RefundState.DONE or refund.intent_id != row.intent_id:
        return False
    return refund.done_at is not None and row.decided_at is not None and refund.done_at <= row.decided_at


def check_refund(source: Source, row: RefundRow, attempt: AttemptRow | None) -> Iterator[Finding]:
    """Compare a refund with what was booked for it in each of its states."""
    amount = Money(row.amount_minor, row.currency)
    expected = []
    if row.was_asked:
        expected.append(postings.refund_opened(row.invoice_id, amount))
    if row.was_asked and (row.state is RefundState.REFUSED or row.was_found):
        expected.append(postings.refund_refused(row.invoice_id, amount))
    if row.state is RefundState.DONE:
        book = postings.refund_found if row.was_found else postings.refunded
        expected.append(book(row.invoice_id, amount))
    if attempt is not None and reduces_return(row, attempt):
        reduced = next((one for one in source.entries if one.kind == EntryKind.RETURN_REDUCED), None)
        off = sum(-one.amount_minor for one in reduced.postings if one.account == Account.RECEIVABLE) if reduced else 0
        due = Money(off if 0 <= off <= row.amount_minor else row.amount_minor, row.currency)
        expected.append(postings.return_reduced(row.invoice_id, amount, still_due=due))
    yield from compare(source, expected)


def reduces_return(row: RefundRow, attempt: AttemptRow) -> bool:
    """Tell whether a lost dispute was booked in full before we heard of this refund, which came before it."""
    is_disputed = attempt.outcome is Outcome.RETURNED and is_dispute(attempt.code)
    return row.state is RefundState.DONE and is_disputed and not _was_done_before(row, attempt)


def check_payout_share(source: Source, row: PayoutShareRow) -> Iterator[Finding]:
    """Compare a company's share of a payout with its entry."""
    amount = Money(row.amount_minor, row.currency)
    yield from compare(source, [postings.paid_out(amount)] if row.amount_minor else [])


def _books(kind: EntryKind) -> postings.Books:
    return {
        EntryKind.SUCCEEDED: postings.succeeded,
        EntryKind.RECOVERED: postings.recovered,
        EntryKind.OVERPAID: postings.overpaid,
        EntryKind.RETURNED: postings.returned,
        EntryKind.OVERPAYMENT_RETURNED: postings.overpayment_returned,
    }[kind]


def compare(source: Source, expected: Sequence[Entry]) -> Iterator[Finding]:
    """Compare the entries of a row with those that it must have: each once, and no other."""
    left = list(source.entries)
    for entry in expected:
        found = _best(left, entry)
        if found is None:
            yield source.finding("not_booked", kind=entry.kind.value)
            continue
        left.remove(found)
        yield from _compare_legs(source, found, entry)
    for row in left:
        yield source.finding("booked_too_often", row, kind=row.kind)


def _best(rows: Sequence[EntryRow], expected: Entry) -> EntryRow | None:
    """Find the entry that is meant: of several of a kind the one whose legs are right."""
    wanted = sorted((line.account.value, line.amount_minor, line.currency) for line in expected.lines)
    of_kind = [row for row in rows if row.kind == expected.kind]
    right = (row for row in of_kind if sorted((p.account, p.amount_minor, p.currency) for p in row.postings) == wanted)
    return next(right, of_kind[0] if of_kind else None)


def _compare_legs(source: Source, found: EntryRow, expected: Entry) -> Iterator[Finding]:
    wanted = {line.account.value: line for line in expected.lines}
    if found.invoice_id != expected.invoice_id:
        yield source.finding("entry_of_other_invoice", found, kind=found.kind)
    for row in found.postings:
        line = wanted.pop(row.account, None)
        if line is None or _leg(row) != (line.amount_minor, line.currency, line.invoice_id):
            yield _wrong(source, found, row, line.amount_minor if line else 0)
    for account, line in wanted.items():
        yield source.finding(
            "posting_missing", found, kind=found.kind, account=account, should_minor=line.amount_minor,
            currency=line.currency,
        )  # fmt: skip


def _leg(row: PostingRow) -> tuple[int, str, str]:
    return row.amount_minor, row.currency, row.invoice_id


def _wrong(source: Source, entry: EntryRow, row: PostingRow, should_minor: int) -> Finding:
    return source.finding(
        "posting_wrong",
        row,
        kind=entry.kind,
        account=row.account,
        amount_minor=row.amount_minor,
        should_minor=should_minor,
        currency=row.currency,
    )
