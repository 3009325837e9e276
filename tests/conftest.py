"""What all tests share: the server, a database of one's own, and a clock that stands still."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests import clean_numbers, figures, untouched
from tests import database as databases
from tests.gateway.process import GatewayProcess, running_gateway
from tests.settings import HOME

# Timing decides no test: neither how long an example takes nor how long it takes to draw one.
hypothesis_settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Put what tests write into their home, which is in memory where there is room: nobody waits for a disk."""
    config.option.basetemp = config.option.basetemp or os.path.join(HOME, "written")


LONG = ("simulation", "races", "crashes", "bugs")
"""Folders whose tests take seconds each: they come first, so that no process waits for a long one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first, and what drives a browser last.

    A browser's driver leaves an event loop in the process, which Django's ORM refuses.
    """
    items.sort(key=lambda item: _turn(item.nodeid.split("::")[0]))


def _turn(path: str) -> int:
    return 2 if "browser" in path else 0 if path.removeprefix("tests/").startswith(LONG) else 1


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the figures that tests handed out."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    for line in figures.lines(reports):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def _one_chain_of_middleware() -> None:
    from tests import one_chain

    one_chain.share()


@pytest.fixture(scope="session")
def postgres(django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[databases.TestServer]:
    """Start one PostgreSQL for the session, with the migrated template in it."""
    from tenantry.project import embedded_postgres

    running = embedded_postgres.start(Path(HOME) / "postgres", fsync=False)
    server = databases.TestServer(running.app_url, running.owner_url, running.superuser_url)
    with django_db_blocker.unblock():
        databases.make_template(server)
        yield server
    running.stop()
    # All that any test of this process wrote, row by row: the server's files and its write-ahead log.
    left = clean_numbers.found_below([running.data, running.log])
    embedded_postgres.discard(Path(HOME) / "postgres")
    assert left == [], f"card or account numbers that were typed are in what the server kept: {left}"


@pytest.fixture
def database(postgres: databases.TestServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give this test a database of its own, empty or as it was prepared for its file; commits are real."""
    template = request.getfixturevalue("prepared").template if "prepared" in request.fixturenames else None
    with databases.copy_of(postgres, template or databases.TEMPLATE) as name:
        yield name


@pytest.fixture
def unchanged(postgres: databases.TestServer, database: str) -> Iterator[untouched.Unchanged]:
    """Give `unchanged(*but)`: within its block no business table changes, but those named."""
    with untouched.watched(postgres, database) as given:
        yield given


@pytest.fixture(scope="session")
def gateway_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Run one simulated processor for the session; its clock is the real one."""
    with running_gateway(tmp_path_factory.mktemp("gateway-of-session")) as process:
        yield process


@pytest.fixture
def gateway(gateway_process: GatewayProcess, settings: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Point the product at the processor, empty or as it was prepared; give what only tests may ask of it."""
    from tenantry.outside.sandbox_control import SandboxControl

    settings.TENANTRY_GATEWAY_URL = gateway_process.url
    settings.TENANTRY_GATEWAY_KEY = gateway_process.key
    control = SandboxControl(gateway_process.url)
    control.put_back(request.getfixturevalue("prepared").objects if "prepared" in request.fixturenames else ())
    yield control
    control.close()
