"""What lies between a process and the processor: requests and answers that get lost, come late or twice, or bent.

Also what comes back by itself: webhooks (hints only), and payers who answer their bank, or never do.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sandbox_gateway.values import Event as TellingEvent
from sandbox_gateway.values import IntentState
from tenantry.core import payment_flow
from tenantry.core.gateway_reply import (
    CreateIntent,
    CreateRefund,
    Event,
    FindIntent,
    FindRefund,
    GatewayReply,
    RefundEvent,
    RefundReply,
)
from tenantry.core.money import Money
from tenantry.core.payment_effects import Call
from tests.simulation import witness
from tests.simulation.processor import ListChanges, ListPayouts, Reply, Request
from tests.simulation.weather import DAY, HOUR

if TYPE_CHECKING:
    from tests.simulation.processes import Process
    from tests.simulation.world import World

TIMEOUT_SECONDS = 20.0
LISTS_LAG = timedelta(minutes=1)
"""How long a list by key may not show yet what was created."""
DECLINES = (
    "generic_decline",
    "insufficient_funds",
    "lost_card",
    "processing_error",
    "expired_card",
    "fraudulent",
    "authentication_required",
)


class Network:
    """The way to the processor and back."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._asked_payers: set[tuple[str, int]] = set()
        self._settles_at: set[tuple[str, datetime]] = set()

    def send(self, process: Process, call: Call) -> None:
        """Bring a request to the processor, or not, and its answer back, or not."""
        world, request = self._world, call.request
        if call.not_after is not None and world.now + process.skew > call.not_after:
            self._answer(process, RefundReply(RefundEvent.NOT_SENT))
            return
        if world.strikes("not_sent"):
            world.after(0.05, lambda: self._answer(process, _nothing(request, is_sent=False)))
            return
        if world.strikes("lost_request"):
            self._no_answer(process, request)
            return
        if world.strikes("late_execution"):
            late = world.between(30, world.random.choice((300, 7 * HOUR, 30 * HOUR)))
            world.after(late, partial(self._execute, request, world.epoch))
            self._no_answer(process, request)
            return
        if world.strikes("doubled_request"):
            again = world.between(0.01, world.random.choice(_doubled_within(request)))
            world.after(again, partial(self._execute, request, world.epoch))
        if world.strikes("lost_answer"):
            world.after(world.between(0.01, 5), partial(self._execute, request, world.epoch))
            self._no_answer(process, request)
            return
        world.after(world.between(0.01, 2), lambda: self._call(process, request))

    def _no_answer(self, process: Process, request: Request) -> None:
        """Answer nothing at all until the time is out, or with a 5xx at once."""
        seconds = self._world.random.choice((0.5, TIMEOUT_SECONDS))
        self._world.after(seconds, lambda: self._answer(process, _nothing(request, is_sent=True)))

    def _call(self, process: Process, request: Request) -> None:
        world = self._world
        reply = self._execute(request, process.epoch)
        if not isinstance(reply, list) and reply.amount is not None and world.strikes("distorted"):
            reply = self._distorted(reply, request)
            process.is_misled = True
        world.after(world.between(0.01, 1), lambda: self._answer(process, reply))

    def _answer(self, process: Process, reply: Reply) -> None:
        world = self._world
        if world.strikes("crash"):
            return
        if world.strikes("stall"):
            world.after(world.between(*world.weather.stall_seconds), lambda: world.processes.go_on(process, reply))
            return
        world.processes.go_on(process, reply)

    def _distorted(self, reply: GatewayReply | RefundReply, request: Request) -> GatewayReply | RefundReply:
        money = reply.amount or Money(1, "USD")
        wrong = [
            replace(reply, amount=Money(money.minor + 1, money.currency)),
            replace(reply, amount=Money(money.minor, "EUR")),
            replace(reply, customer="cus_of_another"),
        ]
        if getattr(request, "gateway_id", ""):
            # Before an id is saved, any id is as good as another.
            wrong.append(replace(reply, gateway_id=f"{reply.gateway_id}x"))
        return self._world.random.choice(wrong)

    def _execute(self, request: Request, epoch: int) -> Reply:
        world = self._world
        if isinstance(request, FindIntent):
            return self._find(request)
        if isinstance(request, FindRefund | ListChanges | ListPayouts):
            return world.gateway.execute(request, world.now)
        decline = ""
        if world.strikes("decline"):
            decline = world.random.choice(DECLINES)
        if epoch == world.epoch:
            # What was sent before a restore stands in rows that are gone.
            witness.before_execution(world, request)
        reply = world.gateway.execute(request, world.now, decline)
        if isinstance(request, CreateRefund):
            witness.after_refund(world, request)
        elif isinstance(reply, GatewayReply) and not isinstance(request, CreateIntent):
            witness.after_execution(world, reply.gateway_id)
        self.spread_news()
        return reply

    def _find(self, request: FindIntent) -> Reply:
        world = self._world
        reply = world.gateway.execute(request, world.now)
        changed_at = reply.occurred_at if isinstance(reply, GatewayReply) else None
        is_fresh = changed_at is not None and world.now - changed_at < LISTS_LAG
        if request.key and is_fresh and world.strikes("stale_find"):
            return GatewayReply(Event.NOT_FOUND)
        return reply

    def let_time_pass(self) -> None:
        """Let the processor do what is due: debits settle or come back, disputes open and are decided."""
        self._world.gateway.model.settle_due(now=self._world.now)
        self.spread_news()

    def spread_news(self) -> None:
        """Tell what happened at the processor: to the payer who is asked, and to us by webhook."""
        world = self._world
        news = world.gateway.take_news()
        for gateway_id in dict.fromkeys(event.intent_id for event in news if event.intent_id):
            intent = world.gateway.intent(gateway_id)
            if intent is None:
                continue
            for moves in (intent.latest, intent.dispute):
                due_at = moves.due_at if moves else None
                if due_at and (gateway_id, due_at) not in self._settles_at:
                    self._settles_at.add((gateway_id, due_at))
                    world.at(due_at, self.let_time_pass)
            if intent.state is IntentState.ASKS_PAYER:
                self._ask_payer(gateway_id, len(intent.attempts))
        for event in news:
            self._tell(event)

    def _ask_payer(self, gateway_id: str, tries: int) -> None:
        world = self._world
        if (gateway_id, tries) in self._asked_payers:
            return
        self._asked_payers.add((gateway_id, tries))
        answer = world.random.choice(("approve", "approve", "refuse", "leave"))
        if answer == "leave":
            world.faults["payer_left"] += 1
            return

        def answers() -> None:
            world.gateway.answer_bank(gateway_id, world.now, is_approved=answer == "approve")
            witness.after_execution(world, gateway_id)
            self.spread_news()
            if world.random.random() < 0.6:
                self._come_back(gateway_id)

        world.after(world.between(20, world.random.choice((300, 30 * HOUR))), answers)

    def _come_back(self, gateway_id: str) -> None:
        """Let the payer come back to our page, which asks for the truth."""
        intent_id = self._world.books.by_gateway_id.get(gateway_id)
        if intent_id is not None:
            self._world.processes.start("settle", payment_flow.settle(intent_id))

    def _tell(self, event: TellingEvent) -> None:
        """Send a webhook: it may be lost, come late or several times."""
        world = self._world
        if world.strikes("hint_lost"):
            return
        for _ in range(1 + world.strikes("hint_doubled") * world.random.randint(1, 4)):
            delay = world.between(0, 3 * DAY) if world.strikes("hint_late") else world.between(0.05, 5)
            world.after(delay, partial(world.inbox.hear, event))


def _nothing(request: Request, *, is_sent: bool) -> GatewayReply | RefundReply:
    """Give the reply of a request that nothing came back of."""
    if isinstance(request, CreateRefund | FindRefund):
        return RefundReply(RefundEvent.NO_ANSWER if is_sent else RefundEvent.NOT_SENT)
    return GatewayReply(Event.NO_ANSWER if is_sent else Event.NOT_SENT)


def _doubled_within(request: Request) -> tuple[float, ...]:
    """Give how much later a network may deliver a request again: a refund within the window of its key only."""
    return (5, 7 * HOUR) if isinstance(request, CreateRefund) else (5, 7 * HOUR, 30 * HOUR)
