"""Each seeded bug fits the source as it stands; most, alone in a copy of it, are looked for: at least 40.

The others need a database with their own migrations each, which takes long: `make campaign PARTS=bugs` tries all.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.bugs.bug import Bug
from tests.bugs.table import BUGS
from tests.bugs.trial import ROOT, try_out

WITHOUT_DATABASE = ("tests/core/", "tests/ui/", "tests/structure/")
QUICK = [number for number, bug in BUGS.items() if all(node.startswith(WITHOUT_DATABASE) for node in bug.caught_by)]
TRIED = sorted({*QUICK, *sorted(set(BUGS) - set(QUICK))[::4]})


@pytest.mark.parametrize("bug", BUGS.values(), ids=lambda bug: str(bug.number))
def test_fits_the_source_and_names_tests_that_are_there(bug: Bug) -> None:
    texts: dict[str, str] = {}
    for change in bug.changes:
        before = texts.get(change.path) or (ROOT / "src" / change.path).read_text(encoding="utf-8")
        texts[change.path] = change.of(before)
    for path, text in texts.items():
        if path.endswith(".py"):
            compile(text, path, "exec")
    for node in bug.caught_by:
        file, *_, test = node.partition("[")[0].split("::")
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), node


def test_enough_are_tried() -> None:
    assert len(TRIED) >= 40


@pytest.mark.parametrize("number", TRIED)
def test_is_found(number: int) -> None:
    # Not pytest's own directory: it would keep the copies of several runs.
    with tempfile.TemporaryDirectory(prefix="tenantry-bug-") as place:
        assert try_out(BUGS[number], Path(place)).survived == ""
