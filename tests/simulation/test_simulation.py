"""A few hundred schedules at every run: storm, calm, then every invariant of money.

`SIMULATE_SEEDS=1..10000` widens the range. A failing seed replays with `python -m tests.simulation --seeds N`.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest

from tenantry.core import dunning, payment_flow, payment_opening, payment_settlement, settlement_news
from tenantry.core.gateway_reply import Event
from tenantry.core.machine import Machine
from tenantry.core.payment_effects import UpdateAttempt, UpdateIntent
from tenantry.core.payment_facts import IntentFacts, Loaded
from tenantry.core.payment_opening import Started
from tenantry.core.payment_states import NEWS, Outcome, State
from tests.simulation.__main__ import main, seeds
from tests.simulation.schedules import run_seed, run_seeds

EVERY_RUN = "1..360"


def test_no_schedule_violates_an_invariant() -> None:
    tally = run_seeds(seeds(os.environ.get("SIMULATE_SEEDS", EVERY_RUN)))
    assert tally.violations == []
    assert tally.faults > 100 * tally.schedules
    assert tally.charges > tally.schedules
    assert tally.reviews > 0


def test_a_seed_replays_exactly() -> None:
    first, second = run_seed(30)[0], run_seed(30)[0]
    assert first.books.journal == second.books.journal
    assert first.books.attempts == second.books.attempts
    assert first.faults == second.faults


def test_ends_with_one_line_of_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "SEEDS=5..6"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("2 schedules, ")
    with pytest.raises(SystemExit) as wrong:
        main(["--seeds", "six"])
    assert wrong.value.code == 2


def found(first: int, last: int) -> str:
    """Give the first violation of a range, by its invariant."""
    for seed in range(first, last + 1):
        _, violation = run_seed(seed)
        if violation:
            return violation
    return ""


def without_fence(loaded: Loaded, intent: IntentFacts, _: str) -> Started:
    """Give up as if nobody could confirm any more: no cancel at the gateway."""
    attempt = loaded.attempts_of(intent.id)[-1]
    after = replace(intent, state=State.CANCELLED, version=intent.version + 1, next_ask_at=None)
    ends = [UpdateAttempt(replace(attempt, outcome=Outcome.CANCELLED), attempt.outcome)] if attempt.is_open else []
    return Started((*ends, UpdateIntent(after, intent.version)), after, attempt)


def news_with(event: Event, following: State) -> Machine[State, Event]:
    """Change the table at *sending*."""
    return Machine("payment", {**NEWS.moves, (State.SENDING, event): following})


class TestItBites:
    """Each bug alone is found, in schedules that are clean without it."""

    def test_giving_up_without_the_confirmed_cancel_charges_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(payment_flow, "giving_up", without_fence)
        assert "I-1 company-1-000002 was charged 2 times" in found(442, 442)

    def test_timeout_taken_as_failed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(payment_settlement, "NEWS", news_with(Event.NO_ANSWER, State.READY))
        assert "I-4" in found(1, 12)

    def test_timeout_taken_as_paid(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(payment_settlement, "NEWS", news_with(Event.NO_ANSWER, State.SUCCEEDED))
        assert found(1, 12)

    def test_leaving_unknown_schedules_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        right = dunning.next_ask

        def never(intent: IntentFacts, **more):  # type: ignore[no-untyped-def]
            return None if intent.state is State.UNKNOWN else right(intent, **more)

        monkeypatch.setattr(dunning, "next_ask", never)
        assert "I-6" in found(1, 12)

    def test_debits_that_succeeded_are_not_watched(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(dunning, "WATCH_DEBIT", timedelta(0))
        assert "I-8" in found(1, 20)

    def test_a_return_is_not_booked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settlement_news, "_took_back", lambda *_: [])
        assert "I-8" in found(1, 20)

    def test_an_unanswered_hint_is_taken_for_an_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(payment_flow, "_UNANSWERED", frozenset())
        assert "I-4" in found(12, 12)

    def test_answers_are_not_compared_with_ours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(payment_settlement, "_why_not_ours", lambda *_: "")
        assert "R14" in found(10, 10)

    def test_an_intent_for_each_attempt(self, monkeypatch: pytest.MonkeyPatch) -> None:
        right = payment_opening.opening

        def always_new(loaded: Loaded, *more: object) -> Started:
            closed = tuple(replace(one, state=State.CANCELLED) for one in loaded.intents)
            return right(replace(loaded, intents=closed), *more)  # type: ignore[arg-type]

        monkeypatch.setattr(payment_flow, "opening", always_new)
        assert "I-2" in found(1, 5)
