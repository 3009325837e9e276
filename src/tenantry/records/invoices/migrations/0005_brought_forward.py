"""An invoice may ask for a debt beside its total: credit that was used and then taken back by a bank."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

APP = "tenantry_invoices"
BOUNDS = models.Q(credit_used_minor__gte=-(10**12), credit_used_minor__lte=models.F("total_minor"))


class Migration(migrations.Migration):
    """Let the credit of an invoice be below zero."""

    dependencies: ClassVar = [(APP, "0004_days_of_a_line")]
    operations: ClassVar = [
        migrations.RemoveConstraint("Invoice", "invoice_credit_in_bounds"),
        migrations.AddConstraint("Invoice", models.CheckConstraint(condition=BOUNDS, name="invoice_credit_in_bounds")),
    ]
