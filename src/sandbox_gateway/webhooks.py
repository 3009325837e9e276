"""What a webhook says, and how it is signed (Standard Webhooks). Pure."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sandbox_gateway.fields import is_address
from sandbox_gateway.values import Delivery, DeliveryForm, Event

PREFIX = "whsec_"
SHORTEST_KEY_BYTES = 24
MOST_SECRETS = 4
MODE, VERSION = "test", 1
TOO_BIG_BYTES = 2 * 1024 * 1024
WRONG_KEY = b"nobody's key, and of no use to anybody"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where events go and what signs them; more than one secret while they are rotated. Without a URL: nowhere."""

    url: str = ""
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One request to be sent."""

    body: bytes
    headers: dict[str, str]


def secret_of(key: bytes) -> str:
    """Write a key as it is handed out."""
    return PREFIX + b64encode(key).decode()


def key_of(secret: str) -> bytes:
    """Read a secret as it was handed out.

    Raises:
        ValueError: it is no such secret, or too short.
    """
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True) if secret.startswith(PREFIX) else b""
    except Error:
        key = b""
    if len(key) < SHORTEST_KEY_BYTES:
        raise ValueError(f"a webhook secret is {PREFIX} and at least {SHORTEST_KEY_BYTES} bytes in base64")
    return key


def checked(url: str, secrets: Sequence[str]) -> Endpoint:
    """Make an endpoint of what somebody named; an empty URL sends nothing.

    Raises:
        ValueError: this is no address, or these are no secrets.
    """
    for secret in secrets:
        key_of(secret)
    if not 1 <= len(secrets) <= MOST_SECRETS:
        raise ValueError(f"there are between 1 and {MOST_SECRETS} secrets")
    if url and not is_address(url):
        raise ValueError("the endpoint must be an http or https address")
    return Endpoint(url, tuple(secrets))


def message(delivery: Delivery, event: Event, *, account: str, secrets: Sequence[str], now: datetime) -> Message:
    """Write what is sent for a delivery now."""
    keeps_id = delivery.form in (DeliveryForm.GENUINE, DeliveryForm.REPLAYED, DeliveryForm.FORGED)
    message_id = event.id if keeps_id else f"evt_{delivery.id.partition('_')[2]}"
    body = _body(delivery.form, event, message_id, account)
    keys = [WRONG_KEY] if delivery.form is DeliveryForm.FORGED else [key_of(secret) for secret in secrets]
    sent_at = int((delivery.signed_at or now).timestamp())
    signed = f"{message_id}.{sent_at}.".encode() + body
    signatures = ("v1," + b64encode(hmac.digest(key, signed, sha256)).decode() for key in keys)
    return Message(
        body,
        {
            "Content-Type": "application/json",
            "User-Agent": "sandbox-gateway",
            "Webhook-Id": message_id,
            "Webhook-Timestamp": str(sent_at),
            "Webhook-Signature": " ".join(signatures),
        },
    )


def _body(form: DeliveryForm, event: Event, message_id: str, account: str) -> bytes:
    says: dict[str, object] = {
        "id": message_id,
        "type": event.kind,
        "created": event.happened_at.isoformat(),
        "sequence": event.sequence,
        "account": account,
        "mode": MODE,
        "version": VERSION,
        "data": {"object": event.object_id, "customer": event.customer, "intent": event.intent_id},
    }
    match form:
        case DeliveryForm.FORGED:
            says["type"] = "intent.succeeded"
        case DeliveryForm.UNKNOWN_TYPE:
            says["type"] = "moon.full"
        case DeliveryForm.OTHER_MODE:
            says["mode"] = "live"
        case DeliveryForm.OTHER_ACCOUNT:
            says["account"] = f"acc_{'0' * 24}"
        case DeliveryForm.OTHER_VERSION:
            says["version"] = VERSION + 1
        case DeliveryForm.TOO_BIG:
            says["padding"] = "x" * TOO_BIG_BYTES
        case _:
            pass
    return json.dumps(says, separators=(",", ":")).encode()
