"""What must hold, after the calm, of what the processor told and paid out."""

from __future__ import annotations

from datetime import timedelta

from tenantry.core.gateway_events import EventOutcome
from tenantry.core.gateway_records import Payout
from tenantry.core.postings import Account
from tests.simulation.processor import EARLIEST, ListPayouts
from tests.simulation.violation import Violation
from tests.simulation.world import World

FOLLOWED_WITHIN = timedelta(days=2)
PAID_OUT_WITHIN = timedelta(days=4)
"""Two days between two readings, a tick, and a day to read again."""


def check(world: World) -> None:
    """Check the inbox, then the payouts."""
    _check_inbox(world)
    _check_paid_out(world)


def _check_inbox(world: World) -> None:
    """Check I-6 for what was told: nothing waits any more."""
    for event in world.books.inbox.values():
        if event.outcome is EventOutcome.WAITING and event.happened_at < world.now - FOLLOWED_WITHIN:
            raise Violation(f"I-6 {event} still waits")


def _check_paid_out(world: World) -> None:
    """Check I-8 for payouts: each is booked once, and what is left in clearing is what the processor still holds."""
    told = world.gateway.execute(ListPayouts(EARLIEST), world.now)
    for payout in told if isinstance(told, list) else ():
        if isinstance(payout, Payout) and payout.paid_at < world.now - PAID_OUT_WITHIN:
            kept = world.books.payouts.get(payout.payout_id)
            if kept is None or not kept.is_shared_out:
                raise Violation(f"I-8 {payout.payout_id} of {payout.paid_at} is not booked")
    for company in world.books.companies.values():
        mine = [one for one in world.books.invoices if world.books.company_of[one] == company.id]
        net = sum(charge.net_minor for one in mine for charge in world.gateway.charges_of(one))
        accounts = (Account.GATEWAY_CLEARING, Account.BANK)
        held = sum(world.books.company_balances[company.id, one] for one in accounts)
        if held != net:
            raise Violation(f"I-8 {company.id} has {held} in clearing and at the bank, {net} came in")
