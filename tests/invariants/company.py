"""I-16, I-19, I-20, I-27 and I-35: methods, what the lines say of the switches, and the chain of the audit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any

from tenantry.core.billable import BillableFacts, Running
from tenantry.core.money import Money
from tenantry.core.periods import BillingPeriod
from tenantry.core.prices import FlatPrice, PerSeatPrice, Price, Proration
from tenantry.core.proration import SeatCount
from tests.core.oracle import owed_minor
from tests.invariants.rows import CompanyRows


def check_methods(rows: CompanyRows, today: date) -> Iterator[str]:
    """Check that there is one default, and that no payment began with a method that was off file already."""
    defaults = [row for row in rows.methods if row.is_default]
    usable = [row for row in rows.methods if not row.removed_at and row.is_verified and not row.blocked_because]
    unexpired = [row for row in usable if not row.expiry_year or (row.expiry_year, row.expiry_month) >= _month(today)]
    if len(defaults) > 1 or any(row.removed_at for row in defaults):
        yield f"I-19 {rows.name} has {len(defaults)} defaults"
    if unexpired and not defaults:
        yield f"I-19 {rows.name} has a usable method and no default"
    yield from _removals(rows)


def _removals(rows: CompanyRows) -> Iterator[str]:
    """Check I-20: no payment began with a method that was off file, and none was under way when it was taken off."""
    removed = {row.object_id: row.sequence for row in rows.audit if row.action == "remove_payment_method"}
    intents = {row.id: row for row in rows.intents}
    for attempt in rows.attempts:
        gone = removed.get(str(attempt.method_id))
        if gone is None:
            continue
        intent = intents[attempt.intent_id]
        opened, ended = _span(rows, intent, attempt)
        if opened is None:  # taken up again after a restore, with a method that is on file no more
            continue
        if opened > gone:
            yield f"I-20 {attempt.confirm_key} began with a method that was removed before"
        elif ended is None or ended > gone:
            yield f"I-20 the method of {attempt.confirm_key} was removed while it was under way"


def _span(rows: CompanyRows, intent: Any, attempt: Any) -> tuple[int | None, int | None]:
    """Give the audit's numbers at which an attempt was opened and ended."""
    opens = [
        row.sequence
        for row in rows.audit
        if row.action == "pay_invoice" and row.object_id == str(attempt.invoice_id)
        and (row.after.get("generation"), row.after.get("attempt")) == (intent.generation, attempt.number)
    ]  # fmt: skip
    ends = [
        row.sequence
        for row in rows.audit
        if row.action == "settle_payment" and row.object_id == str(intent.id)
        and row.after.get("attempt") == attempt.number and row.after.get("outcome")
    ]  # fmt: skip
    return opens[0] if opens else None, ends[0] if ends else None


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def check_audit(rows: CompanyRows) -> Iterator[str]:
    """Check the chain: no gap, each entry holds the hash before it, and each hash is that of its row."""
    if [row.sequence for row in rows.audit] != list(range(1, len(rows.audit) + 1)):
        yield f"I-35 the audit of {rows.name} has a gap"
    for before, after in pairwise(rows.audit):
        if bytes(before.entry_hash) != bytes(after.previous_hash):
            yield f"I-35 the audit of {rows.name} is broken at {after.sequence}"
    for row in rows.audit:
        if bytes(row.entry_hash) != bytes(row.actual_hash):
            yield f"I-35 entry {row.sequence} of {rows.name} is not what its hash says"


def check_lines(rows: CompanyRows) -> Iterator[str]:
    """Check that each billed period, once the next one is billed too, came to what the history of switches owes.

    The second opinion is `tests.core.oracle`, which shares no code with rating. What a void or a credit note took
    back is not billed again, and not given back once more for unused days.
    """
    facts = _facts(rows)
    periods = sorted({(row.period_start, row.period_end) for row in rows.invoices})
    asked: dict[tuple[str, str, date], int] = defaultdict(int)
    waived: dict[tuple[str, str, date], int] = defaultdict(int)
    share = {row.id: _share_taken_back(rows, row) for row in rows.invoices}
    for line in rows.lines:
        about = line.subject_kind, "" if line.subject_kind == "plan" else line.code, line.period_start
        asked[about] += line.amount_minor
        waived[about] += ceil(max(0, line.amount_minor) * share[line.invoice_id])
    subjects = {("plan", "")} | {("addon", row.code) for row in rows.addon_periods}
    for start, end in periods[:-1]:
        for kind, code in subjects:
            owed = owed_minor(facts, kind, code, BillingPeriod(start, end))
            got, most = asked[kind, code, start], max(owed, waived[kind, code, start])
            if not owed <= got <= most:
                yield f"I-27 {rows.name} was billed {got} for {kind} {code} from {start}, and owed {owed} to {most}"


def check_given_back(rows: CompanyRows) -> Iterator[str]:
    """Check that unused days, voids and credit notes together gave back no more of an invoice than it asked for."""
    share = {row.id: _share_taken_back(rows, row) for row in rows.invoices}
    for invoice in rows.invoices:
        mine: dict[tuple[str, str, date], int] = defaultdict(int)
        later: dict[tuple[str, str, date], Fraction] = defaultdict(Fraction)
        for line in rows.lines:
            about = line.subject_kind, "" if line.subject_kind == "plan" else line.code, line.period_start
            if line.invoice_id == invoice.id:
                mine[about] += line.amount_minor
            else:
                later[about] += line.amount_minor * (1 - share[line.invoice_id])
        given_back = sum(max(0, -later[about]) for about, minor in mine.items() if minor > 0)
        asked = sum(max(0, minor) for minor in mine.values())
        by_notes = share[invoice.id] * (asked if invoice.state == "void" else invoice.subtotal_minor)
        if given_back and by_notes + given_back > asked:
            yield f"I-27 {invoice.number} asked for {asked}; {by_notes} and {given_back} were given back"


def _share_taken_back(rows: CompanyRows, invoice: Any) -> Fraction:
    """Give which part of an invoice a void or its credit notes took back."""
    if invoice.state == "void":
        return Fraction(1)
    taken = sum(note.net_minor for note in rows.of_invoice("credit_notes", invoice.id))
    return Fraction(taken, invoice.subtotal_minor - invoice.discount_minor) if taken else Fraction(0)


def _facts(rows: CompanyRows) -> BillableFacts:
    running = [_running(rows, row) for row in (*rows.plan_periods, *rows.addon_periods)]
    return BillableFacts(
        currency=rows.company.currency,
        zone=rows.company.time_zone,
        anchor_date=rows.subscriptions[0].anchor_date if rows.subscriptions else date.min + timedelta(days=1),
        running=tuple(running),
        seat_counts=tuple(SeatCount(row.subject, row.seats, row.counted_at) for row in rows.seat_counts),
    )


def _running(rows: CompanyRows, row: Any) -> Running:
    price = rows.prices[row.price_id]
    kind: type[Price] = FlatPrice if price.shape == "flat" else PerSeatPrice
    value = kind(str(price.id), Money(price.amount_minor, price.currency), Proration(price.proration))
    return Running(row.kind, row.code, row.name, value, row.started_at, row.ended_at, str(row.id))
