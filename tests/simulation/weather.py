"""How often each fault strikes. Every seed draws its own rates, so that rare mixtures come up (swarm)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
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
_SKEWS = (
    (0.0,),
    (0.0,),
    (-5 * MINUTE, 0.0, 5 * MINUTE),
    (-HOUR, 0.0),
)


class Profile(StrEnum):
    """What kind of storm a seed has, beside its rates."""

    STORM = "storm"
    SILENT = "silent"
    DISTORTED = "distorted"
    RESTORED = "restored"


def profile_of(seed: int) -> Profile:
    """Give every seed its profile: each tenth is distorted, hears no webhook at all, or loses days to a restore."""
    return {0: Profile.DISTORTED, 5: Profile.SILENT, 7: Profile.RESTORED}.get(seed % 10, Profile.STORM)


@dataclass(frozen=True)
class Weather:
    """Chances of each fault per chance to strike.

    `stall_seconds` is how long a stalled process sleeps (from, to); `skews` are the errors, in seconds, that the
    clock of a process can have.
    """

    crash: float = 0.0
    stall: float = 0.0
    stall_seconds: tuple[float, float] = (0.0, 0.0)
    skews: tuple[float, ...] = (0.0,)
    no_database: float = 0.0
    not_sent: float = 0.0
    lost_request: float = 0.0
    lost_answer: float = 0.0
    late_execution: float = 0.0
    doubled_request: float = 0.0
    stale_find: float = 0.0
    tick_missed: float = 0.0
    run_missed: float = 0.0
    hint_lost: float = 0.0
    hint_doubled: float = 0.0
    hint_late: float = 0.0
    decline: float = 0.0
    distorted: float = 0.0


CALM = Weather()


def drawn(random: Random, profile: Profile) -> Weather:
    """Draw the weather of one seed."""
    weather = Weather(
        crash=random.choice((0.0, 0.01, 0.05, 0.15)),
        stall=random.choice((0.0, 0.02, 0.1, 0.3)),
        stall_seconds=random.choice(_STALLS),
        skews=random.choice(_SKEWS),
        no_database=random.choice((0.0, 0.0, 0.02, 0.1)),
        not_sent=random.choice((0.0, 0.02, 0.2)),
        lost_request=random.choice((0.0, 0.05, 0.3)),
        lost_answer=random.choice((0.0, 0.05, 0.3, 0.6)),
        late_execution=random.choice((0.0, 0.05, 0.2)),
        doubled_request=random.choice((0.0, 0.0, 0.1, 0.4)),
        stale_find=random.choice((0.0, 0.3, 1.0)),
        tick_missed=random.choice((0.0, 0.1, 0.5)),
        run_missed=random.choice((0.0, 0.1, 0.5)),
        hint_lost=random.choice((0.0, 0.3, 0.8)),
        hint_doubled=random.choice((0.0, 0.3)),
        hint_late=random.choice((0.0, 0.3)),
        decline=random.choice((0.0, 0.1, 0.4)),
    )
    if profile is Profile.SILENT:
        return replace(weather, hint_lost=1.0)
    if profile is Profile.DISTORTED:
        return replace(weather, distorted=random.choice((0.02, 0.1)))
    return weather
