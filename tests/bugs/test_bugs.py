"""Each seeded bug, alone in a copy of the source, turns the tests red that are there to find it (G13)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.bugs.table import BUGS
from tests.bugs.trial import try_out


@pytest.mark.parametrize("number", BUGS)
def test_is_found(number: int) -> None:
    # Not pytest's own directory: it would keep the copies of several runs.
    with tempfile.TemporaryDirectory(prefix="tenantry-bug-") as place:
        assert try_out(BUGS[number], Path(place)).survived == ""
