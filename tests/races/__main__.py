"""Run the races: `python -m tests.races --rounds 100`. Ends with one line of figures.

Answers 0 for clean, 1 for a violation (the first ones stand above that line).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.alone import test_server

COMPANIES = 10
MOST_SHOWN = 20


def main(arguments: list[str]) -> int:
    """Run so many rounds of each pair, and a quarter of them of each triple with Pay."""
    parser = argparse.ArgumentParser(prog="python -m tests.races", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, metavar="N", help="rounds of each pair (100)")
    parser.add_argument("--seed", default="1", help="what the waits are drawn from (1)")
    parser.add_argument("--only", default="", help="only sets with this racer")
    parser.add_argument("--answers", action="store_true", help="say how often each answer was given")
    options = parser.parse_args(arguments)
    with test_server() as server, tempfile.TemporaryDirectory() as directory:
        from tests.races.arena import PAIRS, TRIPLES, Arena, Tally

        arena, pairs, triples = Arena(server, Path(directory), COMPANIES), Tally(), Tally()
        for racers in (one for one in PAIRS if not options.only or options.only in one):
            pairs += arena.race(racers, turns=range(options.rounds), seed=options.seed)
        for racers in (one for one in TRIPLES if not options.only or options.only in one[1:]):
            triples += arena.race(racers, turns=range(0, options.rounds, 4), seed=options.seed)
        arena.close()
    found = pairs.violations + triples.violations
    if options.answers:
        for answer, count in sorted((pairs.answers + triples.answers).items()):
            print(f"{count:6} {answer}")
    for wrong in found[:MOST_SHOWN]:
        print(wrong)
    print(
        f"Races: {pairs.sets} pairs, {pairs.rounds} rounds; {triples.sets} triples with Pay, {triples.rounds} rounds; "
        f"{len(found)} violations"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
