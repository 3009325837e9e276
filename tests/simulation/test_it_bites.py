"""Each bug alone is found by the simulator, in schedules that are clean without it.

The whole list of seeded bugs, each as a patch of the source, is in `tests/bugs`; these few are fast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tenantry.core import (
    dunning,
    payment_flow,
    payment_opening,
    payment_recovery,
    payment_settlement,
    settlement_news,
    totals,
)
from tenantry.core.gateway_records import Payout
from tenantry.core.gateway_reply import Event
from tenantry.core.machine import Machine
from tenantry.core.money import Money
from tenantry.core.payment_effects import UpdateAttempt, UpdateIntent
from tenantry.core.payment_facts import CompanyFacts, IntentFacts, InvoiceFacts, Loaded
from tenantry.core.payment_opening import Started
from tenantry.core.payment_states import NEWS, Outcome, State
from tenantry.core.payouts import SharedOut
from tests.simulation import accounts, payouts
from tests.simulation.schedules import run_seed

Broken = Callable[[pytest.MonkeyPatch], None]


def without_fence(patch: pytest.MonkeyPatch) -> None:
    """Give up as if nobody could confirm any more: no cancel at the gateway."""

    def giving_up(loaded: Loaded, intent: IntentFacts, _: str) -> Started:
        attempt = loaded.attempts_of(intent.id)[-1]
        after = replace(intent, state=State.CANCELLED, version=intent.version + 1, next_ask_at=None)
        ends = [UpdateAttempt(replace(attempt, outcome=Outcome.CANCELLED), attempt.outcome)] if attempt.is_open else []
        return Started((*ends, UpdateIntent(after, intent.version)), after, attempt)

    patch.setattr(payment_flow, "giving_up", giving_up)


def news_with(event: Event, following: State) -> Broken:
    """Change the table at *sending*."""
    table = Machine("payment", {**NEWS.moves, (State.SENDING, event): following})
    return lambda patch: patch.setattr(payment_settlement, "NEWS", table)


def unknown_schedules_nothing(patch: pytest.MonkeyPatch) -> None:
    right = dunning.next_ask

    def never(intent: IntentFacts, **more):  # type: ignore[no-untyped-def]
        return None if intent.state is State.UNKNOWN else right(intent, **more)

    patch.setattr(dunning, "next_ask", never)


def an_intent_for_each_attempt(patch: pytest.MonkeyPatch) -> None:
    right = payment_opening.opening

    def always_new(loaded: Loaded, *more: object) -> Started:
        closed = tuple(replace(one, state=State.CANCELLED) for one in loaded.intents)
        return right(replace(loaded, intents=closed), *more)  # type: ignore[arg-type]

    patch.setattr(payment_flow, "opening", always_new)


def not_read_is_read(patch: pytest.MonkeyPatch) -> None:
    def heed(intent_id: str):  # type: ignore[no-untyped-def]
        yield from payment_flow.heed(intent_id)
        return True

    patch.setattr(payment_recovery, "heed", heed)


def shared_out_wrongly(patch: pytest.MonkeyPatch) -> None:
    """Give every line of a payout to one company."""
    right = payouts.share_out

    def to_the_first(payout: Payout, company_of: Mapping[str, str]) -> SharedOut:
        return right(payout, dict.fromkeys(company_of, min(company_of.values())))

    patch.setattr(payouts, "share_out", to_the_first)


def asked_for_never(whole: Money, left_over: Money, credit: Money) -> Money:
    """Use credit, and forget a debt."""
    return min(whole, max(credit, whole - whole))


def pays_whatever_stands(patch: pytest.MonkeyPatch) -> None:
    """Pay as if no billing were held and no recovery waited."""
    right = payment_flow.payable

    def always(invoice: InvoiceFacts, intent: IntentFacts | None, company: CompanyFacts, *more: Any) -> Any:
        return right(invoice, intent, replace(company, is_billing_held=False, is_recovering=False), *more)

    patch.setattr(payment_flow, "payable", always)


def setting(module: object, name: str, value: object) -> Broken:
    return lambda patch: patch.setattr(module, name, value)


BUGS: dict[str, tuple[Broken, str, int]] = {
    "gives up without the confirmed cancel": (without_fence, "I-1", 1505),
    "a timeout is taken as failed": (news_with(Event.NO_ANSWER, State.READY), "I-4", 1),
    "a timeout is taken as paid": (news_with(Event.NO_ANSWER, State.SUCCEEDED), "I-2", 1),
    "leaving unknown schedules nothing": (unknown_schedules_nothing, "I-6", 1),
    "a truth that was not read counts as read": (not_read_is_read, "I-8", 180),
    "a return is not booked": (setting(settlement_news, "_took_back", lambda *_: []), "I-8", 1),
    "an unanswered hint is an answer": (setting(payment_flow, "_UNANSWERED", frozenset()), "I-4", 71),
    "answers are not compared with ours": (setting(payment_settlement, "_why_not_ours", lambda *_: ""), "R14", 10),
    "a payout is shared out to the wrong company": (shared_out_wrongly, "I-8", 1),
    "what a bank took back after it was used is not asked for": (
        setting(totals, "_applied", asked_for_never),
        "I-8",
        11077,
    ),
    "a row keeps its amount where the gateway has another": (
        setting(payment_recovery, "_amount_there", lambda _, intent: intent.amount),
        "I-3",
        257,
    ),
    "a held billing and a recovery hold nothing": (pays_whatever_stands, "R12", 77),
    "unused days that came back are voided or credited once more": (
        setting(accounts, "given_back_minor", lambda *_: 0),
        "I-8",
        256,
    ),
    "an intent for each attempt": (an_intent_for_each_attempt, "I-2", 1),
}

"""The bug, the invariant that must break, and the seed from which it is searched: where it was found last."""
MOST = 400
"""How many schedules a bug may take: which ones find it changes with every change of the flows."""


@pytest.mark.parametrize("bug", BUGS)
def test_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    breaks, invariant, first = BUGS[bug]
    with monkeypatch.context() as patch:
        breaks(patch)
        found = next((seed for seed in range(first, first + MOST) if _says(seed, invariant)), None)
    assert found is not None
    assert run_seed(found)[1] == ""


def _says(seed: int, invariant: str) -> bool:
    return f" Violation {invariant} " in run_seed(seed)[1]
