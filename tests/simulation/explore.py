"""Explore small worlds to the end: `python -m tests.simulation.explore` (or `--quick`).

The simulator draws; this lists: every interleaving of two processes on one invoice, with every choice of where one
dies, which answer is lost, what comes late, when time goes on, up to the bounds. A world that was seen before is not
explored again. From each end on nothing goes wrong, and the books must come to agree with the processor's records.
Faults at one instant need no bound: processes end. Time does.

Ends with one line of figures. Answers 0 for clean, 1 for a violation (its history stands just above that line).
"""

from __future__ import annotations

import argparse
import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sandbox_gateway.values import Behavior, Outcome
from tenantry.core import payment_flow
from tenantry.core.payment_facts import IntentFacts
from tenantry.core.payment_flow import PayOrder, Result
from tenantry.core.payment_states import UNDER_WAY, State
from tests.progress import Progress, add_options
from tests.simulation import witness
from tests.simulation.small_process import Flow
from tests.simulation.small_world import COMPANY, INVOICE, Bounds, Choice, Saved, SmallWorld, run_alone
from tests.simulation.violation import Violation

History = Any
"""Nothing, or a pair: the history before, and the last choice."""
Branch = tuple[Saved, Choice, History, int]
MOST_QUESTIONS = 60
"""So often the schedule may ask until a payment rests: a bank debit for days."""


def pay(world: SmallWorld, form: str, method: str = "first") -> None:
    """Let somebody pay; what they are told must be true."""
    order = PayOrder(INVOICE, method, form, "member")
    world.start("pay", partial(payment_flow.pay, order), partial(_hear, form))


def _hear(form: str, world: SmallWorld, result: Result) -> None:
    witness.told(world, COMPANY, form, result)  # type: ignore[arg-type]


def collect(world: SmallWorld) -> None:
    """Let the billing run charge the default method."""
    world.start("collect", partial(payment_flow.collect, INVOICE))


def of_the_payment(name: str, flow: Callable[[str], Flow], world: SmallWorld) -> None:
    """Let a process begin that is about the payment that is there."""
    world.start(name, partial(flow, world.books.intents[INVOICE][-1].id))


resolve = partial(of_the_payment, "resolve", payment_flow.resolve)
webhook = partial(of_the_payment, "settle", payment_flow.settle)
give_up = partial(of_the_payment, "give up", lambda id_: payment_flow.give_up(id_, "vendor"))


GOOD = Behavior()


@dataclass(frozen=True)
class Scene:
    """How things stand at first, and who begins. `before` is how the calls of an earlier payment went."""

    name: str
    begins: tuple[Callable[[SmallWorld], None], ...]
    before: tuple[str, ...] = ()
    behavior: Behavior = GOOD
    is_debit: bool = False

    def world(self, bounds: Bounds) -> SmallWorld:
        """Make the world as it stands at first."""
        world = SmallWorld(Bounds(faults=9, declines=9), self.behavior, is_debit=self.is_debit)
        if self.before:
            order = PayOrder(INVOICE, "first", "before", "member")
            run_alone(world, "pay", partial(payment_flow.pay, order), self.before)
        for begin in self.begins:
            begin(world)
        world.left = bounds
        return world


ONE, OTHER = partial(pay, form="one"), partial(pay, form="other", method="second")
UNKNOWN, NEVER_SENT, DECLINED = ("answers", "answer lost"), ("answers", "request lost"), ("answers", "declines")
LATE = ("answers", "comes late")
SCENES = (
    Scene("Pay × Pay, two tabs", (ONE, OTHER)),
    Scene("Pay × Pay, a double click", (ONE, ONE)),
    Scene("Pay × collect", (ONE, collect)),
    Scene("Pay × resolve, taken unheard", (ONE, resolve), UNKNOWN),
    Scene("Pay × resolve, never arrived", (ONE, resolve), NEVER_SENT),
    Scene("Pay × webhook, taken unheard", (ONE, webhook), UNKNOWN),
    Scene("Pay × webhook, declined before", (ONE, webhook), DECLINED),
    Scene("Pay × give up, declined before", (ONE, give_up), DECLINED),
    Scene("Pay × give up, still on its way", (ONE, give_up), LATE),
    Scene("resolve × give up, still on its way", (resolve, give_up), LATE),
    Scene("collect × give up, declined before", (collect, give_up), DECLINED),
    Scene("resolve × webhook, never arrived", (resolve, webhook), NEVER_SENT),
    Scene("Pay × webhook × resolve, never arrived", (ONE, webhook, resolve), NEVER_SENT),
    Scene("Pay × collect × give up, declined before", (ONE, collect, give_up), DECLINED),
    Scene("Pay × Pay, the bank asks", (ONE, OTHER), behavior=Behavior(asks_payer=True)),
    Scene("Pay × collect, a bank debit", (ONE, collect), behavior=Behavior(return_code="R01"), is_debit=True),
)


@dataclass
class Explored:
    """What an exploration came to. `edges` leads from each world to those that can follow it."""

    name: str = ""
    edges: dict[int, array[int]] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def histories(self) -> int:
        """Count the histories that lead from the first world to an end, without walking each."""
        counted: dict[int, int] = {}
        waiting = [next(iter(self.edges))] if self.edges else []
        first = list(waiting)
        while waiting:
            key = waiting[-1]
            unknown = [one for one in self.edges[key] if one not in counted] if key not in counted else []
            if unknown:
                waiting += unknown
                continue
            waiting.pop()
            counted.setdefault(key, sum(counted[one] for one in self.edges[key]) or 1)
        return sum(counted[key] for key in first)


