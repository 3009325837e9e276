"""Events as the gateway sends them: written and signed here by other code than the product's, posted to its address."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Any

from django.test import Client
from django.test.utils import override_settings

from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.records.payments.models import GatewayEvent

ADDRESS = "/api/v1/gateway-events/sandbox"
SECRET, OLD_SECRET, FOREIGN_SECRET = (f"whsec_{b64encode(bytes([number]) * 32).decode()}" for number in (1, 2, 3))
ACCOUNT = "acc_1"
_numbers = count(1)


@contextmanager
def listening(account: str = ACCOUNT) -> Iterator[None]:
    """Let the product believe events of this account, by the new secret and the one before."""
    secrets = [SECRET, OLD_SECRET]
    with override_settings(TENANTRY_GATEWAY_WEBHOOK_SECRETS=secrets, TENANTRY_GATEWAY_ACCOUNT=account):
        yield


def event(kind: str, object_id: str, *, intent: str | None = None, **change: object) -> bytes:
    """Write an event about an object that happened now; `change` sets whatever else should be otherwise."""
    number = next(_numbers)
    body: dict[str, object] = {
        "id": f"evt_{number}",
        "type": kind,
        "created": clock.now().isoformat(),
        "sequence": number,
        "account": ACCOUNT,
        "mode": "test",
        "version": 1,
        "data": {"object": object_id, "customer": "cus_1", "intent": object_id if intent is None else intent},
    }
    return json.dumps({**body, **change}).encode()


def signed(body: bytes, *secrets: str, event_id: str = "", at: datetime | None = None) -> dict[str, str]:
    """Sign a body, now unless another time is given; give the three headers as Django's test client takes them."""
    named = event_id or str(json.loads(body)["id"])
    sent_at = str(int((at or clock.now()).timestamp()))
    marks = []
    for secret in secrets or (SECRET,):
        key = b64decode(secret.removeprefix("whsec_"))
        marks.append("v1," + b64encode(hmac.new(key, f"{named}.{sent_at}.".encode() + body, sha256).digest()).decode())
    return {"webhook-id": named, "webhook-timestamp": sent_at, "webhook-signature": " ".join(marks)}


def tell(body: bytes, headers: dict[str, str] | None = None, *, content_type: str = "application/json") -> Any:
    """Post an event; without headers rightly signed. Give the answer."""
    sent = signed(body) if headers is None else headers
    return Client().post(ADDRESS, body, content_type=content_type, headers=sent)


def kept() -> list[tuple[str, str, str]]:
    """List what was kept: kind, outcome, why it was ignored."""
    rows = GatewayEvent.objects.order_by("received_at", "event_id")
    return list(rows.values_list("kind", "outcome", "because"))


def follow() -> int:
    """Run the job of each event that waits; give how many there were."""
    waiting = [str(id_) for id_ in GatewayEvent.objects.filter(outcome="").values_list("id", flat=True)]
    for id_ in waiting:
        work.apply_event(id_)
    return len(waiting)
