"""Refunds: each sent once, its fate asked for until it is known."""

import django.db.models.deletion
from django.db import migrations, models

from tenantry.records.base import functions
from tenantry.records.base.isolation import CompanyTable, CompositeReference, NotTruncated

APP = "tenantry_payments"


class Migration(migrations.Migration):
    dependencies = [
        ("tenantry_payments", "0003_review_without_intent"),
        ("tenantry_notices", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("company_id", models.UUIDField(editable=False)),
                ("number", models.IntegerField()),
                ("state", models.TextField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("key", models.TextField(blank=True, default="")),
                ("gateway_refund_id", models.TextField(blank=True, default="")),
                ("reason", models.TextField(blank=True, default="")),
                ("code", models.TextField(blank=True, default="")),
                ("was_found", models.BooleanField(default=False)),
                ("request_key", models.TextField(blank=True, default="")),
                ("by_kind", models.TextField(blank=True, default="")),
                ("by_id", models.TextField(blank=True, default="")),
                ("by_name", models.TextField(blank=True, default="")),
                ("version", models.IntegerField(default=1)),
                ("next_ask_at", models.DateTimeField(null=True)),
                ("times_asked", models.IntegerField(default=0)),
                ("opened_at", models.DateTimeField()),
                ("moved_at", models.DateTimeField()),
                (
                    "intent",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenantry_payments.paymentintent",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_ask_at__isnull", False)), fields=["next_ask_at"], name="refund_to_ask"
                    ),
                    models.Index(fields=["company_id", "intent"], name="refunds_of_intent"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="refund_amount_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["sending", "unknown", "done", "refused"])),
                        name="refund_state",
                    ),
                    models.UniqueConstraint(fields=("intent", "number"), name="refund_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["sending", "unknown"])),
                        fields=("intent",),
                        name="one_open_refund_per_intent",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("key", ""), _negated=True), fields=("key",), name="refund_key_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("gateway_refund_id", ""), _negated=True),
                        fields=("company_id", "gateway_refund_id"),
                        name="gateway_refund_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("request_key", ""), _negated=True),
                        fields=("company_id", "request_key"),
                        name="refund_request_once",
                    ),
                ],
            },
        ),
        CompanyTable("Refund", definer_reads=True),
        CompositeReference("Refund", field="intent", to=(APP, "PaymentIntent")),
        NotTruncated("Refund"),
        migrations.RunSQL(functions.FIND_WORK),
    ]
