"""What the tests of the simulated processor share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway.caller import Caller
from tests.gateway.process import GatewayProcess, running_gateway
from tests.gateway.teller import START


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Run one gateway for the tests of a file."""
    with running_gateway(tmp_path_factory.mktemp("gateway")) as process:
        yield process


@pytest.fixture
def caller(sandbox: GatewayProcess) -> Iterator[Caller]:
    """Talk to the gateway of this file."""
    client = Caller(sandbox)
    yield client
    client.close()


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Run one gateway whose time stands still for the tests of this file."""
    with running_gateway(tmp_path_factory.mktemp("gateway")) as process:
        caller = Caller(process)
        caller.post("/control/clock", {"now": START.isoformat(), "frozen": True})
        caller.close()
        yield process