def explore(scene: Scene, bounds: Bounds) -> Explored:
    """Visit every world that can follow the scene within the bounds."""
    done = Explored(scene.name)
    waiting: list[Branch] = []
    try:
        waiting = _walked(scene.world(bounds), (), 0, done)
        while waiting:
            saved, choice, history, before = waiting.pop()
            world = SmallWorld.going_on(saved)
            waiting += _walked(world, (history, choice), before, done)
    except Violation as wrong:
        done.violations.append(f"{done.name}: {wrong}; at first")
    return done


def _walked(world: SmallWorld, history: History, before: int, done: Explored) -> list[Branch]:
    """Take the last step of a history, and go on with the first choice of each world until one is known or is an end.

    Gives the choices that were left out.
    """
    left: list[Branch] = []
    try:
        while True:
            if history:
                world.apply(history[1])
            key = world.key()
            if before:
                done.edges[before].append(key)
            if key in done.edges:
                return left
            done.edges[key] = array("q")
            choices = world.choices()
            if not choices:
                _come_to_rest(world)
                return left
            if len(choices) > 1:
                saved = world.saved()
                left += [(saved, choice, history, key) for choice in choices[1:]]
            history, before = (history, choices[0]), key
    except Violation as wrong:
        done.violations.append(f"{done.name}: {wrong}; after {_told(history)}")
        return left


def _come_to_rest(world: SmallWorld) -> None:
    """Let the schedule ask until the payment rests, nothing going wrong any more; then both books must agree.

    Raises:
        Violation: it doesn't come to rest, or the books differ.
    """
    for _ in range(MOST_QUESTIONS):
        latest = next(reversed(world.books.intents[INVOICE]), None)
        if latest is None or latest.state not in UNDER_WAY:
            break
        _ask(world, latest)
    else:
        raise Violation(f"I-6 {latest} does not come to rest")
    if latest is not None and latest.state is State.READY and latest.gateway_id:
        # What arrived meanwhile is heard by the daily question.
        _ask(world, latest)
    _agree(world)


def _ask(world: SmallWorld, intent: IntentFacts) -> None:
    if intent.next_ask_at is None:
        raise Violation(f"I-6 nobody will ask about {intent}")
    world.now = max(world.now, intent.next_ask_at)
    world.gateway.model.settle_due(now=world.now)
    run_alone(world, "resolve", partial(payment_flow.resolve, intent.id))


def _agree(world: SmallWorld) -> None:
    witness.live_charges(world, INVOICE)  # type: ignore[arg-type]
    ours = {one.confirm_key: one.outcome.value for one in world.books.attempts[INVOICE]}
    theirs = {one.attempt_key: one.outcome for one in world.gateway.charges_of(INVOICE)}
    for key, outcome in theirs.items():
        if outcome in (Outcome.SUCCEEDED, Outcome.RETURNED) and ours.get(key) != outcome.value:
            raise Violation(f"I-7 {key} is {ours.get(key)!r} here, {outcome} at the processor")
    for key, said in ours.items():
        if said in ("succeeded", "returned", "declined") and theirs.get(key) != said:
            raise Violation(f"I-4 {key} is {said} here, {theirs.get(key)} at the processor")


def _told(history: History) -> str:
    steps: list[str] = []
    while history:
        history, (what, at) = history
        steps.append(f"{what} {at}")
    return ", ".join(reversed(steps))


EVERY = 99
FAULTS, TIME, WHOLE = Bounds(EVERY, declines=2, jumps=0), Bounds(faults=0), Bounds(faults=1)
"""Every fault at one instant; one jump of time anywhere, without a fault; one of each."""


def figures(name: str, bounds: Bounds) -> tuple[str, int, int, list[str]]:
    """Explore the scene of this name; give its figures."""
    scene = next(one for one in SCENES if one.name == name)
    done = explore(scene, bounds)
    return name, len(done.edges), done.histories(), done.violations


def main(arguments: list[str]) -> int:
    """Explore every scene, or those whose name holds a text."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.explore", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every fault, no jump of time: as in the suite")
    parser.add_argument("--faults", type=int, default=WHOLE.faults, metavar="N", help="so many faults a history (1)")
    parser.add_argument("--jumps", type=int, default=WHOLE.jumps, metavar="N", help="so many jumps of time (1)")
    parser.add_argument("--only", default="", help="only scenes whose name holds this")
    add_options(parser)
    chosen = parser.parse_args(arguments)
    bounds = FAULTS if chosen.quick else Bounds(chosen.faults, jumps=chosen.jumps)
    scenes = [one for one in SCENES if chosen.only in one.name]
    states = histories = 0
    violations: list[str] = []
    with Progress(chosen.minutes) as progress:
        explored = partial(map, partial(figures, bounds=bounds))
        for name, seen, walked, wrong in progress.shared([one.name for one in scenes], explored, chosen.processes):
            print(f"{name}: {seen:,} states, {walked:,} histories, {len(wrong)} violations", flush=True)
            states, histories = states + seen, histories + walked
            violations += wrong
    return progress.end(f"{states} states, {histories} histories, {len(violations)} violations", violations)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
