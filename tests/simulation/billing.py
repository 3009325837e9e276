"""The billing run and the switches of add-ons, by the product's own rating and quotes, on rows in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random

from tenantry.core import addons, issuing
from tenantry.core.addons import AddOnFacts
from tenantry.core.billable import ADDON, PLAN, RatedLine, Running
from tenantry.core.forecast import Outlook
from tenantry.core.money import Money
from tenantry.core.payment_facts import InvoiceFacts
from tenantry.core.periods import BillingPeriod, local_date
from tenantry.core.prices import FlatPrice, PerSeatPrice, Price, Proration
from tenantry.core.proration import SeatCount
from tenantry.core.quote import Quote, QuotedAddOn, quote_disable, quote_enable
from tenantry.core.rating import rate, with_invoiced
from tenantry.core.refusal import Refusal
from tenantry.core.tax_rates import NO_TAX, TaxRate, TaxRates
from tenantry.core.totals import Totals, add_up, charged_before, rates_charged
from tests.core.random_company import ZONES
from tests.simulation.accounts import Account, Issued, is_of
from tests.simulation.people import pay_page
from tests.simulation.violation import CURRENCY, Violation
from tests.simulation.weather import DAY, HOUR, MINUTE
from tests.simulation.world import STARTS_AT, STORM_DAYS, World

ADDONS = ("credit-checks", "invoice-plus")
TAXED = TaxRates("fixed", (TaxRate("State", 625), TaxRate("City", 100)))
ELSEWHERE = TaxRates("fixed", (TaxRate("Other State", 990),))
RUN_EVERY = 10 * MINUTE
FIRST_DAYS = 25
"""Within so many days from the start every company's first period begins, often on the last days of a month."""


def subscribe(world: World, company_id: str) -> None:
    """Begin a subscription, and plan its billing and what its people switch."""
    random = world.random
    first_day = (STARTS_AT + timedelta(days=random.choice((0, 14, random.randrange(FIRST_DAYS))))).date()
    anchor = first_day.replace(day=random.choice((first_day.day, first_day.day, 28 + random.randrange(4))))
    zone = random.choice(ZONES)
    account = Account(company_id, anchor, zone, random.choice((NO_TAX, TAXED)), anchor)
    world.accounts[company_id] = account
    world.books.zones[company_id] = zone
    for code in ("", *ADDONS):
        change_price(world, account, code)
    starts_at = account.next_issue_at
    account.running.append(Running(PLAN, "core", "Core", account.prices[""], starts_at, None, "plan"))
    account.seat_counts.append(SeatCount("", random.randint(1, 40), starts_at))
    world.at(starts_at, partial(run, world, account))
    _plan_moves(world, account)
    for _ in range(random.choice((0, 1, 3, 8))):
        world.after(world.between(0, STORM_DAYS * DAY), partial(_look_at_addon, world, account))
    for _ in range(random.choice((0, 2))):
        world.after(world.between(0, STORM_DAYS * DAY), partial(_count_seats, world, account))


def change_price(world: World, account: Account, code: str) -> None:
    """Ask another price from now on: what runs keeps its own."""
    random = world.random
    minor = random.choice((0, 1, 1900, 4999, random.randrange(200_000)))
    proration = Proration.NONE if random.random() < 0.1 else Proration.DAILY
    shape: type[FlatPrice | PerSeatPrice] = random.choice((FlatPrice, PerSeatPrice))
    price: Price = shape(world.books.new_id("price"), Money(minor, CURRENCY), proration)
    account.prices[code] = price


def _plan_moves(world: World, account: Account) -> None:
    """Let some companies move where other taxes hold, with dice of their own: the rest of the schedule stays."""
    dice = Random(f"{account.company_id} {account.anchor_date} {account.zone}")
    for _ in range(dice.choice((0, 3, 9))):
        rates = dice.choice((NO_TAX, TAXED, ELSEWHERE, replace(TAXED, exemption="exempt")))
        world.after(dice.uniform(0, STORM_DAYS * DAY), partial(setattr, account, "tax_rates", rates))


def _count_seats(world: World, account: Account) -> None:
    account.seat_counts.append(SeatCount("", world.random.randint(0, 40), world.now))


# The run


def run(world: World, account: Account) -> None:
    """Issue what is due. It may be missed for days, run twice at once, or die between two invoices."""
    if account.next_period.start > world.storm_ends_at.date():
        return
    if world.strikes("run_missed"):
        world.after(world.between(HOUR, world.random.choice((2, 5, 40)) * DAY), partial(run, world, account))
        return
    while issue(world, account):
        if world.strikes("crash"):
            world.after(RUN_EVERY, partial(run, world, account))
            return
    again = max(account.next_issue_at, world.now) + timedelta(seconds=world.between(0, RUN_EVERY))
    world.at(again, partial(run, world, account))
    if world.random.random() < 0.2:
        # Somebody starts a run by hand beside the scheduled one.
        world.at(again, partial(issue, world, account))


