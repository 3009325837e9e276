"""What schedules came to, added up. It imports nothing of the product, so that any process can read it."""

from __future__ import annotations

import resource
from collections import Counter
from dataclasses import dataclass, field

MONTHS_OF_A_YEAR = 12


@dataclass
class Tally:
    """What a range of seeds came to."""

    schedules: int = 0
    company_months: int = 0
    steps: int = 0
    charges: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    @property
    def years(self) -> float:
        """Give the company-years: twelve issued invoices are one."""
        return self.company_months / MONTHS_OF_A_YEAR

    @property
    def figures(self) -> dict[str, object]:
        """Give the figures that a test hands out."""
        return {
            "of": "simulation on PostgreSQL",
            "schedules": self.schedules,
            "company-months": self.company_months,
            "faults": self.faults.total(),
            "backend kills": self.backend_kills,
            "violations": len(self.violations),
        }

    @property
    def line(self) -> str:
        """Give the closing line."""
        return (
            f"On PostgreSQL: {self.schedules} schedules, {self.years:.1f} company-years, {self.faults.total()} faults, "
            f"{self.backend_kills} backend kills, {len(self.violations)} violations"
        )

    @property
    def backend_kills(self) -> int:
        """Count the connections that were ended: before a commit or between two, and just after one."""
        return self.faults["backend_ended"] + self.faults["commit_unknown"]

    def add(self, other: Tally) -> None:
        """Take another range in."""
        for name in ("schedules", "company_months", "steps", "charges"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.faults += other.faults
        self.violations += other.violations


def spent_seconds() -> float:
    """Give what this process and those that it waited for, as its database server, took of a processor."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )
