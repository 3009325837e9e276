"""The kills of a campaign, part by part, and their sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from shutil import rmtree

from tenantry.project import embedded_postgres
from tests import database as databases
from tests.crashes import whole
from tests.crashes.child import CUT
from tests.crashes.points import points_of
from tests.crashes.stage import Stage
from tests.crashes.workloads import Workload
from tests.operations.conftest import make_place

LATEST_SECONDS = 0.05


class Campaign:
    """What was killed, and what was wrong afterwards."""

    def __init__(
        self, server: databases.TestServer, directory: Path, workloads: Sequence[Workload], random: Random
    ) -> None:
        self.server, self.directory, self.workloads, self.random = server, directory, workloads, random
        self.stage = Stage(server, directory)
        self.points = [(one, point, hit) for one in workloads for point, hit in points_of(one.name)]
        self.kills = self.kills_by_chance = self.kills_of_processes = self.cuts = self.stops = 0
        self.violations: list[str] = []

    @property
    def line(self) -> str:
        """Give the closing line."""
        kills = self.kills + self.kills_by_chance + self.kills_of_processes
        return (
            f"Crashes: {kills} kills at {len(self.points)} points, {len(self.workloads)} workloads"
            f" ({self.kills_by_chance} at random instants, {self.kills_of_processes} of whole processes),"
            f" {self.cuts} connections ended, {self.stops} database servers stopped, {len(self.violations)} violations"
        )

    def close(self) -> None:
        """Take the stage away."""
        self.stage.close()

    def everywhere(self) -> None:
        """Kill at every point, and end the connection at every point."""
        for workload, point, hit in self.points:
            ended = self.stage.end(workload, point, hit)
            self.kills += ended.was_killed
            self._note(f"{workload.name}, killed {point}, hit {hit}", ended.violations)
            ended = self.stage.end(workload, point, hit, how=CUT)
            self.cuts += 1
            self._note(f"{workload.name}, connection ended {point}, hit {hit}", ended.violations)

    def by_chance(self, times: int) -> None:
        """Kill at random instants."""
        for number in range(times):
            workload, seconds = self.random.choice(self.workloads), self.random.uniform(0, LATEST_SECONDS)
            ended = self.stage.end_after(workload, seconds, clicks_first=bool(number % 2))
            self.kills_by_chance += ended.was_killed
            self._note(f"{workload.name}, killed after {seconds:.3f} s", ended.violations)

    def whole_processes(self, rounds: int) -> None:
        """Kill the servers and the worker of a running product in turn, while people pay."""
        if not rounds:
            return
        with (
            databases.copy_of(self.server) as database,
            whole.serving(self.server, database, self.directory) as product,
        ):
            for number in range(rounds):
                victim = whole.VICTIMS[number % len(whole.VICTIMS)]
                self._note(f"round {number}", whole.kill_while_paying(product, victim, self.random))
            self.kills_of_processes += product.kills
            self._note("whole processes", whole.judge(product))

    def stopped_servers(self, times: int) -> None:
        """Stop a database server at random points; it recovers when it starts again."""
        if not times:
            return
        with careful_server() as running:
            stage = careful_stage(running, self.directory)
            for _ in range(times):
                workload, point, hit = self.random.choice(self.points)
                ended = stage.stop_server(workload, point, hit, running)
                self.stops += 1
                self._note(f"{workload.name}, server stopped {point}, hit {hit}", ended.violations)

    def _note(self, where: str, violations: Sequence[str]) -> None:
        self.violations += [f"{where}: {wrong}" for wrong in violations]


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
