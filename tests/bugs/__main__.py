"""Try every seeded bug, or some: `python -m tests.bugs`, `python -m tests.bugs 4 18`. Ends with one line of figures.

With `--proofs` the simulator and the races look for their share of them too. Answers 0 when each was found, 1 when one
survived (named above that line), 2 for wrong use. `--page` prints the list as it stands in `docs/reliability.md`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bugs.bug import Bug
from tests.bugs.page import page
from tests.bugs.proofs import by_races, by_simulator
from tests.bugs.table import BUGS
from tests.bugs.trial import Verdict, try_out
from tests.progress import Progress

MOST_SHOWN = 2000


def main(arguments: list[str]) -> int:
    """Try the bugs of these numbers, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bugs", description=__doc__)
    parser.add_argument("numbers", nargs="*", type=_number, metavar="NUMBER")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--proofs", action="store_true", help="let the simulator and the races look too")
    parser.add_argument("--page", action="store_true", help="print the list for docs/reliability.md")
    options = parser.parse_args(arguments)
    if options.page:
        print(page())
        return 0
    bugs = [BUGS[number] for number in options.numbers or sorted(BUGS)]
    with Progress() as progress:
        suite, simulator, races = _tried(bugs, try_out, options.processes, progress), [], []
        if options.proofs:
            simulator = _tried([bug for bug in bugs if bug.schedules], by_simulator, options.processes, progress)
            races = _tried([bug for bug in bugs if bug.racer], by_races, 1, progress)
    survived = [one for one in suite if one.survived]
    line = f"{len(suite)} bugs, {len(suite) - len(survived)} caught, {len(survived)} survived"
    wrong = [f"{one.bug.number} {one.bug.name}: survived" for one in (*suite, *simulator, *races) if one.survived]
    return progress.end(f"{line}{_sum(simulator, 'simulator')}{_sum(races, 'races')}", wrong)


def _sum(verdicts: Sequence[Verdict], by: str) -> str:
    found = sum(not one.survived for one in verdicts)
    return f"; {by}: {found} of {len(verdicts)} caught" if verdicts else ""


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) not in BUGS:
        raise argparse.ArgumentTypeError(f"there is no bug {text}")
    return int(text)


def _tried(
    bugs: Sequence[Bug], look: Callable[[Bug, Path], Verdict], processes: int, progress: Progress
) -> list[Verdict]:
    def tried(bug: Bug) -> Verdict | None:
        if progress.is_over:
            return None
        with tempfile.TemporaryDirectory(prefix="tenantry-bug-") as place:
            verdict = look(bug, Path(place))
        said = f"SURVIVED\n{verdict.survived[:MOST_SHOWN]}" if verdict.survived else f"caught by {verdict.by}"
        print(f"{bug.number:3} {bug.name}: {said}", flush=True)
        return verdict

    with ThreadPoolExecutor(processes) as pool:
        found = [verdict for verdict in pool.map(tried, bugs) if verdict]
    progress.parts += len(bugs)
    progress.done += len(found)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
