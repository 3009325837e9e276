"""What a gateway tells unasked: what an event is about, and when it is looked at again. An event is only a hint."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum


class Concern(StrEnum):
    """What an event is about: where the truth has to be read."""

    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"
    NOTHING = "nothing"


class EventOutcome(StrEnum):
    """What became of an event; WAITING until the truth that it points at was read."""

    WAITING = ""
    APPLIED = "applied"
    IGNORED = "ignored"


UNKNOWN_KIND = "unknown_kind"
UNKNOWN_OBJECT = "unknown_object"
"""Why an event is kept and not followed. A gateway port has further reasons: another account, another mode."""

_CONCERNS = {
    "intent": Concern.PAYMENT,
    "dispute": Concern.PAYMENT,
    "refund": Concern.REFUND,
    "payout": Concern.PAYOUT,
}
"""By the first word of the kind. A setup or a method that the gateway tells of is asked for when it is needed."""

FIRST_LOOK_AFTER = timedelta(minutes=1)
"""When the sweep looks at an event whose job got lost."""
LOOK_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
LOOK_DAILY = timedelta(days=1)
UNKNOWN_LOOKS = 3
"""How often an object that we don't know is looked for: its event may overtake the commit that saves its id."""


def concern_of(kind: str) -> Concern:
    """Tell what an event of this kind is about."""
    return _CONCERNS.get(kind.partition(".")[0], Concern.NOTHING)


def next_look(times_looked: int, now: datetime) -> datetime:
    """Give when an event is looked at again that could not be followed `times_looked` times."""
    at = max(times_looked, 1) - 1
    return now + (LOOK_AFTER[at] if at < len(LOOK_AFTER) else LOOK_DAILY)


def is_unknown_for_good(times_looked: int) -> bool:
    """Tell whether an object was looked for often enough to be none of ours."""
    return times_looked >= UNKNOWN_LOOKS
