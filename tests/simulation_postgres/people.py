"""Who lives in a world: payers who click twice, admins who change methods and add-ons, the vendor's staff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from sandbox_gateway.values import Behavior, NewMethod, Refused
from sandbox_gateway.values import MethodKind as GatewayKind
from tenantry.actions.catalog.publish_price import NewPrice, publish_price
from tenantry.actions.companies.save_member import MemberForm, save_member
from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.invoices.void_invoice import void_invoice
from tenantry.actions.invoices.write_off_invoice import write_off_invoice
from tenantry.actions.payments.add_payment_method import add_payment_method
from tenantry.actions.payments.make_default import make_default
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.refund_payment import RefundForm, refund_payment
from tenantry.actions.payments.remove_payment_method import remove_payment_method
from tenantry.actions.payments.start_method_setup import StartedSetup, start_method_setup
from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.actions.subscriptions.enable_addon import Confirmation, enable_addon
from tenantry.core.money import Money
from tenantry.core.permissions import Actor
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.companies.models import Company
from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.models import PaymentMethod
from tests import builders
from tests.simulation.weather import DAY, HOUR
from tests.simulation_postgres.world import World

ADD_ONS = ("extra", "seats")
CARDS = (
    *[Behavior()] * 8,
    Behavior(asks_payer=True),
    Behavior(charge_decline="insufficient_funds"),
    Behavior(charge_decline="stolen_card"),
    Behavior(dispute_reason="fraudulent", dispute_after_days=5, dispute_decided_after_days=20),
    Behavior(dispute_reason="product_not_received", dispute_after_days=30, dispute_is_won=True),
)
RETURNS = ("R01", "R02", "R08", "R09", "R10", "R16", "R29")
ZONES = ("America/Denver", "America/Santiago", "Pacific/Kiritimati", "UTC")
COMPANIES = (2, 3, 4)
LIVES_EVERY_DAYS = (4, 30)
CARDS_SHARES = (1.0, 1.0, 1.0, 1.0, 0.6)
"""How many of the methods of a world are cards: bank debits are asked about each day, and so are slow to simulate."""
BY_INVOICE = 0.1
CARES = 0.7
"""How often somebody who has been told that their default can't be charged types another card."""


@dataclass
class Tenant:
    """One company, its owner as an actor, and how many cards it ever had."""

    place: builders.Place
    owner: Actor
    numbers: int = 0
    hired: list[builders.Member] = field(default_factory=list)
    hired_ever: int = 0


def populate(world: World) -> None:
    """Fill the catalog, open companies, and plan what they do."""
    now, draw = world.now, world.random.randint
    world.cards_share = world.random.choice(CARDS_SHARES)
    builders.set_up_plan("core", amount_minor=draw(1, 90_000), now=now)
    builders.set_up_plan("team", amount_minor=draw(100, 4_000), shape="per_seat", now=now)
    builders.set_up_addon("extra", amount_minor=draw(1, 20_000), now=now)
    builders.set_up_addon("seats", amount_minor=draw(1, 900), shape="per_seat", now=now)
    for number in range(1, world.random.choice(COMPANIES) + 1):
        world.after(world.between(0, 20 * DAY), partial(_open, world, number))


def _open(world: World, number: int) -> None:
    now = world.now
    place = builders.open_place(f"sim-{number}", time_zone=world.random.choice(ZONES), now=now)
    for code in ADD_ONS:
        builders.offer(place, code, now=now)
    builders.subscribe(place, world.random.choice(("core", "team")), now=now)
    if world.random.random() < BY_INVOICE:
        with tenancy.phase(place.id):
            Company.objects.filter(id=place.id).update(way_of_paying="by_invoice", net_days=14)
    one = Tenant(place, place.owner.actor)
    world.company_ids.append(place.id)
    for _ in range(world.random.choice((0, 1, 1, 2, 2, 3))):
        _add_method(world, one)
    world.ticks.look()
    world.people.append(partial(_act, world, one))
    world.after(world.between(0, DAY), partial(_live, world, one))


