"""Each row of `docs/bad-inputs.md` names a test that is there, or says that it comes later; its codes are true."""

from __future__ import annotations

import ast
import re

import pytest

from tenantry.ui.refusals import REFUSALS
from tests.structure.source import ROOT

ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split(" | "))
    for line in (ROOT / "docs/bad-inputs.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| B\d", line)
]
NAMED = re.compile(r"`(tests/[\w/]+\.py(?:::\w+)+)`")
SAID = re.compile(r'(\d{3}) `(\w+)` "([^"]+)"')


class _Named(int):
    """A fact that is written as its name in braces, and counts as many."""

    name: str

    def __str__(self) -> str:
        return f"{{{self.name}}}"


class _Facts(dict[str, _Named]):
    def __missing__(self, name: str) -> _Named:
        fact = _Named(2)
        fact.name = name
        return fact


def _missing(node_id: str) -> bool:
    """Tell whether no test has this id."""
    file, *names = node_id.split("::")
    path = ROOT / file
    body: list[ast.stmt] = ast.parse(path.read_text(encoding="utf-8")).body if path.exists() else []
    for name in names:
        found = [node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name]
        if not found:
            return True
        body = found[0].body
    return not names[-1].startswith("test_")


def _said() -> set[tuple[str, int, str]]:
    """Find each code with the status and the sentence that the page gives it."""
    text = (ROOT / "docs/bad-inputs.md").read_text(encoding="utf-8")
    return {(code, int(status), sentence) for status, code, sentence in SAID.findall(text.replace("\n", " "))}


def test_each_row_has_its_five_parts_and_a_number_of_its_own() -> None:
    assert [row[0] for row in ROWS if len(row) != 5] == []
    numbers = [row[0] for row in ROWS]
    assert len(set(numbers)) == len(numbers) > 90
    assert numbers == sorted(numbers, key=lambda number: (int(re.sub(r"\D", "", number)), number))


def test_each_row_names_tests_that_are_there_or_comes_later() -> None:
    missing = [(row[0], node_id) for row in ROWS for node_id in NAMED.findall(row[4]) if _missing(node_id)]
    assert missing == []
    held_by_nothing = [row[0] for row in ROWS if not NAMED.findall(row[4]) and not row[4].startswith("*Later*: ")]
    assert held_by_nothing == []
    assert [row[0] for row in ROWS if row[4].count("`") != 2 * len(NAMED.findall(row[4]))] == []


@pytest.mark.parametrize(("code", "status", "sentence"), sorted(_said()))
def test_what_is_answered_is_what_the_refusals_say(code: str, status: int, sentence: str) -> None:
    row = REFUSALS[code]
    assert (row.status, str(row.sentence % _Facts())) == (status, sentence)
