"""I-1 to I-11: what was charged, against the processor's own records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from sandbox_gateway.values import Charge, Outcome
from tests.invariants.rows import CompanyRows

LIVE = (Outcome.PROCESSING, Outcome.SUCCEEDED)
CLOSED = ("cancelled", "returned")
UNDER_WAY = ("creating", "sending", "unknown", "awaiting_payer", "processing", "cancelling")
TAKEN = ("succeeded", "returned")


def check_money(rows: CompanyRows, charges: Sequence[Charge]) -> Iterator[str]:
    """Give what is wrong at any instant. `charges` are the processor's, of any company."""
    by_number: dict[str, list[Charge]] = defaultdict(list)
    for charge in charges:
        by_number[charge.invoice_number].append(charge)
    yield from _strangers(rows, charges)
    for invoice in rows.invoices:
        mine = by_number[invoice.number]
        yield from _charged_once(invoice, mine)
        yield from _intents(rows, invoice)
        yield from _ends(rows, invoice, mine)
        yield from _bounds(rows, invoice)
    yield from _ledger(rows)


def _strangers(rows: CompanyRows, charges: Sequence[Charge]) -> Iterator[str]:
    """Check I-3 and I-21: each charge belongs to one attempt, with equal amount, currency, method and company."""
    attempts = {row.confirm_key: row for row in rows.attempts}
    intents = {row.id: row for row in rows.intents}
    tokens = {row.id: row.token for row in rows.methods}
    for charge in charges:
        if charge.customer_reference != str(rows.company.id):
            continue
        attempt = attempts.get(charge.attempt_key)
        if attempt is None:
            yield f"I-3 {charge.invoice_number} was charged under {charge.attempt_key}, which is in no row"
            continue
        intent = intents[attempt.intent_id]
        ours = (intent.amount_minor, intent.currency, tokens[attempt.method_id], intent.customer, intent.create_key)
        theirs = (charge.amount_minor, charge.currency, charge.method_id, charge.customer, charge.intent_key)
        if ours != theirs:
            yield f"I-3 {charge.attempt_key} is {theirs} at the processor, {ours} here"
        if intent.gateway_id != charge.intent_id:
            yield f"I-3 {charge.attempt_key} was confirmed on {charge.intent_id}, the row holds {intent.gateway_id!r}"


def _charged_once(invoice: Any, charges: Sequence[Charge]) -> Iterator[str]:
    live = [one for one in charges if one.outcome in LIVE]
    if len(live) > 1:
        yield f"I-1 {invoice.number} was charged {len(live)} times"
    if sum(one.net_minor for one in charges) > _asked(invoice):
        yield f"I-1 more than the total of {invoice.number} was taken"


def _asked(invoice: Any) -> int:
    """Give the most that could ever be due: its total, and a debt that it asks for beside it."""
    return int(invoice.total_minor + max(0, -invoice.credit_used_minor))


def _intents(rows: CompanyRows, invoice: Any) -> Iterator[str]:
    mine = rows.of_invoice("intents", invoice.id)
    live = [row for row in mine if row.state not in CLOSED]
    if len(live) > 1 or (live and live[0] is not mine[-1]):
        yield f"I-2 {invoice.number} has {len(live)} live intents"
    if [row.generation for row in mine] != list(range(1, len(mine) + 1)):
        yield f"I-2 {invoice.number} skipped a generation"
    for intent in mine:
        attempts = [row for row in rows.attempts if row.intent_id == intent.id]
        if [row.number for row in attempts] != list(range(1, len(attempts) + 1)):
            yield f"I-2 an intent of {invoice.number} skipped an attempt"
        still_open = sum(row.outcome == "" for row in attempts)
        if still_open > (intent.state in UNDER_WAY):
            yield f"I-2 an intent of {invoice.number} is {intent.state} with {still_open} open attempts"


