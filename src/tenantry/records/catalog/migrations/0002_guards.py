"""Guards: prices are never edited, offers belong to a company."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from tenantry.records.base.isolation import CompanyTable, Kept


class Migration(migrations.Migration):
    """Keep prices; keep offers apart."""

    dependencies: ClassVar = [
        ("tenantry_catalog", "0001_initial"),
        ("tenantry_companies", "0002_guards"),
    ]
    operations: ClassVar = [Kept("Price"), CompanyTable("Offer")]
