"""Make and read short-lived links: a link is valid, expired or altered.

A signature adds to authorization, it never replaces it: who follows a link still needs a live session with View.
The query is exactly `e` (expires, epoch seconds), `k` (key id) and `s` (signature), in this order. The signature
covers what the link is for and for whom; none of that stands in the query, so none of it can be swapped there.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

LIFETIME_SECONDS = 300
MOST_KEYS = 3
PARAMETERS = ("e", "k", "s")
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """What a link opens and for whom: a link for one user, invoice, company or purpose is none for another."""

    purpose: str
    company_id: str
    invoice_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Valid:
    """The link is ours and still good."""

    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Expired:
    """The link is ours, untouched, and too old."""


@dataclass(frozen=True, slots=True)
class Altered:
    """The link is not one that we made for this target, or its key is retired."""


def make(target: LinkTarget, now: datetime) -> str:
    """Return the query string (without `?`) of a link that is good for 300 seconds from `now`."""
    key_id, secret = _keys()[0]
    expires = str(int(now.timestamp()) + LIFETIME_SECONDS)
    return urlencode({"e": expires, "k": key_id, "s": _signature(secret, target, expires, key_id)})


def read(query_items: Iterable[tuple[str, str]], target: LinkTarget, now: datetime) -> Valid | Expired | Altered:
    """Judge a link by all parameters of its query, as (name, value) in their order.

    A missing, unknown, repeated or moved parameter is an alteration. The signature is checked before any parameter
    means anything; a key id that we don't know costs the same work.
    """
    items = tuple(query_items)
    if tuple(name for name, _ in items) != PARAMETERS:
        return Altered()
    expires, key_id, signature = (value for _, value in items)
    keys = _keys()
    known = dict(keys)
    expected = _signature(known.get(key_id, keys[0][1]), target, expires, key_id)
    is_ours = hmac.compare_digest(_as_bytes(expected), _as_bytes(signature))
    if not is_ours or key_id not in known:
        return Altered()
    return _judge_age(datetime.fromtimestamp(int(expires), UTC), now)


def _judge_age(expires_at: datetime, now: datetime) -> Valid | Expired | Altered:
    """Refuse an expiry further ahead than we ever sign: a clock that ran wrong must not make long-lived links."""
    if expires_at - now > timedelta(seconds=LIFETIME_SECONDS):
        return Altered()
    return Expired() if now >= expires_at else Valid(expires_at)


def _signature(secret: str, target: LinkTarget, expires: str, key_id: str) -> str:
    parts = ("v1", "GET", target.purpose, target.company_id, target.invoice_id, target.user_id, expires, key_id)
    signed = hmac.digest(_key(secret, target.purpose), _length_prefixed(parts), "sha256")
    return urlsafe_b64encode(signed).rstrip(b"=").decode("ascii")


def _length_prefixed(parts: Iterable[str]) -> bytes:
    """Join the parts so that no part can borrow characters from its neighbor."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in map(_as_bytes, parts))


def _as_bytes(text: str) -> bytes:
    # A query may carry lone surrogates; they are as wrong as anything else, not an error.
    return text.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=64)
def _key(secret: str, purpose: str) -> bytes:
    """Derive the key of one purpose from a secret that serves nothing but links."""
    return hkdf_sha256(_as_bytes(secret), salt=b"tenantry", info=b"signed link v1 " + _as_bytes(purpose), length=32)


def hkdf_sha256(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    """Derive `length` bytes (at most 255 × 32) from a secret: HKDF of RFC 5869."""
    pseudorandom = hmac.digest(salt or bytes(hashlib.sha256().digest_size), secret, "sha256")
    block, derived = b"", b""
    counter = 0
    while len(derived) < length:
        counter += 1
        block = hmac.digest(pseudorandom, block + info + bytes([counter]), "sha256")
        derived += block
    return derived[:length]


def _keys() -> list[tuple[str, str]]:
    """Return (key id, secret) from the settings; the first one signs, all of them are accepted."""
    keys = [(str(key_id), str(secret)) for key_id, secret in settings.TENANTRY_LINK_KEYS]
    ids = {key_id for key_id, _ in keys}
    if not 1 <= len(keys) <= MOST_KEYS or len(ids) != len(keys):
        raise ImproperlyConfigured(f"TENANTRY_LINK_KEYS takes 1 to {MOST_KEYS} pairs of key id and secret.")
    if not all(secret and _KEY_ID.fullmatch(key_id) for key_id, secret in keys):
        raise ImproperlyConfigured("TENANTRY_LINK_KEYS: an id is 1 to 16 letters, digits, - or _; no secret is empty.")
    return keys
