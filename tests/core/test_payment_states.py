"""The payment table: closed over all pairs, and what it promises about money."""

from __future__ import annotations

from typing import Any

import pytest

from tenantry.core.gateway_reply import Event
from tenantry.core.machine import Machine
from tenantry.core.payment_states import CLOSED, NEWS, UNDER_WAY, Move, Outcome, State, our_moves, outcome_at_rest
from tenantry.core.refusal import Refusal

ALL = [(state, event) for state in State for event in Event]
REST = {State.READY, State.CANCELLED, State.SUCCEEDED, State.RETURNED}


def may_follow(machine: Machine[State, Any], state: State) -> set[State]:
    """Give every state that one move leads to."""
    return {following for (before, _), following in machine.moves.items() if before == state}


def test_of_100_pairs_75_are_listed_and_the_others_are_refused() -> None:
    listed = [pair for pair in ALL if not isinstance(NEWS.after(*pair), Refusal)]
    assert (len(ALL), len(listed), len(NEWS.moves)) == (100, 75, 75)
    assert NEWS.after(State.SUCCEEDED, Event.DECLINED) == Refusal(
        "move_not_listed", {"machine": "payment", "state": "succeeded", "event": "declined"}
    )


def test_after_a_success_only_a_return_follows() -> None:
    assert may_follow(NEWS, State.SUCCEEDED) == {State.SUCCEEDED, State.RETURNED}


@pytest.mark.parametrize("state", sorted(CLOSED))
def test_what_is_closed_stays_closed(state: State) -> None:
    assert may_follow(NEWS, state) == {state}


def test_unknown_leaves_by_truth_only() -> None:
    leaving = {event for event in Event if NEWS.after(State.UNKNOWN, event) != State.UNKNOWN}
    assert leaving == {
        Event.DECLINED,
        Event.ASKS_PAYER,
        Event.PROCESSING,
        Event.SUCCEEDED,
        Event.RETURNED,
        Event.CANCELLED,
        Event.NOT_FOUND,
    }
    assert isinstance(NEWS.after(State.UNKNOWN, Event.NOT_FOUND), Refusal)


@pytest.mark.parametrize("state", sorted(set(State) - CLOSED - {State.SUCCEEDED}))
def test_every_open_state_believes_a_success_and_a_return(state: State) -> None:
    assert NEWS.after(state, Event.SUCCEEDED) is State.SUCCEEDED
    assert NEWS.after(state, Event.RETURNED) is State.RETURNED


@pytest.mark.parametrize("event", [Event.NO_ANSWER, Event.NOT_SENT])
def test_silence_never_closes_and_never_pays(event: Event) -> None:
    for state in State:
        assert NEWS.after(state, event) in {state, State.READY, State.UNKNOWN}


def test_a_confirm_without_an_answer_is_unknown_not_failed() -> None:
    assert NEWS.after(State.SENDING, Event.NO_ANSWER) is State.UNKNOWN
    assert NEWS.after(State.CREATING, Event.NO_ANSWER) is State.READY


def test_every_state_is_reached_and_every_open_one_comes_to_rest() -> None:
    moves = {(before, after) for (before, _), after in NEWS.moves.items()}
    for gateway_id in ("", "int_1"):
        moves |= {(before, after) for (before, _), after in our_moves(gateway_id).moves.items()}
    reached = {State.CREATING}
    while more := {after for before, after in moves if before in reached} - reached:
        reached |= more
    assert reached == set(State)
    for state in UNDER_WAY:
        assert may_follow(NEWS, state) & REST


def test_our_own_moves() -> None:
    assert our_moves("int_1").after(State.READY, Move.PAY) is State.SENDING
    assert our_moves("").after(State.READY, Move.PAY) is State.CREATING
    assert our_moves("").after(State.READY, Move.GIVE_UP) is State.CANCELLED
    for state in (State.READY, State.UNKNOWN, State.AWAITING_PAYER):
        assert our_moves("int_1").after(state, Move.GIVE_UP) is State.CANCELLING
    for state in set(State) - {State.READY, State.UNKNOWN, State.AWAITING_PAYER}:
        assert isinstance(our_moves("int_1").after(state, Move.GIVE_UP), Refusal)
    for state in set(State) - {State.READY}:
        assert isinstance(our_moves("int_1").after(state, Move.PAY), Refusal)
        assert isinstance(our_moves("").after(state, Move.PAY), Refusal)


def test_outcome_at_rest() -> None:
    assert outcome_at_rest(Event.DECLINED) is Outcome.DECLINED
    assert outcome_at_rest(Event.NOT_SENT) is Outcome.NOT_SENT
    assert outcome_at_rest(Event.NO_ANSWER) is Outcome.NOT_SENT
    assert outcome_at_rest(Event.EXISTS) is Outcome.CANCELLED


def test_machine_reads_only_its_data() -> None:
    machine: Machine[State, Move] = Machine("small", {(State.READY, Move.PAY): State.SENDING})
    assert machine.after(State.READY, Move.PAY) is State.SENDING
    assert isinstance(machine.after(State.SENDING, Move.PAY), Refusal)
    assert may_follow(machine, State.READY) == {State.SENDING}
    assert may_follow(machine, State.SENDING) == frozenset()
