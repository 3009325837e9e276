"""The simulated processor inside this process: the product's own adapter reaches it without a socket.

The same API, faults, model and store as the server's; only HTTP's wire is left out. Proofs that need tens of
thousands of calls, or a processor that is put back to where it stood, use it instead of the process.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx

from sandbox_gateway import server
from sandbox_gateway.running import RunningProcessor
from sandbox_gateway.values import Charge
from sandbox_gateway.wire import Answer, Request, Unusable, error_answer, json_answer
from tenantry.outside.gateway import chosen
from tenantry.outside.gateway.sandbox import SandboxGateway
from tenantry.outside.sandbox_control import SandboxControl
from tests.telling import ACCOUNT, SECRET

URL, KEY = "http://processor.inside", "key-of-the-tests"
Hook = Callable[[str], None]


def nothing(_: str) -> None:
    """Let a call through."""


class InsideProcessor(httpx.BaseTransport):
    """One processor on a directory. `before` and `after` see each API call's method and path."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.running = RunningProcessor(directory)
        self.settings = server.Settings(KEY, URL)
        self.before: Hook = nothing
        self.after: Hook = nothing
        self.adapter = SandboxGateway(URL, KEY, webhook_secrets=(SECRET,), account=ACCOUNT)
        self.control = SandboxControl(URL)
        for speaker in (self.adapter, self.control):
            self._speak_inside(speaker)

    def _speak_inside(self, speaker: Any) -> None:
        kept = speaker._client
        speaker._client = httpx.Client(base_url=URL, headers=dict(kept.headers), transport=self, trust_env=False)
        kept.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request over."""
        called = f"{request.method} {request.url.path}"
        if request.url.path.startswith("/v1/"):
            self.before(called)
        answer = self._answer(request)
        if request.url.path.startswith("/v1/"):
            self.after(called)
        if answer.status == 0 or answer.is_cut:
            raise httpx.RemoteProtocolError("closed in the middle", request=request)
        headers = {"Content-Type": answer.content_type, **dict(answer.headers)}
        return httpx.Response(answer.status, stream=httpx.ByteStream(answer.body), headers=headers)

    def _answer(self, request: httpx.Request) -> Answer:
        plain = Request(
            method=request.method,
            path=request.url.path,
            query=dict(parse_qsl(request.url.query.decode(), keep_blank_values=True)),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.read(),
        )
        try:
            return server._route(self, plain)  # type: ignore[arg-type]
        except Unusable as error:
            return error_answer(error.status, error.code, error.message)

    def fail_next(self, fault: str, *, customer: str, operation: str) -> None:
        """Let the next call of an operation about a customer meet a fault."""
        rule = {"fault": fault, "customer": customer, "operation": operation, "times": 1}
        self.control._client.post("/control/faults", json=rule).raise_for_status()

    def fail_no_more(self) -> None:
        """Forget the faults that have not struck yet."""
        self.control._client.post("/control/faults", json={"clear": True}).raise_for_status()

    def go_away(self, seconds: float) -> None:
        """Refuse: what is in this process is always there."""
        raise Unusable(409, "not_alone", "This processor runs inside the process that calls it.")

    def charges(self) -> list[Charge]:
        """List every attempt to take money, in the processor's own records."""
        found: list[Charge] = []

        def look(model: Any, now: datetime) -> Answer:
            model.settle_due(now=now)
            found.extend(model.charges())
            return json_answer(200, {})

        self.running.read(look)
        return found

    def paid_out(self, customer_reference: str) -> int:
        """Give what was paid out of one customer's money, in minor units, in the processor's own records."""
        found: list[int] = []

        def look(model: Any, now: datetime) -> Answer:
            model.settle_due(now=now)
            for lines in model.payouts():
                ours = {one.id for one in lines.customers if one.reference == customer_reference}
                found.extend(one.amount_minor for one in lines.movements if one.customer in ours)
            return json_answer(200, {})

        self.running.read(look)
        return sum(found)

    def close(self) -> None:
        """Let the directory go."""
        self.adapter.close()
        self.control.close()
        self.running.close()


@contextmanager
def behind_the_port(processor: InsideProcessor) -> Iterator[InsideProcessor]:
    """Let every verb meet this processor, with the guard against calls inside a transaction in place."""
    made = chosen._made
    guarded = chosen.OutsideTransactions(processor.adapter)
    chosen._made = lambda *_: guarded  # type: ignore[assignment]
    try:
        yield processor
    finally:
        chosen._made = made


@contextmanager
def standing_at(kept: Path, directory: Path) -> Iterator[InsideProcessor]:
    """Run a processor from a copy of what another one left behind."""
    shutil.copytree(kept, directory)
    processor = InsideProcessor(directory)
    try:
        with behind_the_port(processor):
            yield processor
    finally:
        processor.close()
        shutil.rmtree(directory)
