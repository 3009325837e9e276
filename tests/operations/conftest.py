"""Homes for these tests: an empty one, and one whose server was started once before (copied, which is faster)."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tenantry.project import embedded_postgres
from tests.operations import processes
from tests.settings import fast_place


def make_place() -> Path:
    """Make a directory that PostgreSQL's user can enter, as pytest's own can't be."""
    place = Path(tempfile.mkdtemp(prefix="tenantry-home-", dir=fast_place() or "/tmp"))
    place.chmod(0o711)
    return place


def remove(place: Path) -> None:
    """Delete a home and its data, wherever that is."""
    if (place / "logs").exists():
        embedded_postgres.discard(place)
    shutil.rmtree(place)


@pytest.fixture
def empty_home() -> Iterator[Path]:
    place = make_place()
    yield place
    remove(place)


@pytest.fixture(scope="session")
def copy_home() -> Iterator[Callable[[], Path]]:
    first = make_place()
    server = embedded_postgres.start(first, fsync=False)
    server.stop()

    def copy() -> Path:
        place = make_place()
        subprocess.run(["cp", "-a", f"{first}/.", str(place)], check=True)
        kept = place / "secrets/postgres.json"
        kept.write_text(json.dumps(json.loads(kept.read_text()) | {"data": str(place / "postgres")}))
        return place

    yield copy
    remove(first)


@pytest.fixture
def home(copy_home: Callable[[], Path]) -> Iterator[Path]:
    place = copy_home()
    yield place
    remove(place)


@pytest.fixture(scope="module")
def module_home(copy_home: Callable[[], Path]) -> Iterator[Path]:
    place = copy_home()
    yield place
    remove(place)


@pytest.fixture
def port() -> int:
    return processes.free_ports()
