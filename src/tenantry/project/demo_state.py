"""Whether a home holds the demo: untouched, half filled, or filled. Two marker files say so."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from tenantry.project import database_roles as roles
from tenantry.project import postgres_files
from tenantry.project.problem import CannotStart

FILLED = "demo-filled"
FILLING = "demo-filling"
SETTINGS = "demo-settings.json"
MADE_BY_FILLING = ("gateway", "mails")


class DemoState(Enum):
    """What a start finds."""

    UNTOUCHED = "untouched"
    HALF_FILLED = "half filled"
    FILLED = "filled"


def state_of(home: Path) -> DemoState:
    """Read the markers."""
    if (home / FILLED).exists():
        return DemoState.FILLED
    return DemoState.HALF_FILLED if (home / FILLING).exists() else DemoState.UNTOUCHED


def begin(home: Path) -> None:
    """Note that the filling began."""
    (home / FILLING).touch()


def finish(home: Path) -> None:
    """Note that it ended well; the filling wrote its own marker, with those who can sign in.

    Raises:
        CannotStart: it did not.
    """
    if not (home / FILLED).exists():
        raise CannotStart(f"The filling of the demo ended without its marker {home / FILLED}.")
    (home / FILLING).unlink(missing_ok=True)


def clear(home: Path) -> None:
    """Delete what a filling that was cut off left beside the database."""
    for name in MADE_BY_FILLING:
        shutil.rmtree(home / name, ignore_errors=True)
    (home / "demo-clock.json").unlink(missing_ok=True)


def remember(home: Path, environment: Mapping[str, str]) -> None:
    """Note the settings that the demo runs with, for the commands that join it."""
    ours = {name: value for name, value in environment.items() if name.startswith("TENANTRY_")}
    postgres_files.write_private(home / SETTINGS, json.dumps(ours))


def forget(home: Path) -> None:
    """Drop the demo's settings: something else runs from this home."""
    (home / SETTINGS).unlink(missing_ok=True)


def join(home: Path) -> None:
    """Take over the settings of the demo that runs from this home; what stands in the environment goes before."""
    try:
        kept = json.loads((home / SETTINGS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    for name, value in kept.items():
        os.environ.setdefault(name, value)


def refuse_other_books(database_url: str, where: str) -> None:
    """Refuse a database with companies that no demo filled: it is somebody's.

    Raises:
        CannotStart: there are some.
    """
    import psycopg

    with psycopg.connect(database_url, connect_timeout=10) as connection:
        found = connection.execute("select to_regclass('public.tenantry_companies_company')").fetchone()
        if not found or found[0] is None:
            return
        # Its size, not its rows: row level security hides those from this role.
        size = connection.execute("select pg_relation_size('public.tenantry_companies_company')").fetchone()
    if size and size[0]:
        raise CannotStart(
            f"The database {roles.DATABASE} of {where} holds companies that are not the demo's;"
            " choose another place with TENANTRY_HOME, or another DATABASE_URL."
        )
