"""The tree of docs/architecture.md names what is there: every rule, every verb, every folder of tests, and no other."""

from __future__ import annotations

import re

from tests.structure.source import ROOT, modules, verbs

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_tree_names_every_rule() -> None:
    there = [path.stem for path in modules("core") if path.stem != "__init__"]
    assert _listed("core/", until="records/") == sorted(there)


def test_the_tree_names_every_verb() -> None:
    named = _listed("actions/", until="portal/")
    folders = sorted({path.parent.name for path in verbs()})
    assert named == sorted([path.stem for path in verbs()] + folders)


def test_the_tree_names_every_folder_of_tests() -> None:
    folders = [path.parent.name for path in (ROOT / "tests").glob("*/__init__.py")]
    assert _listed("tests/", until="```") == sorted(folders)


def test_the_page_names_every_file_of_verbs_that_is_none() -> None:
    named = re.findall(r"`(\w+/_\w+\.py)`", PAGE)
    there = [f"{path.parent.name}/{path.name}" for path in modules("actions") if re.match("_[a-z]", path.stem)]
    assert sorted(named) == sorted(there)


def _listed(folder: str, *, until: str) -> list[str]:
    """List the names that stand in the tree beside a folder; what stands far to the right is said about them."""
    drawn = re.search(r"## The tree\n+```\n(.*?```)", PAGE, re.DOTALL)
    assert drawn is not None
    part = re.search(rf"^ *{folder} +(.*?)^ *{until}", drawn[1], re.DOTALL | re.MULTILINE)
    assert part is not None
    lines = [re.sub(r"(?<=\w) {3,}[a-z ]+$", "", line.strip()) for line in part[1].splitlines()]
    return sorted(re.findall(r"\w+", " · ".join(re.sub(r"/ +", " · ", line) for line in lines)))
