"""Lines give subtotal, discount, tax, total, credit used and amount due; every sum is checked.

A total is never below zero: what the lines leave below it becomes company credit, and the next invoice uses
it. Credit below zero is what the company owes, since its bank took a payment back that had become credit and was
used: the next invoice asks for it beside its total. Amounts of credit notes and of unused days carry their tax and
their discount back: the same percentages that were taken of them, whatever holds today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tenantry.core.breach import MoneyBreach
from tenantry.core.money import MOST_MINOR, Money, divide_half_away, split_minor, total
from tenantry.core.periods import BillingPeriod, period_before
from tenantry.core.rating import ADDON, BillableFacts, RatedLine
from tenantry.core.tax_rates import BASIS_POINTS, NO_TAX, TaxRate, TaxRates


class ArithmeticBreach(MoneyBreach):
    """A sum that must hold does not: nothing may be written, charged or sent from it."""


@dataclass(frozen=True, slots=True)
class TaxShare:
    """One tax line of an invoice.

    `of` is what it is taken of, where that is not all of the invoice: what its lines ask for, or what they give back
    (below zero), which was charged at other rates.
    """

    name: str
    basis_points: int
    amount: Money
    of: Money | None = None
    is_exempt: bool = False


@dataclass(frozen=True, slots=True)
class Discount:
    """A percentage of the subtotal in basis points, or an amount off an invoice that asks for something."""

    name: str
    basis_points: int = 0
    amount: Money | None = None

    def __post_init__(self) -> None:
        """Refuse a discount that is neither or both, or out of bounds.

        Raises:
            ValueError: not exactly one of the two, or below zero, or above 100 %.
        """
        is_percentage = self.basis_points != 0
        if is_percentage == (self.amount is not None):
            raise ValueError("a discount is a percentage or an amount")
        if not 0 <= self.basis_points <= BASIS_POINTS or (self.amount is not None and self.amount.is_negative):
            raise ValueError(f"a discount is out of bounds: {self}")


@dataclass(frozen=True, slots=True)
class DiscountShare:
    """What one discount takes off an invoice (below zero where it is taken back from a credit)."""

    name: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of one invoice.

    subtotal − discount + tax = total − credit_left_over, and amount_due = total − credit_applied.
    `credit_applied` is company credit used here (below zero: `brought_forward`); `credit_left_over` is new company
    credit, from lines that give back more than the others ask for.
    """

    subtotal: Money
    discount: Money
    tax: Money
    total: Money
    credit_applied: Money
    amount_due: Money
    credit_left_over: Money
    tax_shares: tuple[TaxShare, ...]
    discount_shares: tuple[DiscountShare, ...]

    @property
    def brought_forward(self) -> Money:
        """Give what the company owed already and this invoice asks for beside its total."""
        return max(-self.credit_applied, Money.zero(self.total.currency))

    @property
    def credit_used(self) -> Money:
        """Give the company credit that is used here; zero where something is brought forward instead."""
        return max(self.credit_applied, Money.zero(self.total.currency))


def add_up(
    lines: Sequence[RatedLine],
    currency: str,
    tax_rates: TaxRates = NO_TAX,
    *,
    credit_available: Money | None = None,
    discounts: Sequence[Discount] = (),
    charged_at: TaxRates | None = None,
) -> Totals:
    """Add the lines of one invoice up; `credit_available` is what the company's credit stands at, below zero: owes.

    `charged_at` are the rates of the invoice that billed the period before, where there was one: what lines give back
    was charged with them. What they ask for is taxed with today's rates, also where it is for that period.

    Raises:
        ArithmeticBreach: a sum does not hold, or an amount is out of bounds.
        CurrencyMismatch: something is in another currency.
    """
    zero = Money.zero(currency)
    subtotal = total((line.amount for line in lines), currency)
    discount_shares = _discounted(subtotal, discounts)
    discount = total((share.amount for share in discount_shares), currency)
    tax_shares = _taxed(lines, subtotal, discount, tax_rates, tax_rates if charged_at is None else charged_at)
    tax = total((share.amount for share in tax_shares), currency)
    asked = subtotal - discount + tax
    whole, left_over = (zero, -asked) if asked.is_negative else (asked, zero)
    applied = _applied(whole, left_over, credit_available or zero)
    totals = Totals(
        subtotal, discount, tax, whole, applied, whole - applied, left_over, tax_shares, tuple(discount_shares)
    )
    check(totals, lines, credit_available or zero)
    return totals


def _applied(whole: Money, left_over: Money, credit: Money) -> Money:
    """Use credit up to the total; of a debt ask for what this invoice's own left-over doesn't pay off."""
    return min(Money.zero(whole.currency), credit + left_over) if credit.is_negative else min(whole, credit)


def tax_on(amount: Money, tax_rates: TaxRates) -> tuple[TaxShare, ...]:
    """Give the tax on an amount, one share for each rate: rounded once, split by largest remainder.

    An exempt company has its rates with nothing taken, so that the invoice can say so.
    """
    weights = [rate.basis_points for rate in tax_rates.rates]
    taken_minor = 0 if tax_rates.exemption else divide_half_away(amount.minor * sum(weights), BASIS_POINTS)
    parts = split_minor(taken_minor, weights) if sum(weights) else (0,) * len(weights)
    return tuple(
        TaxShare(rate.name, rate.basis_points, Money(minor, amount.currency), is_exempt=bool(tax_rates.exemption))
        for rate, minor in zip(tax_rates.rates, parts, strict=True)
    )


