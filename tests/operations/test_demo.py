"""`tenantry demo`: it says when it is ready, runs beside another one, restarts what dies, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tenantry.project import demo_state, embedded_postgres
from tests.operations import processes
from tests.operations.conftest import remove


@contextmanager
def demo(home: Path, port: int, **more: str) -> Iterator[subprocess.Popen[str]]:
    command = processes.python("-m", "tests.operations.small_demo", "demo")
    with processes.running(command, TENANTRY_HOME=str(home), PORT=str(port), **more) as process:
        yield process


def fetch(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return str(answer.read().decode())


def refusal(home: Path, port: int, **more: str) -> str:
    with demo(home, port, **more) as refused:
        said = refused.communicate(timeout=60)[0]
        assert refused.returncode == 1
    return "\n".join(line for line in said.splitlines() if not line.startswith("PostgreSQL runs as"))


def pid_of(home: Path, words: str) -> int:
    found = [line for line in processes.processes_of(home) if words in line]
    return int(found[0].split()[0]) if found else 0


class Running(NamedTuple):
    """A demo that says it is ready."""

    process: subprocess.Popen[str]
    said: str
    home: Path
    port: int


@pytest.fixture(scope="class")
def ready(copy_home: Callable[[], Path]) -> Iterator[Running]:
    """Run one for a class of tests; it ends well and leaves nothing."""
    home, port = copy_home(), processes.free_ports()
    with demo(home, port) as started:
        yield Running(started, processes.read_until(started, "Ready:"), home, port)
        started.send_signal(signal.SIGTERM)
        assert started.wait(30) == 0
    assert processes.processes_of(home) == []
    remove(home)


class TestAReadyDemo:
    def test_says_where_to_go_and_who_can_sign_in(self, ready: Running) -> None:
        assert ready.said.endswith(f"Ready: http://127.0.0.1:{ready.port}/\n")
        assert re.search(r"owner@silverline\.test +\S? *correct-horse-battery +\S? *Silverline Alarm", ready.said)
        gateway = re.search(r"^Charges: +(http://127\.0\.0\.1:\d+)/control$", ready.said, re.MULTILINE)
        assert gateway is not None
        assert f"As JSON: {gateway[1]}/control/charges\n" in ready.said
        assert f"Mails:   {ready.home}/mails\n" in ready.said
        assert "100%  Month 3" in ready.said
        assert fetch(f"http://127.0.0.1:{ready.port}/healthz") == "ok"
        assert json.loads(fetch(f"{gateway[1]}/control/charges")) is not None

    def test_is_joined_by_commands_with_its_own_settings(self, ready: Running) -> None:
        """Its clock, its vendor and its taxes: a bill without them would be another one."""
        words = (
            "from tenantry.project import cli; cli._open_django(); from django.conf import settings as s;"
            "print(s.TENANTRY_DEMO, s.TENANTRY_VENDOR['name'], s.TENANTRY_TAX['kind'], s.TENANTRY_INSTALLATION)"
        )
        joined = subprocess.run(
            processes.python("-c", words), env=processes.environment(TENANTRY_HOME=str(ready.home)),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (joined.stdout, joined.stderr) == ("True SecurityTrax fixed demo\n", "")

    def test_gives_the_owners_rights_to_nobody_who_serves(self, ready: Running) -> None:
        for words in ("granian", "sleep"):
            given = Path(f"/proc/{pid_of(ready.home, words)}/environ").read_text()
            assert "tenantry_app:" in given
            assert "tenantry_owner" not in given

    def test_keeps_its_home_to_itself(self, ready: Running) -> None:
        assert refusal(ready.home, ready.port) == (
            f"tenantry: Tenantry already runs from {ready.home} (process {ready.process.pid},"
            f" http://127.0.0.1:{ready.port}/); stop that one, or choose another place with TENANTRY_HOME."
        )
        assert fetch(f"http://127.0.0.1:{ready.port}/healthz") == "ok"

    def test_runs_beside_another_one_with_another_home_and_port(self, ready: Running, home: Path) -> None:
        port = processes.free_ports()
        with demo(home, port) as other:
            processes.read_until(other, "Ready:")
            assert fetch(f"http://127.0.0.1:{port}/healthz") == "ok"
            assert fetch(f"http://127.0.0.1:{ready.port}/healthz") == "ok"
        assert fetch(f"http://127.0.0.1:{ready.port}/healthz") == "ok"


class TestAStart:
    def test_fills_nothing_the_second_time(self, home: Path, port: int) -> None:
        with demo(home, port) as first:
            assert "Filling the demo" in processes.read_until(first, "Ready:")
        with demo(home, port) as second:
            said = processes.read_until(second, "Ready:")
        assert "Filling" not in said
        assert "owner@silverline.test" in said

    def test_begins_anew_after_a_filling_that_was_killed(self, home: Path, port: int) -> None:
        with demo(home, port, SMALL_DEMO="slow") as cut_off:
            processes.wait_for(lambda: (home / "demo-filling").exists())
            cut_off.kill()
        processes.wait_for(lambda: processes.processes_of(home) == [])
        with demo(home, port) as second:
            said = processes.read_until(second, "Ready:")
        assert "The demo's first filling was cut off; beginning anew.\n" in said
        assert not (home / "demo-filling").exists()

    def test_stops_when_told_so_in_the_middle_of_the_filling(self, home: Path, port: int) -> None:
        with demo(home, port, SMALL_DEMO="slow") as started:
            processes.read_until(started, "  60%")
            started.send_signal(signal.SIGINT)
            assert started.wait(30) == 0
        assert processes.processes_of(home) == []


class TestWhatIsInTheWay:
    def test_a_taken_port_is_said_in_one_sentence(self, home: Path, port: int) -> None:
        with socket.create_server(("127.0.0.1", port)):
            said = refusal(home, port)
        words = f"tenantry: Port {port} is already in use; stop what uses it, or choose another one: PORT={port + 123}."
        assert said == words
        assert processes.processes_of(home) == []

    def test_a_program_that_fails_is_named_with_its_last_words(self, home: Path, port: int) -> None:
        said = refusal(home, port, SMALL_DEMO="fail")
        log = home / "logs/migrate.log"
        assert said == (
            f"tenantry: migrate failed (code 3); its log is {log}, and ends with:\n    relation does not exist"
        )
        assert processes.processes_of(home) == []

    def test_half_an_address_of_a_database_is_refused(self, home: Path, port: int) -> None:
        said = refusal(home, port, DATABASE_URL="postgresql:///books")
        assert said == (
            "tenantry: DATABASE_URL is set but DATABASE_OWNER_URL is not; docs/operating.md says what both are."
        )


class TestServe:
    def test_runs_the_pages_on_the_embedded_server_under_their_public_name(self, home: Path, port: int) -> None:
        command = processes.python("-m", "tests.operations.small_demo", "serve", "--workers", "1", "--with-worker")
        more = {"TENANTRY_HOME": str(home), "PORT": str(port), "TENANTRY_PUBLIC_URL": "https://billing.vendor.test"}
        demo_state.remember(home, {"TENANTRY_DEMO": "1"})  # a demo ran here before
        with processes.running(command, **more) as started:
            said = processes.read_until(started, "Ready:")
            assert said.endswith("Ready: https://billing.vendor.test/\n")
            assert "Filling" not in said
            assert pid_of(home, "sleep") != 0
            assert pid_of(home, "sandbox_gateway") == 0
            assert embedded_postgres.running_urls(home) is not None
            assert not (home / demo_state.SETTINGS).exists()
            started.send_signal(signal.SIGTERM)
            assert started.wait(30) == 0
        assert processes.processes_of(home) == []


class TestEndings:
    def test_kill_9_leaves_nothing_running(self, home: Path, port: int) -> None:
        with demo(home, port) as started:
            processes.read_until(started, "Ready:")
            assert len(processes.processes_of(home)) >= 5
            started.kill()
            started.wait()
            processes.wait_for(lambda: processes.processes_of(home) == [], 30)
        with socket.create_server(("127.0.0.1", port)):
            pass

    def test_it_ends_with_a_make_that_is_killed(self, home: Path, port: int) -> None:
        makefile = home / "Makefile"
        words = " ".join(processes.python("-m", "tests.operations.small_demo", "demo"))
        makefile.write_text(f"demo:\n\t@TENANTRY_STOP_WITH_PARENT=1 exec {words}\n")
        with processes.running(["make", "-f", str(makefile)], TENANTRY_HOME=str(home), PORT=str(port)) as started:
            processes.read_until(started, "Ready:")
            started.kill()
            processes.wait_for(lambda: processes.processes_of(home) == [], 30)

    def test_what_dies_is_started_again_postgres_too(self, home: Path, port: int) -> None:
        with demo(home, port) as started:
            processes.read_until(started, "Ready:")
            before = {words: pid_of(home, words) for words in ("granian", "sandbox_gateway", "sleep", "postgres -D")}
            assert all(before.values())
            for pid in before.values():
                os.kill(pid, signal.SIGKILL)
            for words, pid in before.items():
                processes.wait_for(lambda words=words, pid=pid: pid_of(home, words) not in (0, pid), 60)  # type: ignore[misc]
            processes.wait_for(lambda: is_up(port), 60)
            urls = embedded_postgres.running_urls(home)
            assert urls is not None


def is_up(port: int) -> bool:
    try:
        return fetch(f"http://127.0.0.1:{port}/healthz") == "ok"
    except OSError:
        return False
