"""All seeded bugs, by their number."""

from __future__ import annotations

from tests.bugs import add_ons, events, further, invoices, isolation, methods, pay, records

GROUPS = {
    "Pay": pay.BUGS,
    "Events": events.BUGS,
    "Methods": methods.BUGS,
    "Invoices, time, cents": invoices.BUGS,
    "Add-ons": add_ons.BUGS,
    "Isolation, access, links": isolation.BUGS,
    "Records": records.BUGS,
    "Further ones": further.BUGS,
}
BUGS = {bug.number: bug for bugs in GROUPS.values() for bug in bugs}
NOT_BUILT = {45: "a snapshot without a version", 62: "an outbox read by “id > last seen”"}
"""Bugs of the list in what does not exist yet."""
