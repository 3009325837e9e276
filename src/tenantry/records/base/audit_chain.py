"""Recompute the chain of a company's audit: each entry's number, its link to the one before, its own hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

BROKEN = """
    select id, sequence, action, at from (
        select *,
            row_number() over (order by sequence) as place,
            coalesce(lag(entry_hash) over (order by sequence), ''::bytea) as hash_before,
            sha256(previous_hash || convert_to(jsonb_build_object(
                'company_id', company_id::text, 'actor_kind', actor_kind, 'actor_id', actor_id,
                'actor_name', actor_name, 'address', address, 'request_id', request_id, 'action', action,
                'object_kind', object_kind, 'object_id', object_id, 'before', before, 'after', after,
                'words', words, 'language', language, 'sequence', sequence,
                'at_microseconds', (extract(epoch from at) * 1000000)::bigint)::text, 'UTF8')) as hash_again
        from tenantry_base_auditentry where company_id = %s
    ) as entry
    where sequence <> place or previous_hash <> hash_before or entry_hash <> hash_again
    order by sequence limit 1
"""


@dataclass(frozen=True, slots=True)
class BrokenEntry:
    """The first entry of a chain that is not as it was appended."""

    id: str
    sequence: int
    action: str
    at: datetime


def first_broken(company_id: str) -> BrokenEntry | None:
    """Give the first entry whose number, link or hash is wrong; None: the chain is whole.

    A tail that was cut off leaves no trace in the chain itself.
    """
    with connection.cursor() as cursor:
        cursor.execute(BROKEN, [company_id])
        row = cursor.fetchone()
    return BrokenEntry(str(row[0]), row[1], row[2], row[3]) if row else None
