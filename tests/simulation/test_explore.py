"""Small worlds explored to the end, at every run: no interleaving of two processes breaks an invariant of money.

The whole: `python -m tests.simulation.explore`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable

import pytest

from tests.simulation.explore import FAULTS, SCENES, TIME, Explored, Scene, explore, figures, main
from tests.simulation.small_world import Bounds
from tests.simulation.test_it_bites import BUGS

Record = Callable[[str, object], None]
LONG = ("declined before", "still on its way", "resolve × webhook", "webhook × resolve")
"""Scenes in which a jump of time opens so much that it is left to the campaign."""
PASSING = [one for one in SCENES if not any(words in one.name for words in LONG)]


def named(name: str) -> Scene:
    return next(one for one in SCENES if one.name == name)


def assert_clean(scene: Scene, bounds: Bounds, record_property: Record) -> None:
    done = explore(scene, bounds)
    assert done.violations == []
    assert len(done.edges) > 30
    record_property("figures", {"of": "explored", "states": len(done.edges), "histories": done.histories()})


@pytest.mark.parametrize("scene", SCENES, ids=lambda one: one.name)
def test_with_every_fault_at_one_instant(scene: Scene, record_property: Record) -> None:
    assert_clean(scene, FAULTS, record_property)


@pytest.mark.parametrize("scene", PASSING, ids=lambda one: one.name)
def test_with_time_going_on_anywhere(scene: Scene, record_property: Record) -> None:
    assert_clean(scene, TIME, record_property)


@pytest.mark.parametrize(
    ("bug", "scene", "invariant"),
    [
        ("gives up without the confirmed cancel", "Pay × give up, still on its way", "I-1"),
        ("a timeout is taken as paid", "Pay × collect", "I-2"),
        ("an intent for each attempt", "Pay × Pay, two tabs", "I-2"),
        ("leaving unknown schedules nothing", "Pay × collect", "I-6"),
    ],
)
def test_a_bug_is_found(bug: str, scene: str, invariant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        BUGS[bug][0](patch)
        found = explore(named(scene), Bounds(faults=1, jumps=0)).violations
    assert any(f": {invariant}" in one for one in found), found[:3]


def test_leaving_known_worlds_out_loses_no_end() -> None:
    """Walking every history, one by one, gives as many as are counted."""
    scene, bounds = named("Pay × resolve, taken unheard"), Bounds(faults=1, jumps=0)
    waiting, ends = [()], 0
    while waiting:
        history = waiting.pop()
        world = scene.world(bounds)
        for choice in history:
            world.apply(choice)
        following = world.choices()
        waiting += [(*history, choice) for choice in following]
        ends += not following
    assert ends == explore(scene, bounds).histories() == 52


def test_histories_are_counted_through_worlds_that_meet_again() -> None:
    edges = {1: [2, 3], 2: [4], 3: [4], 4: [5, 6], 5: [], 6: []}
    assert Explored(edges={key: array("q", following) for key, following in edges.items()}).histories() == 4
    assert Explored(edges={1: array("q")}).histories() == 1


def test_equal_courses_give_equal_worlds_and_others_do_not() -> None:
    def after(*choices: tuple[str, int]) -> int:
        world = named("Pay × Pay, two tabs").world(FAULTS)
        for choice in choices:
            world.apply(choice)
        return world.key()

    assert after(("commits", 0)) == after(("commits", 0))
    keys = [after(), after(("commits", 0)), after(("commits", 1)), after(("dies", 0)), after(("commits and dies", 0))]
    assert len(set(keys)) == len(keys)


def test_ends_with_one_line_of_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "taken unheard", "--processes", "1"]) == 0
    said = capsys.readouterr().out.splitlines()
    one, other = figures("Pay × resolve, taken unheard", FAULTS), figures("Pay × webhook, taken unheard", FAULTS)
    assert said[-1] == f"{one[1] + other[1]} states, {one[2] + other[2]} histories, 0 violations"
