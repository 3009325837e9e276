"""The refund table: what each answer of a gateway does to a refund. "Unknown" is a state, not an error.

A refund is sent once, by the process that opened it, and never again: nothing at a gateway keeps two sendings of the
same refund apart for ever, as an intent does for charges. Who wants to know what became of it asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from tenantry.core.gateway_reply import RefundEvent
from tenantry.core.machine import Machine


class RefundState(StrEnum):
    """Where a refund stands."""

    SENDING = "sending"
    UNKNOWN = "unknown"
    DONE = "done"
    REFUSED = "refused"


UNDER_WAY = frozenset({RefundState.SENDING, RefundState.UNKNOWN})
"""The states in which money may be on its way back: it is set aside, and no other refund is opened beside it."""

NOT_SENT = "not_sent"
"""Why a refund was refused by ourselves: it never left."""
NOT_ARRIVED = "not_arrived"
"""Why a refund was refused by ourselves: two days later the gateway still knew nothing of it."""

_TABLE = """
state    done  refused  not_found  not_sent  no_answer
sending  done  refused  unknown    refused   unknown
unknown  done  refused  unknown    unknown   unknown
done     done  -        -          done      done
refused  done  refused  refused    refused   refused
"""


def _read(table: str) -> Mapping[tuple[RefundState, RefundEvent], RefundState]:
    header, *rows = (line.split() for line in table.strip().splitlines())
    events = [RefundEvent(name) for name in header[1:]]
    return {
        (RefundState(state), event): RefundState(following)
        for state, *cells in rows
        for event, following in zip(events, cells, strict=True)
        if following != "-"
    }


NEWS = Machine("refund", _read(_TABLE))
"""What a gateway says. A pair that is not listed opens a review and holds the billing."""
