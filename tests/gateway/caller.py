"""Short words for tests that talk to a running gateway over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from time import monotonic, sleep
from typing import Any

import httpx

from tests.gateway.process import GatewayProcess

BACK = "http://127.0.0.1:9/back?step=2"
WAIT_SECONDS = 30
_keys = count(1)


class Caller:
    """An API client and a browser without scripts."""

    def __init__(self, gateway: GatewayProcess) -> None:
        self.url = gateway.url
        self.http = httpx.Client(
            base_url=gateway.url,
            headers={"Authorization": f"Bearer {gateway.key}"},
            timeout=10,
            trust_env=False,
            verify=False,  # plain http: reading the certificates would take longer than the test
        )

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def post(self, path: str, fields: dict[str, Any], *, key: str = "", **headers: str) -> httpx.Response:
        """Call the API."""
        sent = {"Idempotency-Key": key or f"key-{next(_keys)}", **headers}
        return self.http.post(path, json=fields, headers=sent)

    def customer(self, name: str = "Acme Alarm", reference: str = "") -> str:
        """Make a customer."""
        answer = self.post("/v1/customers", {"name": name, "reference": reference})
        assert answer.status_code == 201
        return str(answer.json()["id"])

    def setup(self, customer: str, kind: str = "card", return_url: str = BACK) -> dict[str, Any]:
        """Open a hosted page."""
        fields = {"customer": customer, "kind": kind, "return_url": return_url, "reference": ""}
        answer = self.post("/v1/setups", fields)
        assert answer.status_code == 201
        data: dict[str, Any] = answer.json()
        return data

    def type(self, page_url: str, **fields: str) -> httpx.Response:
        """Submit the form of a hosted page."""
        return self.http.post(page_url, data=fields)

    def type_card(self, page_url: str, number: str = "4242424242424242", **fields: str) -> httpx.Response:
        """Submit the form of a card, right but for what is named."""
        return self.type(page_url, **{"number": number, "expiry": "12/30", "cvc": "123", "name": "Ana Lima", **fields})

    def type_account(self, page_url: str, account: str = "000123456789", **fields: str) -> httpx.Response:
        """Submit the form of a bank account, right but for what is named."""
        right = {"holder": "Acme Alarm", "routing": "110000000", "account": account, "account_type": "checking"}
        return self.type(page_url, **{**right, **fields})

    def card(self, customer: str, number: str = "4242424242424242", **fields: str) -> str:
        """Attach a card."""
        setup = self.setup(customer)
        assert self.type_card(setup["page_url"], number, **fields).status_code == 303
        return str(self.http.get(f"/v1/setups/{setup['id']}").json()["method"]["id"])

    def account(self, customer: str, number: str = "000123456789") -> str:
        """Attach a bank account and verify it."""
        setup = self.setup(customer, "ach")
        assert self.type_account(setup["page_url"], number).status_code == 303
        method = str(self.http.get(f"/v1/setups/{setup['id']}").json()["method"]["id"])
        assert self.post(f"/v1/methods/{method}/verify", {"amounts_minor": [32, 45]}).json()["verified"] is True
        return method

    def intent(self, customer: str, *, key: str = "", amount_minor: int = 41250, **headers: str) -> httpx.Response:
        """Create an intent."""
        fields = {
            "customer": customer,
            "amount_minor": amount_minor,
            "currency": "USD",
            "invoice_number": "ACME-000001",
        }
        return self.post("/v1/intents", fields, key=key, **headers)

    def confirm(
        self,
        intent: str,
        method: str,
        *,
        key: str = "",
        off_session: bool = False,
        return_url: str = "",
        **headers: str,
    ) -> httpx.Response:
        """Try to take the money."""
        fields = {"method": method, "off_session": off_session, "return_url": return_url}
        return self.post(f"/v1/intents/{intent}/confirm", fields, key=key, **headers)

    def wait_until_charged(self, customer: str, *, times: int) -> None:
        """Wait until a customer was charged so often: a call may be executed after its caller gave up."""

        def is_so() -> bool:
            return sum(charge["outcome"] == "succeeded" for charge in self.charges(customer)) == times

        wait_until(is_so)

    def charges(self, customer: str) -> list[dict[str, Any]]:
        """List the charges of a customer."""
        listed: list[dict[str, Any]] = self.http.get("/control/charges", params={"customer": customer}).json()[
            "charges"
        ]
        return listed


def patience(fault: str) -> float:
    """Say how many seconds an answer is waited for: few where it is known to come too late."""
    name, _, seconds = fault.partition(":")
    return 0.3 if name in ("timeout_before", "timeout_after", "late_answer", "drip") and float(seconds) > 1 else 20.0


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    ends_at = monotonic() + WAIT_SECONDS
    while not is_so():
        assert monotonic() < ends_at
        sleep(0.01)


def errors_on(page: str) -> dict[str, str]:
    """Read the sentence beside each field of a page."""
    return dict(re.findall(r'<span class="error" id="(\w+)-error">([^<]*)</span>', page))


def value_of(page: str, field: str) -> str:
    """Read what stands in a text field of a page."""
    found = re.search(rf'name="{field}" value="([^"]*)"', page)
    assert found is not None
    return found[1]
