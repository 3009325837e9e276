"""What the database itself promises, asked of its catalog: isolation, keys, kept rows (I-31)."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import models

from tenantry.records.base.company_owned import CompanyOwned
from tests.database import TEMPLATE, TestServer

OURS = ("tenantry_", "alarm_crm")
WITHOUT_A_COMPANY = {
    "tenantry_base_vendorauditentry",
    "tenantry_billing_runs_billingrun",
    "tenantry_catalog_addon",
    "tenantry_catalog_plan",
    "tenantry_catalog_price",
    "tenantry_companies_recovery",
    "tenantry_companies_user",
    "tenantry_companies_vendorstaff",
    "tenantry_payments_gatewayevent",
    "tenantry_payments_payout",
}
ITS_OWN_ID = "tenantry_companies_company"
KEPT = {
    "tenantry_base_auditentry",
    "tenantry_base_vendorauditentry",
    "tenantry_catalog_price",
    "tenantry_invoices_invoice",
    "tenantry_invoices_invoiceline",
    "tenantry_invoices_invoicedocument",
    "tenantry_invoices_creditnote",
    "tenantry_invoices_creditnotedocument",
    "tenantry_invoices_creditnoteline",
    "tenantry_invoices_ledgerentry",
    "tenantry_invoices_posting",
    "tenantry_payments_gatewayevent",
    "tenantry_payments_payout",
    "tenantry_payments_payoutline",
    "tenantry_payments_payoutshare",
    "tenantry_subscriptions_addonperiod",
    "tenantry_subscriptions_planperiod",
    "tenantry_subscriptions_seatcount",
}


def our_models() -> list[type[models.Model]]:
    """List the models of the product and of the reference host."""
    return [model for model in apps.get_models() if model._meta.app_label.startswith(OURS)]


def company_owned() -> list[type[models.Model]]:
    """List those whose rows belong to one company."""
    return [model for model in our_models() if issubclass(model, CompanyOwned)]


@pytest.fixture(scope="module")
def ask(postgres: TestServer) -> Any:
    """Ask the catalog of the migrated database, as the superuser."""
    with psycopg.connect(postgres.named(postgres.superuser_url, TEMPLATE), autocommit=True) as connection:
        yield lambda statement, *values: connection.execute(statement, values).fetchall()


def test_each_table_is_owned_by_a_company_or_on_the_short_list() -> None:
    tables = {model._meta.db_table for model in our_models()}
    owned = {model._meta.db_table for model in company_owned()}
    assert tables - owned == WITHOUT_A_COMPANY | {ITS_OWN_ID}


def test_no_owned_row_makes_its_own_id() -> None:
    assert [model.__name__ for model in our_models() if model._meta.pk and model._meta.pk.name == "id"
            and isinstance(model._meta.pk, models.UUIDField) and model._meta.pk.has_default()] == []  # fmt: skip


@pytest.mark.parametrize("table", [*(model._meta.db_table for model in company_owned()), ITS_OWN_ID])
def test_row_level_security_is_forced_with_using_and_check(ask: Any, table: str) -> None:
    (row,) = ask("select relrowsecurity, relforcerowsecurity from pg_class where oid = %s::regclass", table)
    assert row == (True, True)
    policies = ask(
        "select polname, polcmd, polqual is not null, polwithcheck is not null from pg_policy"
        " where polrelid = %s::regclass",
        table,
    )
    found = {name: rest for name, *rest in policies}
    assert found["company"] == ["*", True, True]
    assert {name: rest[0] for name, rest in found.items() if name != "company"} in (
        {"vendor": "r"},
        {"vendor": "r", "definer": "r"},
    )


def test_the_app_role_owns_nothing_and_bypasses_nothing(ask: Any) -> None:
    assert ask("select rolsuper, rolbypassrls, rolcreatedb from pg_roles where rolname = 'tenantry_app'") == [
        (False, False, False)
    ]
    assert ask("select count(*) from pg_class where relowner = 'tenantry_app'::regrole") == [(0,)]
    assert ask("select count(*) from pg_class c join pg_namespace n on n.oid = relnamespace"
               " where nspname = 'public' and relkind in ('v', 'm')") == [(0,)]  # fmt: skip


def test_each_reference_between_owned_rows_names_the_company(ask: Any) -> None:
    missing = []
    for model in company_owned():
        for field in model._meta.local_fields:
            target = field.related_model
            if not isinstance(field, models.ForeignKey) or not isinstance(target, type):
                continue
            if not issubclass(target, CompanyOwned):
                continue
            found = ask(
                "select pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass and contype = 'f'",
                model._meta.db_table,
            )
            wanted = f"FOREIGN KEY (company_id, {field.column}) REFERENCES {target._meta.db_table}(company_id, id)"
            if not any(definition.startswith(wanted) for (definition,) in found):
                missing.append((model.__name__, field.name))
    assert missing == []


@pytest.mark.parametrize("table", sorted(KEPT))
def test_kept_tables_refuse_by_trigger_and_by_right(ask: Any, table: str) -> None:
    triggers = {row[0] for row in ask("select tgname from pg_trigger where tgrelid = %s::regclass", table)}
    assert {"kept_update", "kept_delete", "kept_truncate"} <= triggers
    rights = {
        right
        for right in ("UPDATE", "DELETE", "TRUNCATE")
        for (holds,) in ask("select has_table_privilege('tenantry_app', %s::regclass, %s)", table, right)
        if holds
    }
    assert rights == set()


def test_audit_is_appended_by_its_function_only(ask: Any) -> None:
    assert ask("select has_table_privilege('tenantry_app', 'tenantry_base_auditentry', 'INSERT')") == [(False,)]


def test_definer_functions_have_a_fixed_path(ask: Any) -> None:
    rows = ask(
        "select proname, proconfig from pg_proc p join pg_namespace n on n.oid = pronamespace"
        " where prosecdef and nspname = 'public' order by proname"
    )
    assert [name for name, _ in rows] == [
        "all_companies",
        "append_audit",
        "companies_in_recovery",
        "companies_of_customers",
        "companies_of_user",
        "companies_to_reconcile",
        "companies_with_work",
        "company_at",
        "company_of_gateway_object",
        "company_of_member",
        "next_work_at",
    ]
    assert {tuple(config) for _, config in rows} == {("search_path=pg_catalog, public",)}


def test_names_carry_units() -> None:
    wrong = [
        (model.__name__, field.name)
        for model in our_models()
        for field in model._meta.local_fields
        if not _says_its_unit(field)
    ]
    assert [row for row in wrong if row != ("User", "last_login")] == []


def _says_its_unit(field: models.Field[Any, Any]) -> bool:
    if isinstance(field, models.DateTimeField):
        return field.name == "at" or field.name.endswith("_at")
    if isinstance(field, models.DateField):
        return field.name.endswith(("_date", "_start", "_end"))
    return not isinstance(field, models.FloatField | models.DecimalField)
