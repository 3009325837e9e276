"""A business event gives balanced ledger postings. A debit is positive, a credit negative."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tenantry.core.breach import MoneyBreach
from tenantry.core.money import Money


class Account(StrEnum):
    """The books. `recoverable` and its offset stand beside them: what was written off and may still come in."""

    RECEIVABLE = "receivable"
    REVENUE = "revenue"
    TAX_PAYABLE = "tax_payable"
    COMPANY_CREDIT = "company_credit"
    GATEWAY_CLEARING = "gateway_clearing"
    REFUND_UNDER_WAY = "refund_under_way"
    BANK = "bank"
    BAD_DEBT = "bad_debt"
    RECOVERABLE = "recoverable"
    RECOVERABLE_OFFSET = "recoverable_offset"


class EntryKind(StrEnum):
    """The business event that an entry books."""

    ISSUED = "issued"
    CREDIT_USED = "credit_used"
    BROUGHT_FORWARD = "brought_forward"
    SUCCEEDED = "succeeded"
    RETURNED = "returned"
    OVERPAID = "overpaid"
    OVERPAYMENT_RETURNED = "overpayment_returned"
    CREDITED = "credited"
    REFUND_OPENED = "refund_opened"
    REFUNDED = "refunded"
    REFUND_REFUSED = "refund_refused"
    REFUND_FOUND = "refund_found"
    RETURN_REDUCED = "return_reduced"
    PAID_OUT = "paid_out"
    WRITTEN_OFF = "written_off"
    RECOVERED = "recovered"
    VOIDED = "voided"


REFUNDS = (EntryKind.REFUNDED, EntryKind.REFUND_FOUND)
"""What books money that was sent back."""


class Books(Protocol):
    """Book one amount for an invoice."""

    def __call__(self, invoice_id: str, amount: Money) -> Entry:
        """Give the entry."""


class UnbalancedEntry(MoneyBreach):
    """A ledger entry that does not sum to zero, or an amount with the wrong sign: nothing may be written."""


@dataclass(frozen=True, slots=True)
class PostingLine:
    """One leg: a signed amount in minor units on an account, for an invoice (empty where there is none)."""

    account: Account
    amount_minor: int
    currency: str
    invoice_id: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One business event in the books; its lines sum to zero."""

    kind: EntryKind
    invoice_id: str
    lines: tuple[PostingLine, ...]


def _entry(kind: EntryKind, invoice_id: str, *legs: tuple[Account, Money]) -> Entry:
    """Build an entry, leave legs of zero out, and check the balance (R14: also in production).

    Raises:
        UnbalancedEntry: the legs do not sum to zero in one currency.
    """
    lines = tuple(
        PostingLine(account, amount.minor, amount.currency, invoice_id) for account, amount in legs if amount.minor
    )
    assert_balanced(lines)
    return Entry(kind, invoice_id, lines)


def assert_balanced(lines: tuple[PostingLine, ...]) -> None:
    """Check that lines sum to zero for each currency.

    Raises:
        UnbalancedEntry: they do not.
    """
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.amount_minor
    if any(sums.values()):
        raise UnbalancedEntry(f"{lines} sum to {sums}")


def _positive(amount: Money) -> Money:
    if amount.minor <= 0:
        raise UnbalancedEntry(f"{amount} is not above zero")
    return amount


def issued(invoice_id: str, *, net: Money, tax: Money, credit_left_over: Money) -> Entry:
    """Book an issued invoice.

    `net` is what was earned (below zero when the lines give back more than they ask), `credit_left_over`
    the part of a negative sum that becomes company credit. The receivable is what is left: the total.

    Raises:
        UnbalancedEntry: the total would be below zero.
    """
    receivable = net + tax + credit_left_over
    if receivable.minor < 0 or credit_left_over.minor < 0:
        raise UnbalancedEntry(f"an invoice of {receivable} with {credit_left_over} left over")
    return _entry(
        EntryKind.ISSUED,
        invoice_id,
        (Account.RECEIVABLE, receivable),
        (Account.REVENUE, -net),
        (Account.TAX_PAYABLE, -tax),
        (Account.COMPANY_CREDIT, -credit_left_over),
    )


def credit_used(invoice_id: str, amount: Money) -> Entry:
    """Book company credit that pays a part of an invoice."""
    _positive(amount)
    return _entry(EntryKind.CREDIT_USED, invoice_id, (Account.COMPANY_CREDIT, amount), (Account.RECEIVABLE, -amount))


def brought_forward(invoice_id: str, amount: Money) -> Entry:
    """Book that an invoice asks for what the company owes: its credit is below zero by so much less."""
    _positive(amount)
    return _entry(
        EntryKind.BROUGHT_FORWARD, invoice_id, (Account.RECEIVABLE, amount), (Account.COMPANY_CREDIT, -amount)
    )


def succeeded(invoice_id: str, amount: Money) -> Entry:
    """Book money that the gateway took for an invoice."""
    _positive(amount)
    return _entry(EntryKind.SUCCEEDED, invoice_id, (Account.GATEWAY_CLEARING, amount), (Account.RECEIVABLE, -amount))


def returned(invoice_id: str, amount: Money) -> Entry:
    """Book money that the bank took back: the inverse of `succeeded`."""
    _positive(amount)
    return _entry(EntryKind.RETURNED, invoice_id, (Account.RECEIVABLE, amount), (Account.GATEWAY_CLEARING, -amount))


