"""The supervisor's child processes: started with a death signal, logged, restarted, ended with all they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tenantry.project.embedded_postgres import die_with_parent
from tenantry.project.problem import CannotStart

LONGEST_LOG_BYTES = 10 * 1024 * 1024
LAST_LINES = 8
STOP_SECONDS = 10.0
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 15.0
HEALTHY_AFTER_SECONDS = 60.0


@dataclass(slots=True)
class Child:
    """One program that we keep running, or run once."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    death_signal: signal.Signals = signal.SIGKILL
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    wait_seconds: float = FIRST_WAIT_SECONDS
    restart_at: float | None = None
    deaths: int = field(default=0)

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C reaches the supervisor alone. Call it from the main thread."""
        if self.log.exists() and self.log.stat().st_size > LONGEST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(self.death_signal),
            )
        self.started_at = time.monotonic()
        self.restart_at = None

    def is_running(self) -> bool:
        """Say whether it runs now."""
        return self.process is not None and self.process.poll() is None

    def keep_running(self, now_seconds: float) -> str:
        """Start it again when it ended, each time a little later; give a sentence when it just ended."""
        if self.is_running():
            return ""
        if self.restart_at is None:
            self.deaths += 1
            code = self.process.returncode if self.process else None
            self._end_group(signal.SIGKILL)
            if now_seconds - self.started_at > HEALTHY_AFTER_SECONDS:
                self.wait_seconds = FIRST_WAIT_SECONDS
            self.restart_at = now_seconds + self.wait_seconds
            self.wait_seconds = min(self.wait_seconds * 2, LONGEST_WAIT_SECONDS)
            return f"{self.name} ended (code {code}); starting it again. Its log is {self.log}."
        if now_seconds >= self.restart_at:
            self.start()
        return ""

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self.process is not None and self.is_running():
            self.process.send_signal(signal.SIGTERM)

    def stop(self, give_up_at: float) -> None:
        """Wait until it ended; at the given instant (monotonic seconds) end it and all that it started."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, give_up_at - time.monotonic()))
        self._end_group(signal.SIGKILL)
        self.process.wait()

    def _end_group(self, with_signal: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, with_signal)

    def failure(self) -> CannotStart:
        """Give the sentence for a program that did not do its work, with its last words."""
        code = self.process.returncode if self.process else None
        return CannotStart(
            f"{self.name} failed (code {code}); its log is {self.log}, and ends with:\n{self.last_words()}"
        )

    def last_words(self) -> str:
        """Give the last lines of its log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join("    " + line for line in text.splitlines()[-LAST_LINES:])


def stop_all(children: Sequence[Child]) -> None:
    """Ask all to stop at once, then wait for each."""
    for child in children:
        child.ask_to_stop()
    give_up_at = time.monotonic() + STOP_SECONDS
    for child in children:
        child.stop(give_up_at)


def python(*arguments: str) -> list[str]:
    """Give the command for a module of this Python."""
    return [sys.executable, "-m", *arguments]
