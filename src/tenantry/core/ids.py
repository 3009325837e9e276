"""Ids are opaque text here; whoever writes a row hands them in."""

from __future__ import annotations

from collections.abc import Callable

NewId = Callable[[], str]
"""Gives one new id at each call: random in the product, chosen by the seed in the simulator."""
