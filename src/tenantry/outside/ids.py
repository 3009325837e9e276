"""New ids. An id exists before its row, so whoever writes the row hands it in."""

from __future__ import annotations

import uuid


def new_id() -> str:
    """Give one new id, as text."""
    return str(uuid.uuid4())


def new_ids(count: int) -> list[str]:
    """Give a block of new ids, as text."""
    return [str(uuid.uuid4()) for _ in range(count)]


def derived_id(owner_id: str, what: str) -> str:
    """Give the id of a thing of which an owner has one: the same whenever it is asked for, as text.

    A database that was restored from a backup makes the thing again under the same id, so that what the
    gateway remembers by it is found again.
    """
    return str(uuid.uuid5(uuid.UUID(owner_id), what))
