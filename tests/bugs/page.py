"""The list of seeded bugs as `docs/reliability.md` shows it: what each is, and what finds it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bugs.bug import Bug
from tests.bugs.table import GROUPS

BEGINS, ENDS = "<!-- python -m tests.bugs --page -->", "<!-- end of the list -->"


def page() -> str:
    """Give the part of the page between its two marks, with them."""
    return "\n".join([BEGINS, *_lines(), ENDS])


def _lines() -> Iterator[str]:
    yield "| # | Bug | Found by |"
    yield "|---|---|---|"
    for group, bugs in GROUPS.items():
        yield f"| | **{group}** | |"
        for bug in bugs:
            yield f"| {bug.number} | {bug.name} | {'; '.join(_found_by(bug))} |"


def _found_by(bug: Bug) -> Iterator[str]:
    for node in bug.caught_by:
        file, _, test = node.partition("::")
        yield f"`{file.removeprefix('tests/')}` {_sentence(test)}"
    if bug.schedules:
        yield "simulator"
    if bug.racer:
        yield "races"


def _sentence(test: str) -> str:
    """Read the name of a test as the sentence that it is."""
    name, _, case = test.rpartition("::")[2].partition("[")
    words = name.removeprefix("test_").replace("_", " ")
    return f"{words} ({case.rstrip(']')})" if case else words
