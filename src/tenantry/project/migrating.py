"""Brings the database to this version: rights of the app role first, then Django's migrations, as the owner role."""

from __future__ import annotations

from django.core.management import call_command
from django.db import DatabaseError, connections
from psycopg import sql

from tenantry.project import checks
from tenantry.project import database_roles as roles
from tenantry.project.problem import CannotStart

MAY_OWN = """
    select pg_has_role(current_user, datdba, 'usage') and has_schema_privilege('public', 'create')
    from pg_database where datname = current_database()
"""


def migrate() -> int:
    """Migrate.

    Raises:
        CannotStart: the roles are wrong, the owner lacks a right, or the server is too old or away.
    """
    refuse_wrong_roles()
    grant_default_rights()
    call_command("migrate", database="owner", interactive=False, verbosity=1)
    return 0


def refuse_wrong_roles() -> None:
    """Refuse to migrate for an app role that row level security would not hold."""
    try:
        problems = checks.role_problems()
    except DatabaseError as error:
        raise CannotStart(f"The database can't be reached: {str(error).strip().splitlines()[0]}.") from error
    if problems:
        raise CannotStart(" ".join(problems))


def grant_default_rights() -> None:
    """Let the app role use every table that the owner makes from now on."""
    connection = connections["owner"]
    connection.ensure_connection()
    app = sql.Identifier(str(connections["default"].settings_dict["USER"]))
    with connection.cursor() as cursor:
        cursor.execute(MAY_OWN)
        if not cursor.fetchone()[0]:
            names = connection.settings_dict
            raise CannotStart(
                f"The role {names['USER']} of DATABASE_OWNER_URL does not own the database {names['NAME']} and may not"
                " make tables in its schema public; make it the owner of the database."
            )
        for line in roles.DEFAULT_RIGHTS:
            cursor.execute(sql.SQL(line).format(app=app).as_string(connection.connection))
