"""Run schedules by seed, each on a database of its own, and judge them."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Iterable
from pathlib import Path

import psycopg
from django.db import connections

from tenantry.jobs import work
from tests import database as databases
from tests.invariants.check import violations_at_rest
from tests.invariants.rest import check_payouts
from tests.invariants.rows import CompanyRows, read
from tests.simulation_postgres.people import populate
from tests.simulation_postgres.tally import Tally
from tests.simulation_postgres.world import World


def run_seed(seed: int, server: databases.TestServer, tally: Tally) -> list[CompanyRows]:
    """Run one schedule and add it up; give its rows at the end."""
    rows: list[CompanyRows] = []
    with databases.copy_of(server) as database, tempfile.TemporaryDirectory() as directory:
        connections.settings["default"]["CONN_MAX_AGE"] = None
        world = World(seed, server, Path(directory) / "processor")
        with world.standing(database):
            try:
                populate(world)
                world.run()
                work.read_payouts()
                with psycopg.connect(server.named(server.superuser_url, database)) as reader:
                    rows = read(reader)
                found = [*world.trouble, *_at_rest(world, rows)]
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding of this seed
                where = traceback.extract_tb(error.__traceback__)[-1]
                found = [f"at {world.now}: {type(error).__name__} {error} ({where.name}:{where.lineno})"]
        tally.schedules += 1
        tally.company_months += sum(len(one.invoices) for one in rows)
        tally.steps += world.steps
        tally.charges += len(world.line.model.charges())
        tally.faults += world.faults
        tally.violations += [f"seed {seed} {wrong}" for wrong in found]
    return rows


def _at_rest(world: World, rows: list[CompanyRows]) -> list[str]:
    found = violations_at_rest(rows, world.line.model.charges(), world.now)
    for one in rows:
        found += check_payouts(one, world.line.paid_out(str(one.company.id)))
    return found


def run_seeds(seeds: Iterable[int], server: databases.TestServer) -> Tally:
    """Run schedules one after another."""
    tally = Tally()
    for seed in seeds:
        run_seed(seed, server, tally)
    return tally
