"""Rows of different tables in one statement: each as what it is a part of, and its columns as one value."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Func, JSONField, QuerySet, Value


class Facts(Func):
    """Several columns as one JSON array; rows of different tables then fit into one UNION."""

    function = "jsonb_build_array"
    output_field = JSONField()


def part(rows: QuerySet[Any], name: str, *columns: str) -> QuerySet[Any]:
    """Give rows of a company-owned table as (company id, name of the part, columns)."""
    return rows.values_list("company_id", Value(name), Facts(*columns))


def instant(text: str) -> datetime:
    """Read an instant that came as JSON."""
    return datetime.fromisoformat(text)
