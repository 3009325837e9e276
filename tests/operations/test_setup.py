"""`make setup` says in one sentence why it can't make the environment: `.ci/setup`, beside programs that fail."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.operations.processes import ROOT

PROGRAMS = ("sh", "cat", "cksum", "dirname", "grep", "head", "id", "rm", "tail", "tr")
NEEDS = "Tenantry: Python 3.11 to 3.13 is needed, and this machine has {}; install one, or name it:"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a PATH that has the usual programs and no Python."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / ".ci/setup", tmp_path / ".ci/setup")
    for name in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / name).write_text("django==5.2 --hash=sha256:0\n")
    for name in PROGRAMS:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    return tmp_path


def program(place: Path, script: str) -> None:
    """Write a program in shell."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\n{script}\n")
    place.chmod(0o755)


def said(checkout: Path) -> str:
    """Run it; give the last line of what it said. It must fail."""
    environment = {"PATH": str(checkout / "bin"), "HOME": os.environ.get("HOME", "/")}
    command = [str(checkout / "bin/sh"), str(checkout / ".ci/setup"), "run"]
    ran = subprocess.run(command, env=environment, text=True, capture_output=True, timeout=60, check=False)
    assert ran.returncode == 1, ran.stderr
    assert ran.stdout == ""
    return ran.stderr.splitlines()[-1]


def test_an_old_python_is_named(checkout: Path) -> None:
    program(checkout / "bin/python3", 'case "$1" in -V) echo "Python 3.9.2" ;; *) exit 1 ;; esac')
    assert said(checkout).startswith(NEEDS.format("Python 3.9.2"))


def test_so_is_none_at_all(checkout: Path) -> None:
    assert said(checkout).startswith(NEEDS.format("no python3"))


def test_a_python_that_can_make_no_environment_is_said(checkout: Path) -> None:
    program(checkout / "bin/python3.12", 'test "$1" != -m')
    assert said(checkout) == (
        f"Tenantry: {checkout}/bin/python3.12 can't make an environment (its venv module is missing);"
        " install the system's package python3-venv, or uv"
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError(...)': /simple/django/\n"
            "ERROR: No matching distribution found for django==5.2",
            "Tenantry: the package index can't be reached,",
        ),
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "Tenantry: no room is left on the"),
        ("ERROR: No matching distribution found for typst==1", "Tenantry: a package has no wheel for this system,"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES",
            "Tenantry: a package differs from its hash in the lock",
        ),
        ("ERROR: something else", "Tenantry: the packages could not be installed"),
    ],
)
def test_why_the_packages_could_not_be_installed_is_said(checkout: Path, line: str, words: str) -> None:
    lines = "; ".join(f'echo "{one}"' for one in line.splitlines())
    program(checkout / ".venv/bin/python", f'test "$1" = -c && exit 0; {lines}; exit 1')
    assert said(checkout).startswith(words)
    assert not list((checkout / ".venv").glob("installed-*"))
