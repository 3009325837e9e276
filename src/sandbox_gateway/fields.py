"""Read the fields of a JSON body: known names, right types, no card number where a name belongs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from sandbox_gateway.wire import Unusable

MAX_TEXT = 500
MAX_URL = 2000
MAX_WHOLE = 10**15
DIGIT_GROUPS = re.compile(r"\d(?:[ -]?\d){12,18}")
CALLERS_ID = re.compile(r"(?=[0-9-]*[a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
SAFE_URL = re.compile(r"[!-~]+")
AMOUNTS = 2


def text(data: Mapping[str, object], name: str, *, optional: bool = False) -> str:
    """Read a line of text."""
    value = data.get(name, "" if optional else None)
    if not isinstance(value, str) or len(value) > MAX_TEXT or not (value or optional):
        raise Unusable(400, "field_invalid", f"{name} must be a text of at most {MAX_TEXT} characters.")
    return value


def words(data: Mapping[str, object], name: str, *, optional: bool = False) -> str:
    """Read text that people wrote, or a caller's own id: a card number in it is refused and not repeated."""
    value = text(data, name, optional=optional)
    if CALLERS_ID.fullmatch(value):
        return value  # such an id holds a row of digits by chance
    if any(passes_luhn(re.sub(r"\D", "", group)) for group in DIGIT_GROUPS.findall(value)):
        raise Unusable(400, "card_number_refused", "Never send card numbers here.")
    return value


def whole(data: Mapping[str, object], name: str) -> int:
    """Read a whole number."""
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_WHOLE:
        raise Unusable(400, "field_invalid", f"{name} must be a whole number.")
    return value


def flag(data: Mapping[str, object], name: str) -> bool:
    """Read true or false."""
    value = data.get(name)
    if not isinstance(value, bool):
        raise Unusable(400, "field_invalid", f"{name} must be true or false.")
    return value


def amounts(data: Mapping[str, object], name: str) -> tuple[int, int]:
    """Read a list of two whole numbers."""
    value = data.get(name)
    if not isinstance(value, list) or len(value) != AMOUNTS:
        raise Unusable(400, "field_invalid", f"{name} must be a list of two whole numbers.")
    return whole({name: value[0]}, name), whole({name: value[1]}, name)


def address(data: Mapping[str, object], name: str, *, optional: bool = False) -> str:
    """Read an http(s) address."""
    value = data.get(name, "" if optional else None)
    if value == "" and optional:
        return ""
    if not isinstance(value, str) or not is_address(value):
        raise Unusable(400, "field_invalid", f"{name} must be an http or https address.")
    return value


def is_address(value: str) -> bool:
    """Say whether this is an http(s) address."""
    return len(value) <= MAX_URL and SAFE_URL.fullmatch(value) is not None and origin(value) != ""


def origin(url: str) -> str:
    """Name the origin of an address; empty if it has none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or not re.fullmatch(r"[a-z0-9.:-]+", host):
        return ""
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}:{port}" if port else f"{parts.scheme}://{shown}"


def instant(value: object, name: str) -> datetime:
    """Read an instant with its zone."""
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise Unusable(400, "field_invalid", f"{name} must be an instant with its zone, such as 2026-01-31T00:00:00Z.")
    return read


def only(data: Mapping[str, object], *names: str) -> None:
    """Refuse a field that nobody knows. Its value is not repeated."""
    if unknown := sorted(set(data) - set(names)):
        shown = unknown[0] if unknown[0].isidentifier() else "with a strange name"
        raise Unusable(400, "unknown_field", f"There is no field {shown}.")


def passes_luhn(digits: str) -> bool:
    """Say whether digits could be a card number."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return bool(digits) and sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
