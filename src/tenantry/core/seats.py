"""What is a seat (D2)."""

from __future__ import annotations

from dataclasses import dataclass

from tenantry.core.permissions import ACCOUNT_MANAGEMENT, SUPPORT, Grant

MOST_SEATS = 10**5
"""More are not taken in, of a company or for an add-on: what a seat may cost is bounded by it."""
FREE_SUBJECTS = frozenset({ACCOUNT_MANAGEMENT, SUPPORT})


@dataclass(frozen=True, slots=True)
class Person:
    """The facts of one member that decide about a seat."""

    is_active: bool
    can_log_in: bool
    grants: frozenset[Grant]


def is_seat(person: Person) -> bool:
    """Tell whether this person is billed for.

    Active and able to log in, unless the person holds grants and all of them are on Account Management or
    Support: a bookkeeper who only looks at bills costs nothing, a technician without grants is a seat.
    """
    if not (person.is_active and person.can_log_in):
        return False
    return not person.grants or any(grant.subject not in FREE_SUBJECTS for grant in person.grants)
