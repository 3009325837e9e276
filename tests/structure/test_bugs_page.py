"""The lists of seeded bugs and of others' failures in `docs/reliability.md` are those that are tried."""

from __future__ import annotations

import re

from tests.bugs.page import BEGINS, ENDS, page
from tests.bugs.table import BUGS, GROUPS, NOT_BUILT
from tests.structure.source import ROOT

NUMBERS = set(range(1, 75))


def test_the_page_shows_the_list_as_it_is() -> None:
    text = (ROOT / "docs/reliability.md").read_text()
    shown = text[text.index(BEGINS) : text.index(ENDS) + len(ENDS)]
    assert shown == page(), "python -m tests.bugs --page prints what has to stand there"


def test_each_bug_of_the_list_is_there_once_or_named_as_not_built() -> None:
    assert sum(len(bugs) for bugs in GROUPS.values()) == len(BUGS)
    assert set(BUGS) | set(NOT_BUILT) == NUMBERS
    assert not set(BUGS) & set(NOT_BUILT)


def test_each_test_that_finds_a_bug_is_there() -> None:
    missing = []
    for bug in BUGS.values():
        for node in bug.caught_by:
            file, *names = node.partition("[")[0].split("::")
            text = (ROOT / file).read_text()
            missing += [
                (bug.number, node) for name in names if f"def {name}(" not in text and f"class {name}:" not in text
            ]
    assert missing == []


def test_each_passage_that_a_bug_changes_stands_there_once() -> None:
    wrong = [
        (bug.number, change.path, change.old)
        for bug in BUGS.values()
        for change in bug.changes
        if (ROOT / "src" / change.path).read_text().count(change.old) != 1
    ]
    assert wrong == []


def test_each_published_failure_stands_on_the_page_and_the_other_way_round() -> None:
    tests = (ROOT / "tests/published_failures").glob("test_*.py")
    tried = {name for path in tests for name in re.findall(r"^class (Test\w+)", path.read_text(), re.MULTILINE)}
    text = (ROOT / "docs/reliability.md").read_text()
    section = text[text.index("## Failures of others") : text.index("## Figures")]
    assert tried == set(re.findall(r"`(Test\w+)`", section))
