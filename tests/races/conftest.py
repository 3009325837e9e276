"""One arena a session: preparing the companies takes longer than racing them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.database import TestServer
from tests.races.arena import Arena

COMPANIES = 10


@pytest.fixture(scope="session")
def arena(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Give the prepared companies."""
    made = Arena(postgres, tmp_path_factory.mktemp("races"), COMPANIES)
    yield made
    made.close()
