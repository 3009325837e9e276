"""The seams of a verb: what it does to the outside world, each thing a point before and a point after.

Nothing in the product knows of this: the seams are the doors that verbs use anyway (a phase, the gateway's port,
the mail server, the printer). A job is a row of its verb's transaction, so it has no point of its own. `Fuse` keeps
the trace of the points that were reached and burns at one.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any
from unittest.mock import patch

from tenantry.actions.invoices import store_credit_note_document, store_document
from tenantry.outside import mail
from tenantry.outside.gateway import chosen
from tenantry.records.base import tenancy

BEFORE, AFTER = "before", "after"
PHASES = ("phase", "batch_phase", "vendor_phase")


def die() -> None:
    """End this process as a power cut would: no handler of it runs."""
    os.kill(os.getpid(), signal.SIGKILL)


class Fuse:
    """Counts the points that are reached; at the chosen hit of the chosen point it burns."""

    def __init__(self, point: str = "", hit: int = 1, burn: Callable[[], None] = die) -> None:
        self.point, self.hit, self.burn = point, hit, burn
        self.trace: list[str] = []

    def reach(self, point: str) -> None:
        """Note a point, and burn if it is the one."""
        self.trace.append(point)
        if point == self.point and self.trace.count(point) == self.hit:
            self.burn()


@contextmanager
def armed(fuse: Fuse) -> Iterator[Fuse]:
    """Let every verb of this process pass the fuse."""
    with ExitStack() as patches:
        for name in PHASES:
            patches.enter_context(patch.object(tenancy, name, _phase(getattr(tenancy, name), fuse)))
        made = chosen._made
        patches.enter_context(patch.object(chosen, "_made", lambda *more: _Port(made(*more), fuse)))
        patches.enter_context(patch.object(mail, "send", _around(mail.send, "mail", fuse)))
        for module in (store_document, store_credit_note_document):
            print_it = _around(module.render_invoice, "print", fuse)
            patches.enter_context(patch.object(module, "render_invoice", print_it))
        yield fuse


def _phase(real: Callable[..., Any], fuse: Fuse) -> Callable[..., Any]:
    @contextmanager
    def phase(*args: Any) -> Iterator[None]:
        who = _who()
        with real(*args):
            yield
            fuse.reach(f"{BEFORE} commit of {who}")
        fuse.reach(f"{AFTER} commit of {who}")

    return phase


def _around(real: Callable[..., Any], name: str, fuse: Fuse) -> Callable[..., Any]:
    def call(*args: Any, **more: Any) -> Any:
        event = f"{name} by {_who()}"
        fuse.reach(f"{BEFORE} {event}")
        answer = real(*args, **more)
        fuse.reach(f"{AFTER} {event}")
        return answer

    return call


class _Port:
    """The gateway's port with a point on either side of each call. Checking a signature calls nobody."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:
        self._inner, self._fuse = inner, fuse

    def __getattr__(self, name: str) -> Callable[..., Any]:
        real: Callable[..., Any] = getattr(self._inner, name)
        return real if name == "verify_event" else _around(real, name, self._fuse)


def _who() -> str:
    """Name the verb that stands at the seam: its file and function, or the payment flow that is driven."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename
        if "/tenantry/actions/" in path:
            stem = os.path.basename(path).removesuffix(".py")
            return _flow(frame) if stem == "_driver" else named(stem, frame.f_code.co_name)
        frame = frame.f_back
    return "nobody"


def named(stem: str, function: str) -> str:
    """Name a function of a verb's file."""
    return stem if function == stem else f"{stem}.{function}"


def _flow(frame: FrameType | None) -> str:
    while frame is not None and "flow" not in frame.f_locals:
        frame = frame.f_back
    return str(frame.f_locals["flow"].__name__) if frame is not None else "flow"
