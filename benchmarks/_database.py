"""A PostgreSQL of a benchmark's own, with fsync on, and the product set up on it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ["TENANTRY_STATEMENT_TIMEOUT_SECONDS"] = "60"


@contextmanager
def own_database() -> Iterator[tuple[Any, str]]:
    """Give the server and the name of a migrated database on it; both are gone afterwards."""
    import django

    django.setup()
    from tenantry.project import embedded_postgres
    from tests import database

    home = Path(tempfile.mkdtemp(prefix="tenantry-bench-"))
    running = embedded_postgres.start(home, fsync=True)
    server = database.TestServer(running.app_url, running.owner_url, running.superuser_url)
    try:
        database.make_template(server)
        with database.copy_of(server) as name:
            yield server, name
    finally:
        running.stop()
        shutil.rmtree(home, ignore_errors=True)
