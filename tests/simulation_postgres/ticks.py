"""The schedule: it looks for what is due in rows, and starts the jobs that the worker would run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db import connection

from tenantry.actions.payments.accept_gateway_event import accept_gateway_event
from tenantry.core.permissions import Actor, ActorKind
from tenantry.jobs import work
from tenantry.records.base import tenancy
from tenantry.records.payments import gateway_events
from tenantry.records.payments.models import GatewayEvent
from tests.simulation.weather import DAY, HOUR, MINUTE
from tests.telling import signed

if TYPE_CHECKING:
    from tests.simulation_postgres.world import World

GATEWAY = Actor(ActorKind.GATEWAY, "")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
EVERY, LONGEST = timedelta(minutes=10), timedelta(hours=3)
"""How long until the next look; longer while whoever does what is due sleeps."""
PROMPT = 0.3
"""How often a tick comes at once: a verb has enqueued the job."""
COMPARED_EVERY_DAYS = 15
RUNS_TWICE = 0.1
"""How often a job that runs is started once more: its worker was taken for dead."""


class Ticks:
    """When the schedule looks next."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._at: datetime | None = None
        self._last_at = LONG_AGO
        self._waits = EVERY

    def look(self) -> None:
        """Let a tick come when something is due next."""
        world = self._world
        if self._at is not None and self._at <= world.now + timedelta(seconds=MINUTE):
            return
        due_at = tenancy.next_work_at(LONG_AGO)
        if due_at is None:
            return
        waits = timedelta(0) if self._waits == EVERY and world.random.random() < PROMPT else self._waits
        at = max(due_at, world.now, self._last_at + waits) + timedelta(seconds=world.between(1, MINUTE))
        if self._at is None or at < self._at:
            self._plan(at)

    def _plan(self, at: datetime) -> None:
        self._at = at
        self._world.at(at, partial(self._tick, at))

    def _tick(self, at: datetime) -> None:
        world = self._world
        if self._at != at:
            return
        self._at = None
        if world.strikes("tick_missed"):
            self._plan(world.now + timedelta(seconds=world.between(HOUR, 3 * DAY)))
            return
        self._last_at = world.now
        jobs = [(f"{kind} {one}", partial(work.WORK[kind], one)) for kind, one in self._due()]
        jobs += [(f"follow {one}", partial(work.apply_event, one)) for one in gateway_events.due(world.now)]
        started = [self._start(name, job) for name, job in jobs]
        self._waits = EVERY if any(started) else min(self._waits * 2, LONGEST)
        self.look()

    def _due(self) -> list[tuple[str, str]]:
        """Ask what is due as the schedule does, of all kinds at once."""
        with connection.cursor() as cursor:
            ask = "select kind, companies_with_work(kind, %s) from unnest(%s::text[]) kind"
            cursor.execute(ask, [self._world.now, list(work.WORK)])
            due = sorted((kind, str(company_id)) for kind, company_id in cursor.fetchall())
        if self._world.prints or not any(kind == "print" for kind, _ in due):
            return due
        self._leave_papers()
        return [(kind, company_id) for kind, company_id in due if kind != "print"]

    def _start(self, name: str, job: Callable[[], object]) -> bool:
        world = self._world
        if world.running[name] and world.random.random() > RUNS_TWICE:
            return False
        world.start(name, job, world.between(0, 5))
        return True

    def _leave_papers(self) -> None:
        """Let papers be, which take most of the time: one world in ten prints them."""
        for table in ("tenantry_invoices_invoice", "tenantry_invoices_creditnote"):
            self._world.operator.execute(f"update {table} set paper_due_at = null where paper_due_at is not null")

    def of_the_day(self) -> None:
        """Compare the books now and then, and once nothing happens any more; read the payouts, and look."""
        world = self._world
        if (world.now - LONG_AGO).days % COMPARED_EVERY_DAYS == 0 or world.now == world.processor_stops_at:
            for company_id in world.company_ids:
                self._start(f"compare {company_id}", partial(work.reconcile, company_id))
            self._start("payouts", work.read_payouts)
        self.look()

    def take_in(self, event_id: str, body: bytes) -> None:
        """Hear one event, and follow it."""
        now = self._world.our_now()
        accept_gateway_event(actor=GATEWAY, gateway_name="sandbox", headers=signed(body, at=now), body=body, now=now)
        row = GatewayEvent.objects.filter(event_id=event_id, outcome="").first()
        if row is not None:
            work.apply_event(str(row.id))
