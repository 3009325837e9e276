"""Each seeded bug, alone in a copy of the source, turns the tests red that are there to find it (G13)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bugs.table import BUGS
from tests.bugs.trial import try_out


@pytest.mark.parametrize("number", BUGS)
def test_is_found(number: int, tmp_path: Path) -> None:
    assert try_out(BUGS[number], tmp_path).survived == ""
