"""Run schedules by seed, in one process or several, and add up what they came to."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.progress import Progress
from tests.simulation import at_rest, billing, payouts, people, reconciling, vendor
from tests.simulation.weather import Profile
from tests.simulation.world import World

CHUNK = 50
"""So many seeds are handed to a process at a time."""


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
    def figures(self) -> dict[str, int]:
        """Give the figures of the closing line."""
        return {
            "schedules": self.schedules,
            "company-months": self.company_months,
            "faults": self.faults,
            "violations": len(self.violations),
        }

    @property
    def line(self) -> str:
        """Give the closing line."""
        return ", ".join(f"{count} {name}" for name, count in self.figures.items())

    def add(self, other: Tally) -> None:
        """Take another range in."""
        for name in ("schedules", "company_months", "faults", "attempts", "charges", "reviews"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.violations += other.violations


def run_seed(
    seed: int, profile: Profile | None = None, more: Callable[[World], None] | None = None
) -> tuple[World, str]:
    """Run one schedule; give its world, and what was violated (empty: nothing). `more` adds to what happens in it."""
    world = World(seed, profile)
    try:
        for number in range(1, world.random.choice((1, 2, 3)) + 1):
            billing.subscribe(world, people.open_company(world, number).id)
        vendor.employ(world)
        reconciling.employ(world)
        payouts.employ(world)
        if more is not None:
            more(world)
        world.run()
        at_rest.check(world)
    except Exception as error:  # noqa: BLE001 - whatever a flow raises is a finding of this seed
        where = traceback.extract_tb(error.__traceback__)[-1]
        return world, f"seed {seed} at {world.now}: {type(error).__name__} {error} ({where.name}:{where.lineno})"
    return world, ""


def run_seeds(seeds: Sequence[int]) -> Tally:
    """Run schedules one after another."""
    tally = Tally()
    for seed in seeds:
        world, violation = run_seed(seed)
        tally.schedules += 1
        tally.company_months += world.company_months
        tally.faults += world.faults.total()
        tally.attempts += world.attempts_opened
        tally.charges += world.gateway.charges_made()
        tally.reviews += world.books.reviews_opened
        if violation:
            tally.violations.append(violation)
    return tally


def run_range(seeds: range, processes: int, progress: Progress) -> Tally:
    """Run a range of seeds in several processes; the sum is the same as in one."""
    tally = Tally()
    for part in progress.shared([seeds[at : at + CHUNK] for at in range(0, len(seeds), CHUNK)], _each, processes):
        tally.add(part)
        progress.say(tally.line, tally.violations)
    return tally


def _each(chunks: Iterator[range]) -> Iterator[Tally]:
    return map(run_seeds, chunks)
