"""Run schedules on PostgreSQL: `python -m tests.simulation_postgres --seeds 1..125`.

Ends with one line of figures. Answers 0 for clean, 1 for a violation (the first ones stand above that line).
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.alone import test_server
from tests.simulation.__main__ import seeds
from tests.simulation_postgres.tally import Tally, spent_seconds

MOST_SHOWN = 20


def main(arguments: list[str]) -> int:
    """Run the schedules that the command line names, each process on a server of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation_postgres", description=__doc__)
    parser.add_argument("--seeds", type=seeds, default=seeds("1..125"), metavar="A..B")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N")
    chosen = parser.parse_args(arguments)
    processes = min(chosen.processes, len(chosen.seeds))
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        tallies = list(pool.map(run, [chosen.seeds[first::processes] for first in range(processes)]))
    tally = tallies[0]
    for other in tallies[1:]:
        tally.add(other)
    print(f"{tally.steps} steps, {tally.charges} charges, faults {dict(sorted(tally.faults.items()))}")
    for wrong in tally.violations[:MOST_SHOWN]:
        print(wrong)
    minutes = tally.processor_seconds / 60
    print(f"{tally.years / minutes:.1f} company-years a minute of one core")
    print(tally.line)
    return 1 if tally.violations else 0


def run(part: range) -> Tally:
    """Run some seeds in this process."""
    with test_server() as server:
        from tests.simulation_postgres.schedules import run_seeds

        logging.disable(logging.CRITICAL)  # alarms are what storms are for
        tally = run_seeds(part, server)
    tally.processor_seconds = spent_seconds()
    return tally


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
