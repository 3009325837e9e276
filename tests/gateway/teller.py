"""A caller that also moves the clock of a gateway, and has its webhooks sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.gateway.caller import Caller

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""A Monday."""


class Teller(Caller):
    """A caller that also moves the clock and lets everything due be sent."""

    def now(self) -> datetime:
        """Tell the processor's time."""
        return datetime.fromisoformat(self.http.get("/control/clock").json()["now"])

    def flush(self) -> None:
        """Let everything that is due be sent."""
        assert self.post("/control/webhooks/flush", {}).json() == {"is_idle": True}

    def go_to(self, at: datetime) -> None:
        """Move the clock, and let what became due be sent."""
        assert self.post("/control/clock", {"now": at.isoformat()}).status_code == 200
        self.flush()

    def later(self, **span: float) -> None:
        """Move the clock on."""
        self.go_to(self.now() + timedelta(**span))

    def send_to(self, url: str, *secrets: str) -> None:
        """Name the endpoint."""
        self.post("/control/webhooks", {"url": url, "secrets": list(secrets)}).raise_for_status()

    def fault(self, fault: str, **more: object) -> None:
        """Set a fault."""
        self.post("/control/faults", {"fault": fault, **more}).raise_for_status()

    def deliveries(self, customer: str) -> list[dict[str, Any]]:
        """List what became of each delivery."""
        listed: list[dict[str, Any]] = self.http.get("/control/webhooks", params={"customer": customer}).json()[
            "deliveries"
        ]
        return listed
