"""`tenantry serve`: the pages, and on the embedded server everything that they need."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from tenantry.project import assets, demo_state, postgres_files
from tenantry.project.banner import new_console
from tenantry.project.ports import refuse_taken_port
from tenantry.project.processes import python
from tenantry.project.supervisor import Stopped, Supervisor, as_owner, web, worker


def serve(home: Path, host: str, port: int, *, workers: int, threads: int, jobs: bool) -> int:
    """Serve the pages, on the embedded server unless DATABASE_URL names another; `jobs` runs a worker beside it."""
    us = Supervisor(home.absolute(), new_console())
    us.listen()
    try:
        if os.environ.get("DATABASE_URL"):
            us.database_url = os.environ["DATABASE_URL"]
            postgres_files.make_home(us.home)
        else:
            us.open_database()
            demo_state.forget(us.home)
        refuse_taken_port(host, port)
        assets.build_in_checkout()
        address = os.environ.get("TENANTRY_PUBLIC_URL", "").rstrip("/") or f"http://{host}:{port}"
        environment = us.environment(TENANTRY_PUBLIC_URL=address)
        if us.server is not None:
            us.run_once(us.child("migrate", python("tenantry", "migrate"), as_owner(us, environment)))
        us.run_once(us.child("check", python("tenantry", "check"), environment))
        if jobs:
            us.keep(worker(us, environment))
        pages = us.keep(web(us, host, port, environment, workers=workers, threads=threads))
        us.wait_until_healthy(pages, host, port, urlsplit(address).netloc)
        us.say(f"Ready: {address}/")
        us.watch()
    except Stopped:
        pass
    finally:
        us.stop()
    return 0
