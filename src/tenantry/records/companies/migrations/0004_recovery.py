"""When each company was compared with the gateway, and the recovery after a restore."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

from tenantry.records.base import functions

APP = "tenantry_companies"


class Migration(migrations.Migration):
    """Keep up to when the books were reconciled, and whether a recovery is on."""

    dependencies: ClassVar = [(APP, "0003_last_credit_note_number")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="company",
            name="reconciled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="company",
            name="passed_recovery_id",
            field=models.UUIDField(null=True),
        ),
        migrations.CreateModel(
            name="Recovery",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("began_at", models.DateTimeField()),
                ("because", models.TextField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("ended_at",),
                        name="one_open_recovery",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.RunSQL(functions.COMPANIES_IN_RECOVERY),
        migrations.RunSQL(functions.COMPANIES_TO_RECONCILE),
    ]
