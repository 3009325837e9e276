"""The only reading of the current time.

In demo mode the time is the real one plus an offset that only grows, kept in a small file that web, worker
and commands share (D14). Outside demo mode the offset does not exist. Tests and the demo's filling pin the
time inside their own process with `pinned`.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

_pinned: ContextVar[datetime | None] = ContextVar("pinned", default=None)


class ClockMovesForwardOnly(ValueError):
    """The demo's clock was asked to go back."""


def now() -> datetime:
    """Give the current instant, aware, in UTC."""
    pinned_at = _pinned.get()
    if pinned_at is not None:
        return pinned_at
    return datetime.now(UTC) + _offset()


@contextmanager
def pinned(at: datetime) -> Iterator[None]:
    """Hold the time of this context at one instant: for tests and for the demo's months."""
    token = _pinned.set(at.astimezone(UTC))
    try:
        yield
    finally:
        _pinned.reset(token)


def go_forward_to(at: datetime) -> None:
    """Move the demo's clock forward to an instant.

    Raises:
        ClockMovesForwardOnly: the instant lies in the demo's past, or this is not the demo.
    """
    path = _offset_file()
    if path is None or at < now():
        raise ClockMovesForwardOnly(at.isoformat())
    seconds = (at - datetime.now(UTC)).total_seconds()
    written = path.with_suffix(f".{os.getpid()}")
    written.write_text(json.dumps({"offset_seconds": seconds}), encoding="utf-8")
    written.replace(path)


@contextmanager
def moving() -> Iterator[None]:
    """Hold the demo's clock among all processes: who comes second waits, and then sees the new day."""
    with _locked(fcntl.LOCK_EX):
        yield


@contextmanager
def standing() -> Iterator[None]:
    """Keep the demo's clock from being moved on while a job is under way; outside the demo nothing waits.

    A job that is half done has claimed things until some minutes later, which a jump would make the past.
    """
    with _locked(fcntl.LOCK_SH):
        yield


@contextmanager
def _locked(how: int) -> Iterator[None]:
    path = _offset_file()
    if path is None:
        yield
        return
    with path.with_suffix(".lock").open("a") as file:
        fcntl.flock(file, how)
        yield


def _offset_file() -> Path | None:
    if not settings.TENANTRY_DEMO:
        return None
    return Path(settings.TENANTRY_HOME) / "demo-clock.json"


def _offset() -> timedelta:
    path = _offset_file()
    if path is None:
        return timedelta(0)
    try:
        return timedelta(seconds=json.loads(path.read_text(encoding="utf-8"))["offset_seconds"])
    except FileNotFoundError:
        return timedelta(0)