def _live(world: World, one: Tenant) -> None:
    """Do one thing, then another some days later."""
    if not world.is_storm:
        return
    if not _can_be_charged(world, one) and world.random.random() < CARES:
        _add_method(world, one, makes_default=True)
    _act(world, one)
    low, high = LIVES_EVERY_DAYS
    world.after(world.between(low * DAY, high * DAY), partial(_live, world, one))


def _act(world: World, one: Tenant) -> None:
    world.random.choice(ACTS)(world, one)


def _do(world: World, one: Tenant, verb: Callable[..., object], *, within: float = 0.0, **more: Any) -> None:
    """Let a process carry a verb out, by its own clock."""

    def job() -> None:
        verb(**more, **({} if verb in TIMELESS else {"now": world.our_now()}))

    world.start(f"{verb.__name__} {one.place.slug}", job, world.between(0, within))


TIMELESS = (pay_invoice, refund_payment)


# Methods


def _can_be_charged(world: World, one: Tenant) -> bool:
    month = world.now.year, world.now.month
    return any(
        row.is_default and not row.blocked_because and (row.expiry_year or 9999, row.expiry_month or 1) >= month
        for row in _methods(one)
    )


def _add_method(world: World, one: Tenant, *, makes_default: bool = False) -> None:
    """Type a card or an account on the processor's page, then save it in a process that may end in the middle."""
    is_card = world.random.random() < world.cards_share
    form = builders.CARD_FORM if is_card else builders.ACH_FORM
    form = replace(form, makes_default=makes_default or world.random.random() < 0.5)
    started = start_method_setup(actor=one.owner, form=form, return_url="http://testserver/", now=world.now)
    if not isinstance(started, StartedSetup):
        return
    one.numbers += 1
    typed = _typed_card(world, one) if is_card else _typed_account(world, one)
    kept = world.line.model.complete_setup(now=world.now, setup_id=started.setup_id, typed=typed)
    assert not isinstance(kept, Refused), kept
    _do(world, one, add_payment_method, actor=one.owner, setup_id=started.setup_id)
    if not is_card:
        world.after(world.between(DAY, 9 * DAY), partial(_verify, world, one))


def _typed_card(world: World, one: Tenant) -> NewMethod:
    month, year = world.random.choice(((12, 2099),) * 5 + (_next_month(world),))
    return NewMethod(
        kind=GatewayKind.CARD, fingerprint=f"{one.place.id}:{one.numbers}", last4=f"{one.numbers:04}",
        behavior=world.random.choice(CARDS), brand="Visa", expiry_month=month, expiry_year=year,
    )  # fmt: skip


def _next_month(world: World) -> tuple[int, int]:
    return (1, world.now.year + 1) if world.now.month == 12 else (world.now.month + 1, world.now.year)


def _typed_account(world: World, one: Tenant) -> NewMethod:
    days, code, late = world.random.choice((1, 3, 5)), world.random.choice(RETURNS), world.random.choice((1, 10))
    behavior = world.random.choice(
        (
            Behavior(settle_after_business_days=days),
            Behavior(settle_after_business_days=days, return_code=code),
            Behavior(settle_after_business_days=days, late_return_code=code, late_return_after_business_days=late),
        )
    )
    return NewMethod(
        kind=GatewayKind.ACH, fingerprint=f"{one.place.id}:{one.numbers}", last4=f"{one.numbers:04}",
        behavior=behavior, bank_name="Test Bank",
    )  # fmt: skip


def _methods(one: Tenant) -> list[PaymentMethod]:
    with tenancy.reading(one.place.id):
        return list(PaymentMethod.objects.filter(removed_at__isnull=True).order_by("added_at", "id"))


def _verify(world: World, one: Tenant) -> None:
    waiting = [row for row in _methods(one) if not row.is_verified]
    if waiting:
        amounts = world.random.choice((builders.MICRO_DEPOSITS_MINOR, builders.MICRO_DEPOSITS_MINOR, (1, 2)))
        _do(world, one, verify_bank_account, actor=one.owner, method_id=str(waiting[0].id), amounts_minor=amounts)


def _change_default(world: World, one: Tenant) -> None:
    if rows := _methods(one):
        chosen = str(world.random.choice(rows).id)
        for _ in range(world.random.choice((1, 1, 2))):
            _do(world, one, make_default, within=1, actor=one.owner, method_id=chosen)


