"""Guards: notices belong to one company. Last of all nouns: what is due, looked for across companies."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from tenantry.records.base import functions
from tenantry.records.base.isolation import CompanyTable


class Migration(migrations.Migration):
    """Keep notices apart; find work."""

    dependencies: ClassVar = [
        ("tenantry_notices", "0001_initial"),
        ("tenantry_payments", "0002_guards"),
        ("tenantry_subscriptions", "0002_guards"),
    ]
    operations: ClassVar = [
        CompanyTable("Notice", definer_reads=True),
        migrations.RunSQL(functions.FIND_WORK),
    ]