def _ends(rows: CompanyRows, invoice: Any, charges: Sequence[Charge]) -> Iterator[str]:
    """Check I-4, and the half of I-7 that holds at any instant: what ended here ended so at the processor."""
    seen: dict[str, set[str]] = defaultdict(set)
    for charge in charges:
        seen[charge.attempt_key].add(charge.outcome.value)
    booked = defaultdict(list)
    for entry in rows.of_invoice("entries", invoice.id):
        if entry.attempt_id:
            booked[entry.attempt_id].append(entry.kind)
    for attempt in rows.of_invoice("attempts", invoice.id):
        there = seen[attempt.confirm_key]
        if attempt.outcome == "declined" and "declined" not in there:
            yield f"I-4 {attempt.confirm_key} is declined here, at the processor {sorted(there)}"
        if attempt.outcome == "not_sent" and there:
            yield f"I-4 {attempt.confirm_key} counts as not sent, at the processor {sorted(there)}"
        if attempt.outcome in TAKEN and not there.intersection(TAKEN):
            yield f"I-7 {attempt.confirm_key} is {attempt.outcome} here, at the processor {sorted(there)}"
        kinds = booked.pop(attempt.id, [])
        if len(kinds) != len(set(kinds)):
            yield f"I-7 {attempt.confirm_key} is booked as {kinds}"
        if (attempt.outcome in TAKEN) != bool(kinds) and not (attempt.outcome == "returned" and not kinds):
            yield f"I-7 {attempt.confirm_key} is {attempt.outcome!r} and booked as {kinds}"
    if booked:
        yield f"I-7 {invoice.number} has entries of attempts that it does not have: {dict(booked)}"


def _bounds(rows: CompanyRows, invoice: Any) -> Iterator[str]:
    """Check I-9 and I-10: what is due, and whether it says paid."""
    balances = rows.balances()
    due, whole = balances[invoice.id, "receivable"], _asked(invoice)
    if not 0 <= due <= whole:
        yield f"I-10 {invoice.number} of {whole} has {due} due"
    if invoice.state in ("open", "paid") and (invoice.state == "paid") != (due == 0):
        yield f"I-9 {invoice.number} with {due} due is {invoice.state}"


def _ledger(rows: CompanyRows) -> Iterator[str]:
    sums: dict[Any, int] = defaultdict(int)
    for posting in rows.postings:
        sums[posting.entry_id, posting.currency] += posting.amount_minor
    for (entry_id, currency), total in sums.items():
        if total:
            yield f"I-8 entry {entry_id} sums to {total} {currency}"
    without = {row.id for row in rows.entries} - {entry_id for entry_id, _ in sums}
    if without:
        yield f"I-8 entries without postings: {without}"


def check_numbers(rows: CompanyRows) -> Iterator[str]:
    """Check I-12, I-13, I-15 and I-17: one invoice for each period, gapless numbers, sums, periods that tile."""
    prefix, counted = rows.company.number_prefix, rows.company.last_invoice_number
    numbers = [(row.sequence, row.number) for row in rows.invoices]
    if numbers != [(n, f"{prefix}-{n:06d}") for n in range(1, counted + 1)]:
        yield f"I-15 {rows.name} counted to {counted} and has {numbers}"
    notes = [row.sequence for row in rows.credit_notes]
    if notes != list(range(1, rows.company.last_credit_note_number + 1)):
        yield f"I-15 {rows.name} counted to {rows.company.last_credit_note_number} credit notes and has {notes}"
    periods = sorted((row.period_start, row.period_end) for row in rows.invoices)
    if len({start for start, _ in periods}) != len(periods):
        yield f"I-12 {rows.name} has several invoices for a period: {periods}"
    if any(before[1] != after[0] for before, after in pairwise(periods)):
        yield f"I-17 {rows.name} has periods that don't tile: {periods}"
    for invoice in rows.invoices:
        lines = sum(row.amount_minor for row in rows.of_invoice("lines", invoice.id))
        net = lines - invoice.discount_minor + invoice.tax_minor
        if invoice.subtotal_minor != lines or invoice.total_minor != max(net, 0):
            yield f"I-13 {invoice.number} has lines of {lines} and a total of {invoice.total_minor}"
    for document in rows.documents:
        if document.sha256 != document.actual:
            yield f"I-14 the paper of {document.of} is not what was stored"
