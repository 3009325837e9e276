"""Run schedules by seed and add up what they came to."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.simulation import at_rest
from tests.simulation.people import populate
from tests.simulation.world import World

DISTORTED_EVERY = 10
"""Every tenth seed has answers with wrong amounts, currencies, payers and objects."""


@dataclass
class Tally:
    """What a range of seeds came to."""

    schedules: int = 0
    company_months: int = 0
    faults: int = 0
    attempts: int = 0
    charges: int = 0
    reviews: int = 0
    violations: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        """Give the closing line."""
        return (
            f"{self.schedules} schedules, {self.company_months} company-months, "
            f"{self.faults} faults, {len(self.violations)} violations"
        )


def run_seed(seed: int) -> tuple[World, str]:
    """Run one schedule; give its world, and what was violated (empty: nothing)."""
    world = World(seed, is_distorting=seed % DISTORTED_EVERY == 0)
    try:
        populate(world)
        world.run()
        at_rest.check(world)
    except Exception as error:  # noqa: BLE001 - whatever a flow raises is a finding of this seed
        where = traceback.extract_tb(error.__traceback__)[-1]
        return world, f"seed {seed} at {world.now}: {type(error).__name__} {error} ({where.name}:{where.lineno})"
    return world, ""


def run_seeds(seeds: Iterable[int]) -> Tally:
    """Run schedules one after another."""
    tally = Tally()
    for seed in seeds:
        world, violation = run_seed(seed)
        tally.schedules += 1
        tally.company_months += world.company_months
        tally.faults += world.faults.total()
        tally.attempts += sum(len(rows) for rows in world.books.attempts.values())
        tally.charges += len(world.gateway.model.charges())
        tally.reviews += world.books.reviews_opened
        if violation:
            tally.violations.append(violation)
    return tally
