"""Whole processes killed while people pay, and the database server stopped in the middle of a payment.

Some of each; more by `python -m tests.crashes`.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from tests import database as databases
from tests.crashes import whole
from tests.crashes.campaign import careful_server, careful_stage
from tests.crashes.workloads import WORKLOADS

STOPS = (("pay", "after commit of pay", 1), ("pay", "after confirm by pay", 1), ("pay", "before commit of pay", 3),
         ("bill", "after commit of issue_invoices", 1))  # fmt: skip


def test_nothing_is_lost_when_the_database_server_stops(django_db_blocker: Any, tmp_path: Path) -> None:
    with django_db_blocker.unblock(), careful_server() as running:
        stage = careful_stage(running, tmp_path)
        for name, point, hit in STOPS:
            workload = next(one for one in WORKLOADS if one.name == name)
            ended = stage.stop_server(workload, point, hit, running)
            assert ended.violations == [], f"{name}, stopped {point}, hit {hit}; it said {ended.wrong}"


def test_nothing_is_lost_when_whole_processes_are_killed(
    postgres: databases.TestServer, database: str, tmp_path: Path
) -> None:
    random = Random(1)
    with whole.serving(postgres, database, tmp_path) as product:
        for victim in whole.VICTIMS:
            assert whole.kill_while_paying(product, victim, random) == []
        assert product.kills >= len(whole.VICTIMS)
        assert whole.judge(product) == []
