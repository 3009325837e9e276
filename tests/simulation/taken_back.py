"""Schedules in which credit is used, then taken back by the bank: `python -m tests.simulation.taken_back 1..200`.

Drawn at random that hardly ever comes about. Here each database is restored to a backup from just before an invoice was
issued and paid; seats change so often that it comes out at another amount, and every company's card is disputed,
some weeks later. These things have dice of their own, beside those of the schedule.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from random import Random

from sandbox_gateway.values import Behavior
from sandbox_gateway.values import MethodKind as GatewayKind
from tenantry.core.payment_methods import MethodFacts, MethodKind
from tenantry.core.proration import SeatCount
from tests.simulation import reconciling
from tests.simulation.accounts import Account
from tests.simulation.schedules import run_seed
from tests.simulation.weather import DAY, HOUR, MINUTE, Profile
from tests.simulation.world import STARTS_AT, STORM_DAYS, World

COUNTS = 40
"""So often the seats of a company change within the storm."""


def employ(world: World, dice: Random) -> None:
    """Plan one restore, and for each company its seats and a card that will be disputed."""
    _restore(world, dice)
    for account in world.accounts.values():
        world.after(dice.uniform(HOUR, DAY), partial(_add_disputed, world, account.company_id, dice))
        for _ in range(COUNTS):
            world.after(dice.uniform(0, STORM_DAYS * DAY), partial(_count_seats, world, account, dice))


def _restore(world: World, dice: Random) -> None:
    account = world.accounts[dice.choice(sorted(world.accounts))]
    issued = (account.next_issue_at - STARTS_AT).total_seconds()
    if issued < 5 * DAY:
        issued += 31 * DAY
    backed_up, restored = issued - dice.uniform(HOUR, 4 * DAY), issued + dice.uniform(HOUR, 6 * DAY)
    world.after(backed_up, partial(reconciling._back_up, world, restored - backed_up))
    for each in world.accounts.values():
        world.after(dice.uniform(backed_up + MINUTE, issued), partial(_count_seats, world, each, dice))


def _count_seats(world: World, account: Account, dice: Random) -> None:
    account.seat_counts.append(SeatCount("", dice.randint(1, 60), world.now))


def _add_disputed(world: World, company_id: str, dice: Random) -> None:
    """Make a card the default that pays, is disputed weeks later, and loses."""
    behavior = Behavior(
        dispute_reason="fraudulent",
        dispute_after_days=dice.choice((10, 25, 40)),
        dispute_decided_after_days=dice.choice((5, 20)),
    )
    customer, number, ends = world.books.companies[company_id].gateway_customer, world.books.ids_made + 1, (12, 2099)
    token = world.gateway.store_method(world.now, customer, GatewayKind.CARD, behavior, number, ends, is_verified=True)
    card = MethodFacts(
        world.books.new_id("method"), MethodKind.CARD, token, last4="4242", expiry_month=12, expiry_year=2099,
        is_verified=True, is_default=True,
    )  # fmt: skip
    mine = world.books.methods[company_id]
    for other in list(mine.values()):
        mine[other.id] = replace(other, is_default=False)
    mine[card.id] = card


def run(seeds: Iterable[int]) -> tuple[Counter[str], list[str]]:
    """Run schedules; give how often each kind of entry was booked, and what was violated."""
    booked: Counter[str] = Counter()
    violations = []
    for seed in seeds:
        dice = Random(f"taken back {seed}")
        world, violation = run_seed(seed, Profile.STORM, partial(employ, dice=dice))
        booked.update(one.entry.kind.value for one in world.books.journal)
        violations += [violation] if violation else []
    return booked, violations


if __name__ == "__main__":
    first, _, last = sys.argv[1].partition("..")
    booked, violations = run(range(int(first), int(last or first) + 1))
    print(*violations, sep="\n", end="\n" if violations else "")
    kinds = ("overpaid", "overpayment_returned", "brought_forward")
    print(", ".join(f"{booked[kind]} {kind}" for kind in kinds) + f", {len(violations)} violations")
    sys.exit(bool(violations))
