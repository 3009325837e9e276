"""The vendor's people: they void, write off and credit, cancel in the processor's dashboard, look at reviews."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sandbox_gateway.values import IntentState
from tenantry.core import payment_flow, postings, refund_flow
from tenantry.core.credit_notes import credit
from tenantry.core.invoice_closing import voiding, why_not_voidable, why_not_written_off
from tenantry.core.invoice_states import INVOICE, InvoiceEvent
from tenantry.core.money import Money
from tenantry.core.payment_effects import CloseReview, Load, MoveInvoice, Post, SetCollectAt, Write
from tenantry.core.payment_facts import IntentFacts, InvoiceFacts, Loaded
from tenantry.core.postings import Entry
from tenantry.core.refund_flow import RefundOrder
from tenantry.core.refusal import Refusal
from tenantry.core.review_reasons import ENDING_BY_THEMSELVES, REFUND_UNANSWERED
from tenantry.core.reviews import Decision
from tests.simulation.billing import ADDONS, change_price
from tests.simulation.violation import CURRENCY, Violation
from tests.simulation.weather import DAY, HOUR, MINUTE
from tests.simulation.world import STORM_DAYS, World


def employ(world: World) -> None:
    """Plan what the vendor's people do in this world."""
    does = (
        _void,
        _write_off,
        _credit,
        _credit,
        _refund,
        _refund_in_dashboard,
        _cancel_in_dashboard,
        _give_up,
        _change_price,
    )
    for _ in range(world.random.choice((0, 0, 1, 3, 6))):
        chosen = world.random.choice(does)
        world.after(world.between(0, STORM_DAYS * DAY), partial(_act, world, chosen.__name__))
    world.on_hold = partial(_look_at_reviews_of, world)
    if world.random.random() < 0.5:
        world.after(world.between(DAY, 5 * DAY), partial(_look_around, world))


def _act(world: World, name: str) -> None:
    if world.is_storm and world.books.invoices:
        invoice_id = world.random.choice(sorted(world.books.invoices))
        globals()[name](world, invoice_id)


# Invoices


def _change(world: World, invoice_id: str, because: str, change: Callable[[World, Loaded], None]) -> None:
    """Make way for a change of an invoice, as its verbs do, then change it in one transaction."""

    def cleared(refused: object) -> None:
        if refused is None and invoice_id in world.books.invoices and not world.strikes("no_database"):
            change(world, world.books.load(Load(invoice_id=invoice_id), world.now))

    world.processes.start("give up", payment_flow.make_way(invoice_id, because), hears=cleared)


def _void(world: World, invoice_id: str) -> None:
    _change(world, invoice_id, "voided", _voided)


def _voided(world: World, loaded: Loaded) -> None:
    account = world.account_of(loaded.invoice.id)
    issued, notes = account.paper_of(loaded.invoice.id)
    is_given_back = bool(account.given_back(issued))
    if why_not_voidable(loaded.invoice, loaded.latest, is_credited=bool(notes), is_given_back=is_given_back) is None:
        _end(
            world,
            loaded.invoice,
            InvoiceEvent.VOIDED,
            voiding(loaded.invoice, issued.sums, issued.totals.brought_forward),
        )
        account.voided(loaded.invoice.id)


def _write_off(world: World, invoice_id: str) -> None:
    _change(world, invoice_id, "written_off", _written_off)


def _written_off(world: World, loaded: Loaded) -> None:
    if why_not_written_off(loaded.invoice, loaded.latest) is None:
        entry = postings.written_off(loaded.invoice.id, loaded.invoice.amount_due)
        _end(world, loaded.invoice, InvoiceEvent.WRITTEN_OFF, entry)


def _credit(world: World, invoice_id: str) -> None:
    _change(world, invoice_id, "credit_note", _credited)


