"""Look for a bug with the simulator: `python -m tests.bugs.search --most 400`, in a copy of the source that has one.

Runs schedule after schedule until one violates an invariant, and says how many that took. Answers 1 when one did, as
the simulator does, and 0 when none did.
"""

from __future__ import annotations

import argparse
import sys

from tests.simulation.schedules import run_seed


def main(arguments: list[str]) -> int:
    """Run the schedules from seed 1 on."""
    parser = argparse.ArgumentParser(prog="python -m tests.bugs.search", description=__doc__)
    parser.add_argument("--most", type=int, default=400, metavar="N", help="schedules at most (400)")
    options = parser.parse_args(arguments)
    for seed in range(1, options.most + 1):
        violation = run_seed(seed)[1]
        if violation:
            print(f"{seed} {violation.partition(': ')[2]}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
