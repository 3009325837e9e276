"""Check the signature and the age of an incoming webhook (Standard Webhooks: id, timestamp, list of signatures)."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from tenantry.core.refusal import Refusal

MAX_AGE_SECONDS = 300
PREFIX = "whsec_"
SHORTEST_KEY_BYTES = 24
MOST_SIGNATURES = 8
"""More than one while secrets are rotated; nobody has a reason to send a page of them."""
MAX_ID = 256
MAX_TIMESTAMP_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Signed:
    """A message that somebody with one of our secrets signed a moment ago."""

    message_id: str


def key_of(secret: str) -> bytes:
    """Read a secret as it is handed out: `whsec_` and base64.

    Raises:
        ValueError: it is no such secret, or too short to be one.
    """
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True) if secret.startswith(PREFIX) else b""
    except binascii.Error:
        key = b""
    if len(key) < SHORTEST_KEY_BYTES:
        raise ValueError(f"a webhook secret is {PREFIX} and at least {SHORTEST_KEY_BYTES} bytes in base64")
    return key


def check_signature(
    headers: Mapping[str, str], body: bytes, *, keys: Sequence[bytes], now: datetime
) -> Signed | Refusal:
    """Check one message. The time that this takes does not depend on which signature is right, or how much of it."""
    named = {name.lower(): value for name, value in headers.items()}
    message_id, sent_at = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
    if not message_id or len(message_id) > MAX_ID or not _is_timestamp(sent_at):
        return Refusal("bad_signature")
    signed = f"{message_id}.{sent_at}.".encode(errors="replace") + body
    right = [b"v1," + b64encode(hmac.digest(key, signed, sha256)) for key in keys]
    shown = [one.encode(errors="replace") for one in named.get("webhook-signature", "").split(" ")[:MOST_SIGNATURES]]
    matches = [hmac.compare_digest(ours, theirs) for ours in right for theirs in shown]
    if not any(matches):
        return Refusal("bad_signature")
    if abs(int(now.timestamp()) - int(sent_at)) > MAX_AGE_SECONDS:
        return Refusal("event_too_old")
    return Signed(message_id)


def _is_timestamp(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MAX_TIMESTAMP_DIGITS
