"""The printable facts of an invoice or a credit note: everything that stands on the paper, as words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Paper = Literal["us-letter", "a4"]


@dataclass(frozen=True, slots=True)
class Party:
    """One side of the invoice: who sells, or who is billed."""

    name: str
    address_lines: tuple[str, ...] = ()
    tax_id: str = ""


@dataclass(frozen=True, slots=True)
class PrintableLine:
    """One row: what it is, for which dates, how the amount came about ("14 seats × $5.00 × 19 of 30 days")."""

    what: str
    amount: str
    dates: str = ""
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class PrintableSum:
    """A labeled amount below the rows: a discount ("Welcome discount 10%") or a tax ("Utah sales tax 7.25%")."""

    label: str
    amount: str


@dataclass(frozen=True, slots=True)
class Labels:
    """The fixed words of the page; English unless the caller gives others. `{page}` and `{pages}` are filled in."""

    invoice: str = "Invoice"
    from_vendor: str = "From"
    billed_to: str = "Billed to"
    number: str = "Invoice number"
    issue_date: str = "Invoice date"
    due_date: str = "Due"
    billing_period: str = "Billing period"
    purchase_order: str = "PO number"
    tax_id: str = "Tax ID"
    description: str = "Description"
    dates: str = "Dates"
    amount: str = "Amount"
    subtotal: str = "Subtotal"
    total: str = "Total"
    credit_used: str = "Credit used"
    brought_forward: str = "Returned payments"
    amount_due: str = "Amount due"
    payment: str = "Payment"
    page: str = "Page {page} of {pages}"


ENGLISH = Labels()
CREDIT_NOTE = Labels(
    invoice="Credit note",
    number="Credit note number",
    issue_date="Date",
    billing_period="For invoice",
    amount_due="Credited",
    payment="What becomes of it",
)
"""A credit note is the same page with other words: it names its invoice where an invoice names its period."""


@dataclass(frozen=True, slots=True)
class PrintableInvoice:
    """Everything on an invoice's paper, already formatted by the caller; an empty text leaves its place out.

    `logo_svg` is the text of an SVG picture. `language` is a BCP 47 code ("en", "ar", "de-AT") and decides the
    reading direction. `issued_at` (aware) is the file's only date, so that the same facts give the same bytes.
    """

    vendor: Party
    company: Party
    number: str
    issue_date: str
    due_date: str
    billing_period: str
    lines: tuple[PrintableLine, ...]
    subtotal: str
    total: str
    amount_due: str
    payment: str
    issued_at: datetime
    discounts: tuple[PrintableSum, ...] = ()
    taxes: tuple[PrintableSum, ...] = ()
    credit_used: str = ""
    brought_forward: str = ""
    po_number: str = ""
    notes: tuple[str, ...] = ()
    logo_svg: str = ""
    language: str = "en"
    paper: Paper = "us-letter"
    labels: Labels = ENGLISH
