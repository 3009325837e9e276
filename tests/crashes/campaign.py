"""Carry out the steps of a campaign: end something, let others come after, and judge."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from shutil import rmtree

from tenantry.project import embedded_postgres
from tests import database as databases
from tests.crashes import whole
from tests.crashes.child import CUT, KILL
from tests.crashes.stage import Stage
from tests.crashes.steps import Kind, Step, Tally
from tests.crashes.workloads import WORKLOADS
from tests.operations.conftest import make_place

BY_NAME = {workload.name: workload for workload in WORKLOADS}


class Campaign:
    """A stage for what is ended in it."""

    def __init__(self, server: databases.TestServer, directory: Path) -> None:
        self.server, self.directory = server, directory
        self.stage = Stage(server, directory)

    def close(self) -> None:
        """Take the stage away."""
        self.stage.close()

    def carry_out(self, step: Step) -> Tally:
        """Do one step; give what it came to."""
        tally = Tally()
        match step.kind:
            case Kind.WHOLE:
                self._whole_processes(step, tally)
            case Kind.STOPPED:
                self._stopped_servers(step, tally)
            case Kind.BY_CHANCE:
                self._by_chance(step, tally)
            case _:
                self._at_a_point(step, tally)
        return tally

    def _at_a_point(self, step: Step, tally: Tally) -> None:
        ((name, point, hit),) = step.places
        is_kill = step.kind is Kind.KILLED
        ended = self.stage.end(BY_NAME[name], point, hit, how=KILL if is_kill else CUT)
        where = f"{name}, {step.kind.value} {point}, hit {hit}"
        if is_kill and not ended.was_killed:
            tally.note(where, [f"it came through: {ended.wrong}"])
        tally.ends[step.kind] += 1
        tally.places |= set(step.places)
        tally.note(where, ended.violations)

    def _by_chance(self, step: Step, tally: Tally) -> None:
        ((name, _, _),) = step.places
        ended = self.stage.end_after(BY_NAME[name], step.seconds, clicks_first=step.clicks_first)
        tally.ends[step.kind] += ended.was_killed
        tally.note(f"{name}, killed after {step.seconds:.3f} s", ended.violations)

    def _whole_processes(self, step: Step, tally: Tally) -> None:
        """Kill the servers and the worker of a running product in turn, while people pay."""
        random = Random(step.seed)
        place = Path(tempfile.mkdtemp(dir=self.directory))
        with databases.copy_of(self.server) as database, whole.serving(self.server, database, place) as product:
            for number in range(step.rounds):
                victim = whole.VICTIMS[number % len(whole.VICTIMS)]
                tally.note(f"round {number}", whole.kill_while_paying(product, victim, random))
            tally.ends[step.kind] += product.kills
            tally.note("whole processes", whole.judge(product))

    def _stopped_servers(self, step: Step, tally: Tally) -> None:
        """Stop a database server at some points; it recovers when it starts again."""
        with careful_server() as running:
            stage = careful_stage(running, Path(tempfile.mkdtemp(dir=self.directory)))
            for name, point, hit in step.places:
                ended = stage.stop_server(BY_NAME[name], point, hit, running)
                tally.ends[step.kind] += 1
                tally.note(f"{name}, server stopped {point}, hit {hit}", ended.violations)


def carried_out(steps: Iterator[Step], server: databases.TestServer) -> Iterator[Tally]:
    """Carry out steps in this process."""
    with tempfile.TemporaryDirectory() as directory:
        campaign = Campaign(server, Path(directory))
        for step in steps:
            yield campaign.carry_out(step)
        campaign.close()


@contextmanager
def careful_server() -> Iterator[embedded_postgres.Server]:
    """Start a server that writes everything to disk before it says so, as in production."""
    home = make_place()
    running = embedded_postgres.start(home)
    try:
        yield running
    finally:
        running.stop()
        embedded_postgres.discard(home)
        rmtree(home)


def careful_stage(running: embedded_postgres.Server, directory: Path) -> Stage:
    """Prepare the companies on such a server."""
    server = databases.TestServer(running.app_url, running.owner_url, running.superuser_url)
    databases.make_template(server)
    place = directory / "careful"
    place.mkdir()
    return Stage(server, place)
