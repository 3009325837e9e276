"""The processor's own file: every call and answer, and every object. Committed before a caller gets an answer.

It is the independent witness of what was charged: it shares no process and no storage with the product
under test, and it outlives a crash of either.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

SCHEMA = """
create table if not exists objects (kind text not null, id text not null, body text not null, primary key (kind, id));
create table if not exists settings (name text primary key, body text not null);
create table if not exists calls (
    number integer primary key, at text not null, operation text not null, customer text not null,
    key text not null, fault text not null, status integer not null, request text not null, answer text not null
);
"""
UPSERT = (
    "insert into objects (kind, id, body) values (?, ?, ?) on conflict (kind, id) do update set body = excluded.body"
)
SECRET_BYTES = 32


class StoreInUse(Exception):
    """Another processor runs on the same directory."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call and its answer, as the witness keeps them. `status` 0: the caller got no answer."""

    at: str
    operation: str
    customer: str
    key: str
    fault: str
    status: int
    request: str
    answer: str


class Store:
    """One SQLite file in a directory of its own, used by one process at a time."""

    def __init__(self, directory: Path) -> None:
        """Open or make the file.

        Raises:
            StoreInUse: another process has it open.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = (directory / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise StoreInUse(str(directory)) from error
        self._directory = directory
        self._db = sqlite3.connect(directory / "gateway.sqlite3", check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        # Whatever process dies, nothing is lost. Only a power cut of the machine could take the last moments.
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(SCHEMA)

    def secret(self, name: str) -> str:
        """Read a secret of this directory, made at the first start and readable by its owner only."""
        path = self._directory / name
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(SECRET_BYTES))
        return path.read_text().strip()

    def objects(self) -> list[tuple[str, str, str]]:
        """Read every object, in the order in which they were made."""
        return self._db.execute("select kind, id, body from objects order by rowid").fetchall()

    def put_back(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Keep exactly these objects from now on; the calls stay."""
        self._db.execute("begin immediate")
        try:
            self._db.execute("delete from objects")
            self._db.executemany(UPSERT, rows)
            self._db.execute("commit")
        except BaseException:
            self._db.execute("rollback")
            raise

    def setting(self, name: str) -> str:
        """Read a setting; empty if it was never written."""
        row = self._db.execute("select body from settings where name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def write(
        self,
        *,
        objects: Sequence[tuple[str, str, str]] = (),
        settings: Iterable[tuple[str, str]] = (),
        call: CallRecord | None = None,
    ) -> None:
        """Keep changes and the call that made them, together or not at all."""
        self._db.execute("begin immediate")
        try:
            self._db.executemany(UPSERT, [row for row in objects if row[2]])
            self._db.executemany(
                "delete from objects where kind = ? and id = ?", [row[:2] for row in objects if not row[2]]
            )
            self._db.executemany("insert or replace into settings (name, body) values (?, ?)", settings)
            if call is not None:
                self._insert(call)
            self._db.execute("commit")
        except BaseException:
            self._db.execute("rollback")
            raise

    def _insert(self, call: CallRecord) -> None:
        self._db.execute(
            "insert into calls (at, operation, customer, key, fault, status, request, answer)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            (call.at, call.operation, call.customer, call.key, call.fault, call.status, call.request, call.answer),
        )

    def close(self) -> None:
        """Close the file and let another process have it."""
        self._db.close()
        self._lock.close()
