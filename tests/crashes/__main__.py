"""Kill everywhere, and at random: `python -m tests.crashes`. Ends with one line of figures.

Every point of every workload, once by kill -9 and once by ending its database connection; then kills at random
instants, of whole processes, and of the database server. Answers 0 for clean, 1 for a violation (the first ones stand
above that line).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from random import Random

from tests.alone import test_server

MOST_SHOWN = 20


def main(arguments: list[str]) -> int:
    """Run each part, and print what it came to."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashes", description=__doc__)
    parser.add_argument("--random", type=int, default=300, metavar="N", help="kills at random instants (300)")
    parser.add_argument("--whole", type=int, default=20, metavar="N", help="rounds that kill whole processes (20)")
    parser.add_argument("--stops", type=int, default=20, metavar="N", help="stops of the database server (20)")
    parser.add_argument("--seed", type=int, default=1, help="what the instants are drawn from (1)")
    parser.add_argument("--only", default="", help="only the workload of this name")
    options = parser.parse_args(arguments)
    with test_server() as server, tempfile.TemporaryDirectory() as directory:
        from tests.crashes.campaign import Campaign
        from tests.crashes.workloads import WORKLOADS

        chosen = [one for one in WORKLOADS if options.only in ("", one.name)]
        campaign = Campaign(server, Path(directory), chosen, Random(options.seed))
        campaign.everywhere()
        campaign.by_chance(options.random)
        campaign.whole_processes(options.whole)
        campaign.stopped_servers(options.stops)
        campaign.close()
    for wrong in campaign.violations[:MOST_SHOWN]:
        print(wrong)
    print(campaign.line)
    return 1 if campaign.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
