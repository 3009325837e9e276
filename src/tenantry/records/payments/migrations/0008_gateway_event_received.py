"""Events of the last weeks are counted without reading all of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Find events by when they came."""

    dependencies: ClassVar = [("tenantry_payments", "0007_review_decision")]
    operations: ClassVar = [
        migrations.AddIndex(
            model_name="gatewayevent",
            index=models.Index(fields=["received_at"], name="gateway_event_received"),
        ),
    ]
