"""The vendor's people: they void, write off and credit, cancel in the processor's dashboard, look at reviews."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from tenantry.core import payment_flow, postings
from tenantry.core.invoice_states import INVOICE, InvoiceEvent
from tenantry.core.money import Money
from tenantry.core.payment_effects import MoveInvoice, Post, SetCollectAt, Write
from tenantry.core.payment_facts import InvoiceFacts, InvoiceState
from tenantry.core.payment_states import UNDER_WAY, State
from tenantry.core.postings import Entry
from tenantry.core.refusal import Refusal
from tests.simulation.billing import ADDONS, change_price
from tests.simulation.books import CURRENCY
from tests.simulation.weather import DAY, HOUR
from tests.simulation.world import STORM_DAYS, World


def employ(world: World) -> None:
    """Plan what the vendor's people do in this world."""
    does = (_void, _write_off, _credit, _cancel_in_dashboard, _give_up, _change_price)
    for _ in range(world.random.choice((0, 0, 1, 3, 6))):
        chosen = world.random.choice(does)
        world.after(world.between(0, STORM_DAYS * DAY), partial(_act, world, chosen.__name__))
    world.on_hold = partial(_look_at_reviews_of, world)


def _act(world: World, name: str) -> None:
    if world.is_storm and world.books.invoices:
        invoice_id = world.random.choice(sorted(world.books.invoices))
        globals()[name](world, invoice_id)


# Invoices


def _void(world: World, invoice_id: str) -> None:
    if _is_at_rest(world, invoice_id, partial(_void, world, invoice_id)):
        invoice = world.books.invoices[invoice_id]
        nothing = Money.zero(CURRENCY)
        entry = postings.voided(invoice_id, net=invoice.amount_due, tax=nothing) if invoice.amount_due.minor else None
        _move(world, invoice, InvoiceEvent.VOIDED, entry)


def _write_off(world: World, invoice_id: str) -> None:
    if _is_at_rest(world, invoice_id, partial(_write_off, world, invoice_id)):
        invoice = world.books.invoices[invoice_id]
        entry = postings.written_off(invoice_id, invoice.amount_due) if invoice.amount_due.minor else None
        _move(world, invoice, InvoiceEvent.WRITTEN_OFF, entry)


def _credit(world: World, invoice_id: str) -> None:
    """Give a part back, or all: what is still due then is another amount than an intent at rest was made for."""
    invoice = world.books.invoices[invoice_id]
    intents = world.books.intents[invoice_id]
    is_free = not intents or intents[-1].state not in UNDER_WAY
    if not is_free or invoice.state is not InvoiceState.OPEN:
        return
    part = Money(world.random.choice((invoice.amount_due.minor, 1 + invoice.amount_due.minor // 3)), CURRENCY)
    entry = postings.credited(invoice_id, net=part, tax=Money.zero(CURRENCY), to_receivable=part)
    if part == invoice.amount_due:
        if _is_at_rest(world, invoice_id, partial(_credit, world, invoice_id)):
            _move(world, invoice, InvoiceEvent.CREDITED_IN_FULL, entry)
        return
    world.books.apply([Post(entry, "", world.now)], world.books.company_of[invoice_id])


def _is_at_rest(world: World, invoice_id: str, again: partial[None]) -> bool:
    """Tell whether nothing can take money for the invoice; an intent at rest is given up first, then tried again."""
    intents = world.books.intents[invoice_id]
    latest = intents[-1] if intents else None
    if latest is None or not latest.is_live:
        return True
    if latest.state is State.READY:
        world.processes.start("give up", payment_flow.give_up(latest.id, "vendor"))
        if world.is_storm:
            world.after(DAY, again)
    return False


def _move(world: World, invoice: InvoiceFacts, event: InvoiceEvent, entry: Entry | None) -> None:
    state = INVOICE.after(invoice.state, event)
    if isinstance(state, Refusal) or entry is None:
        return
    writes: list[Write] = [Post(entry, "", world.now), MoveInvoice(invoice.id, invoice.version, state, world.now)]
    world.books.apply([*writes, SetCollectAt(invoice.id, None)], world.books.company_of[invoice.id])


# Payments


def _give_up(world: World, invoice_id: str) -> None:
    for intent in world.books.intents[invoice_id][-1:]:
        world.processes.start("give up", payment_flow.give_up(intent.id, "vendor"))


def _cancel_in_dashboard(world: World, invoice_id: str) -> None:
    for intent in world.books.intents[invoice_id][-1:]:
        if intent.gateway_id:
            world.gateway.cancel_by_hand(intent.gateway_id, world.now)
            world.network.spread_news()


def _change_price(world: World, invoice_id: str) -> None:
    account = world.accounts[world.books.company_of[invoice_id]]
    change_price(world, account, world.random.choice(ADDONS))


# Reviews


def _look_at_reviews_of(world: World, company_id: str) -> None:
    world.after(world.between(HOUR, 5 * DAY), partial(_close_reviews, world, company_id))


def _close_reviews(world: World, company_id: str) -> None:
    """Look at everything of a held company with the processor's dashboard at hand, and let it go on."""
    books = world.books
    for invoice_id, rows in books.intents.items():
        if books.company_of[invoice_id] == company_id:
            for intent in rows:
                books.reviews[intent.id].clear()
    books.companies[company_id] = replace(books.companies[company_id], is_billing_held=False)
