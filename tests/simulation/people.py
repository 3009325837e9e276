"""Who lives in a world: payers who click twice, admins who change methods; `billing` has what they subscribe to."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sandbox_gateway.values import Behavior
from sandbox_gateway.values import MethodKind as GatewayKind
from tenantry.core import payment_flow
from tenantry.core.payment_facts import CompanyFacts
from tenantry.core.payment_flow import PayOrder, Result
from tenantry.core.payment_methods import (
    MethodFacts,
    MethodKind,
    becomes_default,
    why_not_default,
    why_not_removable,
)
from tests.simulation import witness
from tests.simulation.weather import DAY
from tests.simulation.world import STORM_DAYS, World

RETURN_CODES = ("R01", "R02", "R07", "R08", "R09", "R10", "R16", "R29", "R99")
LATE_BUSINESS_DAYS = (1, 10, 42)
"""Banks take a debit back for sixty days, which are 42 business days."""


def open_company(world: World, number: int) -> CompanyFacts:
    """Open a company with what it has on file, and plan what its admins do with it."""
    customer = world.gateway.open_customer(world.now, f"company-{number}")
    pays_automatically = world.random.random() < 0.85
    company = CompanyFacts(f"company-{number}", customer, "sim", pays_automatically=pays_automatically)
    world.books.companies[company.id] = company
    for _ in range(world.random.choice((0, 1, 1, 2, 3))):
        _add_method(world, company.id)
    for _ in range(world.random.randint(0, 4)):
        world.after(world.between(0, STORM_DAYS * DAY), partial(_change_methods, world, company.id))
    return company


# Methods


def _add_method(world: World, company_id: str) -> None:
    number = world.books.ids_made + 1
    kind = world.random.choice((MethodKind.CARD, MethodKind.CARD, MethodKind.ACH))
    is_card = kind is MethodKind.CARD
    behavior = _card(world) if is_card else _account(world)
    # Some cards end with this month; some accounts wait for their small deposits.
    ends = world.random.choice(((12, 2099), (12, 2099), (world.now.month, world.now.year))) if is_card else (0, 0)
    is_verified = is_card or world.random.random() < 0.7
    company = world.books.companies[company_id]
    token = world.gateway.store_method(
        world.now, company.gateway_customer, GatewayKind(kind.value), behavior, number, ends, is_verified=is_verified
    )
    method = MethodFacts(
        world.books.new_id("method"),
        kind,
        token,
        last4="4242",
        expiry_month=ends[0],
        expiry_year=ends[1],
        is_verified=is_verified,
    )
    mine = world.books.methods[company_id]
    is_default = becomes_default(method, tuple(mine.values()), world.now.date())
    mine[method.id] = replace(method, is_default=is_default)
    if not is_verified:
        world.after(world.between(DAY, 12 * DAY), partial(_verify, world, company_id, method.id))


def _card(world: World) -> Behavior:
    return world.random.choice(
        (
            Behavior(),
            Behavior(),
            Behavior(asks_payer=True),
            Behavior(charge_decline="insufficient_funds"),
            Behavior(charge_decline="stolen_card"),
            Behavior(asks_payer=True, charge_decline="insufficient_funds"),
            Behavior(dispute_reason="fraudulent", dispute_after_days=5, dispute_decided_after_days=20),
            Behavior(dispute_reason="product_not_received", dispute_after_days=30, dispute_is_won=True),
        )
    )


def _account(world: World) -> Behavior:
    days = world.random.choice((1, 3, 3, 8, 12))
    code = world.random.choice(RETURN_CODES)
    late_days = world.random.choice(LATE_BUSINESS_DAYS)
    return world.random.choice(
        (
            Behavior(settle_after_business_days=days),
            Behavior(settle_after_business_days=days, return_code=code),
            Behavior(settle_after_business_days=days, late_return_code=code, late_return_after_business_days=late_days),
        )
    )


def _verify(world: World, company_id: str, method_id: str) -> None:
    """Type the small deposits, or what somebody takes for them."""
    mine = world.books.methods[company_id]
    method = mine.get(method_id)
    amounts = world.random.choice(((32, 45), (32, 45), (1, 2)))
    if method is None or method.is_removed or not world.gateway.verify(method.token, world.now, amounts):
        return
    verified = replace(method, is_verified=True)
    is_default = becomes_default(verified, tuple(mine.values()), world.now.date())
    mine[method_id] = replace(verified, is_default=is_default)


def _change_methods(world: World, company_id: str) -> None:
    if not world.is_storm:
        return
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
        world.gateway.detach(chosen.token, world.now)
    witness.methods(world, company_id)


# Paying


def pay_page(world: World, company_id: str, invoice_id: str) -> None:
    """Visit the Pay page: clicks with the form's key, maybe a second tab or a second admin at once."""
    if not world.is_storm or invoice_id not in world.books.invoices:
        return
    methods = [one for one in world.books.methods[company_id].values() if not one.is_removed]
    stale = [one for one in world.books.methods[company_id].values() if one.is_removed]
    for _ in range(world.random.choice((1, 1, 2))):
        request_key = world.books.new_id("form")
        offered = stale if stale and world.random.random() < 0.1 else methods
        method_id = world.random.choice(offered).id if offered else "method-none"
        hears = partial(_hear_answer, world, company_id, request_key)
        for _ in range(world.random.choice((1, 1, 2, 3))):
            order = PayOrder(invoice_id, method_id, request_key, "member")
            delay = world.between(0, world.random.choice((0.3, 30)))
            world.processes.start("pay", payment_flow.pay(order), delay, hears)


def _hear_answer(world: World, company_id: str, request_key: str, result: Result) -> None:
    witness.told(world, company_id, request_key, result)
