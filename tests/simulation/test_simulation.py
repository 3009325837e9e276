"""Thousands of schedules at every run: storm, calm, then every invariant of money.

A failing seed replays with `python -m tests.simulation --seeds N`; once fixed, it goes into `regressions`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.progress import Progress
from tests.simulation import taken_back
from tests.simulation.__main__ import main
from tests.simulation.regressions import REGRESSIONS
from tests.simulation.schedules import run_range, run_seed, run_seeds
from tests.simulation.weather import Profile, profile_of

BLOCK = 500
BLOCKS = 10
"""Ten blocks of five hundred: about three minutes of one core, so half of that on two."""

Record = Callable[[str, object], None]


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_schedule_violates_an_invariant(block: int, record_property: Record) -> None:
    tally = run_seeds(range(block * BLOCK + 1, (block + 1) * BLOCK + 1))
    assert tally.violations == []
    assert tally.schedules == BLOCK
    assert tally.company_months > 5 * BLOCK
    assert tally.faults > 200 * BLOCK
    assert tally.charges > 3 * BLOCK
    assert tally.reviews > BLOCK // 2
    record_property("figures", {"of": "simulation", **tally.figures})


@pytest.mark.parametrize("seed", REGRESSIONS)
def test_what_once_failed_holds(seed: int) -> None:
    assert run_seed(seed)[1] == ""


def test_a_seed_replays_exactly() -> None:
    first, second = run_seed(30)[0], run_seed(30)[0]
    assert first.books.journal == second.books.journal
    assert first.books.attempts == second.books.attempts
    assert first.accounts == second.accounts
    assert first.faults == second.faults


def test_processes_share_a_range() -> None:
    assert run_range(range(1, 61), 2, Progress()) == run_seeds(range(1, 61))


def test_every_fault_strikes_and_every_profile_comes_up() -> None:
    worlds = [run_seed(seed)[0] for seed in range(1, 61)]
    assert {world.profile for world in worlds} == set(Profile)
    assert {profile_of(seed) for seed in range(10)} == set(Profile)
    struck = {fault for world in worlds for fault, count in world.faults.items() if count}
    assert struck == {
        *("crash", "stall", "skewed_clocks", "no_database", "outage"),
        *("not_sent", "lost_request", "lost_answer", "late_execution", "doubled_request", "stale_find", "distorted"),
        *("tick_missed", "run_missed", "hint_lost", "hint_doubled", "hint_late", "decline", "payer_left"),
        *("restored", "recovery_forgotten"),
    }


def test_ends_with_one_line_of_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "SEEDS=5..6"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == run_seeds(range(5, 7)).line
    with pytest.raises(SystemExit) as wrong:
        main(["--seeds", "six"])
    assert wrong.value.code == 2


def test_credit_that_is_taken_back_is_asked_for() -> None:
    booked, violations = taken_back.run(range(1, 41))
    assert violations == []
    # The rare way: overpaid, used, taken back, asked for.
    assert booked["overpaid"] >= booked["overpayment_returned"] > booked["brought_forward"] > 0
