"""A sample of schedules on PostgreSQL at every run. More: `python -m tests.simulation_postgres`.

A failing seed replays with `python -m tests.simulation_postgres --seeds N`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.database import TestServer
from tests.simulation_postgres.schedules import run_seed
from tests.simulation_postgres.tally import Tally

SEEDS = (2,)
SHORT = 4
"""A seed whose schedule is short, to be run twice."""

Record = Callable[[str, object], None]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_schedule_violates_an_invariant(postgres: TestServer, seed: int, record_property: Record) -> None:
    tally = Tally()
    run_seed(seed, postgres, tally)
    assert tally.violations == []
    assert tally.company_months > 24
    assert tally.charges > 20
    assert tally.faults.total() > 50
    assert tally.backend_kills > 0
    record_property("figures", tally.figures)


def test_a_seed_replays(postgres: TestServer, record_property: Record) -> None:
    first, again = Tally(), Tally()
    ids = [
        {str(row.id) for one in run_seed(SHORT, postgres, tally) for row in (*one.invoices, *one.attempts)}
        for tally in (first, again)
    ]
    assert first == again
    assert ids[0] == ids[1] != set()
    assert first.violations == []
    record_property("figures", first.figures)
