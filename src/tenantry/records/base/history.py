"""Read what was done in a company, newest first (O11)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Value
from django.db.models.expressions import Combinable

from tenantry.records.base.models import AuditEntry


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change: who did what to which object, and the text that they saw.

    `about` is what the object is called, as far as the reader asked for that.
    """

    sequence: int
    at: datetime
    actor_kind: str
    actor_name: str
    action: str
    object_kind: str
    object_id: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    words: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class HistoryPart:
    """A part of the history, newest first; whether there is more on either side."""

    entries: tuple[HistoryEntry, ...]
    has_newer: bool = False
    has_older: bool = False


VENDORS_OWN = ("payout",)
"""Kinds of objects that are the vendor's own business: kept in the company's chain, not told to its people."""

_FIELDS = (
    "sequence", "at", "actor_kind", "actor_name", "action", "object_kind", "object_id", "before", "after", "words",
)  # fmt: skip


NOTHING = Value("")
"""What an object is called, where nobody asks."""


def latest(
    company_id: str, *, kinds: Collection[str], limit: int, about: Combinable = NOTHING
) -> tuple[HistoryEntry, ...]:
    """Give the latest changes to objects of these kinds (all kinds where none is named).

    `about` is an expression that names the object of an entry: the nouns above know what it is called.
    """
    return older(company_id, kinds=kinds, than=None, limit=limit, about=about).entries


def older(
    company_id: str, *, kinds: Collection[str], than: int | None, limit: int, about: Combinable = NOTHING
) -> HistoryPart:
    """Give the changes before a sequence number, or the latest."""
    rows = _rows(company_id, kinds)
    if than is not None:
        rows = rows.filter(sequence__lt=than)
    found = _read(rows.order_by("-sequence")[: limit + 1], about)
    return HistoryPart(found[:limit], has_newer=than is not None, has_older=len(found) > limit)


def newer(
    company_id: str, *, kinds: Collection[str], than: int, limit: int, about: Combinable = NOTHING
) -> HistoryPart:
    """Give the changes right after a sequence number, newest first all the same."""
    found = _read(_rows(company_id, kinds).filter(sequence__gt=than).order_by("sequence")[: limit + 1], about)
    return HistoryPart(found[:limit][::-1], has_newer=len(found) > limit, has_older=True)


def _rows(company_id: str, kinds: Collection[str]) -> Any:
    rows = AuditEntry.objects.filter(company_id=company_id).exclude(object_kind__in=VENDORS_OWN)
    return rows.filter(object_kind__in=list(kinds)) if kinds else rows


def _read(rows: Any, about: Combinable) -> tuple[HistoryEntry, ...]:
    return tuple(HistoryEntry(*row) for row in rows.values_list(*_FIELDS, about))
