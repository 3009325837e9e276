"""What a gateway told: kept as it was told, once; and the function that finds whose object it is."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

from tenantry.records.base import functions
from tenantry.records.base.isolation import Kept


class Migration(migrations.Migration):
    """Keep events; find companies by the gateway's ids."""

    dependencies: ClassVar = [("tenantry_payments", "0005_payouts")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="GatewayEvent",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("gateway", models.TextField()),
                ("event_id", models.TextField()),
                ("kind", models.TextField()),
                ("object_id", models.TextField()),
                ("intent_object_id", models.TextField(blank=True, default="")),
                ("happened_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("outcome", models.TextField(blank=True, default="")),
                ("because", models.TextField(blank=True, default="")),
                ("times_looked", models.IntegerField(default=0)),
                ("look_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("look_at__isnull", False)),
                        fields=["look_at"],
                        name="gateway_event_to_look_at",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("gateway", "event_id"), name="gateway_event_once"),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["", "applied", "ignored"])), name="gateway_event_outcome"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("look_at__isnull", False), ("outcome", "")),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                ("ended_at__isnull", False),
                                ("look_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="gateway_event_waits_or_ended",
                    ),
                ],
            },
        ),
        Kept("GatewayEvent", but=["outcome", "because", "times_looked", "look_at", "ended_at"]),
        migrations.RunSQL(functions.COMPANY_OF_GATEWAY_OBJECT),
    ]
