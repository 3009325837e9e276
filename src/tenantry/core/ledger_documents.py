"""Whether each document agrees with itself: sums of invoices, credit notes and payouts, and their numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tenantry.core.ledger_facts import (
    AttemptRow,
    CreditNoteRow,
    Finding,
    InvoiceRow,
    LedgerFacts,
    PayoutLineRow,
    PayoutShareRow,
)
from tenantry.core.money import MOST_MINOR


def check_numbers(facts: LedgerFacts) -> Iterator[Finding]:
    """Check that the numbers of each series are 1 to n without a gap, and that the counter stands at n (I-15)."""
    yield from _series(facts, "invoice", facts.invoices, facts.last_invoice_number)
    yield from _series(facts, "credit_note", facts.credit_notes, facts.last_credit_note_number)


def _series(
    facts: LedgerFacts, kind: str, rows: Sequence[InvoiceRow | CreditNoteRow], counter: int
) -> Iterator[Finding]:
    expected = 1
    for row in sorted(rows, key=_sequence):
        if row.sequence != expected:
            yield Finding("number_missing", kind, row.id, row.number, {"missing": expected})
        if not row.number.endswith(f"-{row.sequence:06d}"):
            yield Finding("number_wrong", kind, row.id, row.number, {"should": row.sequence})
        expected = row.sequence + 1
    if counter != expected - 1:
        said = {"series": kind, "counter": counter, "last": expected - 1}
        yield Finding("counter_wrong", "company", facts.company_id, facts.slug, said)


def _sequence(row: InvoiceRow | CreditNoteRow) -> int:
    return row.sequence


def check_invoice_sums(facts: LedgerFacts) -> Iterator[Finding]:
    """Check that each line adds up, and each invoice is the sum of its lines, discount and tax (I-10, I-13)."""
    for row in facts.invoices:
        wrong = [line for line in row.lines if line.amount_minor != line.owed_minor - line.already_minor]
        for line in wrong:
            should = line.owed_minor - line.already_minor
            said = {"amount_minor": line.amount_minor, "should_minor": should, "currency": row.currency}
            yield Finding("line_wrong", "line", line.id, row.number, said, row.id)
        if not wrong:
            yield from _invoice(row)


def _invoice(row: InvoiceRow) -> Iterator[Finding]:
    lines_minor = sum(line.amount_minor for line in row.lines)
    held = {
        "lines": (row.subtotal_minor, lines_minor),
        "tax": (row.tax_minor, sum(row.taxes_minor)),
        "total": (row.total_minor, max(0, row.net_minor + row.tax_minor)),
        "credit used": (row.credit_used_minor, min(row.credit_used_minor, row.total_minor)),
        "bounds": (row.total_minor, min(max(row.total_minor, 0), MOST_MINOR)),
    }
    for what, (said, should) in held.items():
        if said != should:
            facts = {"what": what, "amount_minor": said, "should_minor": should, "currency": row.currency}
            yield Finding("invoice_sums_wrong", "invoice", row.id, row.number, facts, row.id)
            return


def check_credit_notes(facts: LedgerFacts) -> Iterator[Finding]:
    """Check that each credit note adds up, and that an invoice's notes never give more than it asked for."""
    totals = {row.id: row for row in facts.invoices}
    credited: dict[str, int] = defaultdict(int)
    for row in facts.credit_notes:
        credited[row.invoice_id] += row.total_minor
        invoice = totals.get(row.invoice_id)
        most = invoice.total_minor if invoice else 0
        held = {
            "lines": (row.net_minor, sum(row.lines_minor)),
            "tax": (row.tax_minor, sum(row.taxes_minor)),
            "total": (row.total_minor, row.net_minor + row.tax_minor),
            "use": (row.total_minor, row.to_receivable_minor + row.to_credit_minor),
            "invoice": (credited[row.invoice_id], min(credited[row.invoice_id], most)),
        }
        wrong = [(what, *pair) for what, pair in held.items() if pair[0] != pair[1]]
        for what, said, should in wrong[:1]:
            said_facts = {"what": what, "amount_minor": said, "should_minor": should, "currency": row.currency}
            yield Finding("credit_note_sums_wrong", "credit_note", row.id, row.number, said_facts, row.invoice_id)


def check_payout_lines(facts: LedgerFacts) -> Iterator[Finding]:
    """Check that each share of a payout is the sum of its lines, and each line is a payment or refund of ours."""
    attempts = {row.intent_id: row for row in facts.attempts}
    paid_out: set[str] = set()
    for share in facts.payout_shares:
        wrong = list(_lines(facts, share, attempts, paid_out))
        yield from wrong
        lines_minor = sum(line.amount_minor for line in share.lines)
        if not wrong and share.amount_minor != lines_minor:
            said = {"amount_minor": share.amount_minor, "should_minor": lines_minor, "currency": share.currency}
            yield Finding("share_wrong", "payout_share", share.id, share.label, said)


def _lines(
    facts: LedgerFacts, share: PayoutShareRow, attempts: dict[str, AttemptRow], paid_out: set[str]
) -> Iterator[Finding]:
    refunds = {row.gateway_refund_id: row for row in facts.refunds if row.gateway_refund_id}
    for line in share.lines:
        attempt, refund = attempts.get(line.intent_id), refunds.get(line.gateway_refund_id)
        if attempt is None:
            yield _line("line_of_unknown_payment", share, line)
        elif line.kind == "charge" and line.intent_id in paid_out:
            yield _line("paid_out_twice", share, line)
        elif line.kind == "charge" and line.amount_minor != attempt.amount_minor:
            yield _line("payout_line_wrong", share, line, should_minor=attempt.amount_minor)
        elif line.kind == "refund" and refund is None:
            yield _line("line_of_unknown_refund", share, line)
        elif line.kind == "refund" and refund is not None and line.amount_minor != -refund.amount_minor:
            yield _line("payout_line_wrong", share, line, should_minor=-refund.amount_minor)
        paid_out |= {line.intent_id} if line.kind == "charge" else set()


def _line(code: str, share: PayoutShareRow, line: PayoutLineRow, **more: object) -> Finding:
    facts = {"kind": line.kind, "amount_minor": line.amount_minor, "currency": share.currency, **more}
    return Finding(code, "payout_line", line.id, share.label, facts)
