"""Run the simulator: `python -m tests.simulation --seeds 1..1000` (or `SEEDS=1..1000`).

Ends with one line of figures. Answers 0 for clean, 1 for a violation (named just above that line), 2 for
wrong use.
"""

from __future__ import annotations

import argparse
import os
import re
import sys

from tests.progress import Progress, add_options
from tests.simulation.schedules import run_range


def seeds(text: str) -> range:
    """Read a range such as 1..1000."""
    found = re.fullmatch(r"(?:SEEDS=)?(\d+)(?:\.\.(\d+))?", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a range of seeds such as 1..1000")
    first = int(found[1])
    last = int(found[2] or first)
    if last < first:
        raise argparse.ArgumentTypeError(f"{text!r} ends before it starts")
    return range(first, last + 1)


def main(arguments: list[str]) -> int:
    """Run the schedules that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=seeds, default=seeds(os.environ.get("SEEDS", "1..1000")), metavar="A..B")
    add_options(parser)
    chosen = parser.parse_args(arguments)
    with Progress(chosen.minutes) as progress:
        tally = run_range(chosen.seeds, chosen.processes, progress)
    print(f"{tally.attempts} attempts, {tally.charges} charges at the processor, {tally.reviews} reviews")
    return progress.end(tally.line, tally.violations)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
