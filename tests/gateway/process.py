"""Start the simulated payment processor as a process of its own, for tests of this and other folders."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
KEY = "key-of-the-tests"
STOP_SECONDS = 5


@dataclass(frozen=True)
class GatewayProcess:
    """A gateway that runs: where it listens, the key it wants, its process, where it keeps things and what it logs."""

    url: str
    key: str
    pid: int
    data: Path
    log: Path

    @property
    def port(self) -> int:
        """Name the port, so that a restart can take it again."""
        return int(self.url.rsplit(":", 1)[1])

    def kill(self) -> None:
        """End it as a power cut would: no handler of it runs."""
        os.kill(self.pid, signal.SIGKILL)


def start(directory: Path, *options: str, port: int = 0) -> subprocess.Popen[str]:
    """Start the process; its first line of output is `Ready: URL` or nothing."""
    directory.mkdir(parents=True, exist_ok=True)
    command: Sequence[str] = (
        sys.executable, "-m", "sandbox_gateway", "--port", str(port),
        "--data", str(directory / "gateway"), "--api-key", KEY, *options,
    )  # fmt: skip
    with (directory / "gateway.log").open("a") as log:
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, "PYTHONPATH": str(SOURCE)}
        )


@contextmanager
def running_gateway(directory: Path, *options: str, port: int = 0) -> Iterator[GatewayProcess]:
    """Run a gateway that keeps its things in `directory`; stop it at the end."""
    process = start(directory, *options, port=port)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        log = directory / "gateway.log"
        assert line.startswith("Ready: "), log.read_text()
        yield GatewayProcess(
            line.removeprefix("Ready: ").strip().rstrip("/"), KEY, process.pid, directory / "gateway", log
        )
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