def _remove(world: World, one: Tenant) -> None:
    if rows := _methods(one):
        _do(world, one, remove_payment_method, actor=one.owner, method_id=str(world.random.choice(rows).id))


# Paying


def _pay(world: World, one: Tenant) -> None:
    """Visit the Pay page: clicks with the form's key, maybe a second tab or a second admin at once."""
    with tenancy.reading(one.place.id):
        unpaid = Invoice.objects.filter(state__in=["open", "uncollectible"]).order_by("sequence")
        payable = [str(id_) for id_ in unpaid.values_list("id", flat=True)]
    methods = _methods(one)
    if not payable or not methods:
        return
    invoice_id = world.random.choice(payable)
    for _ in range(world.random.choice((1, 1, 2))):
        form = {"method_id": str(world.random.choice(methods).id), "request_key": new_id()}
        within = world.random.choice((0.3, 30))
        for _ in range(world.random.choice((1, 1, 2, 3))):
            _do(world, one, pay_invoice, within=within, actor=one.owner, invoice_id=invoice_id, **form)


# Add-ons, seats, prices


def _switch(world: World, one: Tenant) -> None:
    """Read a confirmation, and click it a while later: it may have changed, and be clicked twice."""
    code = world.random.choice(ADD_ONS)
    for verb in (enable_addon, disable_addon):
        asked = verb(actor=one.owner, addon_code=code, confirmed=Confirmation(""), now=world.now)
        if isinstance(asked, Refusal) and "quote" in asked.facts:
            quote: Any = asked.facts["quote"]
            confirmed, within = Confirmation(quote.fingerprint), world.random.choice((60, 20 * HOUR))
            for _ in range(world.random.choice((1, 1, 2))):
                _do(world, one, verb, within=within, actor=one.owner, addon_code=code, confirmed=confirmed)
            return


def _hire_or_fire(world: World, one: Tenant) -> None:
    if one.hired and world.random.random() < 0.4:
        form = MemberForm(is_active=False, can_log_in=False, group_ids=())
        gone = one.hired.pop().membership_id
        _do(world, one, save_member, actor=one.place.vendor, membership_id=gone, form=form)
        return
    one.hired_ever += 1
    email = f"hired-{one.hired_ever}@{one.place.slug}.test"
    one.hired.append(builders.add_member(one.place.id, email, "Hired", now=world.now))


def _reprice(world: World, one: Tenant) -> None:
    code = world.random.choice(ADD_ONS)
    shape = "flat" if code == "extra" else "per_seat"
    from_date = world.now.date() + timedelta(days=world.random.choice((0, 0, 10)))
    price = NewPrice("addon", code, shape, Money(world.random.randint(1, 20_000), "USD"), from_date)
    _do(world, one, publish_price, actor=builders.VENDOR, price=price)


# The vendor's staff


def _vendor(world: World, one: Tenant) -> None:
    with tenancy.reading(one.place.id):
        rows = list(Invoice.objects.exclude(state="void").order_by("sequence"))
    if not rows:
        return
    row, reason = world.random.choice(rows), "They asked for it"
    named: dict[str, Any] = {"actor": one.place.vendor, "invoice_id": str(row.id)}
    what = world.random.choice(("credit", "credit", "refund", "refund", "void", "write off"))
    for _ in range(world.random.choice((1, 1, 2)) if what != "credit" else 1):
        if what == "credit":
            amount = world.random.choice((None, world.random.randint(1, max(1, row.total_minor))))
            form = CreditNoteForm(reason, amount, new_id())
            for _ in range(world.random.choice((1, 2))):
                _do(world, one, issue_credit_note, within=1, **named, form=form)
        elif what == "refund":
            _do(world, one, refund_payment, within=1, **named, form=RefundForm(reason, None, new_id()))
        else:
            _do(world, one, void_invoice if what == "void" else write_off_invoice, within=1, **named, reason=reason)


ACTS = (_pay, _pay, _pay, _add_method, _change_default, _remove, _switch, _switch, _hire_or_fire, _reprice, _vendor)
