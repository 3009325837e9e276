"""Run the campaign, or some of its parts: `make campaign`, `make campaign PARTS="simulator races"`.

Each part is a command that ends with one line of figures and answers 0 for clean. To add a part, add a line to `PARTS`.
All lines of figures stand together at the end, each with its command and its time. Answers 1 if a part failed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass

PARTS = {
    "simulator": "-m tests.simulation --seeds 1..20000",
    "explorer": "-m tests.simulation.explore",
    "postgresql": "-m tests.simulation_postgres --seeds 1..125",
    "races": "-m tests.races --rounds 100",
    "crashes": "-m tests.crashes",
    "bugs": "-m tests.bugs --proofs",
    "foreign people": "-m tests.foreign_people tests/foreign_people tests/actions tests/scenarios tests/faces",
}
"""What to hand to Python, by the name of the part."""


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
        verdict = "ok    " if self.code == 0 else "FAILED"
        return f"{verdict} {self.name}: {self.figures} ({hours}:{minutes:02} h, python {PARTS[self.name]})"


def run(name: str) -> Ran:
    """Run one part, showing what it says as it says it."""
    began = time.monotonic()
    last = ""
    with subprocess.Popen(
        [sys.executable, "-u", *PARTS[name].split()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            print(f"{name}: {line}", end="", flush=True)
            last = line.strip() or last
    return Ran(name, process.returncode, last, time.monotonic() - began)


def main(names: list[str]) -> int:
    """Run the parts of these names, or all."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"There is no part {unknown[0]!r}. Parts: {' '.join(PARTS)}")
        return 2
    ran = [run(name) for name in names or PARTS]
    print("\n".join(["", *(one.line for one in ran)]))
    return max(int(one.code != 0) for one in ran)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
