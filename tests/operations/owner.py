"""Owns an embedded server until it is told to end: `python -m tests.operations.owner HOME [USER]`.

With a user it first becomes that one; everything that it needs is imported before, since that user may not be able to
read this Python's files.
"""

from __future__ import annotations

import os
import pwd
import signal
import sys
import threading
from pathlib import Path

import psycopg

from tenantry.project import embedded_postgres, postgres_files


def become(name: str) -> None:
    """Drop to another user, for good."""
    user = pwd.getpwnam(name)
    postgres_files.programs(postgres_files.RunAs(user.pw_uid, user.pw_gid, name))  # copied where it can be reached
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.chdir("/")


def main() -> None:
    """Start, say who serves, stop on SIGTERM."""
    home = Path(sys.argv[1])
    if len(sys.argv) > 2:
        become(sys.argv[2])
    server = embedded_postgres.start(home, fsync=False)
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    with psycopg.connect(server.app_url) as connection:
        found = connection.execute("select current_user").fetchone()
    print(f"{server.pid} {os.geteuid()} {found and found[0]} {server.note}", flush=True)
    asked.wait()
    server.stop()


if __name__ == "__main__":
    main()
