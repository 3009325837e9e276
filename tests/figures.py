"""Figures that tests hand out, added up over all processes and printed at the end: how much was tried, what broke.

A test calls `record_property("figures", {"of": "simulation", "schedules": 500})`; the other keys are summed by `of`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def lines(reports: Iterable[Any]) -> list[str]:
    """Give one line for each thing that figures were handed out of."""
    sums: dict[str, dict[str, int]] = {}
    for report in reports:
        for name, figures in getattr(report, "user_properties", ()):
            if name == "figures" and getattr(report, "when", "call") == "call":
                _add(sums.setdefault(str(figures["of"]), {}), figures)
    return [f"{of}: " + ", ".join(f"{count:,} {name}" for name, count in each.items()) for of, each in sums.items()]


def _add(sums: dict[str, int], figures: dict[str, Any]) -> None:
    for name, count in figures.items():
        if name != "of":
            sums[name] = sums.get(name, 0) + count
