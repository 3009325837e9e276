"""`tenantry demo` and `tenantry serve` with a small product in it: the real supervisor, server and simulated processor.

Pages, jobs, migrations and filling are a few lines of its own. The arguments are those of `tenantry`; SMALL_DEMO
changes how it goes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from tenantry.project import cli, processes, start_demo, start_serve, supervisor

SELF = "tests.operations.small_demo"


def application(environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Answer 200 under the public name, as the product does, and 400 under any other."""
    known = environ["HTTP_HOST"] == urlsplit(os.environ["TENANTRY_PUBLIC_URL"]).netloc
    start_response("200 OK" if known else "400 Bad Request", [("Content-Type", "text/plain")])
    return [b"ok"]


def fill() -> None:
    """Fill in three months, and say who can sign in."""
    home = Path(os.environ["TENANTRY_HOME"])
    for month in range(1, 4):
        print(f"{month}/3 Month {month}", flush=True)
        if os.environ.get("SMALL_DEMO") == "slow" and month == 2:
            time.sleep(60)
    people = [{"email": "owner@silverline.test", "password": "correct-horse-battery", "company": "Silverline Alarm"}]
    (home / "demo-filled").write_text(json.dumps({"people": people}))


def fail() -> None:
    """Fail as a migration might."""
    print("relation does not exist")
    sys.exit(3)


def small(module: str, *arguments: str) -> list[str]:
    """Give our few lines in place of the product's program."""
    if module == "tenantry.project.demo":
        return processes.python(SELF, "fill")
    if module == "tenantry" and arguments == ("migrate",):
        return processes.python(SELF, "fail") if os.environ.get("SMALL_DEMO") == "fail" else ["true"]
    if module == "tenantry" and arguments == ("check",):
        return ["true"]
    if module == "tenantry":
        return ["sleep", "1000"]
    return processes.python(module, *(f"{SELF}:application" if "wsgi:" in word else word for word in arguments))


if __name__ == "__main__":
    what = {"fill": fill, "fail": fail}.get(sys.argv[1])
    if what is not None:
        sys.exit(what())
    supervisor.python = start_demo.python = start_serve.python = small  # type: ignore[assignment]
    sys.exit(cli.main(sys.argv[1:]))
