"""Whether nothing was given back twice: unused days, credit notes and voids together never exceed what was asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from math import floor

from tenantry.core.ledger_facts import Finding, InvoiceRow, LedgerFacts
from tenantry.core.payment_facts import InvoiceState

Days = tuple[str, date]
"""The plan or an add-on, and the first day of a billing period."""


def check_given_back(facts: LedgerFacts) -> Iterator[Finding]:
    """Check each invoice with what later ones gave back for its days and with its credit notes (I-27).

    What a later invoice gave back counts as far as that one holds: a void one gives nothing back, one that was credited
    only the part that is left of it. Of a void invoice nothing may be given back at all.
    """
    credited: dict[str, int] = defaultdict(int)
    for note in facts.credit_notes:
        credited[note.invoice_id] += note.net_minor
    billed_by: dict[Days, str] = {}
    given_back: dict[str, Fraction] = defaultdict(Fraction)
    for row in sorted(facts.invoices, key=lambda row: row.sequence):
        for about, minor in _asked(row).items():
            if billed_by.setdefault(about, row.id) != row.id and minor < 0:
                given_back[billed_by[about]] -= minor * _held(row, credited[row.id])
    for row in facts.invoices:
        yield from _check(row, credited[row.id], given_back[row.id])


def _asked(row: InvoiceRow) -> Mapping[Days, int]:
    found: dict[Days, int] = defaultdict(int)
    for line in row.lines:
        if line.days_of is not None:
            found[line.days_of] += line.amount_minor
    return found


def _held(row: InvoiceRow, credited_minor: int) -> Fraction:
    """Give which part of an invoice's lines holds, after a void or its credit notes."""
    if row.state is InvoiceState.VOID:
        return Fraction(0)
    return 1 - Fraction(credited_minor, row.net_minor) if credited_minor else Fraction(1)


def _check(row: InvoiceRow, credited_minor: int, given_back: Fraction) -> Iterator[Finding]:
    """Compare in amounts before the discount: a note takes back its share of them."""
    asked = 0 if row.state is InvoiceState.VOID else sum(max(0, minor) for minor in _asked(row).values())
    by_notes = Fraction(credited_minor * row.subtotal_minor, row.net_minor) if credited_minor else Fraction(0)
    if given_back and given_back + by_notes > asked:
        said = {"amount_minor": floor(given_back + by_notes), "should_minor": asked, "currency": row.currency}
        yield Finding("given_back_twice", "invoice", row.id, row.number, said, row.id)