def overpaid(invoice_id: str, amount: Money) -> Entry:
    """Book money that came in where nothing was due any more: it is the company's credit until a person looked."""
    _positive(amount)
    return _entry(EntryKind.OVERPAID, invoice_id, (Account.GATEWAY_CLEARING, amount), (Account.COMPANY_CREDIT, -amount))


def overpayment_returned(invoice_id: str, amount: Money) -> Entry:
    """Book the bank taking back what `overpaid` had booked."""
    _positive(amount)
    return _entry(
        EntryKind.OVERPAYMENT_RETURNED,
        invoice_id,
        (Account.COMPANY_CREDIT, amount),
        (Account.GATEWAY_CLEARING, -amount),
    )


def credited(invoice_id: str, *, net: Money, tax: Money, to_receivable: Money) -> Entry:
    """Book a credit note: first against what is still due on the invoice, the rest becomes company credit.

    Raises:
        UnbalancedEntry: more is taken off the receivable than the note gives, or less than nothing.
    """
    whole = _positive(net + tax)
    to_credit = whole - to_receivable
    if to_receivable.minor < 0 or to_credit.minor < 0:
        raise UnbalancedEntry(f"{to_receivable} of a credit note of {whole}")
    return _entry(
        EntryKind.CREDITED,
        invoice_id,
        (Account.REVENUE, net),
        (Account.TAX_PAYABLE, tax),
        (Account.RECEIVABLE, -to_receivable),
        (Account.COMPANY_CREDIT, -to_credit),
    )


def refund_opened(invoice_id: str, amount: Money) -> Entry:
    """Set company credit aside for a refund, so that no invoice uses it meanwhile."""
    _positive(amount)
    return _entry(
        EntryKind.REFUND_OPENED, invoice_id, (Account.COMPANY_CREDIT, amount), (Account.REFUND_UNDER_WAY, -amount)
    )


def refunded(invoice_id: str, amount: Money) -> Entry:
    """Book credit that was set aside and has been sent back through the gateway."""
    _positive(amount)
    return _entry(
        EntryKind.REFUNDED, invoice_id, (Account.REFUND_UNDER_WAY, amount), (Account.GATEWAY_CLEARING, -amount)
    )


def refund_refused(invoice_id: str, amount: Money) -> Entry:
    """Give credit that was set aside back: no money moved."""
    _positive(amount)
    return _entry(
        EntryKind.REFUND_REFUSED, invoice_id, (Account.REFUND_UNDER_WAY, amount), (Account.COMPANY_CREDIT, -amount)
    )


def refund_found(invoice_id: str, amount: Money) -> Entry:
    """Book a refund that the gateway made without our waiting for it: it used the company's credit, there or not."""
    _positive(amount)
    return _entry(
        EntryKind.REFUND_FOUND, invoice_id, (Account.COMPANY_CREDIT, amount), (Account.GATEWAY_CLEARING, -amount)
    )


def return_reduced(invoice_id: str, amount: Money, *, still_due: Money) -> Entry:
    """Book that a dispute took less than the whole payment, since a refund that we hear of now came before it.

    It comes off what is due; what is not due any more becomes company credit.
    """
    off = min(_positive(amount), still_due)
    return _entry(
        EntryKind.RETURN_REDUCED,
        invoice_id,
        (Account.GATEWAY_CLEARING, amount),
        (Account.RECEIVABLE, -off),
        (Account.COMPANY_CREDIT, off - amount),
    )


def paid_out(amount: Money) -> Entry:
    """Book what the gateway paid to our bank account of a company's money; below zero where it took from it."""
    return _entry(EntryKind.PAID_OUT, "", (Account.BANK, amount), (Account.GATEWAY_CLEARING, -amount))


def written_off(invoice_id: str, amount: Money) -> Entry:
    """Book that an invoice is no longer collected; what may still come in stands beside it as recoverable."""
    _positive(amount)
    return _entry(
        EntryKind.WRITTEN_OFF,
        invoice_id,
        (Account.BAD_DEBT, amount),
        (Account.RECEIVABLE, -amount),
        (Account.RECOVERABLE, amount),
        (Account.RECOVERABLE_OFFSET, -amount),
    )


def recovered(invoice_id: str, amount: Money) -> Entry:
    """Book money that came in for an invoice that had been written off."""
    _positive(amount)
    return _entry(
        EntryKind.RECOVERED,
        invoice_id,
        (Account.GATEWAY_CLEARING, amount),
        (Account.BAD_DEBT, -amount),
        (Account.RECOVERABLE, -amount),
        (Account.RECOVERABLE_OFFSET, amount),
    )


def voided(invoice_id: str, *, net: Money, tax: Money, still_due: Money, brought_forward: Money) -> Entry:
    """Book that an unpaid invoice is cancelled: the inverse of `issued`, and company credit that it used comes back.

    What it asked for beside its total is owed as before, and what its lines left as credit is taken back.

    Raises:
        UnbalancedEntry: nothing is due, or more than was asked for.
    """
    whole = net + tax
    nothing = Money.zero(whole.currency)
    credit_back = whole - _positive(still_due)
    left_over = max(nothing, -whole)
    if credit_back + brought_forward + left_over < nothing:
        raise UnbalancedEntry(f"{still_due} due of an invoice of {whole} and {brought_forward} brought forward")
    return _entry(
        EntryKind.VOIDED,
        invoice_id,
        (Account.REVENUE, net),
        (Account.TAX_PAYABLE, tax),
        (Account.RECEIVABLE, -still_due),
        (Account.COMPANY_CREDIT, -credit_back),
    )
