"""Where a process is ended: a copy of a prepared company, a child that does the work, another that comes after.

The processor's records stand in files of their own, committed before it answers: they outlive whoever called.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from tenantry.project import embedded_postgres
from tests import database as databases
from tests.crashes import child
from tests.crashes.child import KILL, STOP, Place, Report
from tests.crashes.seams import Fuse
from tests.crashes.workloads import Workload
from tests.gateway.inside import InsideProcessor
from tests.invariants.check import violations_at_rest
from tests.invariants.rest import check_payouts
from tests.invariants.rows import read
from tests.races.scenes import Scene

STANDS = ((0, False), (1, False), (2, False), (0, True))
"""Which companies are prepared: how their unanswered payment stands, and whether a period is due to be billed."""
TOO_LONG_SECONDS = 120


@dataclass
class Ended:
    """What became of a process that was to end in the middle, and what is wrong after somebody came after it."""

    was_killed: bool
    wrong: str
    violations: list[str] = field(default_factory=list)


class Stage:
    """Prepared companies, one to a database, and the warm parent of all children."""

    def __init__(self, server: databases.TestServer, directory: Path) -> None:
        self.server, self.directory = server, directory
        self._forks = multiprocessing.get_context("forkserver")
        self._forks.set_forkserver_preload(["tests.crashes.warm"])
        self.scenes = {stands: self._prepared(stands) for stands in STANDS}

    def _prepared(self, stands: tuple[int, bool]) -> Scene:
        turn, is_due = stands
        place = Place(self.server, _template(stands), self.directory / _template(stands))
        template = f"create database {place.database} template {databases.TEMPLATE} owner tenantry_owner"
        self.server.run(f"{template} strategy file_copy")
        _, report = self._fork(place, child.prepared, turn, is_due=is_due)
        assert isinstance(report.value, Scene), report.wrong
        return report.value

    def close(self) -> None:
        """Take the prepared companies away."""
        for stands in STANDS:
            self.server.run(f"drop database {_template(stands)} with (force)")

    def trace(self, workload: Workload) -> Fuse:
        """Run a workload to its end; give the points that it passed."""
        with self._copied(workload) as place:
            scene = self.scenes[_stands(workload)]
            _, report = self._fork(place, child.worked, workload.name, scene, "", 1, KILL)
        assert isinstance(report.value, Fuse), report.wrong
        return report.value

    def end(
        self, workload: Workload, point: str, hit: int, *, how: str = KILL, clicks_first: bool | None = None
    ) -> Ended:
        """End a workload at a point; let others come after; say what is wrong.

        Who saw no answer clicks first where it is the first hit, unless told otherwise.
        """
        clicks_first = hit == 1 if clicks_first is None else clicks_first
        with self._copied(workload) as place:
            named = (workload.name, self.scenes[_stands(workload)])
            was_killed, report = self._fork(place, child.worked, *named, point, hit, how)
            return self._later(workload, place, Ended(was_killed, report.wrong), clicks_first=clicks_first)

    def end_after(self, workload: Workload, seconds: float, *, clicks_first: bool) -> Ended:
        """Kill a workload so many seconds after it began; let others come after; say what is wrong."""
        with self._copied(workload) as place:
            named = (workload.name, self.scenes[_stands(workload)])
            was_killed, report = self._fork(place, child.worked, *named, "", 1, KILL, kill_after=seconds)
            return self._later(workload, place, Ended(was_killed, report.wrong), clicks_first=clicks_first)

    def stop_server(self, workload: Workload, point: str, hit: int, running: embedded_postgres.Server) -> Ended:
        """Stop the database server at a point of a workload; start it again, let others come after."""
        with self._copied(workload) as place:
            named = (workload.name, self.scenes[_stands(workload)])
            place = replace(place, postmaster=running.pid)
            _, report = self._fork(place, child.worked, *named, point, hit, STOP)
            assert not running.is_running(), f"{workload.name} never came to {point}"
            running.restart()
            return self._later(workload, place, Ended(was_killed=False, wrong=report.wrong), clicks_first=hit == 1)

    def _later(self, workload: Workload, place: Place, ended: Ended, *, clicks_first: bool) -> Ended:
        scene = self.scenes[_stands(workload)]
        _, after = self._fork(place, child.came_after, workload.name, scene, clicks_first=clicks_first)
        if after.wrong:
            ended.violations.append(f"nobody could come after: {after.wrong}")
        ended.violations += self._judge(workload, scene, place, clicks_first=clicks_first)
        return ended

    @contextmanager
    def _copied(self, workload: Workload) -> Iterator[Place]:
        with databases.copy_of(self.server, _template(_stands(workload))) as name:
            here = Path(tempfile.mkdtemp(dir=self.directory)) / "processor"
            here.mkdir()
            for path in (self.directory / _template(_stands(workload))).iterdir():
                (here / path.name).write_bytes(path.read_bytes())
            yield Place(self.server, name, here)

    def _fork(self, place: Place, run: Any, *more: Any, kill_after: float = -1, **named: Any) -> tuple[bool, Report]:
        process = self._forks.Process(target=child.in_a_process, args=(run, place, *more), kwargs=named)
        process.start()
        if kill_after >= 0:
            _wait_for(place.begun)
            time.sleep(kill_after)
            process.kill()
        process.join(TOO_LONG_SECONDS)
        if process.is_alive():
            process.kill()
            raise AssertionError(f"{run.__name__} {more[:1]} took longer than {TOO_LONG_SECONDS} s")
        was_killed = process.exitcode == -signal.SIGKILL
        process.close()
        if was_killed:
            return True, Report()
        report = pickle.loads(place.report.read_bytes())
        place.report.unlink()
        return False, report

    def _judge(self, workload: Workload, scene: Scene, place: Place, *, clicks_first: bool) -> list[str]:
        processor = InsideProcessor(place.processor)
        with psycopg.connect(self.server.named(self.server.superuser_url, place.database)) as reader:
            (rows,) = read(reader)
        found = violations_at_rest([rows], processor.charges(), workload.at + timedelta(days=workload.days))
        found += check_payouts(rows, processor.paid_out(scene.company_id))
        found = [wrong for wrong in found if not wrong.startswith(workload.but)]
        if not child.wanted(workload, scene, processor, rows, clicks_first=clicks_first):
            found.append(f"what {workload.name!r} was about did not come about")
        processor.close()
        return found


def _stands(workload: Workload) -> tuple[int, bool]:
    return workload.stands, workload.is_due


def _template(stands: tuple[int, bool]) -> str:
    return f"crashes_{stands[0]}_{'due' if stands[1] else 'billed'}"


def _wait_for(path: Path) -> None:
    give_up_at = time.monotonic() + TOO_LONG_SECONDS
    while not path.exists():
        assert time.monotonic() < give_up_at, f"{path} never came"
        time.sleep(0.001)