def _credited(world: World, loaded: Loaded) -> None:
    """Give a part back, or all: of what is due, then as company credit."""
    invoice = loaded.invoice
    account = world.account_of(invoice.id)
    issued, notes = account.paper_of(invoice.id)
    part = Money(1 + world.random.randrange(1 + max(0, issued.sums.whole.minor // 2)), CURRENCY)
    wanted = world.random.choice((None, part))
    decided = credit(invoice, loaded.latest, issued.sums, notes, wanted, account.given_back(issued))
    if isinstance(decided, Refusal):
        return
    account.credited(invoice.id, decided.sums, decided.to_receivable.minor)
    entry = postings.credited(
        invoice.id, net=decided.sums.net, tax=decided.sums.tax, to_receivable=decided.to_receivable
    )
    if decided.pays_off:
        _end(world, invoice, InvoiceEvent.CREDITED_IN_FULL, entry)
    else:
        world.books.apply([Post(entry, "", world.now)], world.books.company_of[invoice.id])


def _end(world: World, invoice: InvoiceFacts, event: InvoiceEvent, entry: Entry) -> None:
    state = INVOICE.after(invoice.state, event)
    if isinstance(state, Refusal):
        raise Violation(f"R14 {invoice.id} is {state}")
    writes: list[Write] = [Post(entry, "", world.now), MoveInvoice(invoice.id, invoice.version, state, world.now)]
    world.books.apply([*writes, SetCollectAt(invoice.id, None)], world.books.company_of[invoice.id])


# Payments


def _refund(world: World, invoice_id: str) -> None:
    """Credit a paid invoice and send the credit back: by a double click, too."""
    _credit(world, invoice_id)
    request_key = world.books.new_id("form")
    part = Money(world.random.choice((1, 500, 20_000)), CURRENCY)
    order = RefundOrder(invoice_id, world.random.choice((None, part)), "As agreed", request_key, "vendor")
    for _ in range(world.random.choice((1, 1, 2))):
        world.processes.start("refund", refund_flow.refund(order), world.between(MINUTE, HOUR))


def _refund_in_dashboard(world: World, invoice_id: str) -> None:
    for intent in world.books.intents[invoice_id][-1:]:
        if intent.gateway_id:
            part = 1 + world.random.randrange(intent.amount.minor)
            world.gateway.refund_by_hand(intent.gateway_id, world.now, part)
            world.network.spread_news()


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
    """Look at everything of a held company, and let it go on."""
    books = world.books
    for invoice_id, rows in books.intents.items():
        if books.company_of[invoice_id] != company_id:
            continue
        for intent in rows:
            books.reviews[intent.id].clear()
    books.companies[company_id] = replace(books.companies[company_id], is_billing_held=False)


# By hand


def _look_around(world: World) -> None:
    """Look at what waits for an answer, with the processor's dashboard at hand, and say what it shows."""
    world.after(world.between(DAY, 5 * DAY), partial(_look_around, world))
    for intents in list(world.books.intents.values()):
        for intent in intents:
            reasons = world.books.reviews[intent.id] & ENDING_BY_THEMSELVES
            for reason in sorted(reasons):
                ending = (CloseReview(intent.id, reason),)
                if reason == REFUND_UNANSWERED:
                    _say_of_refund(world, intent, ending)
                else:
                    _say_of_payment(world, intent, ending)


def _say_of_payment(world: World, intent: IntentFacts, ending: tuple[Write, ...]) -> None:
    told = world.gateway.intent(intent.gateway_id)
    was_taken = told is not None and told.state is IntentState.SUCCEEDED
    decision = Decision.TAKEN if was_taken else Decision.NOT_TAKEN
    world.processes.start("by hand", payment_flow.settle_by_hand(intent.id, decision, ending))


def _say_of_refund(world: World, intent: IntentFacts, ending: tuple[Write, ...]) -> None:
    rows = world.books.refunds.rows.get(intent.id, ())
    key = next((one.key for one in rows if one.is_under_way), "")
    made = next((one for one in world.gateway.refunds_of(intent.gateway_id) if key and one.key == key), None)
    decision = Decision.REFUNDED if made else Decision.NOT_REFUNDED
    refund_id = made.refund_id if made else ""
    world.processes.start("by hand", refund_flow.settle_refund_by_hand(intent.id, decision, refund_id, ending))
