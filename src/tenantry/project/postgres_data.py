"""The data of the embedded PostgreSQL: made, looked at, and given its roles and database."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tenantry.project import database_roles as roles
from tenantry.project import postgres_files as files
from tenantry.project.postgres_files import Kept, RunAs
from tenantry.project.problem import CannotStart, no_room

MEGABYTE = 1024 * 1024
ROOM_FOR_A_DATABASE = 150 * MEGABYTE
ROOM_TO_GO_ON = 30 * MEGABYTE


def reason(output: str) -> str:
    """Give the line that says why: the last FATAL or error line, without its prefix."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line] or lines
    words = telling[-1] if telling else "it said nothing"
    for mark in ("FATAL:", "PANIC:", "error:"):
        words = words.rpartition(mark)[2].strip()
    return words.rstrip(".") + "."


def begin(home: Path, who: RunAs) -> Kept:
    """Choose place and passwords of new data.

    Raises:
        CannotStart: data is there, but its passwords are not.
    """
    if (home / "postgres/data").exists():
        raise CannotStart(
            f"{home / files.PASSWORDS} is missing, and without it nobody can sign in to the data beside it;"
            f" put it back from a backup, or move {home} away to begin anew."
        )
    return files.new_kept(home, who)


def make(binaries: Path, place: Path, kept: Kept, who: RunAs, *, fsync: bool) -> None:
    """Make the data directory, whole or not at all.

    Raises:
        CannotStart: no room is left, or `initdb` failed.
    """
    if place.parent == files.SYSTEM_STATE:
        files.make_system_state()
    place.mkdir(exist_ok=True)
    place.chmod(0o700)
    who.own(place)
    if shutil.disk_usage(place).free < ROOM_FOR_A_DATABASE:
        raise no_room(place)
    making, password = place / "data.making", place / "password"
    shutil.rmtree(making, ignore_errors=True)  # left by a start that was killed
    files.write_private(password, kept.superuser_password)
    who.own(password)
    try:
        command = [str(binaries / "initdb"), "-D", str(making), "-U", "postgres", f"--pwfile={password}"]
        command += ["--encoding=UTF8", "--auth=scram-sha-256", "--data-checksums"]
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        # One round of hashing guards our long random passwords as well as 4096, and each connection pays for it.
        command += [] if fsync else ["--no-sync", "--set", "scram_iterations=1"]
        done = subprocess.run(  # type: ignore[call-overload]
            command, capture_output=True, text=True, cwd="/", start_new_session=True, check=False, **who.options()
        )
    finally:
        password.unlink(missing_ok=True)
    if done.returncode != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise (
            no_room(place)
            if "No space left" in done.stderr
            else CannotStart(f"PostgreSQL could not make its data in {place}: {reason(done.stderr)}")
        )
    making.rename(place / "data")


def check(binaries: Path, data: Path) -> None:
    """Look whether our PostgreSQL can use the data.

    Raises:
        CannotStart: it is damaged, of another version, or has no room left.
    """
    ours = subprocess.run([str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True)
    major = ours.stdout.split()[2].split(".")[0]
    try:
        theirs = (data / "PG_VERSION").read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        theirs = ""
    if not theirs:
        raise CannotStart(f"{data} is damaged (PG_VERSION is missing); put it back from a backup, or move it away.")
    if theirs != major:
        raise CannotStart(
            f"{data} was written by PostgreSQL {theirs}, and this version of Tenantry brings {major};"
            " docs/operating.md says how to move it with pg_dump."
        )
    if shutil.disk_usage(data).free < ROOM_TO_GO_ON:
        raise no_room(data)


def prepare(superuser_url: str, kept: Kept | None) -> None:
    """Make the roles (when their passwords are given), the database and its extension. Safe to repeat."""
    import psycopg
    from psycopg import sql

    names = {
        "database": sql.Identifier(roles.DATABASE),
        "owner": sql.Identifier(roles.OWNER),
        "app": sql.Identifier(roles.APP),
    }
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        found = {name for (name,) in connection.execute("select rolname from pg_roles")}
        if kept is not None:
            passwords = {roles.OWNER: kept.owner_password, roles.APP: kept.app_password}
            for role, password in passwords.items():
                verb = sql.SQL("alter role" if role in found else "create role")
                rights = sql.SQL(
                    "login createdb" if role == roles.OWNER else "login nosuperuser nobypassrls nocreatedb"
                )
                text = sql.SQL("{} {} {} password {}").format(verb, sql.Identifier(role), rights, sql.Literal(password))
                connection.execute(text)
        if not connection.execute("select 1 from pg_database where datname = %s", [roles.DATABASE]).fetchone():
            connection.execute(sql.SQL("create database {database} owner {owner}").format(**names))
        for line in roles.CLOSE_DATABASE:
            connection.execute(sql.SQL(line).format(**names))
    inside = superuser_url.replace("/postgres?", f"/{roles.DATABASE}?")
    with psycopg.connect(inside) as connection:
        for line in roles.EXTENSIONS:
            connection.execute(line)
        connection.execute(sql.SQL("set local role {owner}").format(**names))
        for line in roles.DEFAULT_RIGHTS:
            connection.execute(sql.SQL(line).format(**names))