def issue(world: World, account: Account) -> bool:
    """Issue the invoice of the next period, if it has begun: one transaction."""
    if account.next_issue_at > world.now or world.strikes("no_database"):
        return False
    facts, period = account.facts(), account.next_period
    lines = rate(facts, period)
    _check_given_back(account, lines)
    credit, charged_at = world.usable_credit_of(account.company_id), charged_before(facts, period)
    totals = add_up(lines, CURRENCY, account.tax_rates, credit_available=credit, charged_at=charged_at)
    account.next_period_start = period.end
    if not lines:
        return True
    account.last_number += 1
    rates = rates_charged(totals.tax_shares, totals.subtotal - totals.discount)
    new = with_invoiced(replace(facts, invoiced=()), lines).invoiced
    account.invoiced += [replace(line, charged_at=rates) for line in new]
    invoice = _invoice(world, account, period, totals)
    if any(one.period == period for one in account.issued):
        raise Violation(f"I-12 {account.company_id} has two invoices for {period}")
    account.issued.append(Issued(invoice, account.last_number, period, lines, totals))
    world.books.issue(account.company_id, invoice, issuing.entries(invoice.id, totals), world.now)
    world.company_months += 1
    world.ticks.watch(invoice.id)
    for _ in range(world.random.choice((0, 1, 1, 2, 4))):
        at = world.between(0, world.random.choice((60, HOUR, 3 * DAY, 20 * DAY)))
        world.after(at, partial(pay_page, world, account.company_id, invoice.id))
    return True


def _check_given_back(account: Account, lines: Sequence[RatedLine]) -> None:
    """Hold lines against what earlier invoices still hold of the same days: no more than that may go back."""
    for kind, code, period in {(line.subject_kind, line.code, line.period) for line in lines}:
        mine = [line for line in account.invoiced if is_of(line, kind, code) and line.period_start == period.start]
        held = sum(line.amount.minor - line.waived_minor for line in mine)
        asked = sum(line.amount_minor for line in lines if is_of(line, kind, code) and line.period == period)
        if asked < min(0, -held):
            raise Violation(f"D1 {account.company_id} gets back {-asked} of {held} for {code} in {period}")


def _invoice(world: World, account: Account, period: BillingPeriod, totals: Totals) -> InvoiceFacts:
    company = world.books.companies[account.company_id]
    is_collected = bool(totals.amount_due.minor) and company.pays_automatically
    return InvoiceFacts(
        id=f"{account.company_id}@{period.start}",
        number=f"{account.company_id}-{account.last_number:06}",
        state=issuing.first_state(totals),
        version=1,
        amount_due=totals.amount_due,
        recoverable=Money.zero(CURRENCY),
        due_date=local_date(world.now, account.zone),
        state_moved_at=world.now,
        collect_at=world.now if is_collected else None,
    )


# Add-ons


def _look_at_addon(world: World, account: Account) -> None:
    """Open a confirmation and confirm it a while later: maybe twice, maybe when it is no longer true."""
    if not world.is_storm:
        return
    code = world.random.choice(ADDONS)
    if world.random.random() < 0.2:
        change_price(world, account, code)
    seen = _quote(world, account, code)
    if isinstance(seen, Refusal):
        return
    for _ in range(world.random.choice((1, 1, 2))):
        wait = world.between(1, world.random.choice((60, HOUR, 2 * DAY)))
        world.after(wait, partial(_confirm, world, account, code, seen))


def _quote(world: World, account: Account, code: str) -> Quote | Refusal:
    outlook: Outlook = account.outlook(world.usable_credit_of(account.company_id))
    facts = AddOnFacts(code, is_offered=True, periods=tuple(account.of_addon(code)))
    if addons.is_on(facts.periods, world.now):
        allowed = addons.may_disable(facts, world.now)
        return allowed if isinstance(allowed, Refusal) else quote_disable(account.facts(), code, world.now, outlook)
    may = addons.may_enable(facts, world.now, others=addons.Others(), has_usable_method=True)
    if isinstance(may, Refusal):
        return may
    return quote_enable(account.facts(), QuotedAddOn(code, code), account.prices[code], world.now, outlook)


def _confirm(world: World, account: Account, code: str, seen: Quote) -> None:
    fresh = _quote(world, account, code)
    if isinstance(fresh, Refusal) or fresh.fingerprint != seen.fingerprint:
        return
    rows = account.of_addon(code)
    on = addons.period_at(rows, world.now)
    if on is None:
        row_id = world.books.new_id("period")
        account.open(Running(ADDON, code, code, account.prices[code], world.now, None, row_id))
    else:
        account.close(on, replace(on, ended_at=world.now))
