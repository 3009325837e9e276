"""Long proofs share their parts among processes, and one that is ended early says what it reached, and that it was."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests.progress import INTERRUPTED, Progress

MANY = range(1_000_000)
"""More than can be done before a signal is heard: each result is waited for."""


def doubled(parts: Iterator[int]) -> Iterator[int]:
    return (2 * part for part in parts)


def broken(parts: Iterator[int]) -> Iterator[int]:
    for part in parts:
        raise ValueError(part)
        yield part


def test_each_part_is_done_once_by_some_process(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    assert sorted(progress.shared(range(100), doubled, 3)) == list(range(0, 200, 2))
    assert progress.end("100 parts") == 0
    assert capsys.readouterr().out == "100 parts\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_the_last_line_says_so(number: signal.Signals, capsys: pytest.CaptureFixture[str]) -> None:
    before, found = signal.getsignal(number), 0
    with Progress() as progress:
        for _ in progress.shared(MANY, doubled, 2):
            if not found:
                os.kill(os.getpid(), number)
            found += 1
    assert signal.getsignal(number) == before
    assert found == progress.done < len(MANY)
    assert progress.end("some parts") == INTERRUPTED
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"some parts (ended early by {number.name}: {found} of 1000000 parts)"


def test_a_bound_of_minutes_ends_it_and_the_last_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(minutes=1e-9)
    assert list(progress.over([1, 2, 3])) == []
    assert progress.end("nothing") == 0
    assert capsys.readouterr().out == "nothing (ended early by --minutes 1e-09: 0 of 3 parts)\n"


def test_what_is_wrong_is_said_at_once_and_again_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    for part in progress.over(["first"]):
        progress.say("figures", [part])
        assert capsys.readouterr().out.endswith("] first\n")
        progress.say("figures", [part])
        assert capsys.readouterr().out == ""
    assert progress.end("1 violation", ["first"]) == 1
    assert capsys.readouterr().out == "first\n1 violation\n"


def test_a_process_that_breaks_is_not_passed_over() -> None:
    with pytest.raises(RuntimeError, match="a process ended with 1"):
        list(Progress().shared([1, 2], broken, 1))
