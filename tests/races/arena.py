"""Where races are run: for each set of racers a copy of the prepared companies, a round on each of them."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Barrier
from typing import Any

import psycopg
from django.db import connections

from tenantry.actions.billing.bill_companies import bill_companies
from tenantry.core.permissions import Action, require
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.outside.ids import new_id
from tests import database as databases
from tests.builders import CLOCK, NOW, done
from tests.gateway.inside import InsideProcessor, standing_at
from tests.invariants.check import violations, violations_settled
from tests.invariants.company import check_lines
from tests.invariants.money import check_numbers
from tests.invariants.rows import CompanyRows, read
from tests.races.actions import ACTIONS, Round, Said, manager
from tests.races.names import GRANT
from tests.races.scenes import Scene, prepare
from tests.races.tally import Tally
from tests.races.verdict import Judged, judge

DELAYS = (0.0, 0.003, 0.01, 0.03, 0.08)
"""The longest wait of a racer after the start, in seconds: so that short ones meet each part of long ones."""
NETWORK = 0.003
SETTLED_LATER = 3
"""How many companies of a copy are asked about and collected once more."""
SOON, NEXT_MONTH = NOW + timedelta(hours=3), NOW + timedelta(days=31)


class Arena:
    """Prepared companies, their records at the processor, and three connections."""

    def __init__(self, server: databases.TestServer, directory: Path, companies: int) -> None:
        self.server, self.directory = server, directory
        self.template = f"races_{companies}"
        self.kept = directory / "processor"
        server.run(f"create database {self.template} template {databases.TEMPLATE} owner tenantry_owner")
        databases.point_at(server, self.template)
        processor = InsideProcessor(self.kept)
        self.scenes = prepare(processor, range(companies))
        connections.close_all()
        self.before = self._read(self.template)
        found = violations(self.before, processor.charges(), NOW)
        assert found == [], found
        processor.close()
        self._pool = ThreadPoolExecutor(3)

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown()
        self.server.run(f"drop database {self.template} with (force)")

    def _read(self, name: str) -> list[CompanyRows]:
        with psycopg.connect(self.server.named(self.server.superuser_url, name)) as connection:
            return read(connection)

    def race(self, racers: tuple[str, ...], *, turns: range, seed: str) -> Tally:
        """Let these racers run once in the company of each turn, then judge. A copy takes as many as there are."""
        tally = Tally(Counter({racers: len(turns)}))
        for at in range(0, len(turns), len(self.scenes)):
            part = turns[at : at + len(self.scenes)]
            assert len({turn % len(self.scenes) for turn in part}) == len(part), "a company races once in a copy"
            with self._copied() as (name, processor):
                self._race(racers, part, seed, name, processor, tally)
        return tally

    def _race(
        self, racers: tuple[str, ...], turns: range, seed: str, name: str, processor: InsideProcessor, tally: Tally
    ) -> None:
        rounds = [Round(self.scenes[turn % len(self.scenes)], racers, turn) for turn in turns]
        said = [self._round(this, processor, Random(f"{seed}:{racers}:{this.turn}")) for this in rounds]
        after = self._read(name)
        tally.violations += violations(after, processor.charges(), NOW)
        for this, answers in zip(rounds, said, strict=True):
            tally.violations += judge(Judged(this, _of(self.before, this.scene), _of(after, this.scene), answers))
            for one in answers:
                tally.answers.update(f"{one.racer}: {word}" for word in (*_happened(one), *one.refused))
        later = self._later(rounds[:: len(rounds) // SETTLED_LATER or 1], name, processor)
        tally.violations += [f"{' × '.join(racers)}, later: {wrong}" for wrong in later]

    @contextmanager
    def _copied(self) -> Iterator[tuple[str, InsideProcessor]]:
        with databases.copy_of(self.server, self.template) as name:
            place = Path(tempfile.mkdtemp(dir=self.directory)) / "processor"
            with standing_at(self.kept, place) as processor:
                try:
                    yield name, processor
                finally:
                    self._at_once([connections.close_all] * 3)

    def _round(self, this: Round, processor: InsideProcessor, random: Random) -> list[Said]:
        racers = this.racers
        waits = [random.uniform(0, random.choice(DELAYS)) for _ in racers]
        processor.before = processor.after = lambda _: time.sleep(random.uniform(0, NETWORK))

        def racer(at: int) -> Callable[[], Said]:
            def run() -> Said:
                time.sleep(waits[at])
                with clock.pinned(NOW):
                    return ACTIONS[racers[at]](this, this.place_of(at))

            return run

        said = self._at_once([racer(at) for at in range(len(racers))])
        processor.before = processor.after = lambda _: None
        if GRANT in racers:
            assert require(manager(this.scene), Action.MAKE_DEFAULT) is not None, "the grant is still there"
        return said

    def _at_once(self, calls: Sequence[Callable[[], Any]]) -> list[Any]:
        barrier = Barrier(len(calls))

        def start(call: Callable[[], Any]) -> Any:
            barrier.wait(20)
            return call()

        return [future.result(60) for future in [self._pool.submit(start, call) for call in calls]]

    def _later(self, some: Sequence[Round], name: str, processor: InsideProcessor) -> list[str]:
        """Bill the next period: what was on and off has to come out right. Let some companies' payments end."""
        processor.control.move_clock(SOON)
        with clock.pinned(SOON):
            for this in some:
                work.ask(this.scene.company_id)
                work.collect(this.scene.company_id)
        with clock.pinned(NEXT_MONTH):
            ids = [scene.company_id for scene in self.scenes]
            billed = done(bill_companies(actor=CLOCK, run_id=new_id(), company_ids=ids, now=NEXT_MONTH))
            assert billed.set_aside == (), billed
        after, charges = self._read(name), processor.charges()
        settled = violations_settled([_of(after, this.scene) for this in some], charges, SOON)
        return settled + [wrong for rows in after for wrong in (*check_numbers(rows), *check_lines(rows))]


def _of(companies: Sequence[CompanyRows], scene: Scene) -> CompanyRows:
    return next(rows for rows in companies if str(rows.company.id) == scene.company_id)


def _happened(said: Said) -> list[str]:
    return [word.split(" form-")[0] for word, count in said.did.items() if count]
