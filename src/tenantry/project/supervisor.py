"""Starts, watches, restarts and stops the processes of `tenantry demo` and `tenantry serve`."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from rich.console import Console

from tenantry.project import embedded_postgres, postgres_files
from tenantry.project.ports import is_healthy
from tenantry.project.problem import CannotStart
from tenantry.project.processes import Child, python, stop_all

LOOK_SECONDS = 0.05
WATCH_SECONDS = 0.2
READY_SECONDS = 120.0


class Stopped(Exception):
    """Somebody asked us to stop before everything ran."""


@dataclass(slots=True)
class Supervisor:
    """Owns the embedded server, when there is one, and every child."""

    home: Path
    console: Console
    children: list[Child] = field(default_factory=list)
    server: embedded_postgres.Server | None = None
    lock: postgres_files.HomeLock | None = None
    database_url: str = ""
    owner_url: str = ""
    stop_requested: bool = False

    def listen(self) -> None:
        """Stop on Ctrl-C and SIGTERM, when the terminal closes, and with `make` when that started us."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN or number != signal.SIGHUP:
                signal.signal(number, self._note_stop)
        if os.environ.pop("TENANTRY_STOP_WITH_PARENT", "") == "1":
            embedded_postgres.die_with(signal.SIGTERM)

    def _note_stop(self, number: int, frame: FrameType | None) -> None:
        self.stop_requested = True

    def say(self, words: str) -> None:
        """Print one line."""
        self.console.print(words, soft_wrap=True, highlight=False, markup=False)

    def open_database(self) -> None:
        """Start the embedded server, unless DATABASE_URL names another one."""
        self.database_url = os.environ.get("DATABASE_URL", "")
        if not self.database_url:
            self.server = embedded_postgres.start(self.home)
            self.database_url, self.owner_url = self.server.app_url, self.server.owner_url
            if self.server.note:
                self.say(self.server.note)
            return
        self.owner_url = os.environ.get("DATABASE_OWNER_URL", "")
        if not self.owner_url:
            raise CannotStart(
                "DATABASE_URL is set but DATABASE_OWNER_URL is not; docs/operating.md says what both are."
            )
        postgres_files.make_home(self.home)
        self.lock = postgres_files.HomeLock(self.home)

    def note_address(self, address: str) -> None:
        """Note it for the sentence that a second start from this home gets."""
        lock = self.server.lock if self.server else self.lock
        if lock is not None:
            lock.note(f"process {os.getpid()}, {address}")

    def environment(self, **more: str) -> dict[str, str]:
        """Give a child's environment: the app role's address, never the owner's."""
        chosen = {"DATABASE_URL": self.database_url, "TENANTRY_HOME": str(self.home), "PYTHONUNBUFFERED": "1"}
        return {name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"} | chosen | more

    def child(self, name: str, command: list[str], environment: dict[str, str]) -> Child:
        """Describe a child; its log is named after it."""
        return Child(name, command, environment, self.home / "logs" / f"{name}.log")

    def keep(self, child: Child) -> Child:
        """Start a child and keep it running."""
        self.children.append(child)
        child.start()
        return child

    def run_once(self, child: Child, look: Callable[[], None] = lambda: None) -> None:
        """Run a child to its end.

        Raises:
            CannotStart: it failed.
            Stopped: we were asked to stop.
        """
        self.children.append(child)
        child.start()
        while child.is_running():
            self.pause(LOOK_SECONDS)
            look()
        look()
        self.children.remove(child)
        if child.process is None or child.process.returncode != 0:
            raise child.failure()

    def pause(self, seconds: float) -> None:
        """Wait a little.

        Raises:
            Stopped: we were asked to stop.
        """
        if self.stop_requested:
            raise Stopped
        time.sleep(seconds)

    def wait_until_healthy(self, child: Child, host: str, port: int, name: str = "") -> None:
        """Wait until a child answers `GET /healthz` with 200.

        Raises:
            CannotStart: it ended, or took too long.
        """
        give_up_at = time.monotonic() + READY_SECONDS
        while not is_healthy(host, port, name):
            if not child.is_running():
                raise child.failure()
            if time.monotonic() > give_up_at:
                raise CannotStart(
                    f"{child.name} did not answer within {READY_SECONDS:.0f} seconds; its log is {child.log},"
                    f" and ends with:\n{child.last_words()}"
                )
            self.pause(LOOK_SECONDS)

    def watch(self) -> None:
        """Restart what ends, until we are asked to stop."""
        while not self.stop_requested:
            if self.server is not None and not self.server.is_running():
                self.say(f"PostgreSQL ended; starting it again. Its log is {self.server.log}.")
                self.server.restart()
            for child in self.children:
                if words := child.keep_running(time.monotonic()):
                    self.say(words)
            time.sleep(WATCH_SECONDS)

    def stop(self) -> None:
        """Stop everything that we started, the database last. Further signals don't hurry it."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        stop_all(self.children)
        if self.server is not None:
            self.server.stop()
        if self.lock is not None:
            self.lock.release()


def web(us: Supervisor, host: str, port: int, environment: dict[str, str], workers: int = 1, threads: int = 4) -> Child:
    """Describe the web server."""
    listening = ["--interface", "wsgi", "--host", host, "--port", str(port)]
    size = ["--workers", str(workers), "--blocking-threads", str(threads)]
    endings = ["--respawn-failed-workers", "--workers-kill-timeout", "5", "--no-access-log"]
    command = python("granian", *listening, *size, *endings, "tenantry.project.wsgi:application")
    child = us.child("web", command, environment | {"TENANTRY_POOL_SIZE": str(max(threads, 2))})
    child.death_signal = signal.SIGTERM  # it has to take its own workers along
    return child


def worker(us: Supervisor, environment: dict[str, str]) -> Child:
    """Describe the worker."""
    return us.child("worker", python("tenantry", "worker"), environment)


def as_owner(us: Supervisor, environment: dict[str, str]) -> dict[str, str]:
    """Give a child the owner role's address too: for migrations and the filling."""
    return environment | {"DATABASE_OWNER_URL": us.owner_url}
