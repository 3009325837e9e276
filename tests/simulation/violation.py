"""What a schedule ends with when something that must hold does not."""

from __future__ import annotations

CURRENCY = "USD"


class Violation(AssertionError):
    """An invariant does not hold. Its first word is the invariant's number."""
