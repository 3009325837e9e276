"""Backups of a test's database: take one, go on, restore it, while the processor remembers everything."""

from __future__ import annotations

import itertools
from argparse import Namespace
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO

from django.db import connections

from tenantry.project import recover_command
from tests import database as databases

_numbers = itertools.count(1)


@dataclass
class Backups:
    """Copies of one database, and which one is in use now."""

    server: databases.TestServer
    in_use: str
    made: list[str] = field(default_factory=list)

    def take(self) -> str:
        """Copy the database as it stands."""
        return self._copy(self.in_use)

    def restore(self, backup: str) -> None:
        """Go on with a copy of the backup; what came after it is lost."""
        self.in_use = self._copy(backup)
        databases.point_at(self.server, self.in_use)

    def discard(self) -> None:
        """Take every copy away."""
        connections.close_all()
        for name in self.made:
            self.server.run(f"drop database {name} with (force)")

    def _copy(self, source: str) -> str:
        connections.close_all()
        name = f"backup_{next(_numbers)}"
        self.server.run(f"create database {name} template {source} strategy file_copy owner tenantry_owner")
        self.made.append(name)
        return name


def recover() -> tuple[int, list[str]]:
    """Run `tenantry recover`; give its answer and what it printed."""
    printed = StringIO()
    with redirect_stdout(printed):
        answer = recover_command.main(Namespace(json=False))
    return answer, printed.getvalue().splitlines()
