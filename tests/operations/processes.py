"""Programs that the tests start, and the processes that belong to a home."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_KEPT = ("TENANTRY_", "DATABASE_", "DJANGO_", "PORT")


def environment(**more: str) -> dict[str, str]:
    """Give the environment of a user who set nothing of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_KEPT)}
    return kept | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "COLUMNS": "200"} | more


def processes_of(home: Path) -> list[str]:
    """Give every process that names a home in its arguments or environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        if int(folder.name) == os.getpid():
            continue
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            words = command + (folder / "environ").read_bytes().decode(errors="replace")
            is_zombie = (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            if str(home) in words and not is_zombie:
                found.append(f"{folder.name} {command}")
    return found


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something holds.

    Raises:
        AssertionError: it never did.
    """
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "it did not come true in time"
        time.sleep(0.02)


def free_ports() -> int:
    """Give a port that is free, and whose next one is free too."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            with suppress(OSError, OverflowError):
                other.bind(("127.0.0.1", port + 1))
                return port


@contextmanager
def running(command: list[str], **more: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program; whatever happens, it has ended afterwards."""
    process = subprocess.Popen(
        command, env=environment(**more), cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Read what a program says until a line begins with some words; give all of it."""
    said = ""
    for line in process.stdout or ():
        said += line
        if line.startswith(words):
            return said
    raise AssertionError(f"{words!r} never came; it said:\n{said}")


def python(*arguments: str) -> list[str]:
    """Give the command for this Python."""
    return [sys.executable, *arguments]
