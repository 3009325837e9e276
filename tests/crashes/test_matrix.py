"""kill -9 at every point of every verb that moves money or keeps its rows; then others come after.

Nobody repairs anything: another process does what is due, a person clicks again, and a day later every
invariant holds against the processor's own records. More: `python -m tests.crashes`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crashes.child import CUT
from tests.crashes.points import PASSED, points_of, trace_of
from tests.crashes.seams import PHASES, named
from tests.crashes.stage import Stage
from tests.crashes.workloads import WORKLOADS, Workload
from tests.structure.source import functions, modules, tree

ONE_TRANSACTION = {
    "_put_off", "allow_debits", "change_billing_details", "hold_billing", "offer_addon", "open_company", "save_addon",
    "save_member", "save_permission_group", "save_plan", "start_subscription",
}  # fmt: skip
"""Verbs that write once and call nobody, and move no money: they either happened or did not."""
ONLY_READS = {"look_up_setup"}
CUT_AT_EACH_COMMIT = ("pay", "bill")
"""The campaign ends the connection of every workload."""
by_name = pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)


def test_each_workload_has_its_points() -> None:
    assert list(PASSED) == [workload.name for workload in WORKLOADS]


def test_each_seam_of_a_verb_is_a_point_of_some_workload() -> None:
    listed = {event.rpartition(" ")[2] for events in PASSED.values() for event in events}
    seams = {(path, function) for path, function, _ in _seams() if path.stem != "_driver"}
    names = {named(path.stem, function) for path, function in seams}
    assert names - listed - ONE_TRANSACTION - ONLY_READS == set()
    assert {flow for path in modules("actions") for flow in _flows(path)} - listed == FLOWS_OF_NO_WORKLOAD


FLOWS_OF_NO_WORKLOAD = {"give_up"}
"""Giving up is a part of `resolve` and of `make_way`; its own verb drives the same generator."""


def test_what_needs_no_point_writes_once_and_calls_nobody() -> None:
    seams = [(path.stem, what) for path, _, what in _seams()]
    for verb in ONE_TRANSACTION:
        assert [what for stem, what in seams if stem == verb] in (["phase"], ["vendor_phase"]), verb
    for verb in ONLY_READS:
        assert not [what for stem, what in seams if stem == verb and what in PHASES], verb


def _seams() -> Iterator[tuple[Path, str, str]]:
    """Give every place in a verb where it meets a seam: file, function, which."""
    for path in modules("actions"):
        for function in functions(path):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and (what := _seam(node.func)):
                    yield path, function.name, what


def _seam(called: ast.expr) -> str:
    words = ast.unparse(called)
    if words.startswith("tenancy.") and words.removeprefix("tenancy.") in PHASES:
        return words.removeprefix("tenancy.")
    return words if words in ("gateway", "mail.send", "render_invoice") else ""


def _flows(path: Path) -> Iterator[str]:
    """Give the flows that a file drives, also those that it puts into a variable first."""
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    for driven in [node.args[0] for node in calls if ast.unparse(node.func) == "_driver.run"]:
        for flow in [driven] if isinstance(driven, ast.Call) else _assigned(path, ast.unparse(driven)):
            assert isinstance(flow, ast.Call), ast.unparse(flow)
            yield ast.unparse(flow.func).rpartition(".")[2]


def _assigned(path: Path, name: str) -> list[ast.expr]:
    found = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Assign)]
    found = [node for node in found if ast.unparse(node.targets[0]) == name]
    assert found, f"{path} drives {name}, which it never assigns"
    return [node.value for node in found]


@by_name
def test_all_is_well_wherever_it_is_killed(stage: Stage, workload: Workload, record_property: Any) -> None:
    assert stage.trace(workload).trace == trace_of(workload.name)
    points = points_of(workload.name)
    for point, hit in points:
        ended = stage.end(workload, point, hit)
        assert ended.was_killed, f"{workload.name} came through {point}, hit {hit}: {ended.wrong}"
        assert ended.violations == [], f"{workload.name}, killed {point}, hit {hit}"
    record_property("figures", {"of": "crashes", "workloads": 1, "kills": len(points), "violations": 0})


@pytest.mark.parametrize("name", CUT_AT_EACH_COMMIT)
def test_all_is_well_wherever_the_connection_is_lost(stage: Stage, name: str) -> None:
    workload = next(one for one in WORKLOADS if one.name == name)
    for point, hit in points_of(name):
        if "commit" not in point:
            continue
        ended = stage.end(workload, point, hit, how=CUT)
        assert not ended.was_killed
        assert ended.violations == [], f"{name}, cut {point}, hit {hit}; it said {ended.wrong}"


@pytest.mark.parametrize("name", ["void", "write off"])
@pytest.mark.parametrize("clicks_first", [True, False], ids=["who clicked comes first", "the schedule comes first"])
def test_whoever_comes_first_finds_an_invoice_to_end_or_to_charge(stage: Stage, name: str, clicks_first: bool) -> None:
    workload = next(one for one in WORKLOADS if one.name == name)
    point, hit = points_of(name)[0]
    ended = stage.end(workload, point, hit, clicks_first=clicks_first)
    assert ended.was_killed
    assert ended.violations == []
