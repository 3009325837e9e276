"""What the forked processes do: prepare a company, run a workload past a fuse, come after one that ended."""

from __future__ import annotations

import json
import os
import pickle
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from django.db import connection

from tenantry.actions.billing.collect_invoice import collect_invoice
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.project.demo.forward import step_to
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import Invoice
from tests import database as databases
from tests.builders import NOW
from tests.crashes.seams import Fuse, armed, die
from tests.crashes.workloads import WORKLOADS, Here, Workload
from tests.gateway.inside import InsideProcessor, behind_the_port
from tests.invariants.rows import CompanyRows
from tests.races.scenes import Scene, prepare, shown

AFTER = timedelta(minutes=2)
BY_NAME = {workload.name: workload for workload in WORKLOADS}
KILL, CUT, STOP = "kill -9", "backend terminated", "database server stopped"


@dataclass(frozen=True)
class Place:
    """Where a child works: the database, the processor's files, the database server's process if that may be ended."""

    server: databases.TestServer
    database: str
    processor: Path
    postmaster: int = 0

    @property
    def begun(self) -> Path:
        """Give the file that appears when everything is arranged and the work begins."""
        return self.processor.parent / "arranged"

    @property
    def report(self) -> Path:
        """Give the file that the parent reads."""
        return self.processor.parent / f"{self.processor.name}.said"


@dataclass(frozen=True)
class Report:
    """What a child came to: `value`, or what went wrong."""

    value: object = None
    wrong: str = ""
    cpu_seconds: float = 0.0


def in_a_process(run: Callable[..., object], place: Place, *more: object, **named: object) -> None:
    """Be a process at a place: run, and write down what came of it. Whoever is killed writes nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which lets this one finish
    databases.point_at(place.server, place.database)
    try:
        report = Report(run(place, *more, **named), cpu_seconds=time.process_time())
    except BaseException:  # noqa: BLE001 - the parent judges
        report = Report(wrong=traceback.format_exc())
    place.report.write_bytes(pickle.dumps(report))


def prepared(place: Place, stands: int, *, is_due: bool) -> Scene:
    """Make the company, with its papers printed and its mails sent."""
    processor = InsideProcessor(place.processor)
    (scene,) = prepare(processor, [stands])
    with clock.pinned(NOW), behind_the_port(processor):
        if not is_due:
            work.bill(scene.company_id)
            _collect_latest(scene)
            scene = shown(scene)
        work.print_papers(scene.company_id)
        work.notify(scene.company_id)
    processor.close()
    return scene


def _collect_latest(scene: Scene) -> None:
    with tenancy.reading(scene.company_id):
        latest = Invoice.objects.order_by("-sequence").values_list("id", flat=True)[0]
    collect_invoice(actor=scene.place.clock, invoice_id=str(latest))


def worked(place: Place, name: str, scene: Scene, point: str, hit: int, how: str) -> Fuse:
    """Run a workload past a fuse; give the fuse, with its trace."""
    workload, here = BY_NAME[name], Here(scene, InsideProcessor(place.processor), {})
    burn = {KILL: die, CUT: _cut(place.server.superuser_url), STOP: _stop(place.postmaster)}[how]
    fuse = Fuse(point, hit, burn)
    with behind_the_port(here.processor):
        _at(NOW, here, workload.arrange)
        with armed(fuse):
            place.begun.with_suffix(".new").write_text(json.dumps(here.arranged))
            place.begun.with_suffix(".new").rename(place.begun)
            _at(workload.at, here, workload.run)
    fuse.burn = die
    return fuse


def _at(now: datetime, here: Here, step: Callable[[Here], object]) -> None:
    here.processor.control.freeze_clock(now)
    with clock.pinned(now):
        step(here)


def came_after(place: Place, name: str, scene: Scene, *, clicks_first: bool) -> None:
    """Do what is due two minutes later, as the schedule does, and until its days are over.

    A person who saw no answer clicks again: before the schedule came by, or after it.
    """
    arranged = json.loads(place.begun.read_text())
    workload, here = BY_NAME[name], Here(scene, InsideProcessor(place.processor), arranged)
    with ExitStack() as pins, behind_the_port(here.processor):

        def set_clock(at: datetime) -> None:
            here.processor.control.freeze_clock(at)
            pins.enter_context(clock.pinned(at))

        set_clock(workload.at + AFTER)
        if workload.again and clicks_first:
            workload.again(here)
        work.run_everything_due()
        if workload.again and not clicks_first:
            workload.again(here)
        for day in range(1, workload.days + 1):
            step_to(workload.at + timedelta(days=day), set_clock)
        work.read_payouts()  # as each hour


def _cut(superuser_url: str) -> Callable[[], None]:
    """End the backend of this process's connection, as an operator or a failing server does."""

    def cut() -> None:
        pid = connection.connection.info.backend_pid
        with psycopg.connect(superuser_url, autocommit=True) as operator:
            operator.execute("select pg_terminate_backend(%s, 60000)", [pid])

    return cut


def _stop(postmaster: int) -> Callable[[], None]:
    """Stop the whole database server at once, as when its machine loses power: it recovers when it starts again."""

    def stop() -> None:
        os.kill(postmaster, signal.SIGQUIT)
        while _lives(postmaster):
            time.sleep(0.01)

    return stop


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wanted(
    workload: Workload, scene: Scene, processor: InsideProcessor, rows: CompanyRows, *, clicks_first: bool
) -> bool:
    """Tell whether what the workload was about has come about."""
    return workload.wanted(Here(scene, processor, {}, clicks_first), rows)