def _taxed(
    lines: Sequence[RatedLine], subtotal: Money, discount: Money, today: TaxRates, charged_at: TaxRates
) -> tuple[TaxShare, ...]:
    """Tax all of it at once where the rates are the same; else apart what comes back, less its part of a discount."""
    net = subtotal - discount
    if _effective(today) == _effective(charged_at):
        return tax_on(net, today)
    back = _given_back(lines, subtotal.currency)
    if not back.minor:
        return tax_on(net, today)
    if discount.minor and subtotal.minor:
        back = back.share(net.minor, subtotal.minor)
    asked = net - back
    on_asked = tax_on(asked, today) if asked.minor else ()
    return (*_apart(on_asked, asked), *_apart(tax_on(back, charged_at), back))


def _given_back(lines: Sequence[RatedLine], currency: str) -> Money:
    """Add up what is given back: of a plan or an add-on and a period, what its lines come to together below zero."""
    asked: dict[tuple[str, BillingPeriod], int] = defaultdict(int)
    for line in lines:
        asked[line.code if line.subject_kind == ADDON else "", line.period] += line.amount_minor
    return Money(sum(min(0, minor) for minor in asked.values()), currency)


def _apart(shares: Sequence[TaxShare], of: Money) -> tuple[TaxShare, ...]:
    return tuple(replace(share, of=of) for share in shares)


def _effective(rates: TaxRates) -> tuple[TaxRate, ...]:
    """Give the rates of which something is taken."""
    return tuple(rate for rate in rates.rates if rate.basis_points) if rates.is_charged else ()


def rates_charged(shares: Sequence[TaxShare], net: Money) -> TaxRates:
    """Give the rates at which an issued invoice charged what it asked for; `net` is what it says without tax."""
    mine = [share for share in shares if share.of is None or not share.of.is_negative]
    rates = tuple(TaxRate(share.name, share.basis_points) for share in mine)
    net = next((share.of for share in mine if share.of is not None), net)
    taken = any(share.amount.minor for share in mine)
    # An exempt invoice from before it said so: it took nothing where there was something to take.
    is_exempt = any(share.is_exempt for share in mine) or not (
        taken or all(not share.amount.minor for share in tax_on(net, TaxRates(rates=rates)))
    )
    return TaxRates(rates=() if is_exempt else rates)


def charged_before(facts: BillableFacts, period: BillingPeriod) -> TaxRates | None:
    """Give the rates of the invoice that billed the period before; None where there was none."""
    start = period_before(facts.anchor_date, period, facts.interval).start
    return next((line.charged_at for line in facts.invoiced if line.period_start == start), None)


def _discounted(subtotal: Money, discounts: Sequence[Discount]) -> list[DiscountShare]:
    """Take the discounts in their order, never more than what is left of the subtotal.

    A percentage of a subtotal below zero is taken back, since the charge was discounted too; an amount off
    applies only where there is something to ask for.
    """
    shares: list[DiscountShare] = []
    left = subtotal
    for discount in discounts:
        if discount.amount is None:
            wanted = subtotal.share(discount.basis_points, BASIS_POINTS)
            off = max(wanted, left) if subtotal.is_negative else min(wanted, left)
        else:
            off = Money.zero(subtotal.currency) if left.is_negative else min(discount.amount, left)
        shares.append(DiscountShare(discount.name, off))
        left -= off
    return shares


def check(totals: Totals, lines: Sequence[RatedLine], credit_available: Money) -> None:
    """Prove the sums of an invoice anew, from its lines.

    Raises:
        ArithmeticBreach: naming the sum that does not hold.
    """
    t = totals
    held = {
        "line = owed - already": all(line.amount_minor == line.owed_minor - line.already_minor for line in lines),
        "subtotal = lines": t.subtotal.minor == sum(line.amount_minor for line in lines),
        "discount = its shares": t.discount.minor == sum(share.amount.minor for share in t.discount_shares),
        "tax = its shares": t.tax.minor == sum(share.amount.minor for share in t.tax_shares),
        "total": t.total.minor - t.credit_left_over.minor == t.subtotal.minor - t.discount.minor + t.tax.minor,
        "total or credit": t.total.minor == 0 or t.credit_left_over.minor == 0,
        "amount due": t.amount_due.minor == t.total.minor - t.credit_applied.minor,
        "credit used": min(0, credit_available.minor) <= t.credit_applied.minor
        and t.credit_applied.minor <= min(t.total.minor, max(0, credit_available.minor)),
        "bounds": 0 <= t.total.minor <= MOST_MINOR and 0 <= t.credit_left_over.minor <= MOST_MINOR,
        "nothing below zero": t.amount_due.minor >= 0,
    }
    broken = [name for name, holds in held.items() if not holds]
    if broken:
        raise ArithmeticBreach("; ".join(broken))
