"""Where a suspended generator stands: equal for two that go on equally when they are given equal answers.

A generator can't be compared, but what decides its course can: the place where each of its frames waits, and those of
their variables that may still be read from there on.
"""

from __future__ import annotations

import dis
from functools import cache
from types import CodeType
from typing import Any

_NEVER_FALLS_THROUGH = ("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "RETURN_VALUE", "RETURN_CONST")
_JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)


def standing(flow: Any) -> int:
    """Give a number for all that decides how a suspended generator goes on."""
    found: list[object] = []
    while flow is not None and flow.gi_frame is not None:
        frame = flow.gi_frame
        names = _read_later(flow.gi_code, frame.f_lasti)
        values = frame.f_locals
        found += [flow.gi_code.co_name, frame.f_lasti, *(_hashed(values[name]) for name in names if name in values)]
        flow = flow.gi_yieldfrom
    return hash(tuple(found))


@cache
def _read_later(code: CodeType, offset: int) -> tuple[str, ...]:
    """Name the variables that some instruction reads which can be reached from an offset."""
    steps = list(dis.get_instructions(code))
    places = {step.offset: at for at, step in enumerate(steps)}
    # How far a loop has come stands in its iterator, which nobody sees; its variable, here called `_`, tells the same.
    names: set[str] = {"_", *code.co_cellvars, *code.co_freevars}
    waiting, seen = [places[offset]], set[int]()
    while waiting:
        at = waiting.pop()
        if at in seen or at >= len(steps):
            continue
        seen.add(at)
        step = steps[at]
        if "LOAD_FAST" in step.opname:
            names.update(step.argval if isinstance(step.argval, tuple) else (step.argval,))
        if step.opcode in _JUMPS:
            waiting.append(places[step.argval])
        if step.opname not in _NEVER_FALLS_THROUGH and step.opname not in ("RAISE_VARARGS", "RERAISE"):
            waiting.append(at + 1)
    return tuple(sorted(names))


def _hashed(value: object) -> int:
    try:
        return hash(value)
    except TypeError:
        return hash(repr(value))
