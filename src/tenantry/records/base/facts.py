"""Rows of different tables in one statement: each as what it is a part of, and its columns as one value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Func, JSONField, QuerySet, Value

Parts = Mapping[str, Sequence[Any]]
"""What was read of one company: name of the part → its rows, each the list of its columns."""


class Facts(Func):
    """Several columns as one JSON array; rows of different tables then fit into one UNION."""

    function = "jsonb_build_array"
    output_field = JSONField()


def part(rows: QuerySet[Any], name: str, *columns: str) -> QuerySet[Any]:
    """Name rows of a company-owned table and what is read of them."""
    return rows.values_list("company_id", Value(name), Facts(*columns))


def read_parts(first: QuerySet[Any], *others: QuerySet[Any]) -> dict[str, Parts]:
    """Read the parts with one statement: company id → parts; one of which there is nothing has none."""
    found: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for company_id, name, row in first.union(*others, all=True) if others else first:
        found[str(company_id)][name].append(row)
    return dict(found)


def instant(text: str) -> datetime:
    """Read an instant that came as JSON."""
    return datetime.fromisoformat(text)


def instant_or_none(text: str | None) -> datetime | None:
    """Read one that may be missing."""
    return None if text is None else datetime.fromisoformat(text)
