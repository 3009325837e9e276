"""Workers: threads with a connection each, of which exactly one moves at any time.

A worker runs a verb until it comes to a seam; there it hands the baton back and waits for its turn. So the order of
all steps is the scheduler's own, and a seed replays.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import close_old_connections, connections

MOST_SECONDS = 300
"""How long a step may take in real time before something hangs."""


class Died(BaseException):
    """The process ends here: nothing of it goes on, and its open transaction is rolled back."""


class Worker(threading.Thread):
    """One process of the product."""

    def __init__(self, crew: Crew, number: int) -> None:
        super().__init__(name=f"worker-{number}", daemon=True)
        self.crew = crew
        self.job: Callable[[], object] | None = None
        self.name_of_job = ""
        self.skew_seconds = 0.0
        self.holds = ""
        self.backend = 0
        self.wakes_in = 0.0
        self.was_cut = False
        self.error: Exception | None = None
        self.is_told_to_die = False
        self._turn = threading.Semaphore(0)
        self._is_over = False

    def run(self) -> None:
        """Work off what is handed over, until it is over."""
        while True:
            self._turn.acquire()
            if self._is_over:
                connections.close_all()
                self.crew.back.release()
                return
            self._work()
            self.job, self.holds, self.backend = None, "", 0
            self.crew.back.release()

    def _work(self) -> None:
        self.error, self.was_cut, self.is_told_to_die = None, False, False
        close_old_connections()  # as between two requests, and between two jobs
        try:
            if self.job is not None:
                self.job()
        except Died:
            pass
        except Exception as error:  # noqa: BLE001 - the scheduler judges
            self.error = error
        if self.was_cut:
            connections.close_all()

    def pause(self, seconds: float) -> None:
        """Hand the baton back for so many simulated seconds.

        Raises:
            Died: the world has ended meanwhile.
        """
        self.wakes_in = seconds
        self.crew.back.release()
        self._turn.acquire()
        if self.is_told_to_die:
            raise Died

    def go_on(self) -> None:
        """Let it move to its next seam, or to its end. Called by the scheduler alone."""
        self._turn.release()
        if not self.crew.back.acquire(timeout=MOST_SECONDS):
            raise RuntimeError(f"{self.name_of_job} has not come back for {MOST_SECONDS} s")

    def end(self) -> None:
        """Let the thread go, and whatever it was doing die."""
        while self.job is not None:
            self.is_told_to_die = True
            self.go_on()
        self._is_over = True
        self.go_on()
        self.join()


class Crew:
    """All workers."""

    def __init__(self, size: int) -> None:
        self.back = threading.Semaphore(0)
        self.workers = [Worker(self, number) for number in range(size)]
        for worker in self.workers:
            worker.start()

    def free(self) -> Worker | None:
        """Give a worker that has nothing to do."""
        return next((worker for worker in self.workers if worker.job is None), None)

    def end(self) -> None:
        """Let all go."""
        for worker in self.workers:
            worker.end()


def current() -> Worker | None:
    """Give the worker that runs this code; None for the scheduler."""
    thread = threading.current_thread()
    return thread if isinstance(thread, Worker) else None
