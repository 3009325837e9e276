"""Put one bug into a copy of the source, run the tests that must find it there, and judge how they ended."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bugs.bug import Bug

ROOT = Path(__file__).resolve().parents[2]
OURS_ALONE = ("PYTEST_", "TENANTRY_", "DATABASE_", "DJANGO_")
"""What this process has set for itself in the environment; the other one makes its own."""
SAYS_WRONG = {"AssertionError", "Failed"}
"""How a test says that something is wrong: an assertion, or an error that was expected and did not come."""
TESTS_FAILED = 1
LONGEST_SECONDS = 300
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a bug: `survived` says why it counts as not found; empty: it was found, `by` whom."""

    bug: Bug
    survived: str
    by: str = "the suite"


def try_out(bug: Bug, place: Path) -> Verdict:
    """Try one bug in an empty directory."""
    copy = copied(bug, place)
    report = place / "report.json"
    options = ("-q", "-p", "no:xdist", "-p", "tests.bugs.witness", "--tb=short")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *bug.caught_by],
        cwd=copy,
        env=environment(copy) | {"TENANTRY_BUG_REPORT": str(report)},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
        start_new_session=True,  # Ctrl-C is for the command, which lets this one finish
    )
    said = f"{ran.stdout}\n{ran.stderr}"
    if ran.returncode != TESTS_FAILED or not report.exists():
        return Verdict(bug, f"pytest answered {ran.returncode}, not {TESTS_FAILED}:\n{said}")
    seen = json.loads(report.read_text())
    wrong = _not_the_copy(seen["imported"], copy) or _not_found(bug, seen["tests"])
    return Verdict(bug, f"{wrong}\n{said}" if wrong else "")


def copied(bug: Bug, place: Path) -> Path:
    """Make a copy of the source and the tests with the bug in it; give where it is."""
    copy = place / "copy"
    with _one_at_a_time:
        shutil.copytree(_compiled(), copy, copy_function=os.link)
    for change in bug.changes:
        change.carry_out(copy / "src")
        file = copy / "src" / change.path
        for old in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
            old.unlink()
    return copy


@functools.cache
def _compiled() -> Path:
    """Copy and compile everything once: compiling takes longer than most of the tests that look for a bug."""
    place = Path(tempfile.mkdtemp(prefix="tenantry-bugs-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    for name in ("src", "tests"):
        shutil.copytree(ROOT / name, place / name)
    shutil.copy2(ROOT / "pyproject.toml", place)
    subprocess.run([sys.executable, "-m", "compileall", "-qq", "src", "tests"], cwd=place, check=False)
    return place


def environment(copy: Path) -> dict[str, str]:
    """Give the environment of a process that imports from the copy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS_ALONE)}
    return {**kept, "PYTHONPATH": f"{copy / 'src'}{os.pathsep}{copy}"}


def _not_the_copy(imported: Mapping[str, str], copy: Path) -> str:
    elsewhere = [name for name, file in imported.items() if Path(file).parent.parent != copy / "src"]
    return f"{elsewhere} were imported from elsewhere than the copy" if elsewhere else ""


def _not_found(bug: Bug, tests: list[Mapping[str, Any]]) -> str:
    for node in bug.caught_by:
        mine = [one for one in tests if one["test"] == node or one["test"].startswith((f"{node}[", f"{node}::"))]
        if not any(_says_wrong(bug, one) for one in mine):
            return f"{node} did not find it: {[one for one in mine if one['failed']] or 'it passed'}"
    return ""


def _says_wrong(bug: Bug, test: Mapping[str, Any]) -> bool:
    if not test["failed"] or test["when"] != "call":
        return False
    stopped = bug.stopped_by and any(bug.stopped_by in error["words"] for error in test["errors"])
    return bool(stopped) or any(SAYS_WRONG.intersection(error["names"]) for error in test["errors"])
