"""Copies of rows in memory: containers are copied, what they hold is frozen."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields
from typing import Any


def copied(value: Any) -> Any:
    """Copy containers, and dataclasses that are not frozen."""
    if isinstance(value, defaultdict):
        found = defaultdict(value.default_factory)
        found.update({key: copied(each) for key, each in value.items()})
        return found
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    if isinstance(value, list | set):
        return type(value)(value)
    if hasattr(value, "__dataclass_fields__") and not value.__dataclass_params__.frozen:
        return type(value)(**{field.name: copied(getattr(value, field.name)) for field in fields(value)})
    return value
