"""A test server for a command: what `conftest` gives the tests, without pytest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.database import TestServer


@contextmanager
def test_server() -> Iterator[TestServer]:
    """Start PostgreSQL with the migrated template, and Django with the tests' settings; take all away at the end.

    Nothing that reads the settings may be imported before.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from tenantry.project import embedded_postgres
    from tests import database
    from tests.settings import HOME

    running = embedded_postgres.start(Path(HOME) / "postgres", fsync=False)
    try:
        server = database.TestServer(running.app_url, running.owner_url, running.superuser_url)
        database.make_template(server)
        yield server
    finally:
        running.stop()
        embedded_postgres.discard(Path(HOME) / "postgres")
        rmtree(HOME, ignore_errors=True)
