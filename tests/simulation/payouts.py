"""What the processor pays out, read and booked: by the product's own sharing out and postings, on rows here.

What the verb `read_payouts` does around `core.payouts` is done here in the same order; it may die between two shares.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from tenantry.core import postings
from tenantry.core.gateway_records import Payout
from tenantry.core.ledger_facts import PayoutLineRow, PayoutRow, PayoutShareRow
from tenantry.core.payment_effects import Call
from tenantry.core.payouts import Share, share_out
from tests.simulation.processor import EARLIEST, ListPayouts
from tests.simulation.weather import DAY, HOUR

if TYPE_CHECKING:
    from tests.simulation.world import World

LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True)
class KeptPayout:
    """One payout as it was kept."""

    record: Payout
    is_shared_out: bool = False
    strange_minor: int = 0

    def row(self, shares_minor: int) -> PayoutRow:
        """Give it as the check of the ledger reads it."""
        paid = self.record
        return PayoutRow(
            paid.payout_id, paid.payout_id, paid.amount.minor, paid.amount.currency, shares_minor, self.strange_minor
        )


def employ(world: World) -> None:
    """Read the payouts now and then, beside what the processor tells of them."""
    world.after(world.between(HOUR, DAY), partial(_regularly, world))


def _regularly(world: World) -> None:
    wait = world.between(DAY, 2 * DAY) if not world.strikes("tick_missed") else world.between(2 * DAY, 9 * DAY)
    world.after(wait, partial(_regularly, world))
    world.processes.start("payouts", read(world))


def read(world: World) -> Generator[Any, Any, bool]:
    """Read what was paid out since the latest payout that is known, and book it; tell whether all of it was."""
    kept = world.books.payouts.values()
    until = max((one.record.paid_at for one in kept), default=None)
    uncleared = [one.record.paid_at for one in kept if not one.is_shared_out or one.strange_minor]
    listed = yield Call(ListPayouts(min([until - LOOK_BACK, *uncleared]) if until else EARLIEST))  # type: ignore[arg-type]
    return isinstance(listed, list) and all(_book(world, record) for record in listed)


def _book(world: World, record: Payout) -> bool:
    """Keep a payout once and clear each company's share of it; tell whether this lived to its end."""
    books = world.books
    kept = books.payouts.setdefault(record.payout_id, KeptPayout(record))
    if kept.is_shared_out and not kept.strange_minor:
        return True
    company_of = {one.gateway_customer: one.id for one in books.companies.values()}
    shared = share_out(record, company_of)
    for share in shared.shares:
        if world.strikes("crash") or world.strikes("no_database"):
            return False
        if (share.company_id, record.payout_id) not in books.shares:
            _clear(world, record, share)
    strange = sum(line.amount.minor for line in shared.strange)
    books.payouts[record.payout_id] = replace(kept, is_shared_out=True, strange_minor=strange)
    return True


def _clear(world: World, record: Payout, share: Share) -> None:
    books = world.books
    lines = tuple(
        PayoutLineRow(
            line.line_id, line.kind.value, line.gateway_id, line.refund_id, line.amount.minor
        )
        for line in share.lines
    )  # fmt: skip
    if not all(line.gateway_id in books.by_gateway_id for line in share.lines):
        books.reviews_opened += 1
    share_id = f"{share.company_id}:{record.payout_id}"
    row = PayoutShareRow(share_id, record.payout_id, "sandbox", share.amount.minor, share.amount.currency, lines)
    books.shares[share.company_id, record.payout_id] = row
    if share.amount.minor:
        books.post_share(share.company_id, postings.paid_out(share.amount), share_id, record.paid_at)
