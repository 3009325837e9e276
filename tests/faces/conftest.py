"""What the tests of all pages share: one world, built once, of which each test gets a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django import conf
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.test import Client

from tenantry.outside import clock
from tests import database as databases
from tests.builders import NOW
from tests.faces import world as worlds
from tests.gateway.process import GatewayProcess, running_gateway
from tests.gateway.test_witness import number_of_calls
from tests.prepared import at_the_processor
from tests.untouched import Unchanged, watched

TEMPLATE, SHOWN = "tenantry_world", "tenantry_world_shown"


@pytest.fixture(scope="session")
def worlds_processor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Run a processor that keeps the world's part."""
    with running_gateway(tmp_path_factory.mktemp("gateway-of-world")) as process:
        yield process


@pytest.fixture(scope="session")
def built_world(postgres: databases.TestServer, worlds_processor: GatewayProcess) -> Iterator[worlds.World]:
    """Build the world, once a session, and a copy of it that is for looking at."""
    postgres.run(f"create database {TEMPLATE} template {databases.TEMPLATE} owner tenantry_owner")
    databases.point_at(postgres, TEMPLATE)
    with clock.pinned(NOW), at_the_processor(worlds_processor) as control:
        built = worlds.build(control, worlds_processor)
    connections.close_all()
    postgres.run(f"create database {SHOWN} template {TEMPLATE} owner tenantry_owner")
    yield built
    connections.close_all()
    postgres.run(*(f"drop database {name} with (force)" for name in (TEMPLATE, SHOWN)))


@pytest.fixture
def world(
    postgres: databases.TestServer,
    built_world: worlds.World,
    worlds_processor: GatewayProcess,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[worlds.World]:
    """Give the world, at its noon, to tests that change nothing in it; the demo's address is mounted too."""
    if connections.settings["default"]["NAME"] != SHOWN:  # the connection of the test before serves this one, too
        databases.point_at(postgres, SHOWN)
    # Past Django's signal, which would have every address compiled anew for each test.
    monkeypatch.setattr(conf.settings, "ROOT_URLCONF", "tests.faces.all_routes")
    settings.TENANTRY_GATEWAY_URL, settings.TENANTRY_GATEWAY_KEY = worlds_processor.url, worlds_processor.key
    with clock.pinned(NOW):
        yield built_world


@pytest.fixture
def own_world(postgres: databases.TestServer, world: worlds.World) -> Iterator[worlds.World]:
    """Give a copy of the world to a test that changes it."""
    with databases.copy_of(postgres, TEMPLATE):
        yield world


@pytest.fixture
def visitor(world: worlds.World) -> Callable[..., Client]:
    """Give `visitor(person)`: a browser in which they are signed in; nobody is without a name."""

    def open_browser(person: str = "", **options: Any) -> Client:
        client = Client(**options)
        if person:
            client.cookies[conf.settings.SESSION_COOKIE_NAME] = _session_of(
                world.people[person], world.session_keys[person]
            )
        return client

    return open_browser


def _session_of(user_id: str, key: str) -> str:
    """Open a session as signing in does, but leave the person's row alone: it counts as business here."""
    session = SessionStore()
    session[SESSION_KEY] = user_id
    session[BACKEND_SESSION_KEY] = conf.settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = key
    session.save()
    return str(session.session_key)


@pytest.fixture(scope="session")
def unchanged_world(postgres: databases.TestServer, built_world: worlds.World) -> Iterator[Unchanged]:
    """Watch the world that is looked at."""
    with watched(postgres, SHOWN) as unchanged:
        yield unchanged


@pytest.fixture
def untouched(world: worlds.World, unchanged_world: Unchanged, worlds_processor: GatewayProcess) -> Unchanged:
    """Give `untouched()`: within its block no business table changes and nobody calls the gateway."""

    @contextmanager
    def both(*but: str) -> Iterator[None]:
        before = number_of_calls(worlds_processor)
        with unchanged_world(*but):
            yield
        assert number_of_calls(worlds_processor) == before

    return both
