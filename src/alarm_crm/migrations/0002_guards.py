"""Guards: companies apart from each other."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from tenantry.sdk.isolation import COMPANIES, CompanyTable, NotTruncated


class Migration(migrations.Migration):
    """Keep companies apart."""

    dependencies: ClassVar = [("alarm_crm", "0001_initial"), COMPANIES]
    operations: ClassVar = [
        CompanyTable("CreditBureau"),
        NotTruncated("CreditBureau"),
        CompanyTable("BillableItem"),
        NotTruncated("BillableItem"),
        CompanyTable("BillingTerm"),
        NotTruncated("BillingTerm"),
        CompanyTable("SalesTaxRate"),
        NotTruncated("SalesTaxRate"),
    ]
