"""Put a bug before the long proofs, in the same kind of copy: simulator and races have to find it by themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.bugs.bug import Bug
from tests.bugs.trial import Verdict, copied, environment

ROUNDS = 8
FOUND = 1
UNIQUE = "violates unique constraint"
LONGEST_SECONDS = 1800
LAST = 1500
"""How many characters of an error are shown: its end, which says what it was."""


def by_simulator(bug: Bug, place: Path) -> Verdict:
    """Run schedules until one violates an invariant."""
    code, said, erred = _run(bug, place, "tests.bugs.search", "--most", str(bug.schedules))
    after, _, violation = said.strip().partition(" ")
    if code != FOUND or " Violation " not in f" {violation}":
        return Verdict(bug, f"the simulator did not find it in {bug.schedules} schedules: {said}{erred}")
    return Verdict(bug, "", f"simulator, schedule {after}: {violation}")


def by_races(bug: Bug, place: Path) -> Verdict:
    """Race; a row that the database refuses to hold twice counts as found, since no race may come to that."""
    code, said, erred = _run(bug, place, "tests.races", "--rounds", str(ROUNDS), "--only", bug.racer)
    last = said.strip().rpartition("\n")[2]
    if UNIQUE not in erred and not last.startswith("Races:"):
        return Verdict(bug, f"the races of {bug.racer} did not end, which shows nothing:\n{erred[-LAST:]}")
    if code != FOUND:
        return Verdict(bug, f"the races of {bug.racer} did not find it: {last}\n{erred}")
    return Verdict(bug, "", f"races of {bug.racer}: {last if last.startswith('Races:') else UNIQUE}")


def _run(bug: Bug, place: Path, module: str, *arguments: str) -> tuple[int, str, str]:
    copy = copied(bug, place)
    ran = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=copy,
        env=environment(copy),
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
        start_new_session=True,  # Ctrl-C is for the command, which lets this one finish
    )
    return ran.returncode, ran.stdout, ran.stderr
