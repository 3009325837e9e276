"""Let a long proof say how far it is, share its parts among processes, and end early with the figures it reached.

`--minutes N`, SIGINT and SIGTERM end it once the parts that are under way are done; a second signal ends it at once.
Nothing of the product is imported here, so that each process can start a server of its own.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import Any, Self, TypeVar

P, R = TypeVar("P"), TypeVar("R")
SAYS_EVERY_SECONDS = 15.0
MOST_SHOWN = 20
INTERRUPTED = 130
"""What is answered when a signal ended it and nothing was wrong until then: it is not done, and not clean."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)
_forks = get_context("fork")


def add_options(parser: argparse.ArgumentParser, *, processes: bool = True) -> None:
    """Take `--minutes`, and `--processes` where parts are shared."""
    parser.add_argument("--minutes", type=float, default=0.0, metavar="N", help="end after so many (0: run to the end)")
    if processes:
        parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N")


class Progress:
    """How far a proof is: so many parts of so many."""

    def __init__(self, minutes: float = 0.0) -> None:
        self.done = self.parts = 0
        self._seconds, self._began = minutes * 60, time.monotonic()
        self._says_at = self._began + SAYS_EVERY_SECONDS
        self._signal, self._shown = 0, 0
        self._before: list[Any] = []
        self.pass_on: Callable[[int], object] = lambda _: None
        """Who else is to hear of a signal: a proof that runs below this one."""

    def __enter__(self) -> Self:
        self._before = [signal.signal(one, self._told) for one in SIGNALS]
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in zip(SIGNALS, self._before, strict=True):
            signal.signal(number, before)

    def _told(self, number: int, _: FrameType | None) -> None:
        self._signal = number
        for one in SIGNALS:
            signal.signal(one, signal.SIG_DFL)  # who asks twice doesn't want to wait
        print(f"{self._time} told to end: finishing what is under way", flush=True)
        self.pass_on(number)

    @property
    def is_over(self) -> bool:
        """Tell whether no further part is to begin."""
        return bool(self._signal) or 0 < self._seconds < time.monotonic() - self._began

    @property
    def _time(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        return f"[{minutes}:{seconds:02}]"

    # Parts

    def over(self, parts: Sequence[P]) -> Iterator[P]:
        """Give one part after another, until it is over."""
        self.parts += len(parts)
        for part in parts:
            if self.is_over:
                return
            yield part
            self.done += 1

    def shared(self, parts: Sequence[P], work: Callable[[Iterator[P]], Iterator[R]], processes: int) -> Iterator[R]:
        """Let processes take one part after another; give each result as it comes. A part has one result.

        Raises:
            RuntimeError: a process ended before its work; it has said why.
        """
        self.parts += len(parts)
        taken, ends = _forks.Value("i", 0), _forks.Event()
        workers, pipes = [], []
        for _ in range(max(1, min(processes, len(parts)))):
            here, there = _forks.Pipe(duplex=False)
            workers.append(_forks.Process(target=_worker, args=(work, parts, taken, ends, there)))
            workers[-1].start()
            there.close()
            pipes.append(here)
        try:
            while pipes:
                for pipe in wait(pipes, timeout=1.0):
                    try:
                        result = pipe.recv()  # type: ignore[union-attr]
                    except EOFError:
                        pipes.remove(pipe)  # type: ignore[arg-type]
                        continue
                    self.done += 1
                    yield result
                if self.is_over:
                    ends.set()
        finally:
            ends.set()
        for worker in workers:
            worker.join()
            if worker.exitcode:
                raise RuntimeError(f"a process ended with {worker.exitcode}")

    # Words

    def say(self, line: str, wrong: Sequence[str] = ()) -> None:
        """Print what was found since the last time, at once, and the figures so far, now and then."""
        for one in wrong[self._shown : MOST_SHOWN]:
            print(f"{self._time} {one}", flush=True)
        self._shown = len(wrong)
        if time.monotonic() >= self._says_at:
            print(f"{self._time} {self.done} of {self.parts}: {line}", flush=True)
            self._says_at = time.monotonic() + SAYS_EVERY_SECONDS

    def end(self, line: str, wrong: Sequence[str] = ()) -> int:
        """Print the closing line, which says so where not all was done; give the command's answer."""
        for one in wrong[:MOST_SHOWN]:
            print(one)
        print(line + self._cut_short)
        if wrong:
            return 1
        return INTERRUPTED if self._signal else 0

    @property
    def _cut_short(self) -> str:
        if self.done == self.parts:
            return ""
        by = signal.Signals(self._signal).name if self._signal else f"--minutes {self._seconds / 60:g}"
        return f" (ended early by {by}: {self.done} of {self.parts} parts)"


def _worker(
    work: Callable[[Iterator[P]], Iterator[R]], parts: Sequence[P], taken: Any, ends: Any, there: Connection
) -> None:
    """Be a process: take parts until none is left, or it is over. Signals are for the parent."""
    for one in SIGNALS:
        signal.signal(one, lambda *_: None)

    def mine() -> Iterator[P]:
        while not ends.is_set():
            with taken.get_lock():
                number = taken.value
                taken.value += 1
            if number >= len(parts):
                return
            yield parts[number]

    for result in work(mine()):
        there.send(result)
    sys.stdout.flush()
