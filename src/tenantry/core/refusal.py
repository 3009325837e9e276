"""The one type for an anticipated "no"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NO_FACTS: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Say why something may not happen.

    `code` is stable and stands in `docs/refusals.md`; `facts` are the values that its sentence needs
    (amounts as Money, dates as date). Words are chosen by a face (`ui/refusals.py`), never here.
    """

    code: str
    facts: Mapping[str, object] = field(default_factory=lambda: NO_FACTS)
