"""Pages: statements and milliseconds of each, with 24 and with 2,400 invoices. `python benchmarks/pages.py [rounds]`.

Every GET route of a company and of the back office, as the owner or the vendor's staff sees it, through the whole stack
but the web server. The reference is `/healthz`: the same middleware and one SELECT.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _database import own_database
from _table import line

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 15
FEW, MANY = 24, 2_400
MOST, P95_MS = 15, 25


def main() -> None:
    """Measure and print a line for each page, then the slowest of all."""
    with own_database() as (server, name), tempfile.TemporaryDirectory() as directory:
        from django.conf import settings

        from tenantry.outside import clock
        from tenantry.outside.sandbox_control import SandboxControl
        from tests.builders import NOW
        from tests.gateway.process import running_gateway

        with running_gateway(Path(directory)) as process, clock.pinned(NOW):
            settings.TENANTRY_GATEWAY_URL, settings.TENANTRY_GATEWAY_KEY = process.url, process.key
            control = SandboxControl(process.url)
            _measure(control, lambda: server.run("analyze", name=name))
            control.close()


def _measure(control: Any, analyze: Any) -> None:
    from django.test import Client

    from tests.builders import sign_in
    from tests.faces.busy import busy_company, every_route, query_of, staff_member

    few, many = busy_company("small", FEW, control), busy_company("large", MANY, control)
    analyze()
    staff = Client()
    staff.force_login(staff_member())
    places = [(one, sign_in(one.place.owner)) for one in (few, many)]
    bare_ms = _milliseconds(places[0][1], "/healthz")
    reference = f"/healthz: {bare_ms:.1f} ms"
    slowest = 0.0
    for route in every_route():
        opened = [
            (
                staff if route.name.startswith("backoffice.") else owner,
                route.address(one, query_of(route, one, one.place.owner)),
            )
            for one, owner in places
        ]
        if not _is_page(route, *opened[1]):
            continue
        with_few, with_many = (_milliseconds(*one) for one in opened)
        slowest = max(slowest, with_many)
        name = route.name.removeprefix("admin.account-management.")
        measured = f"{_statements(*opened[1])} statements, {with_many:.1f} ms with {MANY:,} ({with_few:.1f} with {FEW})"
        line(name, measured, f"{MOST} statements, {P95_MS} ms", reference, with_many / bare_ms)
    line("slowest page", f"{slowest:.1f} ms with {MANY:,} invoices", f"{P95_MS} ms", reference, slowest / bare_ms)


def _is_page(route: Any, browser: Any, address: str) -> bool:
    mounted = "company" in route.takes or route.name.startswith("backoffice.")
    return mounted and browser.get(address).status_code == 200


def _statements(browser: Any, address: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        browser.get(address)
    return len(captured)


def _milliseconds(browser: Any, address: str) -> float:
    """Give the median of several openings."""
    browser.get(address)
    found = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        browser.get(address)
        found.append(time.perf_counter() - started)
    return statistics.median(found) * 1_000


if __name__ == "__main__":
    main()
