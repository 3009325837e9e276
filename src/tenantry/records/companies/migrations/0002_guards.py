"""Guards: companies apart from each other, and the few functions that look across them."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from tenantry.records.base import functions
from tenantry.records.base.isolation import CompanyTable, CompositeReference, NotTruncated

APP = "tenantry_companies"


class Migration(migrations.Migration):
    """Keep companies apart."""

    dependencies: ClassVar = [(APP, "0001_initial"), ("tenantry_base", "0002_guards")]
    operations: ClassVar = [
        CompanyTable("Company", key="id", definer_reads=True),
        NotTruncated("Company"),
        CompanyTable("BillingDetails"),
        CompanyTable("Membership", definer_reads=True),
        CompanyTable("PermissionGroup"),
        CompanyTable("GroupMembership"),
        CompanyTable("GroupGrant"),
        CompositeReference("GroupMembership", field="membership", to=(APP, "Membership")),
        CompositeReference("GroupMembership", field="group", to=(APP, "PermissionGroup")),
        CompositeReference("GroupGrant", field="group", to=(APP, "PermissionGroup")),
        migrations.RunSQL(functions.COMPANY_OF_MEMBER),
        migrations.RunSQL(functions.COMPANY_AT),
        migrations.RunSQL(functions.COMPANIES_OF_USER),
        migrations.RunSQL(functions.ALL_COMPANIES),
    ]
