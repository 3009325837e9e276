"""A state from which many tests begin: made once by the real verbs, then copied, the processor's part included."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connections
from django.test import override_settings

from tenantry.outside import clock
from tenantry.outside.sandbox_control import SandboxControl
from tests import database as databases
from tests.builders import NOW
from tests.gateway.process import GatewayProcess


@dataclass(frozen=True)
class Prepared:
    """The database to copy, what its making gave, and what the processor held at its end."""

    template: str
    value: Any
    objects: Sequence[Any] = ()


def prepared_by(make: Callable[[], Any]) -> Any:
    """Give the fixture of a file whose tests begin with what `make` makes, at the tests' noon, calling nobody.

    A test that asks for `prepared` finds it in its `database`.
    """

    @pytest.fixture(scope="module")
    def prepared(postgres: databases.TestServer) -> Iterator[Prepared]:
        with databases.copy_of(postgres) as template:
            with clock.pinned(NOW):
                value = make()
            connections.close_all()
            yield Prepared(template, value)

    return prepared


def prepared_at_the_processor_by(make: Callable[[SandboxControl], Any]) -> Any:
    """Give the same for what needs the processor; the `gateway` of each test stands where it stood then."""

    @pytest.fixture(scope="module")
    def prepared(postgres: databases.TestServer, gateway_process: GatewayProcess) -> Iterator[Prepared]:
        with databases.copy_of(postgres) as template:
            with at_the_processor(gateway_process) as control, clock.pinned(NOW):
                control.put_back([])
                value = make(control)
                objects = control.objects()
            connections.close_all()
            yield Prepared(template, value, objects)

    return prepared


@contextmanager
def at_the_processor(process: GatewayProcess) -> Iterator[SandboxControl]:
    """Point the product at a processor; give what only tests may ask of it (its clock, its pages)."""
    control = SandboxControl(process.url)
    with override_settings(TENANTRY_GATEWAY_URL=process.url, TENANTRY_GATEWAY_KEY=process.key):
        yield control
    control.close()
