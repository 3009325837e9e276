"""I-6 to I-9 once everything due was done: nothing stuck, nothing lost, our books equal the processor's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sandbox_gateway.values import Charge, Outcome
from tests.invariants.money import LIVE, TAKEN, UNDER_WAY
from tests.invariants.rows import CompanyRows

LATE = timedelta(days=2)
RIGHT_TO_ASK = ("bank_return", "debit_overdue", "charge_not_sent")
"""Reviews that the bank's own doings open, or a processor that could not be reached."""


def check_settled(rows: CompanyRows, charges: Sequence[Charge], now: datetime) -> Iterator[str]:
    """Give what is wrong with payments after a calm. Bank debits may still be on their way."""
    for intent in rows.intents:
        if intent.state in UNDER_WAY and intent.state != "processing":
            yield f"I-6 {intent.create_key} is {intent.state} since {intent.moved_at}"
        if intent.next_ask_at and intent.next_ask_at < now - LATE:
            yield f"I-6 {intent.create_key} should have been asked about at {intent.next_ask_at}"
    for refund in rows.refunds:
        if refund.state in ("sending", "unknown"):
            yield f"I-6 the refund {refund.key} is {refund.state} since {refund.moved_at}"
    yield from _both_ways(rows, charges)
    held = rows.company.billing_held_because
    waiting = [row.reason for row in rows.reviews if row.closed_at is None and row.reason not in RIGHT_TO_ASK]
    if held or waiting:
        yield f"R14 {rows.name} is held because of {held!r}, reviews {waiting}, though no answer was wrong"


def check_chores(rows: CompanyRows, now: datetime) -> Iterator[str]:
    """Give what should have been billed, collected, printed or mailed by now (I-6)."""
    for invoice in rows.invoices:
        if invoice.collect_at and invoice.collect_at < now - LATE:
            yield f"I-6 {invoice.number} should have been collected at {invoice.collect_at}"
        if invoice.paper_due_at:
            yield f"I-6 {invoice.number} has no paper"
    for note in rows.credit_notes:
        if note.paper_due_at:
            yield f"I-6 {note.number} has no paper"
    for notice in rows.notices:
        if notice.sent_at is None:
            yield f"I-6 the mail {notice.kind} of {rows.name}, due at {notice.due_at}, was not sent"
    for subscription in rows.subscriptions:
        if subscription.next_issue_at < now - LATE:
            yield f"I-6 {rows.name} should have been billed at {subscription.next_issue_at}"
    if rows.outcomes:
        yield f"I-6 {rows.name} was set aside: {[row.reason for row in rows.outcomes]}"


def _both_ways(rows: CompanyRows, charges: Sequence[Charge]) -> Iterator[str]:
    """Check the other half of I-7, I-8 and I-9: what the processor holds is in our books."""
    attempts = {row.confirm_key: row for row in rows.attempts}
    balances = rows.balances()
    for invoice in rows.invoices:
        mine = [one for one in charges if one.invoice_number == invoice.number]
        for charge in mine:
            ours = attempts[charge.attempt_key].outcome if charge.attempt_key in attempts else "in no row"
            if charge.outcome.value in TAKEN and ours != charge.outcome.value:
                yield f"I-7 {charge.attempt_key} is {ours!r} here, {charge.outcome} at the processor"
            if charge.outcome is Outcome.PROCESSING and ours != "":
                yield f"I-7 {charge.attempt_key} is {ours!r} here, on its way at the processor"
        net = sum(one.net_minor for one in mine)
        sent_back, there = _done(rows, invoice), sum(one.refunded_minor for one in mine)
        if sent_back != there:
            yield f"I-7 {sent_back} of {invoice.number} were sent back here, {there} at the processor"
        cleared = balances[invoice.id, "gateway_clearing"] + balances[invoice.id, "bank"]
        if net != cleared:
            yield f"I-8 {invoice.number} has {cleared} cleared, the processor holds {net}"
        holds = any(one.outcome is Outcome.SUCCEEDED for one in mine)
        credited = sum(row.to_receivable_minor for row in rows.of_invoice("credit_notes", invoice.id))
        was_free = invoice.total_minor == invoice.credit_used_minor + credited
        if (invoice.state == "paid") != (holds or was_free):
            yield f"I-9 {invoice.number} is {invoice.state}, the processor {'holds' if holds else 'has no'} money of it"
        is_on_its_way = any(one.outcome in LIVE for one in mine)
        untried = not rows.of_invoice("attempts", invoice.id)
        if is_on_its_way and untried:
            yield f"I-3 {invoice.number} is being charged, and nobody here tried"


def _done(rows: CompanyRows, invoice: Any) -> int:
    return sum(row.amount_minor for row in rows.of_invoice("refunds", invoice.id) if row.state == "done")


def check_payouts(rows: CompanyRows, paid_out_minor: int) -> Iterator[str]:
    """Check that what the processor paid out of this company's money is in the bank account, once."""
    in_bank = sum(row.amount_minor for row in rows.postings if row.account == "bank")
    shared = sum(row.amount_minor for row in rows.payout_shares)
    if not in_bank == shared == paid_out_minor:
        yield f"I-8 {rows.name} has {in_bank} in the bank and shares of {shared}, {paid_out_minor} was paid out"
