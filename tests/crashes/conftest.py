"""The stage of the crash tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.crashes.stage import Stage
from tests.database import TestServer


@pytest.fixture(scope="session")
def stage(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Give the prepared companies and the warm parent."""
    made = Stage(postgres, tmp_path_factory.mktemp("crashes"))
    yield made
    made.close()
