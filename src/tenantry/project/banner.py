"""What the command line shows of the demo: the progress of its filling, and where to go when it is ready."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

PROGRESS_LINE = re.compile(r"^(\d+)/(\d+) (.+)$")
COPIED = ("email", "password")
LOG_WIDTH = 120
COLUMNS = {"email": "E-mail", "password": "Password", "company": "Company", "may": "May"}


def new_console() -> Console:
    """Give where to print: as wide as the terminal, or wide enough for the table in a log."""
    console = Console()
    return console if console.is_terminal else Console(width=max(LOG_WIDTH, console.width))


@dataclass(slots=True)
class Filling:
    """Reads `done/total words` lines from a log as they come, and shows them: a bar, or a line each tenth."""

    console: Console
    log: Path
    position: int = 0
    shown_tenths: int = -1
    _bar: Progress | None = None
    _task: TaskID | None = field(default=None)

    def __post_init__(self) -> None:
        """Begin behind what the log already holds."""
        self.position = self.log.stat().st_size if self.log.exists() else 0

    def look(self) -> None:
        """Show what is new."""
        if not self.log.exists():
            return
        with self.log.open("rb") as file:
            file.seek(self.position)
            fresh = file.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self.position += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            if found := PROGRESS_LINE.match(line):
                self._show(int(found[1]), int(found[2]), found[3])

    def _open_bar(self) -> None:
        """Begin the bar, and its thread, only now: the programs are started while there is one thread."""
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
        self._bar = Progress(*columns, TimeElapsedColumn(), console=self.console, transient=True)
        self._task = self._bar.add_task("Filling the demo", total=None)
        self._bar.start()

    def _show(self, done: int, total: int, words: str) -> None:
        if self._bar is None and self.console.is_terminal:
            self._open_bar()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total, description=words)
            return
        tenths = done * 10 // max(total, 1)
        if tenths > self.shown_tenths:
            self.shown_tenths = tenths
            self.console.print(f"  {tenths * 10}%  {words}")

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()


def show_ready(console: Console, address: str, *, gateway: str, mails: Path, marker: Path, logs: Path) -> None:
    """Print the address, who can sign in, and where the rest is."""
    people = _people(marker)
    if people:
        table = Table(title="Who can sign in", title_justify="left", title_style="bold")
        keys = [key for key in COLUMNS if any(person.get(key) for person in people)]
        for key in keys:
            table.add_column(COLUMNS[key], no_wrap=key in COPIED, overflow="fold")
        for person in people:
            table.add_row(*(str(person.get(key, "")) for key in keys))
        console.print(table)
    lines = {"Charges": f"{gateway}/control", "As JSON": f"{gateway}/control/charges", "Mails": mails, "Logs": logs}
    for name, place in lines.items():
        console.print(f"{name + ':':9}{place}", soft_wrap=True, highlight=False, markup=False)
    console.print(f"Ready: {address}/", style="bold", soft_wrap=True, highlight=False)


def _people(marker: Path) -> list[dict[str, str]]:
    """Read who can sign in from what the filling left: a JSON object with a list `people`."""
    try:
        return list(json.loads(marker.read_text(encoding="utf-8"))["people"])
    except (OSError, ValueError, KeyError, TypeError):
        return []
