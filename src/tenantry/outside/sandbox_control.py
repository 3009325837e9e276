"""What only a demo or a test may ask of the simulated processor: its clock, and typing test numbers on its pages.

No product code uses it; a real gateway has nothing like it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx

SEE_OTHER, CONFLICT = 303, 409


class ControlRefused(Exception):
    """The processor did not do what it was told."""


class SandboxControl:
    """The control API of the simulated processor at `url`."""

    def __init__(self, url: str, *, seconds: float = 20.0) -> None:
        self._client = httpx.Client(base_url=url, timeout=seconds, trust_env=False, verify=url.startswith("https:"))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def freeze_clock(self, at: datetime) -> int:
        """Set the clock and let it stand still; return how many bank debits settled.

        It may be set back only while nothing was created.
        """
        return int(self._post("/control/clock", {"now": at.isoformat(), "frozen": True})["settled"])

    def run_clock(self, at: datetime) -> None:
        """Set the clock forward and let it run from there: a signature is good only while its time is ours."""
        self._post("/control/clock", {"now": at.isoformat(), "frozen": False})

    def move_clock(self, to: datetime) -> int:
        """Set the clock forward, running or frozen as it is; return how many bank debits settled.

        A running clock may have passed the instant while it was on its way there: then it stays.
        """
        answer = self._client.post("/control/clock", json={"now": to.isoformat()})
        if answer.status_code == CONFLICT and answer.json()["error"]["code"] == "clock_backwards":
            return 0
        return int(_read(answer)["settled"])

    @contextmanager
    def untold(self) -> Iterator[None]:
        """Let what happens meanwhile be told to nobody: no webhook is sent of it, then or later."""
        url = self._client.get("/control/webhooks").raise_for_status().json()["url"]
        self._post("/control/webhooks", {"url": ""})
        try:
            yield
        finally:
            self._post("/control/webhooks", {"url": url})

    def charges(self, customer: str = "") -> list[Mapping[str, Any]]:
        """List every charge, or those of one customer (its id or our reference)."""
        answer = self._client.get("/control/charges", params={"customer": customer} if customer else None)
        listed: list[Mapping[str, Any]] = answer.raise_for_status().json()["charges"]
        return listed

    def objects(self) -> Sequence[Any]:
        """Read everything that was made there, as `put_back` takes it."""
        kept: Sequence[Any] = self._client.get("/control/objects").raise_for_status().json()["objects"]
        return kept

    def put_back(self, objects: Sequence[Any]) -> None:
        """Let the processor stand where it stood when `objects` read these; nothing was made where there are none."""
        self._post("/control/objects", {"objects": list(objects)})

    def type_card(self, page_url: str, *, number: str, expiry: str, cvc: str, name: str) -> None:
        """Fill in the hosted page of a card, as a browser would.

        Raises:
            ControlRefused: the page did not accept it.
        """
        self._submit(page_url, {"number": number, "expiry": expiry, "cvc": cvc, "name": name})

    def type_bank_account(self, page_url: str, *, account: str, holder: str, routing: str = "110000000") -> None:
        """Fill in the hosted page of a bank account, as a browser would.

        Raises:
            ControlRefused: the page did not accept it.
        """
        self._submit(page_url, {"account": account, "routing": routing, "holder": holder, "account_type": "checking"})

    def _submit(self, page_url: str, fields: Mapping[str, str]) -> None:
        answer = self._client.post(page_url, data=dict(fields))
        if answer.status_code != SEE_OTHER:
            raise ControlRefused(f"the hosted page answered {answer.status_code}")

    def _post(self, path: str, fields: Mapping[str, object]) -> Mapping[str, Any]:
        return _read(self._client.post(path, json=dict(fields)))


def _read(answer: httpx.Response) -> Mapping[str, Any]:
    if answer.is_error:
        raise ControlRefused(f"{answer.request.url.path} answered {answer.status_code}: {answer.text}")
    data: Mapping[str, Any] = answer.json()
    return data
