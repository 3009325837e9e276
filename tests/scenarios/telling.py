"""A processor that tells what happens, over real HTTP, while months pass: each request reaches the product's pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
from django.db import connections
from django.test import Client

from tenantry.outside import clock
from tenantry.outside.sandbox_control import SandboxControl
from tests.gateway.receiver import Received, Receiver
from tests.scenarios.ticking import TickingMonths
from tests.telling import ADDRESS, SECRET, follow


class ToldMonths(TickingMonths):
    """Months in which what is due is told, and followed, before time goes on."""

    def __init__(self, start: datetime, control: SandboxControl, process: Any) -> None:
        self.url = process.url
        self.statuses: list[int] = []
        self._receiver = Receiver()
        super().__init__(start, control)
        self._receiver.answer = self._hand_over
        self._receiver.__enter__()
        self.order("/control/webhooks", {"url": self._receiver.url, "secrets": [SECRET]})

    def order(self, path: str, fields: dict[str, object]) -> Any:
        """Tell the processor what to do; give what it answers."""
        answer = httpx.post(f"{self.url}{path}", json=fields, timeout=60, trust_env=False, verify=False)
        return answer.raise_for_status().json()

    def _hand_over(self, received: Received) -> int:
        headers = {name.lower(): value for name, value in received.headers.items() if name.startswith("Webhook-")}
        kind = received.headers["Content-Type"]
        try:
            with clock.pinned(self.now):
                response = Client().post(ADDRESS, received.body, content_type=kind, headers=headers)
        finally:
            connections.close_all()
        self.statuses.append(response.status_code)
        return int(response.status_code)

    def _set(self, at: datetime) -> None:
        super()._set(at)
        if self._receiver.answer == self._hand_over:
            while not self.order("/control/webhooks/flush", {})["is_idle"]:
                pass
            follow()

    def end(self) -> None:
        """Hear nothing any more, and let our time go again."""
        self.order("/control/webhooks", {"url": "", "secrets": [SECRET]})
        self._receiver.__exit__()
        super().end()
