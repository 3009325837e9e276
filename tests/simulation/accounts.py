"""What a company subscribes to, as rows: its calendar, what ran when, its seats, what was invoiced, its counter."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from tenantry.core.billable import ADDON, PLAN, BillableFacts, Invoiced, RatedLine, Running
from tenantry.core.credit_notes import Sums, given_back_minor, waived_minor
from tenantry.core.forecast import Outlook
from tenantry.core.money import Money
from tenantry.core.payment_facts import InvoiceFacts
from tenantry.core.periods import BillingPeriod, day_start_instant, period_containing
from tenantry.core.prices import Price
from tenantry.core.proration import SeatCount
from tenantry.core.tax_rates import TaxRates
from tenantry.core.totals import Totals
from tests.simulation.violation import CURRENCY, Violation


@dataclass(frozen=True)
class Issued:
    """An invoice as it was issued: what must never change."""

    invoice: InvoiceFacts
    sequence: int
    period: BillingPeriod
    lines: tuple[RatedLine, ...]
    totals: Totals

    @property
    def sums(self) -> Sums:
        """Give what a credit note may give back."""
        return Sums(self.totals.subtotal - self.totals.discount, self.totals.tax_shares)


@dataclass(frozen=True)
class Note:
    """A credit note as it was issued."""

    id: str
    invoice_id: str
    sums: Sums
    to_receivable_minor: int


def is_of(line: Invoiced | RatedLine, kind: str, code: str) -> bool:
    """Tell whether a line is about a subject: an add-on by its code, or the plan, whichever it was."""
    return line.subject_kind == kind and (kind == PLAN or line.code == code)


@dataclass
class Account:
    """One company's subscription. `prices` are those that the vendor asks now; what runs keeps its own."""

    company_id: str
    anchor_date: date
    zone: str
    tax_rates: TaxRates
    next_period_start: date
    prices: dict[str, Price] = field(default_factory=dict)
    running: list[Running] = field(default_factory=list)
    seat_counts: list[SeatCount] = field(default_factory=list)
    invoiced: list[Invoiced] = field(default_factory=list)
    issued: list[Issued] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    last_number: int = 0

    def facts(self) -> BillableFacts:
        """Give the facts that rating takes."""
        return BillableFacts(
            CURRENCY, self.zone, self.anchor_date, tuple(self.running), tuple(self.seat_counts), tuple(self.invoiced)
        )

    def outlook(self, credit: Money) -> Outlook:
        """Give what else decides the next invoice."""
        return Outlook(self.next_period_start, self.tax_rates, credit)

    @property
    def next_period(self) -> BillingPeriod:
        """Give the period that the next invoice begins."""
        return period_containing(self.anchor_date, self.next_period_start)

    @property
    def next_issue_at(self) -> datetime:
        """Give when that invoice is due."""
        return day_start_instant(self.next_period_start, self.zone)

    def of_addon(self, code: str) -> list[Running]:
        """Give the stretches of an add-on."""
        return [row for row in self.running if (row.subject_kind, row.code) == (ADDON, code)]

    def paper_of(self, invoice_id: str) -> tuple[Issued, list[Sums]]:
        """Give an invoice as it was issued, and what its credit notes gave back."""
        issued = next(one for one in self.issued if one.invoice.id == invoice_id)
        return issued, [one.sums for one in self.notes if one.invoice_id == invoice_id]

    def credited(self, invoice_id: str, sums: Sums, to_receivable_minor: int) -> None:
        """Keep a credit note."""
        count = 1 + sum(one.invoice_id == invoice_id for one in self.notes)
        self.notes.append(Note(f"{invoice_id}#{count}", invoice_id, sums, to_receivable_minor))
        issued, notes = self.paper_of(invoice_id)
        net, taken = issued.sums.net.minor, sum(note.net.minor for note in notes)
        self._waive(issued, [waived_minor(line.amount_minor, net, taken) for line in issued.lines])

    def given_back(self, issued: Issued) -> int:
        """Give what later invoices gave back for the period that an invoice begins with."""
        first = sum(len(one.lines) for one in self.issued[: self.issued.index(issued) + 1])
        later = [line for line in self.invoiced[first:] if line.period_start == issued.period.start]
        return given_back_minor(later, issued.totals.subtotal.minor, issued.sums.net.minor)

    def voided(self, invoice_id: str) -> None:
        """Keep that an invoice is void."""
        issued, _ = self.paper_of(invoice_id)
        self._waive(issued, [line.amount_minor for line in issued.lines])

    def _waive(self, issued: Issued, waived: list[int]) -> None:
        first = sum(len(one.lines) for one in self.issued[: self.issued.index(issued)])
        for at, minor in enumerate(waived, first):
            self.invoiced[at] = replace(self.invoiced[at], waived_minor=minor)

    def waived(self, kind: str, code: str, period: BillingPeriod) -> int:
        """Give what of a subject's lines for a period was taken back, leaving out what those lines gave back."""
        mine = [line for line in self.invoiced if is_of(line, kind, code) and line.period_start == period.start]
        return sum(max(0, line.waived_minor) for line in mine)

    def open(self, row: Running) -> None:
        """Take in a stretch. Two of one add-on never overlap: the exclusion constraint of the database."""
        if any(one.ended_at is None or one.ended_at > row.started_at for one in self.of_addon(row.code)):
            raise Violation(f"O8 {self.company_id} has {row.code} on twice")
        self.running.append(row)

    def close(self, row: Running, ended: Running) -> None:
        """End a stretch that runs."""
        self.running[self.running.index(row)] = ended
