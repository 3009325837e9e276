"""The line to the processor: requests and answers that get lost, come late or twice. The product's adapter is on it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.gateway.inside import InsideProcessor
from tests.simulation.weather import HOUR
from tests.simulation_postgres.crew import current
from tests.telling import event

if TYPE_CHECKING:
    from tests.simulation_postgres.world import World

TIMEOUT_SECONDS = 20.0
DECLINES = ("generic_decline", "insufficient_funds", "lost_card", "processing_error", "authentication_required")
TOLD = ("intent.", "refund.", "dispute.")


class _Forgetful:
    """Keeps nothing: nobody ends the processor here, and writing each call to a file takes a third of the time."""

    def write(self, **_: Any) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Close nothing."""


class Line(InsideProcessor):
    """The processor of one world, on the world's clock."""

    def __init__(self, world: World, directory: Path) -> None:
        super().__init__(directory)
        self._world = world
        self._heard = 0
        self.running._store.close()
        self.running._store = _Forgetful()  # type: ignore[assignment]
        self.running._now = lambda: world.processor_now  # type: ignore[method-assign]

    @property
    def model(self) -> Any:
        """Give the processor's model: the independent witness."""
        return self.running._model

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request over, or not."""
        world = self._world
        if current() is None or not request.url.path.startswith("/v1/"):
            return super().handle_request(request)
        if world.strikes("not_sent"):
            raise httpx.ConnectError("refused", request=request)
        if world.strikes("lost_request"):
            return self._silence(request)
        if world.strikes("late_execution"):
            late = world.between(30, world.random.choice((300, 7 * HOUR, 30 * HOUR)))
            world.after(late, partial(self._executed, _again(request)))
            return self._silence(request)
        if world.strikes("doubled_request"):
            world.after(world.between(0.01, world.random.choice((60, HOUR))), partial(self._executed, _again(request)))
        if world.strikes("lost_answer"):
            world.seam(world.between(0.01, 5))
            self._executed(request)
            return self._silence(request)
        world.seam(world.between(0.01, 2))
        response = self._executed(request)
        world.seam(world.between(0.01, 1))
        return response

    def _silence(self, request: httpx.Request) -> httpx.Response:
        self._world.seam(self._world.random.choice((0.5, TIMEOUT_SECONDS)))
        raise httpx.ReadTimeout("no answer", request=request)

    def _executed(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/confirm") and self._world.strikes("decline"):
            request.headers["Sandbox-Fault"] = f"decline:{self._world.random.choice(DECLINES)}"
        response = super().handle_request(request)
        if request.method == "POST":
            self.tell()
        return response

    def tell(self) -> None:
        """Look at the money, then tell of what happened since the last time."""
        self._world.watch_money()
        news = self.model.events()
        fresh, self._heard = news[self._heard :], len(news)
        for one in fresh:
            if one.kind.startswith(TOLD) and one.kind != "intent.created":
                intent_id = one.intent_id or one.object_id
                self._world.hear(one.id, event(one.kind, one.object_id, intent=intent_id, id=one.id))
                self._world.meet_payer(intent_id)

    def let_time_pass(self) -> None:
        """Let debits settle or come back, and disputes open and end, that are due by now."""
        self.model.settle_due(now=self._world.processor_now)
        self.tell()


def _again(request: httpx.Request) -> httpx.Request:
    return httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
