"""A review may be about something at the gateway that no row here speaks of."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Let `Review.intent` be empty."""

    dependencies: ClassVar = [("tenantry_payments", "0002_guards")]
    operations: ClassVar = [
        migrations.AlterField(
            model_name="review",
            name="intent",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="tenantry_payments.paymentintent",
            ),
        ),
    ]
