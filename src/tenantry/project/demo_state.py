"""Whether a home holds the demo: untouched, half filled, or filled. Two marker files say so."""

from __future__ import annotations

import shutil
from enum import Enum
from pathlib import Path

from tenantry.project import database_roles as roles
from tenantry.project.problem import CannotStart

FILLED = "demo-filled"
FILLING = "demo-filling"
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
