"""New ids. An id exists before its row, so whoever writes the row hands it in."""

from __future__ import annotations

import uuid


def new_id() -> str:
    """Give one new id, as text."""
    return str(uuid.uuid4())


def new_ids(count: int) -> list[str]:
    """Give a block of new ids, as text."""
    return [str(uuid.uuid4()) for _ in range(count)]
