"""All 66 pairs of the eleven actions, each with itself too, and each pair beside a Pay.

Each round checks every invariant against the processor's own records, that each effect that somebody was told of
happened once, and that each refusal was true. More rounds: `python -m tests.races --rounds 100`.
"""

from __future__ import annotations

import pytest

from tests.races.actions import ACTIONS
from tests.races.arena import Arena
from tests.races.names import PAIRS, TRIPLES

ROUNDS, ROUNDS_OF_TRIPLES = 20, 5


def test_every_pair_of_the_eleven_is_there() -> None:
    assert (len(ACTIONS), len(PAIRS), len(TRIPLES)) == (11, 66, 66)
    assert {frozenset(pair) for pair in PAIRS} == {frozenset((one, other)) for one in ACTIONS for other in ACTIONS}


@pytest.mark.parametrize("pair", PAIRS, ids=" × ".join)
def test_two_at_once(arena: Arena, pair: tuple[str, ...]) -> None:
    tally = arena.race(pair, turns=range(ROUNDS), seed="suite")
    assert tally.rounds == ROUNDS
    assert tally.violations == []


@pytest.mark.parametrize("triple", TRIPLES, ids=" × ".join)
def test_three_at_once(arena: Arena, triple: tuple[str, ...]) -> None:
    tally = arena.race(triple, turns=range(ROUNDS_OF_TRIPLES), seed="suite")
    assert tally.rounds == ROUNDS_OF_TRIPLES
    assert tally.violations == []
