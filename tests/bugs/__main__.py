"""Try every seeded bug, or some: `python -m tests.bugs`, `python -m tests.bugs 4 18`. Ends with one line of figures.

Answers 0 when each was found, 1 when one survived (named above that line), 2 for wrong use. `--page` prints the list
as it stands in `docs/reliability.md`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bugs.bug import Bug
from tests.bugs.page import page
from tests.bugs.table import BUGS
from tests.bugs.trial import Verdict, try_out

MOST_SHOWN = 2000


def main(arguments: list[str]) -> int:
    """Try the bugs of these numbers, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bugs", description=__doc__)
    parser.add_argument("numbers", nargs="*", type=_number, metavar="NUMBER")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--page", action="store_true", help="print the list for docs/reliability.md")
    options = parser.parse_args(arguments)
    if options.page:
        print(page())
        return 0
    bugs = [BUGS[number] for number in options.numbers or sorted(BUGS)]
    with ThreadPoolExecutor(options.processes) as pool:
        verdicts = list(pool.map(_tried, bugs))
    survived = [one for one in verdicts if one.survived]
    print(f"{len(verdicts)} bugs, {len(verdicts) - len(survived)} caught, {len(survived)} survived")
    return 1 if survived else 0


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) not in BUGS:
        raise argparse.ArgumentTypeError(f"there is no bug {text}")
    return int(text)


def _tried(bug: Bug) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="tenantry-bug-") as place:
        verdict = try_out(bug, Path(place))
    said = f"SURVIVED\n{verdict.survived[:MOST_SHOWN]}" if verdict.survived else "caught"
    print(f"{bug.number:3} {bug.name}: {said}", flush=True)
    return verdict


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
