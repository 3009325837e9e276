"""Run tests with the user model of another product, in a process of their own (the model can't change in one).

`python -m tests.foreign_people` runs the part that depends on who people are; with paths it runs those.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from tests.progress import INTERRUPTED, Progress

WITH_FOREIGN_PEOPLE = {
    "TENANTRY_USER_MODEL": "foreign_people.Person",
    "TENANTRY_EXTRA_APPS": "tests.foreign_people",
    "TENANTRY_USER_EMAIL_FIELD": "mail",
}
PART = (
    "tests/foreign_people",
    "tests/actions/test_people.py",
    "tests/actions/test_add_ons.py",
    "tests/scenarios/test_pay_over_days.py",
    "tests/faces/test_entry.py",
    "tests/faces/test_people.py",
)


def main(arguments: list[str]) -> int:
    """Run the tests of these paths, else the part, with options of pytest; answer as it does."""
    paths = () if any(not one.startswith("-") for one in arguments) else PART
    command = [sys.executable, "-m", "pytest", "-n", os.environ.get("PROCESSES", "2"), *arguments, *paths]
    environment = {**os.environ, **WITH_FOREIGN_PEOPLE}
    with Progress() as progress, subprocess.Popen(command, env=environment, start_new_session=True) as process:
        progress.pass_on = lambda _: process.send_signal(signal.SIGINT)  # at which pytest says what it has done
    return INTERRUPTED if progress.is_over else process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
