"""Run schedules on PostgreSQL: `python -m tests.simulation_postgres --seeds 1..140`.

Ends with one line of figures. Answers 0 for clean, 1 for a violation (the first ones stand above that line).
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator

from tests.alone import test_server
from tests.progress import Progress, add_options
from tests.simulation.__main__ import seeds
from tests.simulation_postgres.tally import Tally, spent_seconds


def main(arguments: list[str]) -> int:
    """Run the schedules that the command line names, each process on a server of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation_postgres", description=__doc__)
    parser.add_argument("--seeds", type=seeds, default=seeds("1..140"), metavar="A..B")
    add_options(parser)
    chosen = parser.parse_args(arguments)
    tally = Tally()
    with Progress(chosen.minutes) as progress:
        for one in progress.shared(chosen.seeds, run, chosen.processes):
            tally.add(one)
            progress.say(tally.line, tally.violations)
    minutes = spent_seconds() / 60
    print(f"{tally.steps} steps, {tally.charges} charges, faults {dict(sorted(tally.faults.items()))}")
    print(f"{tally.years / minutes:.1f} company-years a minute of one core")
    return progress.end(tally.line, tally.violations)


def run(part: Iterator[int]) -> Iterator[Tally]:
    """Run some seeds in this process."""
    with test_server() as server:
        from tests.simulation_postgres.schedules import run_seeds

        logging.disable(logging.CRITICAL)  # alarms are what storms are for
        for seed in part:
            yield run_seeds([seed], server)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
