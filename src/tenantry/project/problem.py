"""What keeps Tenantry from starting, in one sentence for whoever started it."""

from __future__ import annotations

import errno
from pathlib import Path


class CannotStart(Exception):
    """Carry one sentence: what is in the way, and what to do about it."""


def from_os_error(error: OSError, place: Path) -> CannotStart:
    """Turn an operating system's error at a place into the sentence for it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return no_room(place)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        where = error.filename or place
        return CannotStart(f"{where} may not be written by this user; choose another place with TENANTRY_HOME.")
    return CannotStart(f"{error.filename or place}: {error.strerror or error}.")


def no_room(place: Path) -> CannotStart:
    """Give the sentence for a full disk."""
    return CannotStart(
        f"No room is left on the disk of {place}; free at least 300 MB, or choose another place with TENANTRY_HOME."
    )
