"""How often each fault strikes. Every seed draws its own rates, so that rare mixtures come up (swarm)."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

SECOND = 1.0
MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0

_STALLS = (
    (2 * SECOND, 90 * SECOND),
    (30 * SECOND, 20 * MINUTE),
    (10 * MINUTE, 7 * HOUR),
    (HOUR, 40 * HOUR),
    (20 * HOUR, 80 * HOUR),
)


@dataclass(frozen=True)
class Weather:
    """Chances of each fault per chance to strike, and how long a stalled process sleeps (seconds, from, to)."""

    crash: float = 0.0
    stall: float = 0.0
    stall_seconds: tuple[float, float] = (0.0, 0.0)
    not_sent: float = 0.0
    lost_request: float = 0.0
    lost_answer: float = 0.0
    late_execution: float = 0.0
    tick_missed: float = 0.0
    hint_lost: float = 0.0
    hint_doubled: float = 0.0
    hint_late: float = 0.0
    decline: float = 0.0
    distorted: float = 0.0


CALM = Weather()


def drawn(random: Random, *, is_distorting: bool) -> Weather:
    """Draw the weather of one seed."""
    return Weather(
        crash=random.choice((0.0, 0.01, 0.05, 0.15)),
        stall=random.choice((0.0, 0.02, 0.1, 0.3)),
        stall_seconds=random.choice(_STALLS),
        not_sent=random.choice((0.0, 0.02, 0.2)),
        lost_request=random.choice((0.0, 0.05, 0.3)),
        lost_answer=random.choice((0.0, 0.05, 0.3, 0.6)),
        late_execution=random.choice((0.0, 0.05, 0.2)),
        tick_missed=random.choice((0.0, 0.1, 0.5)),
        hint_lost=random.choice((0.0, 0.3, 1.0)),
        hint_doubled=random.choice((0.0, 0.3)),
        hint_late=random.choice((0.0, 0.3)),
        decline=random.choice((0.0, 0.1, 0.4)),
        distorted=random.choice((0.02, 0.1)) if is_distorting else 0.0,
    )
