"""Bills, voids and credit notes of random companies in any order: nothing is given back twice, and all of it can be."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from random import Random

from tenantry.core.billable import BillableFacts, Invoiced, RatedLine
from tenantry.core.credit_notes import Credit, Sums, credit, given_back_minor, left_of, waived_minor
from tenantry.core.ledger_days import check_given_back
from tenantry.core.ledger_facts import CreditNoteRow, InvoiceRow, LedgerFacts, LineRow
from tenantry.core.money import Money
from tenantry.core.payment_facts import InvoiceFacts, InvoiceState
from tenantry.core.rating import rate, with_invoiced
from tenantry.core.tax_rates import NO_TAX, TaxRate, TaxRates
from tenantry.core.totals import add_up, charged_before, rates_charged
from tests.core.random_company import RandomCompany, known_at

CASES = int(os.environ.get("TENANTRY_RATING_CASES", "1000")) // 2
TAXED = TaxRates("fixed", (TaxRate("State", 625), TaxRate("City", 100)))
RATES = (NO_TAX, TAXED, replace(TAXED, exemption="exempt"), TaxRates("fixed", (TaxRate("Other State", 990),)))
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@dataclass
class Bill:
    """One invoice with what was taken back of it."""

    start: date
    lines: tuple[RatedLine, ...]
    sums: Sums
    notes: list[Sums] = field(default_factory=list)
    is_void: bool = False

    def waived(self) -> list[int]:
        """Give what of each line was taken back."""
        if self.is_void:
            return [line.amount_minor for line in self.lines]
        taken = sum(note.net.minor for note in self.notes)
        return [waived_minor(line.amount_minor, self.sums.net.minor, taken) for line in self.lines]

    def row(self, number: int) -> InvoiceRow:
        """Give the row that the ledger check reads."""
        net, tax = self.sums.net.minor, self.sums.tax.minor
        lines = (
            LineRow("", x.owed_minor, x.already_minor, x.amount_minor, (_subject(x), x.period.start))
            for x in self.lines
        )
        state = InvoiceState.VOID if self.is_void else InvoiceState.OPEN
        return InvoiceRow(
            str(number), str(number), number, state, "USD", net, 0, tax, max(0, net + tax), 0, (), tuple(lines), 0
        )

    def note_rows(self, number: int) -> list[CreditNoteRow]:
        """Give the rows of its credit notes."""
        return [
            CreditNoteRow("", str(number), "", 1, "USD", x.net.minor, x.tax.minor, x.whole.minor, 0, 0, (), ())
            for x in self.notes
        ]


def _subject(line: RatedLine) -> str:
    return line.code if line.subject_kind == "addon" else "plan"


class Books:
    """Bill a random company, which may move, period by period, and take back at random in between."""

    def __init__(self, case: int) -> None:
        self.company = RandomCompany(f"given back {case}")
        self.random = Random(case)
        self.rates = self.random.choice(RATES)
        self.bills: list[Bill] = []

    def invoiced(self, bills: list[Bill], facts: BillableFacts) -> tuple[Invoiced, ...]:
        """Give the lines of bills as rating and credit notes see them."""
        found: list[Invoiced] = []
        for bill in bills:
            lines = with_invoiced(replace(facts, invoiced=()), bill.lines).invoiced
            rates = rates_charged(bill.sums.tax_shares, bill.sums.net)
            waived = zip(lines, bill.waived(), strict=True)
            found += [replace(line, waived_minor=minor, charged_at=rates) for line, minor in waived]
        return tuple(found)

    def given_back(self, bill: Bill, facts: BillableFacts) -> int:
        """Give what later bills gave back of one."""
        later = self.invoiced(self.bills[self.bills.index(bill) + 1 :], facts)
        mine = [line for line in later if line.period_start == bill.start]
        return given_back_minor(mine, bill.sums.net.minor, bill.sums.net.minor)

    def run(self) -> None:
        """Bill all periods."""
        facts = self.company.facts()
        for period in self.company.periods:
            known = known_at(facts, self.company.issue_instant(period))
            known = replace(known, invoiced=self.invoiced(self.bills, facts))
            lines = rate(known, period)
            totals = add_up(lines, "USD", self.rates, charged_at=charged_before(known, period))
            self.bills.append(Bill(period.start, lines, Sums(totals.subtotal, totals.tax_shares)))
            for _ in range(self.random.choice((0, 1, 2, 4))):
                self.take_back(self.random.choice(self.bills), facts)
            if self.random.random() < 0.3:
                self.rates = self.random.choice(RATES)

    def take_back(self, bill: Bill, facts: BillableFacts, *, is_rest: bool = False) -> None:
        """Void a bill, or credit a part or all that is left of it; as far as that may be."""
        given_back = self.given_back(bill, facts)
        if self.random.random() < 0.2 and not (is_rest or bill.notes or given_back or bill.sums.whole.minor <= 0):
            bill.is_void = True
        if bill.is_void:
            return
        left = left_of(bill.sums, bill.notes, given_back).whole
        part = None if is_rest or self.random.random() < 0.4 else Money(1 + self.random.randrange(10_000), "USD")
        paid = InvoiceFacts("i", "i", InvoiceState.PAID, 1, Money(0, "USD"), Money(0, "USD"), bill.start, NOW)
        made = credit(paid, None, bill.sums, bill.notes, part, given_back)
        if isinstance(made, Credit):
            assert made.sums.whole == (part or left)
            bill.notes.append(made.sums)

    def found(self) -> list[object]:
        """Give what the ledger check says."""
        rows = tuple(bill.row(at) for at, bill in enumerate(self.bills, 1))
        notes = tuple(row for at, bill in enumerate(self.bills, 1) for row in bill.note_rows(at))
        return list(check_given_back(LedgerFacts("c", "c", 0, 0, rows, notes)))


def test_nothing_is_given_back_twice_in_whatever_order() -> None:
    """I-27: what holds of all bills together is nothing below zero, and the ledger check agrees."""
    for case in range(CASES):
        books = Books(case)
        books.run()
        assert books.found() == [], f"case {case}"
        facts = books.company.facts()
        for bill in books.bills:
            books.take_back(bill, facts, is_rest=True)
        assert books.found() == [], f"case {case}, all taken back"
        standing = [bill for bill in books.bills if not bill.is_void]
        kept = sum(bill.sums.net.minor - sum(note.net.minor for note in bill.notes) for bill in standing)
        assert kept >= 0, f"case {case}: {kept} are left of all"
        tax = sum(bill.sums.tax.minor - sum(note.tax.minor for note in bill.notes) for bill in standing)
        # Each bill and each note rounds its tax once.
        assert tax >= -sum(1 + len(bill.notes) for bill in standing), f"case {case}: {tax} of the tax are left of all"
