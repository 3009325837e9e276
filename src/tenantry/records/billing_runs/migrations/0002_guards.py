"""Guards: what became of one company in a run is that company's."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from tenantry.records.base.isolation import CompanyTable


class Migration(migrations.Migration):
    """Keep outcomes apart."""

    dependencies: ClassVar = [("tenantry_billing_runs", "0001_initial"), ("tenantry_companies", "0002_guards")]
    operations: ClassVar = [CompanyTable("BillingOutcome")]
