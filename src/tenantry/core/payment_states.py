"""The payment table: what each answer of a gateway does to an intent. "Unknown" is a state, not an error.

An intent carries the state; each attempt on it carries an outcome, empty while it is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from tenantry.core.gateway_reply import Event
from tenantry.core.machine import Machine


class State(StrEnum):
    """Where an intent stands."""

    CREATING = "creating"
    READY = "ready"
    SENDING = "sending"
    UNKNOWN = "unknown"
    AWAITING_PAYER = "awaiting_payer"
    PROCESSING = "processing"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    SUCCEEDED = "succeeded"
    RETURNED = "returned"


class Move(StrEnum):
    """What we do ourselves. NOT_TAKEN is a person's word, where the gateway has none (`core.reviews`)."""

    PAY = "pay"
    GIVE_UP = "give_up"
    NOT_TAKEN = "not_taken"


class Outcome(StrEnum):
    """What became of one attempt; OPEN until it is known."""

    OPEN = ""
    NOT_SENT = "not_sent"
    DECLINED = "declined"
    SUCCEEDED = "succeeded"
    RETURNED = "returned"
    CANCELLED = "cancelled"


CLOSED = frozenset({State.CANCELLED, State.RETURNED})
"""The states after which the next generation may open. Every other one is live."""

UNDER_WAY = frozenset(
    {
        State.CREATING,
        State.SENDING,
        State.UNKNOWN,
        State.AWAITING_PAYER,
        State.PROCESSING,
        State.CANCELLING,
    }
)
"""The states in which money may be on its way: nothing else may be started for the invoice."""

UNPAID_WAITS = UNDER_WAY | {State.SUCCEEDED}
"""The states of its latest intent in which an unpaid invoice waits: for the gateway, or, where another amount was taken
than is due, for a person. An intent that has succeeded takes nothing more, and no other one opens beside it."""

_TABLE = """
state           exists     declined   asks_payer     processing succeeded returned cancelled not_found not_sent       no_answer
creating        sending    ready      awaiting_payer processing succeeded returned cancelled creating  ready          ready
ready           ready      ready      awaiting_payer processing succeeded returned cancelled ready     ready          ready
sending         sending    ready      awaiting_payer processing succeeded returned cancelled -         ready          unknown
unknown         unknown    ready      awaiting_payer processing succeeded returned cancelled -         unknown        unknown
awaiting_payer  ready      ready      awaiting_payer processing succeeded returned cancelled -         awaiting_payer awaiting_payer
processing      ready      ready      awaiting_payer processing succeeded returned cancelled -         processing     processing
cancelling      cancelling cancelling cancelling     processing succeeded returned cancelled -         cancelling     cancelling
cancelled       -          -          -              -          -         -        cancelled -         cancelled      cancelled
succeeded       -          -          -              -          succeeded returned -         -         succeeded      succeeded
returned        -          -          -              -          -         returned -         -         returned       returned
"""  # noqa: E501 - a table is read by its columns


def _read(table: str) -> Mapping[tuple[State, Event], State]:
    header, *rows = (line.split() for line in table.strip().splitlines())
    events = [Event(name) for name in header[1:]]
    return {
        (State(state), event): State(following)
        for state, *cells in rows
        for event, following in zip(events, cells, strict=True)
        if following != "-"
    }


NEWS = Machine("payment", _read(_TABLE))
"""What a gateway says. A pair that is not listed is a blank: it opens a review and holds the billing."""

OURS = Machine(
    "payment",
    {
        (State.READY, Move.PAY): State.SENDING,
        (State.READY, Move.GIVE_UP): State.CANCELLING,
        (State.UNKNOWN, Move.GIVE_UP): State.CANCELLING,
        (State.AWAITING_PAYER, Move.GIVE_UP): State.CANCELLING,
        (State.UNKNOWN, Move.NOT_TAKEN): State.READY,
        (State.PROCESSING, Move.NOT_TAKEN): State.READY,
    },
)
"""What we do. Without a saved id `pay` leads to *creating* and `give_up` to *cancelled*: see `our_moves`."""

_WITHOUT_ID: Machine[State, Move] = Machine(
    "payment",
    {
        (State.READY, Move.PAY): State.CREATING,
        (State.READY, Move.GIVE_UP): State.CANCELLED,
    },
)


def our_moves(gateway_id: str) -> Machine[State, Move]:
    """Give the table of our own moves for an intent; nobody can confirm what has no saved id."""
    return OURS if gateway_id else _WITHOUT_ID


OUTCOME_OF_NEWS: Mapping[State, Outcome] = {
    State.SUCCEEDED: Outcome.SUCCEEDED,
    State.RETURNED: Outcome.RETURNED,
    State.CANCELLED: Outcome.CANCELLED,
}
"""How an attempt ends when its intent arrives in a state that says so by itself."""


def outcome_at_rest(event: Event) -> Outcome:
    """Tell how the open attempt ends when its intent comes back to *ready*.

    A step that was left half-way (the gateway says "exists" again) counts as cancelled, not as declined.
    """
    if event is Event.DECLINED:
        return Outcome.DECLINED
    if event in (Event.NOT_SENT, Event.NO_ANSWER):
        return Outcome.NOT_SENT
    return Outcome.CANCELLED
