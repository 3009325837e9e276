"""What races came to, added up. It imports nothing of the product, so that any process can read it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Self

A_PAIR = 2


@dataclass
class Tally:
    """How often each set of racers ran, what each racer was answered, and what was wrong."""

    rounds_of: Counter[tuple[str, ...]] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    @property
    def rounds(self) -> int:
        """Count the rounds."""
        return self.rounds_of.total()

    @property
    def line(self) -> str:
        """Give the closing line."""
        pairs = {racers: rounds for racers, rounds in self.rounds_of.items() if len(racers) == A_PAIR}
        triples = {racers: rounds for racers, rounds in self.rounds_of.items() if len(racers) > A_PAIR}
        return (
            f"Races: {len(pairs)} pairs, {sum(pairs.values())} rounds; {len(triples)} triples with Pay,"
            f" {sum(triples.values())} rounds; {len(self.violations)} violations"
        )

    def __iadd__(self, other: Tally) -> Self:
        self.rounds_of += other.rounds_of
        self.answers += other.answers
        self.violations += other.violations
        return self
