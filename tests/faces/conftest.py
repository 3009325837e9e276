"""What the tests of all pages share: one world, built once, of which each test gets a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.test import Client, override_settings

from tenantry.outside import clock
from tenantry.outside.sandbox_control import SandboxControl
from tests import database as databases
from tests.builders import NOW
from tests.faces import world as worlds
from tests.gateway.process import GatewayProcess
from tests.gateway.test_witness import calls_in
from tests.untouched import Unchanged, watch

TEMPLATE = "tenantry_world"


@pytest.fixture(scope="session")
def built_world(postgres: databases.TestServer, gateway_process: GatewayProcess) -> Iterator[worlds.World]:
    """Build the world, once a session."""
    control = SandboxControl(gateway_process.url)
    reach = {"TENANTRY_GATEWAY_URL": gateway_process.url, "TENANTRY_GATEWAY_KEY": gateway_process.key}
    postgres.run(f"create database {TEMPLATE} template {databases.TEMPLATE} owner tenantry_owner")
    databases.point_at(postgres, TEMPLATE)
    with clock.pinned(NOW), override_settings(**reach):
        built = worlds.build(control, gateway_process)
    connections.close_all()
    control.close()
    yield built
    postgres.run(f"drop database {TEMPLATE} with (force)")


@pytest.fixture
def world(postgres: databases.TestServer, built_world: worlds.World, gateway: Any) -> Iterator[worlds.World]:
    """Give the world itself, at its noon, to tests that change nothing in it; the demo's address is mounted too."""
    databases.point_at(postgres, TEMPLATE)
    with clock.pinned(NOW), override_settings(ROOT_URLCONF="tests.faces.all_routes"):
        yield built_world
    connections.close_all()


@pytest.fixture
def own_world(postgres: databases.TestServer, world: worlds.World) -> Iterator[worlds.World]:
    """Give a copy of the world to a test that changes it."""
    connections.close_all()
    with databases.copy_of(postgres, TEMPLATE):
        yield world


@pytest.fixture
def visitor(world: worlds.World) -> Callable[..., Client]:
    """Give `visitor(person)`: a browser in which they are signed in; nobody is without a name."""

    def open_browser(person: str = "", **options: Any) -> Client:
        client = Client(**options)
        if person:
            client.cookies[settings.SESSION_COOKIE_NAME] = _session_of(world.user(person))
        return client

    return open_browser


def _session_of(user: Any) -> str:
    """Open a session as signing in does, but leave the person's row alone: it counts as business here."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


@pytest.fixture
def untouched(postgres: databases.TestServer, world: worlds.World, gateway_process: GatewayProcess) -> Unchanged:
    """Give `untouched()`: within its block no business table changes and nobody calls the gateway."""
    unchanged = watch(postgres, TEMPLATE)

    @contextmanager
    def both(*but: str) -> Iterator[None]:
        before = len(calls_in(gateway_process))
        with unchanged(*but):
            yield
        assert len(calls_in(gateway_process)) == before

    return both
