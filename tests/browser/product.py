"""The product as people get it: `tenantry demo` in processes of its own, what its people see, and its witness."""

from __future__ import annotations

import json
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
from typing import Any

import httpx

from tenantry.project.start_demo import DEMO_TAX
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
class Company:
    """A company that one test has for itself; its people are owner, viewer and nobody."""

    id: str
    slug: str
    invoices: tuple[str, ...]

    @property
    def owner(self) -> str:
        """Name who may do everything."""
        return f"owner@{self.slug}.test"

    @property
    def viewer(self) -> str:
        """Name who may look."""
        return f"viewer@{self.slug}.test"

    @property
    def nobody(self) -> str:
        """Name who may neither."""
        return f"nobody@{self.slug}.test"


@dataclass(frozen=True)
class Product:
    """A running demo: where it is, where its processor is, what it keeps."""

    url: str
    gateway_url: str
    home: Path
    opener: subprocess.Popen[str] | None = None

    def area(self, company: str, path: str = "billing-methods") -> str:
        """Give the address of a page of Account Management."""
        return f"{self.url}/{company}/admin/account-management/{path}"

    def open(self, slug: str, *steps: str) -> Company:
        """Open a company, and let it live through some steps."""
        answer = self._ask({"open": slug, "steps": list(steps)})
        return Company(answer["id"], slug, tuple(answer["invoices"]))

    def session(self, email: str) -> dict[str, str]:
        """Give the cookie of somebody who is signed in."""
        return {**self._ask({"session": email}), "url": self.url}

    def hire(self, company: Company, name: str) -> None:
        """Take somebody into a company: one seat more."""
        self._ask({"hire": [company.slug, name]})

    def calm(self, company: Company) -> None:
        """Wait until the company's payments have come to an end."""
        self._ask({"calm": company.slug})

    def fail_next(self, company: Company, fault: str, operation: str) -> None:
        """Let the processor's next call of a kind go wrong for this company."""
        rule = {"fault": fault, "customer": company.id, "operation": operation, "times": 1}
        httpx.post(f"{self.gateway_url}/control/faults", json=rule, trust_env=False, timeout=20).raise_for_status()

    def old_link(self, company: Company, email: str, invoice_id: str) -> str:
        """Give a download link as a page gave it ten minutes ago."""
        query = self._ask({"old_link": [company.slug, email, invoice_id]})["query"]
        return self.area(company.slug, f"invoices/{invoice_id}/download?{query}")

    def charges(self, company: Company) -> list[tuple[int, str]]:
        """Ask the processor, a witness that is not us: amount in cents and outcome of each charge, oldest first."""
        answer = httpx.get(
            f"{self.gateway_url}/control/charges", params={"customer": company.id}, trust_env=False, timeout=20
        )
        listed = answer.raise_for_status().json()["charges"]
        return [(int(one["amount_minor"]), str(one["outcome"])) for one in listed]

    def _ask(self, request: dict[str, object]) -> dict[str, Any]:
        opener = self.opener
        assert opener is not None
        assert opener.stdin is not None
        assert opener.stdout is not None
        opener.stdin.write(json.dumps(request) + "\n")
        opener.stdin.flush()
        answer: dict[str, Any] = json.loads(opener.stdout.readline())
        assert "failed" not in answer, answer["failed"]
        return answer


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
            with _opener(home, f"http://127.0.0.1:{port}", gateway[1]) as opener:
                yield Product(f"http://127.0.0.1:{port}", gateway[1], home, opener)
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


@contextmanager
def _opener(home: Path, url: str, gateway_url: str) -> Iterator[subprocess.Popen[str]]:
    key = (home / "secrets" / "gateway_key").read_text(encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.browser.opening"],
        cwd=ROOT,
        env=environment(
            DJANGO_SETTINGS_MODULE="tenantry.project.settings",
            TENANTRY_HOME=str(home),
            TENANTRY_DEMO="1",
            TENANTRY_HOST_APPS="alarm_crm",
            TENANTRY_INSTALLATION="demo",
            TENANTRY_PUBLIC_URL=url,
            TENANTRY_GATEWAY_URL=gateway_url,
            TENANTRY_GATEWAY_KEY=key,
            TENANTRY_TAX=json.dumps({"kind": "fixed", "rates": DEMO_TAX}),
        ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


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
