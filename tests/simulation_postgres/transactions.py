"""The product's transactions in a world: seams around them, and connections that end under them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import InterfaceError, OperationalError, connection

from tests.simulation.weather import CALM
from tests.simulation_postgres.crew import Died, Worker, current

if TYPE_CHECKING:
    from tests.simulation_postgres.world import World

CUTS = (0.0, 0.005, 0.02, 0.05)
"""How often a connection is ended: at each seam, and at each commit."""
STANDS_STILL = 0.1
"""How often a transaction stands still before its commit, while those of other companies go on."""
LOST = (OperationalError, InterfaceError)
"""What a verb raises whose connection has gone."""

Phase = Callable[..., Any]


class Transactions:
    """How phases begin and end."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.cut_chance = 0.0

    def of_a_company(self, real: Phase) -> Phase:
        """Wrap a phase that holds one company's lock. It may stand still before its commit."""

        @contextmanager
        def phase(company_id: str) -> Iterator[None]:
            worker = current()
            if worker is None:
                with real(company_id):
                    yield
                return
            self._world.seam()
            self._wait_for(worker, [company_id])
            with real(company_id):
                yield
                if self._is_stormy() and self._world.random.random() < STANDS_STILL:
                    worker.holds = company_id
                    worker.pause(self._world.between(0.01, 3))
                self._commits(worker)
            worker.holds = ""
            self._has_committed(worker)

        return phase

    def of_many(self, real: Phase) -> Phase:
        """Wrap a phase of many companies, or of none: it waits for whoever holds one, and never stands still."""

        @contextmanager
        def phase(*args: Any) -> Iterator[None]:
            worker = current()
            if worker is None:
                with real(*args):
                    yield
                return
            self._world.seam()
            self._wait_for(worker, self._world.company_ids)
            with real(*args):
                yield
                self._commits(worker)
            self._has_committed(worker)

        return phase

    def _wait_for(self, worker: Worker, company_ids: list[str]) -> None:
        """Wait as a lock would: a thread that waits in the database would keep the baton."""
        while any(other.holds in company_ids for other in self._world.crew.workers if other is not worker):
            worker.pause(1.0)
        worker.backend = _backend()

    def _commits(self, worker: Worker) -> None:
        """Let the connection or the process end just before the commit.

        Raises:
            Died: the process does.
        """
        if self._is_cut():
            self._end(worker, "backend_ended")
        if self._world.strikes("crash"):
            raise Died

    def _has_committed(self, worker: Worker) -> None:
        """Let the commit's answer be lost, or go on.

        Raises:
            OperationalError: nobody knows whether it was committed. It was.
        """
        if self._is_cut():
            self._end(worker, "commit_unknown")
            raise OperationalError("server closed the connection unexpectedly")
        self._world.seam()

    def at_a_seam(self, worker: Worker) -> None:
        """End the connection of a process that stands at a seam: it finds out at its next statement."""
        if worker.backend and self._is_cut():
            self._end(worker, "backend_ended")

    def _end(self, worker: Worker, kind: str) -> None:
        self._world.faults[kind] += 1
        worker.was_cut = True
        self._world.operator.execute("select pg_terminate_backend(%s, 60000)", [worker.backend])

    def _is_cut(self) -> bool:
        return self._is_stormy() and self._world.random.random() < self.cut_chance

    def _is_stormy(self) -> bool:
        return self._world.weather is not CALM


def _backend() -> int:
    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)
