"""Nothing lost: hash every business table of every company, before and after (H0)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg

from tests.database import TestServer

Unchanged = Callable[..., AbstractContextManager[None]]
_TABLES = """
    select table_name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'
      and (table_name like 'tenantry\\_%' or table_name like 'alarm\\_crm\\_%' or table_name = 'procrastinate_jobs')
    order by table_name
"""


def business_tables(superuser: psycopg.Connection[Any]) -> dict[str, str]:
    """Hash the rows of each business table, jobs included, with one question. A superuser sees every company."""
    names = [row[0] for row in superuser.execute(_TABLES)]
    hashed = "select '{0}', coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '') from \"{0}\" t"
    question = " union all ".join(hashed.format(name) for name in names)
    return dict(superuser.execute(question))  # type: ignore[call-overload]


@contextmanager
def watched(server: TestServer, database: str) -> Iterator[Unchanged]:
    """Give `unchanged(*but)`: a block within which no business table may change, but those named."""
    with psycopg.connect(server.named(server.superuser_url, database), autocommit=True) as superuser:

        @contextmanager
        def unchanged(*but: str) -> Iterator[None]:
            before = business_tables(superuser)
            yield
            after = business_tables(superuser)
            changed = [name for name in before if before[name] != after[name] and name not in but]
            assert not changed, f"changed: {changed}"

        yield unchanged
