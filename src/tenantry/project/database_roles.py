"""The database's two roles and their rights, as SQL.

The owner role owns every table and runs migrations; the app role owns nothing and is held by row level security.
"""

from __future__ import annotations

from typing import LiteralString

DATABASE = "tenantry"
OWNER = "tenantry_owner"
APP = "tenantry_app"

# What the app role may do with the owner's future tables. Row level security and triggers narrow it further.
DEFAULT_RIGHTS: tuple[LiteralString, ...] = (
    "alter default privileges in schema public grant select, insert, update, delete on tables to {app}",
    "alter default privileges in schema public grant usage, select on sequences to {app}",
    "alter default privileges in schema public grant execute on functions to {app}",
    "grant usage on schema public to {app}",
)
# PostgreSQL lets everybody connect to a new database and make temporary tables in it; only our roles may.
CLOSE_DATABASE: tuple[LiteralString, ...] = (
    "revoke all on database {database} from public",
    "grant connect, temporary on database {database} to {owner}, {app}",
)
EXTENSIONS: tuple[LiteralString, ...] = ("create extension if not exists btree_gist",)

# The first fixed release of each major version: older ones leak rows past row level security through statistics.
OLDEST_RELEASES = {15: 14, 16: 10, 17: 6}
FIRST_VERSION_WITHOUT_LIMIT = 18


def too_old(server_version: int) -> bool:
    """Say whether a server's version number (`server_version_num`, e.g. 150013) is one that we refuse."""
    major, minor = divmod(server_version, 10000)
    if major >= FIRST_VERSION_WITHOUT_LIMIT:
        return False
    return minor < OLDEST_RELEASES.get(major, minor + 1)
