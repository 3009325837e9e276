"""Who lives in a world: companies with monthly invoices, payers who click twice, admins who change methods."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from sandbox_gateway.values import Behavior
from sandbox_gateway.values import MethodKind as GatewayKind
from tenantry.core import payment_flow, postings
from tenantry.core.money import Money
from tenantry.core.payment_facts import CompanyFacts, InvoiceFacts, InvoiceState
from tenantry.core.payment_flow import PayOrder
from tenantry.core.payment_methods import (
    MethodFacts,
    MethodKind,
    becomes_default,
    why_not_default,
    why_not_removable,
)
from tests.simulation.books import CURRENCY
from tests.simulation.weather import DAY, HOUR
from tests.simulation.world import STARTS_AT, STORM_DAYS, World

MONTHS = 3
COMPARED_DAILY = STARTS_AT + timedelta(days=3650)
"""Nothing here is restored, so the books always count as compared lately: what is created is not looked for first."""
RETURN_CODES = ("R01", "R02", "R07", "R08", "R09", "R10", "R16", "R29", "R99")


def populate(world: World) -> None:
    """Open companies and plan their three months."""
    for number in range(1, world.random.choice((1, 2, 3)) + 1):
        company = _open_company(world, number)
        for month in range(MONTHS):
            at = STARTS_AT + timedelta(days=30 * month, seconds=world.between(60, 6 * HOUR))
            world.at(at, partial(_issue, world, company.id, month + 1))
            world.company_months += 1
        for _ in range(world.random.randint(0, 4)):
            world.after(world.between(0, STORM_DAYS * DAY), partial(_change_methods, world, company.id))


def _open_company(world: World, number: int) -> CompanyFacts:
    customer = world.gateway.open_customer(world.now, f"company-{number}")
    pays_automatically = world.random.random() < 0.85
    company = CompanyFacts(
        f"company-{number}",
        customer,
        "sim",
        pays_automatically=pays_automatically,
        compared_at=COMPARED_DAILY,
    )
    world.books.companies[company.id] = company
    for _ in range(world.random.choice((0, 1, 1, 2, 3))):
        _add_method(world, company.id)
    return company


def _add_method(world: World, company_id: str) -> None:
    number = world.books.ids_made + 1
    kind = world.random.choice((MethodKind.CARD, MethodKind.CARD, MethodKind.ACH))
    behavior = _card(world) if kind is MethodKind.CARD else _account(world)
    company = world.books.companies[company_id]
    token = world.gateway.store_method(world.now, company.gateway_customer, GatewayKind(kind.value), behavior, number)
    method = MethodFacts(world.books.new_id("method"), kind, token, last4="4242")
    mine = world.books.methods[company_id]
    is_default = becomes_default(method, tuple(mine.values()), world.now.date())
    mine[method.id] = replace(method, is_default=is_default)


def _card(world: World) -> Behavior:
    return world.random.choice(
        (
            Behavior(),
            Behavior(),
            Behavior(asks_payer=True),
            Behavior(charge_decline="insufficient_funds"),
            Behavior(charge_decline="stolen_card"),
            Behavior(asks_payer=True, charge_decline="insufficient_funds"),
        )
    )


def _account(world: World) -> Behavior:
    days = world.random.choice((1, 3, 3, 8, 12))
    code = world.random.choice(RETURN_CODES)
    late_days = world.random.choice((1, 10, 40))
    return world.random.choice(
        (
            Behavior(settle_after_business_days=days),
            Behavior(settle_after_business_days=days, return_code=code),
            Behavior(settle_after_business_days=days, late_return_code=code, late_return_after_business_days=late_days),
        )
    )


def _issue(world: World, company_id: str, month: int) -> None:
    total = Money(world.random.randint(1, 500_000), CURRENCY)
    invoice_id = world.books.new_id("invoice")
    invoice = InvoiceFacts(
        id=invoice_id,
        number=f"{company_id}-{month:06}",
        state=InvoiceState.OPEN,
        version=1,
        amount_due=total,
        recoverable=Money.zero(CURRENCY),
        due_date=world.now.date(),
        state_moved_at=world.now,
        collect_at=world.now,
    )
    zero = Money.zero(CURRENCY)
    world.books.issue(
        company_id, invoice, postings.issued(invoice_id, net=total, tax=zero, credit_left_over=zero), world.now
    )
    world.watch(invoice_id)
    for _ in range(world.random.choice((0, 1, 1, 2, 4))):
        at = world.between(0, world.random.choice((60, HOUR, 3 * DAY, 20 * DAY)))
        world.after(at, partial(_click_pay, world, company_id, invoice_id))


def _click_pay(world: World, company_id: str, invoice_id: str) -> None:
    """One visit to the Pay page: clicks with the form's key, maybe a second tab or a second admin at once."""
    if world.now >= world.storm_ends_at:
        return
    methods = [one for one in world.books.methods[company_id].values() if not one.is_removed]
    for _ in range(world.random.choice((1, 1, 2))):
        request_key = world.books.new_id("form")
        method_id = world.random.choice(methods).id if methods else "method-none"
        for _ in range(world.random.choice((1, 1, 2, 3))):
            order = PayOrder(invoice_id, method_id, request_key, "member")
            world.start("pay", payment_flow.pay(order), world.between(0, world.random.choice((0.3, 30))))


def _change_methods(world: World, company_id: str) -> None:
    mine = world.books.methods[company_id]
    does = world.random.choice(("add", "default", "remove"))
    if does == "add" or not mine:
        _add_method(world, company_id)
        return
    chosen = mine[world.random.choice(sorted(mine))]
    in_use = world.books.is_in_use(company_id, chosen.id)
    if does == "default" and why_not_default(chosen, world.now.date()) is None:
        for method in list(mine.values()):
            mine[method.id] = replace(method, is_default=method.id == chosen.id)
    if does == "remove" and why_not_removable(replace(chosen, is_in_use=in_use)) is None:
        mine[chosen.id] = replace(chosen, is_removed=True)
        world.gateway.model.detach_method(now=world.now, method_id=chosen.token)
