"""The product's own web server on a test's database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx

from tests.database import TestServer
from tests.operations.processes import free_ports, running, wait_for
from tests.settings import HOME


@contextmanager
def serving(postgres: TestServer, database: str, **more: str) -> Iterator[int]:
    """Serve the product by granian, as `tenantry serve` does; give the port."""
    port = free_ports()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--blocking-threads", "4", "--no-access-log", "tenantry.project.wsgi:application",
    ]  # fmt: skip
    environment = {
        "DATABASE_URL": postgres.named(postgres.app_url, database),
        "TENANTRY_HOME": HOME,
        "TENANTRY_SECRET_KEY": "only-for-tests-" + "x" * 40,
        "TENANTRY_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TENANTRY_HOST_APPS": "alarm_crm",
        **more,
    }
    with running(command, **environment):
        wait_for(lambda: _is_healthy(port), 60)
        yield port


def _is_healthy(port: int) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, verify=False).status_code == 200
    return False
