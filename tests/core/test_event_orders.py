"""Events of a gateway in every order and number end in one state (I-5, I-23).

An event only says where to look. So deliveries between the same two happenings are the same question, and all that
orders, delays and duplications can differ in is how often we are told in which gap. That is what these tests walk
through in full; `tests/actions/test_gateway_events.py` delivers real signed events in every order.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product

import pytest

from tenantry.core.gateway_events import (
    Concern,
    concern_of,
    is_unknown_for_good,
    next_look,
)
from tenantry.core.gateway_reply import Event, GatewayReply
from tenantry.core.payment_effects import Answer, Commit, Effect, Load
from tenantry.core.payment_facts import Loaded
from tenantry.core.payment_flow import heed
from tenantry.core.payment_outcome import PaymentOutcome, PaymentResult
from tenantry.core.payment_settlement import settled
from tenantry.core.payment_states import State
from tenantry.core.postings import Account
from tests.core.payment_desk import CUSTOMER, EXISTS, NO_ANSWER, NOT_SENT, START, Desk, says

MOST_DELIVERIES = 6


@dataclass(frozen=True)
class Happening:
    """One thing that happens at the gateway: what a question is answered from then on; before it we may pay again."""

    truth: GatewayReply
    paying_with: str = ""


def confirmed(truth: GatewayReply, method: str = "card") -> Happening:
    """Let us confirm first; the answer gets lost, so only events and questions tell what came of it."""
    return Happening(truth, method)


DISPUTED = says(Event.RETURNED, code="fraudulent_dispute")
HISTORIES: dict[str, tuple[Happening, ...]] = {
    "paid": (confirmed(says(Event.SUCCEEDED)),),
    "declined": (confirmed(says(Event.DECLINED, code="insufficient_funds")),),
    "approved": (confirmed(says(Event.ASKS_PAYER)), Happening(says(Event.SUCCEEDED))),
    "refused by the payer": (confirmed(says(Event.ASKS_PAYER)), Happening(says(Event.DECLINED, code="refused"))),
    "left and cancelled": (confirmed(says(Event.ASKS_PAYER)), Happening(says(Event.CANCELLED))),
    "debited": (confirmed(says(Event.PROCESSING), "bank"), Happening(says(Event.SUCCEEDED))),
    "not debited": (confirmed(says(Event.PROCESSING), "bank"), Happening(says(Event.RETURNED, code="R01"))),
    "debited and taken back": (
        confirmed(says(Event.PROCESSING), "bank"),
        Happening(says(Event.SUCCEEDED)),
        Happening(says(Event.RETURNED, code="R10")),
    ),
    "approved and disputed": (
        confirmed(says(Event.ASKS_PAYER)),
        Happening(says(Event.SUCCEEDED)),
        Happening(says(Event.SUCCEEDED)),
        Happening(DISPUTED),
    ),
    "declined, then paid": (
        confirmed(says(Event.DECLINED, code="insufficient_funds")),
        confirmed(says(Event.SUCCEEDED, 2)),
    ),
    "declined, then debited and taken back": (
        confirmed(says(Event.DECLINED, code="insufficient_funds")),
        confirmed(says(Event.PROCESSING, 2), "bank"),
        Happening(says(Event.SUCCEEDED, 2)),
        Happening(says(Event.RETURNED, 2, "R01")),
    ),
    "twice declined, approved and disputed": (
        confirmed(says(Event.DECLINED, code="insufficient_funds")),
        confirmed(says(Event.DECLINED, 2, "insufficient_funds")),
        confirmed(says(Event.ASKS_PAYER, 3)),
        Happening(says(Event.SUCCEEDED, 3)),
        Happening(replace(DISPUTED, attempt_key="am1:main:inv:1:3")),
    ),
    "as much as happens to one payment": (
        confirmed(says(Event.DECLINED, code="insufficient_funds")),
        confirmed(says(Event.ASKS_PAYER, 2)),
        Happening(says(Event.DECLINED, 2, "refused")),
        confirmed(says(Event.PROCESSING, 3), "bank"),
        Happening(says(Event.SUCCEEDED, 3)),
        Happening(says(Event.RETURNED, 3, "R02")),
    ),
}


class Telling:
    """A desk that hears of one history, event by event."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.truth = EXISTS
        self.tries = 0

    def happen(self, happening: Happening) -> None:
        """Let it happen, with our own part in it. Before we try again somebody has asked what became of the last."""
        if happening.paying_with:
            if self.tries:
                self.tell()
            self.tries += 1
            answers = (EXISTS, NO_ANSWER) if self.tries == 1 else (NO_ANSWER,)
            answer = self.desk.pay(*answers, method=happening.paying_with, key=f"form-{self.tries}")
            assert isinstance(answer, PaymentOutcome)
            assert answer.result is PaymentResult.CONFIRMING
        self.truth = happening.truth

    def tell(self) -> bool:
        """Deliver an event: whichever it is, it makes us ask."""
        return bool(self.desk.run(heed(self.desk.intent.id), self.truth))  # type: ignore[arg-type]

    def end(self) -> tuple[object, ...]:
        """Give all that matters of how it stands."""
        desk = self.desk
        balances = {account: desk.books.balances["inv", account] for account in Account}
        blocked = sorted(m.id for m in desk.books.methods["acme"].values() if m.blocked_because)
        reviews = sorted(desk.books.reviews[desk.intent.id])
        collect_at = desk.invoice.collect_at
        return desk.state, desk.outcomes, balances, desk.invoice.state, collect_at, blocked, reviews


