"""The raw rows of one company that the ledger is recomputed from: nothing derived, nothing summed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from tenantry.core.payment_facts import InvoiceState
from tenantry.core.payment_states import Outcome, State
from tenantry.core.refund_states import RefundState


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of an invoice. `days_of` is what it is about: plan or add-on, and the first day of the period."""

    id: str
    owed_minor: int
    already_minor: int
    amount_minor: int
    days_of: tuple[str, date] | None = None


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One issued invoice. `shown_due_minor` is the amount due as pages and payments read it."""

    id: str
    number: str
    sequence: int
    state: InvoiceState
    currency: str
    subtotal_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    credit_used_minor: int
    taxes_minor: tuple[int, ...]
    lines: tuple[LineRow, ...]
    shown_due_minor: int

    @property
    def net_minor(self) -> int:
        """Give what was earned, without tax."""
        return self.subtotal_minor - self.discount_minor

    @property
    def brought_forward_minor(self) -> int:
        """Give what it asked for beside its total: a debt that stood before it."""
        return max(0, -self.credit_used_minor)

    @property
    def asked_minor(self) -> int:
        """Give the most that could ever be due on it."""
        return self.total_minor + self.brought_forward_minor

    @property
    def left_over_minor(self) -> int:
        """Give what of a sum below zero became company credit."""
        return self.total_minor - self.net_minor - self.tax_minor


@dataclass(frozen=True, slots=True)
class CreditNoteRow:
    """One credit note. `lines_minor` are the amounts of its lines."""

    id: str
    invoice_id: str
    number: str
    sequence: int
    currency: str
    net_minor: int
    tax_minor: int
    total_minor: int
    to_receivable_minor: int
    to_credit_minor: int
    taxes_minor: tuple[int, ...]
    lines_minor: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try to collect, with what its intent says. `label` names it for a person."""

    id: str
    invoice_id: str
    intent_id: str
    label: str
    outcome: Outcome
    code: str
    intent_state: State
    amount_minor: int
    currency: str
    gateway: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefundRow:
    """One refund of a payment.

    `was_asked`: somebody asked for it here. `was_found`: the gateway made it without our waiting for it.
    """

    id: str
    invoice_id: str
    intent_id: str
    label: str
    state: RefundState
    was_asked: bool
    was_found: bool
    gateway_refund_id: str
    amount_minor: int
    currency: str
    gateway: str
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class PayoutLineRow:
    """One movement of a payout that is this company's. `intent_id` is empty where no payment of ours is meant."""

    id: str
    kind: str
    intent_id: str
    gateway_refund_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PayoutShareRow:
    """What of a payout is this company's."""

    id: str
    label: str
    gateway: str
    amount_minor: int
    currency: str
    lines: tuple[PayoutLineRow, ...]


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """One payout of a gateway to the vendor, for all companies together, and what of it is whose."""

    id: str
    label: str
    amount_minor: int
    currency: str
    shares_minor: int
    strange_minor: int = 0
    has_strange_lines: bool = False


@dataclass(frozen=True, slots=True)
class PostingRow:
    """One leg."""

    id: str
    account: str
    invoice_id: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry with its legs, and the row that it books (all empty: the invoice itself)."""

    id: str
    kind: str
    invoice_id: str
    postings: tuple[PostingRow, ...]
    attempt_id: str = ""
    credit_note_id: str = ""
    refund_id: str = ""
    payout_share_id: str = ""


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """Everything of one company, each kind of row in the order in which it came to be."""

    company_id: str
    slug: str
    last_invoice_number: int
    last_credit_note_number: int
    invoices: tuple[InvoiceRow, ...] = ()
    credit_notes: tuple[CreditNoteRow, ...] = ()
    attempts: tuple[AttemptRow, ...] = ()
    refunds: tuple[RefundRow, ...] = ()
    payout_shares: tuple[PayoutShareRow, ...] = ()
    entries: tuple[EntryRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that disagrees: `code` says how, `facts` with which values (plain text and whole numbers).

    `label` names it for a person; `invoice_id` is the invoice that it belongs to, empty where to none.
    """

    code: str
    row_kind: str
    row_id: str
    label: str
    facts: Mapping[str, object] = field(default_factory=dict)
    invoice_id: str = ""
