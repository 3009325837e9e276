"""Nothing lost: hash every business table of every company, before and after (H0)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg

from tests.database import TestServer

Unchanged = Callable[..., AbstractContextManager[None]]
_TABLES = """
    select table_name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'
      and (table_name like 'tenantry\\_%' or table_name like 'alarm\\_crm\\_%' or table_name = 'procrastinate_jobs')
    order by table_name
"""


def business_tables(url: str) -> dict[str, str]:
    """Hash the rows of each business table, jobs included. `url` is the superuser's: it sees every company."""
    with psycopg.connect(url) as connection:
        names = [row[0] for row in connection.execute(_TABLES)]
        return {name: _hash(connection, name) for name in names}


def _hash(connection: psycopg.Connection[tuple[str]], table: str) -> str:
    statement = f"select coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '') from \"{table}\" t"
    row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return str(row[0])


def watch(server: TestServer, database: str) -> Unchanged:
    """Give `unchanged(*but)`: a block within which no business table may change, but those named."""
    url = server.named(server.superuser_url, database)

    @contextmanager
    def unchanged(*but: str) -> Iterator[None]:
        before = business_tables(url)
        yield
        after = business_tables(url)
        changed = [name for name in before if before[name] != after[name] and name not in but]
        assert not changed, f"changed: {changed}"

    return unchanged
