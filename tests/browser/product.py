"""The product as people get it: `tenantry demo` in processes of its own, and what its people see."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.operations.processes import ROOT, environment, free_ports

PASSWORD = "tenantry-demo"
SUMMIT, CASCADE, HARBOR = "summit-alarm", "cascade-security", "harbor-alarms"
OWNER, VIEWER, TECH = "owner@summit-alarm.test", "viewer@summit-alarm.test", "tech@summit-alarm.test"
CASCADE_OWNER, HARBOR_OWNER = "owner@cascade-security.test", "owner@harbor-alarms.test"
BOOKS, STAFF = "books@bridge.test", "staff@securitytrax.test"
READY_SECONDS = 240
LAUNCH = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Product:
    """A running demo: where it is, where its processor is, what it keeps."""

    url: str
    gateway_url: str
    home: Path
    pid: int

    def area(self, company: str, path: str = "billing-methods") -> str:
        """Give the address of a page of Account Management."""
        return f"{self.url}/{company}/admin/account-management/{path}"


@contextmanager
def running_demo() -> Iterator[Product]:
    """Start a demo in a home of its own and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="tenantry-browser-") as directory:
        home = Path(directory) / "home"
        port = free_ports()
        process = subprocess.Popen(
            [sys.executable, "-m", "tenantry", "demo"],
            cwd=ROOT,
            env=environment(TENANTRY_HOME=str(home), PORT=str(port)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            printed = _until_ready(process)
            gateway = re.search(r"(http://[\d.:]+)/control", printed)
            assert gateway, printed
            yield Product(f"http://127.0.0.1:{port}", gateway[1], home, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.read()
                process.stdout.close()


def _until_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    watch = threading.Timer(READY_SECONDS, process.kill)
    watch.start()
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ready: "):
            watch.cancel()
            return "".join(lines)
    watch.cancel()
    raise AssertionError("the demo did not start:\n" + "".join(lines))