def told_in_order(history: Sequence[Happening]) -> Telling:
    """Tell each thing when it happens."""
    telling = Telling()
    for happening in history:
        telling.happen(happening)
        telling.tell()
    return telling


@pytest.mark.parametrize("name", HISTORIES)
def test_every_event_told_at_once_late_or_again_is_one_end(name: str) -> None:
    """In each gap between two happenings we are told nothing, once, twice; after the last up to six times."""
    history = HISTORIES[name]
    usual = str(told_in_order(history).end())
    ends = set()
    for times in product((0, 1, 2), repeat=len(history) - 1):
        for at_last in (1, MOST_DELIVERIES):
            telling = Telling()
            for happening, repeated in zip(history, (*times, at_last), strict=True):
                telling.happen(happening)
                for _ in range(repeated):
                    assert telling.tell()
            ends.add(str(telling.end()))
    assert ends == {usual}


def test_the_histories_hold_up_to_six_events() -> None:
    assert sorted(len(history) for history in HISTORIES.values()) == [1, 1, 2, 2, 2, 2, 2, 2, 3, 4, 4, 5, 6]


def test_what_is_told_again_writes_nothing() -> None:
    for history in HISTORIES.values():
        telling = told_in_order(history)
        written = len(telling.desk.written)
        before = (telling.desk.intent, list(telling.desk.attempts))
        assert telling.tell()
        assert (telling.desk.intent, list(telling.desk.attempts)) == before
        assert len(telling.desk.written) == written


def test_events_that_bring_no_news_bring_no_alarm_nearer() -> None:
    desk = Desk()
    desk.pay(EXISTS, NO_ANSWER)
    before = desk.intent
    for _ in range(20):
        assert desk.run(heed(before.id), EXISTS) is True  # type: ignore[arg-type]
    assert desk.intent == before
    assert desk.books.reviews[before.id] == set()


@pytest.mark.parametrize("reply", [NO_ANSWER, NOT_SENT])
def test_an_event_whose_truth_cannot_be_read_is_not_done(reply: GatewayReply) -> None:
    desk = Desk()
    desk.pay(EXISTS, NO_ANSWER)
    before = desk.intent
    assert desk.run(heed(before.id), reply) is False  # type: ignore[arg-type]
    assert desk.intent == before


def test_an_event_before_our_id_is_saved_is_not_done() -> None:
    desk = Desk()

    def told_meanwhile() -> GatewayReply:
        assert desk.run(heed(desk.intent.id)) is False  # type: ignore[arg-type]
        return EXISTS

    desk.pay(told_meanwhile, says(Event.SUCCEEDED))
    assert (desk.state, desk.outcomes) == (State.SUCCEEDED, ["succeeded"])


BODIES = {
    event: says(event, code="R01" if event is Event.RETURNED else "")
    for event in (
        Event.EXISTS, Event.DECLINED, Event.ASKS_PAYER, Event.PROCESSING, Event.SUCCEEDED, Event.RETURNED,
        Event.CANCELLED,
    )
}  # fmt: skip
FOLLOWS = {
    State.SUCCEEDED: {State.SUCCEEDED, State.RETURNED},
    State.RETURNED: {State.RETURNED},
    State.CANCELLED: {State.CANCELLED},
}


def believe(intent_id: str, reply: GatewayReply) -> Generator[Effect, Answer, None]:
    """Apply what a body says, as a naive receiver would: the table has to hold even then."""
    loaded = yield Load(intent_id=intent_id)
    assert isinstance(loaded, Loaded)
    yield Commit(settled(loaded, intent_id, reply).writes)


def test_even_bodies_that_were_believed_in_any_order_lower_no_rank_and_book_nothing_twice() -> None:
    for order in permutations(BODIES, MOST_DELIVERIES):
        desk = Desk()
        desk.pay(EXISTS, NO_ANSWER)
        for event in order:
            before = desk.state
            desk.run(believe(desk.intent.id, replace(BODIES[event], customer=CUSTOMER)))  # type: ignore[arg-type]
            assert desk.state in FOLLOWS.get(before, set(State)), (order, event)
        kinds = [kind for kind, account, _ in desk.booked if account == Account.RECEIVABLE]
        assert len(kinds) == len(set(kinds)), order


def test_what_an_event_is_about() -> None:
    kinds = ("intent.created", "intent.succeeded", "dispute.lost", "method.verified", "intention", "", "x.intent")
    assert [concern_of(kind) for kind in kinds] == [Concern.PAYMENT] * 3 + [Concern.NOTHING] * 4


def test_when_an_event_is_looked_at_again() -> None:
    waits = [(next_look(times, START) - START).total_seconds() for times in range(1, 8)]
    assert waits == [60, 600, 3600, 6 * 3600, 86400, 86400, 86400]
    assert [is_unknown_for_good(times) for times in (1, 2, 3, 4)] == [False, False, True, True]
