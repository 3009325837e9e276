"""What a credit note gives back: never more than its invoice asked for, exact to the cent in any number of parts.

A note takes its amount first off what is still due on the invoice; the rest becomes company credit. What a later
invoice gave back for unused days of the same period is gone, too: no note gives it back once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tenantry.core.billable import ADDON, Invoiced
from tenantry.core.card_numbers import holds_card_number
from tenantry.core.invoice_states import payment_under_way
from tenantry.core.money import Money, split_minor, total
from tenantry.core.payment_facts import IntentFacts, InvoiceFacts, InvoiceState
from tenantry.core.payment_states import State
from tenantry.core.refusal import Refusal
from tenantry.core.totals import ArithmeticBreach, TaxShare

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of an issued invoice, or of a credit note: what it says without tax, and each tax."""

    net: Money
    tax_shares: tuple[TaxShare, ...] = ()

    @property
    def tax(self) -> Money:
        """Give all tax together."""
        return total((share.amount for share in self.tax_shares), self.net.currency)

    @property
    def whole(self) -> Money:
        """Give the amount with tax."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Credit:
    """What one credit note will say and do.

    `to_receivable` comes off what is due, `to_credit` becomes company credit. `is_whole`: the invoice is taken
    back line by line, at once. `pays_off`: nothing is due any more.
    """

    sums: Sums
    to_receivable: Money
    to_credit: Money
    is_whole: bool
    pays_off: bool


def left_of(invoice: Sums, credited: Sequence[Sums], given_back: int = 0) -> Sums:
    """Give what of an invoice was not credited yet, nor given back by a later one (without tax; its tax goes along)."""
    net = invoice.net - total((note.net for note in credited), invoice.net.currency)
    kept, whole = max(0, net.minor - given_back), max(1, net.minor)
    shares = []
    for at, share in enumerate(invoice.tax_shares):
        gone = total((note.tax_shares[at].amount for note in credited), invoice.net.currency)
        left = share.amount - gone
        shares.append(TaxShare(share.name, share.basis_points, left.share(kept, whole) if given_back else left))
    return Sums(Money(kept, net.currency) if given_back else net, tuple(shares))


def waived_minor(amount_minor: int, net_minor: int, credited_minor: int) -> int:
    """Give what credit notes took back of one line: its share of what they took back of the whole, both without tax.

    Rounded up, so that the shares of the lines are never less than what the notes took back.
    """
    return -(-amount_minor * credited_minor // net_minor) if credited_minor else 0


def given_back_minor(later: Iterable[Invoiced], subtotal_minor: int, net_minor: int) -> int:
    """Give what the lines of later invoices gave back for an invoice's own period, without tax.

    `later` are those lines; where their invoice is void or was credited, that part of them is undone. With a discount
    less was asked for, so less was given back.
    """
    asked: dict[str, int] = defaultdict(int)
    for line in later:
        asked[line.code if line.subject_kind == ADDON else ""] += line.amount.minor - line.waived_minor
    back = sum(-minor for minor in asked.values() if minor < 0)
    return back if net_minor == subtotal_minor else -(-back * net_minor // subtotal_minor)


def creditable(
    invoice: InvoiceFacts, latest: IntentFacts | None, sums: Sums, credited: Sequence[Sums], given_back: int = 0
) -> Money | Refusal:
    """Tell how much can be credited now, or why nothing. `latest` is the invoice's latest intent.

    `given_back` is what later invoices gave back for its unused days, without tax.

    An intent at rest stands in the way of nothing here: the verb gives it up first.
    """
    if latest is not None and (refused := payment_under_way(latest)):
        return refused
    if invoice.state is InvoiceState.VOID:
        return Refusal("invoice_void", {"number": invoice.number})
    if invoice.state is InvoiceState.UNCOLLECTIBLE:
        return Refusal("invoice_written_off", {"number": invoice.number})
    if any(share.of is not None for share in sums.tax_shares):
        return Refusal("taxed_at_two_rates", {"number": invoice.number})
    left = left_of(sums, credited, given_back).whole
    return left if left.minor > 0 else Refusal("nothing_to_credit", {"number": invoice.number})


def credit(
    invoice: InvoiceFacts,
    latest: IntentFacts | None,
    sums: Sums,
    credited: Sequence[Sums],
    wanted: Money | None = None,
    given_back: int = 0,
) -> Credit | Refusal:
    """Decide what a credit note of this amount says; None credits all that is left.

    Net and each tax are shares of what is left of them, so that the last note takes the rest to the cent.

    Raises:
        ArithmeticBreach: a sum does not hold.
    """
    if latest is not None and latest.state is State.READY:
        return Refusal("payment_in_progress", {"amount": latest.amount})
    most = creditable(invoice, latest, sums, credited, given_back)
    if isinstance(most, Refusal):
        return most
    amount = most if wanted is None else wanted
    if amount.minor <= 0:
        return Refusal("amount_out_of_bounds")
    if amount > most:
        return Refusal("credit_too_large", {"most": most})
    left = left_of(sums, credited, given_back)
    note = _share(left, amount)
    to_receivable = min(amount, invoice.amount_due)
    decided = Credit(
        sums=note,
        to_receivable=to_receivable,
        to_credit=amount - to_receivable,
        is_whole=not credited and not given_back and amount == most,
        pays_off=invoice.state is InvoiceState.OPEN and to_receivable == invoice.amount_due,
    )
    _check(decided, amount, left)
    return decided


def why_not_reason(reason: str) -> Refusal | None:
    """Tell what is wrong with the reason that stands on the paper; None: nothing."""
    if not reason.strip():
        return Refusal("field_required", {"field": "reason"})
    if len(reason) > LONGEST_REASON:
        return Refusal("too_long", {"field": "reason", "most": LONGEST_REASON})
    return Refusal("card_number_refused") if holds_card_number(reason) else None


def _share(left: Sums, amount: Money) -> Sums:
    """Split an amount into net and taxes, in proportion to what is left of each."""
    net_minor, tax_minor = split_minor(amount.minor, [left.net.minor, left.tax.minor])
    weights = [share.amount.minor for share in left.tax_shares]
    parts = split_minor(tax_minor, weights) if sum(weights) else (0,) * len(weights)
    shares = (
        TaxShare(share.name, share.basis_points, Money(minor, amount.currency))
        for share, minor in zip(left.tax_shares, parts, strict=True)
    )
    return Sums(Money(net_minor, amount.currency), tuple(shares))


def _check(decided: Credit, amount: Money, left: Sums) -> None:
    """Prove the sums of a credit note anew.

    Raises:
        ArithmeticBreach: naming the sum that does not hold.
    """
    held = {
        "net + tax = amount": decided.sums.whole == amount,
        "receivable + credit = amount": decided.to_receivable + decided.to_credit == amount,
        "bounds": min(decided.sums.net.minor, decided.to_receivable.minor, decided.to_credit.minor) >= 0,
        "net within what is left": decided.sums.net <= left.net,
        "each tax within what is left": all(
            0 <= part.amount.minor <= rest.amount.minor
            for part, rest in zip(decided.sums.tax_shares, left.tax_shares, strict=True)
        ),
    }
    broken = [name for name, holds in held.items() if not holds]
    if broken:
        raise ArithmeticBreach("; ".join(broken))
