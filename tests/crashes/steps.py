"""What a campaign of crashes consists of, and what it came to. Nothing of the product is imported here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Self

from tests.crashes.points import PASSED, points_of

LATEST_SECONDS = 0.05
ROUNDS_AT_ONCE = 5
"""So many rounds share one product, or one database server, that is killed in each."""


class Kind(Enum):
    """How something is ended."""

    KILLED = "killed"
    CUT = "connection ended"
    BY_CHANCE = "killed at a random instant"
    WHOLE = "whole processes killed"
    STOPPED = "database server stopped"


Place = tuple[str, str, int]
"""The name of a workload, a point of it, and which hit of it."""


@dataclass(frozen=True)
class Step:
    """One end, or some rounds that share a server. `seed` is what a step draws from that draws."""

    kind: Kind
    places: tuple[Place, ...] = ()
    seconds: float = 0.0
    clicks_first: bool = False
    rounds: int = 1
    seed: int = 0


@dataclass
class Tally:
    """What was ended, where, and what was wrong afterwards."""

    ends: Counter[Kind] = field(default_factory=Counter)
    places: set[Place] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        """Give the closing line."""
        ends = self.ends
        kills = ends[Kind.KILLED] + ends[Kind.BY_CHANCE] + ends[Kind.WHOLE]
        return (
            f"Crashes: {kills} kills at {len(self.places)} points, {len({name for name, *_ in self.places})} workloads"
            f" ({ends[Kind.BY_CHANCE]} at random instants, {ends[Kind.WHOLE]} of whole processes),"
            f" {ends[Kind.CUT]} connections ended, {ends[Kind.STOPPED]} database servers stopped,"
            f" {len(self.violations)} violations"
        )

    def note(self, where: str, violations: Sequence[str]) -> None:
        """Take in what was wrong somewhere."""
        self.violations += [f"{where}: {wrong}" for wrong in violations]

    def __iadd__(self, other: Tally) -> Self:
        self.ends += other.ends
        self.places |= other.places
        self.violations += other.violations
        return self


def steps(*, by_chance: int, whole: int, stops: int, seed: int, only: str = "") -> list[Step]:
    """List the steps: what takes longest first, the others shuffled, so that an early end has seen some of each."""
    random = Random(seed)
    names = [name for name in PASSED if only in ("", name)]
    places = [(name, point, hit) for name in names for point, hit in points_of(name)]
    found = [Step(kind, (place,)) for place in places for kind in (Kind.KILLED, Kind.CUT)]
    for number in range(by_chance):
        place, seconds = (random.choice(names), "", 1), random.uniform(0, LATEST_SECONDS)
        found.append(Step(Kind.BY_CHANCE, (place,), seconds, clicks_first=bool(number % 2)))
    random.shuffle(found)
    wholes = [Step(Kind.WHOLE, rounds=rounds, seed=random.randrange(2**32)) for rounds in _shared(whole)]
    stopped = [Step(Kind.STOPPED, tuple(random.choices(places, k=rounds))) for rounds in _shared(stops)]
    return [*wholes, *stopped, *found]


def _shared(rounds: int) -> list[int]:
    return [min(ROUNDS_AT_ONCE, rounds - at) for at in range(0, rounds, ROUNDS_AT_ONCE)]
