"""Run the campaign, or some of its parts: `make campaign`, `make campaign PARTS="simulator races"`.

Each part is a command that ends with one line of figures and answers 0 for clean. To add a part, add a line to `PARTS`.
All lines of figures stand together at the end, each with its command and its time. Answers 1 if a part failed.
`--minutes N` bounds each part that can be bounded; a signal ends the part that runs, and the campaign after it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.progress import INTERRUPTED, Progress

PARTS = {
    "simulator": "-m tests.simulation --seeds 1..20000",
    "explorer": "-m tests.simulation.explore",
    "postgresql": "-m tests.simulation_postgres --seeds 1..140",
    "races": "-m tests.races --rounds 100",
    "crashes": "-m tests.crashes",
    "bugs": "-m tests.bugs --proofs",
    "foreign people": "-m tests.foreign_people tests/foreign_people tests/actions tests/scenarios tests/faces",
}
"""What to hand to Python, by the name of the part."""
BOUNDED = ("simulator", "explorer", "postgresql", "races", "crashes")
"""The parts that take `--minutes`."""
VERDICTS = {0: "ok    ", INTERRUPTED: "ENDED "}


@dataclass(frozen=True)
class Ran:
    """How a part ended."""

    name: str
    code: int
    figures: str
    seconds: float

    @property
    def line(self) -> str:
        """Give its line of the summary."""
        hours, minutes = int(self.seconds // 3600), int(self.seconds % 3600 // 60)
        verdict = VERDICTS.get(self.code, "FAILED")
        return f"{verdict} {self.name}: {self.figures} ({hours}:{minutes:02} h, python {PARTS[self.name]})"


def run(name: str, more: Sequence[str], progress: Progress) -> Ran:
    """Run one part, showing what it says as it says it."""
    began = time.monotonic()
    last = ""
    with subprocess.Popen(
        [sys.executable, "-u", *PARTS[name].split(), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl-C comes to it through here, once
    ) as process:
        progress.pass_on = process.send_signal
        for line in process.stdout or ():
            print(f"{name}: {line}", end="", flush=True)
            last = line.strip() or last
    return Ran(name, process.returncode, last, time.monotonic() - began)


def main(arguments: list[str]) -> int:
    """Run the parts of these names, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="PART", help=f"of {' '.join(PARTS)}")
    parser.add_argument("--minutes", type=float, default=0.0, metavar="N", help="for each part that can be bounded")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in PARTS]:
        print(f"There is no part {unknown[0]!r}. Parts: {' '.join(PARTS)}")
        return 2
    ran = []
    with Progress() as progress:
        for name in progress.over(options.names or list(PARTS)):
            is_bounded = options.minutes and name in BOUNDED
            ran.append(run(name, ["--minutes", f"{options.minutes:g}"] if is_bounded else [], progress))
    print("\n".join(["", *(one.line for one in ran)]))
    return max(int(one.code != 0) for one in ran)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
