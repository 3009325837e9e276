"""A transition table as data; an unlisted (state, event) is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from tenantry.core.refusal import Refusal

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True)
class Machine(Generic[S, E]):
    """What may follow what. `moves` is the whole truth: a pair that is not listed does not happen."""

    name: str
    moves: Mapping[tuple[S, E], S]

    def after(self, state: S, event: E) -> S | Refusal:
        """Give the state that follows, or the refusal `move_not_listed`."""
        following = self.moves.get((state, event))
        if following is None:
            return Refusal("move_not_listed", {"machine": self.name, "state": state.value, "event": event.value})
        return following
