"""Refuses to run wrong: an app role that row level security does not hold, tables without a policy, old servers."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from tenantry.project import database_roles as roles

NO_VENDOR, NO_EMAIL, NO_KEY = "Your vendor", "billing@vendor.test", "sandbox"
"""What the settings say where the environment says nothing: good for looking at pages only."""

ROLE = "select rolsuper, rolbypassrls from pg_roles where rolname = current_user"
OWNED = """
    select exists (select from pg_class where relowner = (select oid from pg_roles where rolname = current_user)
                   and relkind in ('r', 'p', 'v', 'm', 'S') and relpersistence <> 't')
        or exists (select from pg_database where datname = current_database()
                   and pg_has_role(current_user, datdba, 'member'))
"""
OPEN_TABLES = """
    select c.relname from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'company_id' and not a.attisdropped
    where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
      and (not c.relrowsecurity or not c.relforcerowsecurity
           or not exists (select from pg_policy p where p.polrelid = c.oid))
    order by 1
"""


def role_problems() -> list[str]:
    """Give a sentence for each thing that is wrong with the server and the app role."""
    found = []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "select current_setting('server_version_num')::int, current_setting('server_version'), current_user"
        )
        number, words, user = cursor.fetchone()
        if roles.too_old(number):
            found.append(
                f"PostgreSQL {words} is too old: its row level security leaks;"
                " use 15.14, 16.10, 17.6 or newer of these, or 18 and above."
            )
        cursor.execute(ROLE)
        is_superuser, bypasses = cursor.fetchone()
        if is_superuser or bypasses:
            right = "is a superuser" if is_superuser else "has BYPASSRLS"
            found.append(
                f"The role {user} of DATABASE_URL {right}, so nothing keeps companies apart; use another role."
            )
        cursor.execute(OWNED)
        if not is_superuser and cursor.fetchone()[0]:
            found.append(
                f"The role {user} of DATABASE_URL owns the database or tables in it;"
                " the app role must own nothing: give the owner's role in DATABASE_OWNER_URL, and another one here."
            )
    return found


def table_problems() -> list[str]:
    """Give a sentence for each company-owned table that has no forced row level security."""
    with connections["default"].cursor() as cursor:
        cursor.execute(OPEN_TABLES)
        return [f"The table {name} is not held by row level security." for (name,) in cursor.fetchall()]


def migration_problems() -> list[str]:
    """Give a sentence when migrations are waiting."""
    executor = MigrationExecutor(connections["default"])
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not waiting:
        return []
    return [f"{len(waiting)} migrations are waiting, first {waiting[0][0]}; run `tenantry migrate`."]


def setting_problems() -> list[str]:
    """Give the errors that Django and the installed apps find."""
    return [str(message.msg) for message in run_checks(databases=["default"]) if message.level >= ERROR]


def vendor_problems() -> list[str]:
    """Give a sentence for each setting of the vendor's that only the demo can do without.

    What stands on an invoice once issued can't be set right later.
    """
    if settings.TENANTRY_DEMO:
        return []
    vendor = settings.TENANTRY_VENDOR
    given = {
        "TENANTRY_VENDOR_NAME": vendor.get("name") not in (None, "", NO_VENDOR),
        "TENANTRY_VENDOR_ADDRESS": vendor.get("address_lines"),
        "TENANTRY_VENDOR_EMAIL": vendor.get("email") not in (None, "", NO_EMAIL),
        "TENANTRY_GATEWAY_KEY": settings.TENANTRY_GATEWAY_KEY not in ("", NO_KEY),
    }
    return [
        f"{name} is not set; docs/operating.md says what it is for." for name, is_given in given.items() if not is_given
    ]


def problems() -> list[str]:
    """Give everything that is wrong, worst first."""
    try:
        return [*role_problems(), *table_problems(), *migration_problems(), *setting_problems(), *vendor_problems()]
    except DatabaseError as error:
        return [f"The database can't be reached: {str(error).strip().splitlines()[0]}."]


def report(*, as_json: bool) -> int:
    """Print what is wrong, the first finding on the last line too; give the exit code."""
    found = problems()
    if as_json:
        answer: dict[str, Any] = {"findings": found, "count": len(found)}
        print(json.dumps(answer, ensure_ascii=False))
        return 1 if found else 0
    for sentence in found:
        print(f"- {sentence}")
    print(f"{len(found)} findings. First: {found[0]}" if found else "No findings.")
    return 1 if found else 0
