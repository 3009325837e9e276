"""Kill everywhere, and at random: `python -m tests.crashes`. Ends with one line of figures.

Every point of every workload, once by kill -9 and once by ending its database connection; then kills at random
instants, of whole processes, and of the database server. Answers 0 for clean, 1 for a violation (the first ones stand
above that line).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from tests.alone import test_server
from tests.crashes.steps import Step, Tally, steps
from tests.progress import Progress, add_options


def main(arguments: list[str]) -> int:
    """Run each step, and print what all came to."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashes", description=__doc__)
    parser.add_argument("--random", type=int, default=300, metavar="N", help="kills at random instants (300)")
    parser.add_argument("--whole", type=int, default=20, metavar="N", help="rounds that kill whole processes (20)")
    parser.add_argument("--stops", type=int, default=20, metavar="N", help="stops of the database server (20)")
    parser.add_argument("--seed", type=int, default=1, help="what the instants are drawn from (1)")
    parser.add_argument("--only", default="", help="only the workload of this name")
    add_options(parser)
    chosen = parser.parse_args(arguments)
    parts = steps(by_chance=chosen.random, whole=chosen.whole, stops=chosen.stops, seed=chosen.seed, only=chosen.only)
    tally = Tally()
    with Progress(chosen.minutes) as progress:
        for one in progress.shared(parts, run, chosen.processes):
            tally += one
            progress.say(tally.line, tally.violations)
    return progress.end(tally.line, tally.violations)


def run(some: Iterator[Step]) -> Iterator[Tally]:
    """Carry out some steps in this process."""
    with test_server() as server:
        from tests.crashes.campaign import carried_out

        yield from carried_out(some, server)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
