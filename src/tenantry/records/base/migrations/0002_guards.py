"""Guards: the function behind kept rows, and an audit that is only appended to."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from tenantry.records.base import functions
from tenantry.records.base.isolation import KEPT_FUNCTION, AppendedByFunction, CompanyTable, Kept


class Migration(migrations.Migration):
    """Keep the audit."""

    dependencies: ClassVar = [("tenantry_base", "0001_initial"), ("tenantry_companies", "0001_initial")]
    operations: ClassVar = [
        migrations.RunSQL(KEPT_FUNCTION),
        CompanyTable("AuditEntry"),
        Kept("AuditEntry"),
        AppendedByFunction("AuditEntry"),
        Kept("VendorAuditEntry"),
        migrations.RunSQL(functions.APPEND_AUDIT),
    ]
