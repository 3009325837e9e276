"""A review keeps what a person decided; open ones are found at once."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add `Review.decision`."""

    dependencies: ClassVar = [("tenantry_payments", "0006_gateway_events")]
    operations: ClassVar = [
        migrations.AddField(
            model_name="review",
            name="decision",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)), fields=["opened_at"], name="review_open"
            ),
        ),
    ]
