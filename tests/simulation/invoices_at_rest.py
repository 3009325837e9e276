"""What must hold of invoices after the calm: every period once, no number missing, every line what the days say."""

from __future__ import annotations

from itertools import pairwise

from tenantry.core.billable import ADDON, PLAN, RatedLine
from tests.core import oracle
from tests.simulation.accounts import Account, Issued
from tests.simulation.violation import Violation
from tests.simulation.world import World


def check(world: World) -> None:
    """Check each company's invoices."""
    for account in world.accounts.values():
        _check_periods(world, account)
        _check_numbers(account)
        for issued in account.issued:
            _check_sums(issued)
            _check_unchanged(world, issued)
        _check_days(account)


def _check_periods(world: World, account: Account) -> None:
    """Check I-12 and I-17: the periods are those of the calendar, one after the other, and none that is due is left."""
    periods = [issued.period for issued in account.issued]
    for before, after in pairwise(periods):
        if before.end != after.start and account.running[0].price.unit_amount.minor:
            raise Violation(f"I-17 {account.company_id} was billed for {before}, then for {after}")
    for period in periods:
        if period.start.day != min(account.anchor_date.day, oracle.days_in_month(period.start)):
            raise Violation(f"I-17 {account.company_id} of the {account.anchor_date.day} was billed for {period}")
    if account.next_period.start <= world.storm_ends_at.date():
        raise Violation(f"I-6 {account.company_id} was not billed from {account.next_period.start} on")


def _check_numbers(account: Account) -> None:
    """Check I-15: 1 to n, in the order of issue."""
    numbers = [issued.sequence for issued in account.issued]
    if numbers != list(range(1, account.last_number + 1)):
        raise Violation(f"I-15 {account.company_id} has the numbers {numbers}")


def _check_sums(issued: Issued) -> None:
    """Check I-13: lines, tax and credit add up to what is asked."""
    totals, lines = issued.totals, sum(line.amount_minor for line in issued.lines)
    taxed = totals.subtotal.minor - totals.discount.minor + totals.tax.minor
    if lines != totals.subtotal.minor or totals.total.minor - totals.credit_left_over.minor != taxed:
        raise Violation(f"I-13 {issued.invoice.number} has lines of {lines} and {totals}")
    if sum(share.amount.minor for share in totals.tax_shares) != totals.tax.minor:
        raise Violation(f"I-13 {issued.invoice.number} has tax shares that do not add up: {totals}")


def _check_unchanged(world: World, issued: Issued) -> None:
    """Check I-14: what was issued is what stands there."""
    now, then = world.books.invoices[issued.invoice.id], issued.invoice
    if (now.number, now.due_date) != (then.number, then.due_date):
        raise Violation(f"I-14 {then.number} was changed to {now}")
    if world.books.first_due[then.id] != issued.totals.amount_due:
        raise Violation(f"I-14 {then.number} was issued with {then.amount_due}, booked with another amount")


def _check_days(account: Account) -> None:
    """Check I-16 and I-27: each period that is over cost price × days, counted day by day by somebody else."""
    if len(account.issued) < 2:
        return
    facts, lines = account.facts(), [line for issued in account.issued for line in issued.lines]
    subjects = {(PLAN, "core"), *((ADDON, row.code) for row in account.running if row.subject_kind == ADDON)}
    for issued in account.issued[:-1]:
        for kind, code in sorted(subjects):
            wanted = oracle.owed_minor(facts, kind, code, issued.period)
            asked = oracle.asked(lines, kind, code, issued.period)
            # What a void or a credit note took back is not billed again, and not given back again for unused days.
            most = max(wanted, account.waived(kind, code, issued.period))
            if not wanted <= asked <= most:
                raise Violation(
                    f"I-27 {account.company_id} was asked {asked} for {code} in {issued.period}, not {wanted} to {most}"
                )
    _check_prices(account, lines)


def _check_prices(account: Account, lines: list[RatedLine]) -> None:
    """Check D6: each line stands at a price that its own stretch was confirmed with."""
    prices = {row.period_id: row.price.id for row in account.running}
    for line in lines:
        if line.running_period_id and prices[line.running_period_id] != line.price_id:
            raise Violation(f"I-16 {line} is at another price than was confirmed")
