"""Run the races: `python -m tests.races --rounds 100`. Ends with one line of figures.

All sets of racers go on together, ten rounds at a time, so that a run that was ended early has tried each of them.
Answers 0 for clean, 1 for a violation (the first ones stand above that line).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.alone import test_server
from tests.progress import Progress, add_options
from tests.races.names import PAIRS, TRIPLES
from tests.races.tally import Tally

COMPANIES = 10
A_QUARTER = 4


@dataclass(frozen=True)
class Part:
    """Some rounds of one set of racers."""

    racers: tuple[str, ...]
    turns: range


def parts(rounds: int, only: str) -> list[Part]:
    """List the parts: so many rounds of each pair, and a quarter of them of each triple with Pay."""
    sets = [(pair, range(rounds)) for pair in PAIRS if only in ("", *pair)]
    sets += [(triple, range(-(-rounds // A_QUARTER))) for triple in TRIPLES if only in ("", *triple[1:])]
    found = [Part(racers, turns[at : at + COMPANIES]) for racers, turns in sets for at in turns[::COMPANIES]]
    return sorted(found, key=lambda part: part.turns.start)


def main(arguments: list[str]) -> int:
    """Run the rounds that the command line names, each process on a server of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.races", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, metavar="N", help="rounds of each pair (100)")
    parser.add_argument("--seed", default="1", help="what the waits are drawn from (1)")
    parser.add_argument("--only", default="", help="only sets with this racer")
    parser.add_argument("--answers", action="store_true", help="say how often each answer was given")
    add_options(parser)
    options = parser.parse_args(arguments)
    tally = Tally()
    with Progress(options.minutes) as progress:
        run = partial(race, seed=options.seed)
        for one in progress.shared(parts(options.rounds, options.only), run, options.processes):
            tally += one
            progress.say(tally.line, tally.violations)
    if options.answers:
        for answer, count in sorted(tally.answers.items()):
            print(f"{count:6} {answer}")
    return progress.end(tally.line, tally.violations)


def race(some: Iterator[Part], *, seed: str) -> Iterator[Tally]:
    """Run some parts in this process."""
    with test_server() as server, tempfile.TemporaryDirectory() as directory:
        from tests.races.arena import Arena

        arena = Arena(server, Path(directory), COMPANIES)
        for part in some:
            yield arena.race(part.racers, turns=part.turns, seed=seed)
        arena.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
