"""Migration operations that keep companies apart and kept rows unchanged.

They are plain SQL on purpose: the guards have to hold against the runtime role itself, so nothing that a
session could switch off (a setting, a trigger manager) stands between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connections
from django.db.migrations.operations.base import Operation

COMPANIES = "(select string_to_array(nullif(current_setting('app.company', true), ''), ',')::uuid[])::uuid[]"
VENDOR = "(select current_setting('app.vendor', true)) = 'reads'"


def app_role() -> str:
    """Name the runtime role: whoever the `default` connection signs in as."""
    return str(connections["default"].settings_dict["USER"])


class TableOperation(Operation):
    """An operation on the table of one model; it has no state and can't be undone in place."""

    reversible = False
    reduces_to_sql = True

    def __init__(self, model_name: str, **options: Any) -> None:
        self.model_name = model_name
        self.options = options

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: the models don't know about guards."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Run the statements on this model's table."""
        model = to_state.apps.get_model(app_label, self.model_name)
        if not model._meta.can_migrate(schema_editor.connection) or not model._meta.managed:
            return
        for statement in self.statements(model, to_state.apps):
            schema_editor.execute(statement, params=None)

    def statements(self, model: Any, apps: Any) -> Sequence[str]:
        """Give the SQL."""
        raise NotImplementedError(type(self).__name__)

    def describe(self) -> str:
        """Say what this does, for `sqlmigrate` and the console."""
        return f"{type(self).__name__} {self.model_name}"


class CompanyTable(TableOperation):
    """Let only the companies of this transaction read and write the table, the owner included."""

    def statements(self, model: Any, apps: Any) -> Sequence[str]:
        """Give row level security, its policies, the company's foreign key and the composite key."""
        table = model._meta.db_table
        key = self.options.get("key", "company_id")
        mine = f"{key} = any ({COMPANIES})"
        found = [
            f'alter table "{table}" enable row level security, force row level security',
            f'create policy company on "{table}" using ({mine}) with check ({mine})',
            f'create policy vendor on "{table}" for select using ({VENDOR})',
        ]
        if self.options.get("definer_reads"):
            found.append(f'create policy definer on "{table}" for select to current_user using (true)')
        if key == "company_id":
            companies = apps.get_model("tenantry_companies", "Company")._meta.db_table
            found += [
                f'alter table "{table}" add constraint "{table}_company_fk"'
                f' foreign key (company_id) references "{companies}" (id)',
                f'alter table "{table}" add constraint "{table}_company_key" unique (company_id, id)',
            ]
        return found


class CompositeReference(TableOperation):
    """Make a reference between two rows of one company, checked by the database."""

    def __init__(self, model_name: str, *, field: str, to: tuple[str, str]) -> None:
        super().__init__(model_name, field=field, to=to)

    def statements(self, model: Any, apps: Any) -> Sequence[str]:
        """Give the composite foreign key."""
        table = model._meta.db_table
        column = model._meta.get_field(self.options["field"]).column
        target = apps.get_model(*self.options["to"])._meta.db_table
        return [
            f'alter table "{table}" add constraint "{table}_{column}_own"'
            f' foreign key (company_id, "{column}") references "{target}" (company_id, id)'
            " deferrable initially deferred"
        ]


class Kept(TableOperation):
    """Refuse UPDATE (save of the named columns), DELETE and TRUNCATE, by trigger and by rights.

    `but` names the columns that may move. `delete` allows deletion where the rows are no record.
    """

    def __init__(self, model_name: str, *, but: Sequence[str] = ()) -> None:
        super().__init__(model_name, but=tuple(but))

    def statements(self, model: Any, apps: Any) -> Sequence[str]:
        """Give the triggers and take the rights away."""
        table, but = model._meta.db_table, self.options["but"]
        kept = ", ".join(f'"{f.column}"' for f in model._meta.local_concrete_fields if f.column not in but)
        when = ""
        if but:
            columns = [f.column for f in model._meta.local_concrete_fields if f.column not in but]
            changed = " or ".join(f'old."{c}" is distinct from new."{c}"' for c in columns)
            when = f" when ({changed})"
        role = app_role()
        found = [
            f'create trigger kept_update before update on "{table}" for each row{when} execute function kept_row()',
            f'create trigger kept_delete before delete on "{table}" for each row execute function kept_row()',
            f'create trigger kept_truncate before truncate on "{table}" execute function kept_row()',
            f'revoke update, delete, truncate on "{table}" from "{role}"',
        ]
        if but:
            found.append(f'grant update ({", ".join(but)}) on "{table}" to "{role}"')
        return found if kept else []


class NotTruncated(TableOperation):
    """Refuse TRUNCATE on a table whose rows may change."""

    def statements(self, model: Any, apps: Any) -> Sequence[str]:
        """Give the trigger."""
        table = model._meta.db_table
        return [f'create trigger kept_truncate before truncate on "{table}" execute function kept_row()']


class AppendedByFunction(TableOperation):
    """Take INSERT away from the runtime role: rows come from a definer function only."""

    def statements(self, model: Any, apps: Any) -> Sequence[str]:
        """Take the right away."""
        return [f'revoke insert on "{model._meta.db_table}" from "{app_role()}"']


KEPT_FUNCTION = """
create function kept_row() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are kept as they were written', tg_table_name using errcode = 'restrict_violation';
end $$
"""
