"""Read fields of JSON that a gateway sent; whatever is not as agreed is `Unreadable`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tenantry.core.money import Money

_KEPT_BY_NOBODY = re.compile("[\0\ud800-\udfff]")
"""NUL and half a character: no database takes them."""


class Unreadable(Exception):
    """An answer that is not what was agreed."""


def parsed(content: bytes) -> Mapping[str, Any]:
    """Read a JSON object in UTF-8, however hostile its bytes are. A name that comes twice has no meaning."""
    try:
        return object_of(json.loads(content.decode(), object_pairs_hook=_once_each))
    except (ValueError, RecursionError) as error:
        raise Unreadable from error


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable
    return found


def object_of(value: object) -> Mapping[str, Any]:
    """Read an object."""
    if not isinstance(value, dict):
        raise Unreadable
    return value


def objects(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Read a list of objects."""
    items = data.get(name)
    if not isinstance(items, list):
        raise Unreadable
    return [object_of(item) for item in items]


def text(data: Mapping[str, Any], name: str, *, optional: bool = False) -> str:
    """Read a text that can be kept; an optional one may be empty, not missing."""
    value = data.get(name)
    if not isinstance(value, str) or not (value or optional) or _KEPT_BY_NOBODY.search(value):
        raise Unreadable
    return value


def address(data: Mapping[str, Any], name: str) -> str:
    """Read where a browser is sent to."""
    value = text(data, name)
    if not value.startswith(("https://", "http://")):
        raise Unreadable
    return value


def whole(data: Mapping[str, Any], name: str) -> int:
    """Read a whole number."""
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unreadable
    return value


def money(data: Mapping[str, Any], amount_name: str = "amount_minor") -> Money:
    """Read an amount."""
    try:
        return Money(whole(data, amount_name), text(data, "currency"))
    except ValueError as error:
        raise Unreadable from error


def instant(data: Mapping[str, Any], name: str) -> datetime:
    """Read an instant with its zone."""
    try:
        read = datetime.fromisoformat(text(data, name))
    except ValueError as error:
        raise Unreadable from error
    if read.tzinfo is None:
        raise Unreadable
    return read
