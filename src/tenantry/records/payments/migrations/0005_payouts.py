"""Payouts, and what of each is whose."""

import django.db.models.deletion
from django.db import migrations, models

from tenantry.records.base import functions
from tenantry.records.base.isolation import CompanyTable, CompositeReference, Kept

APP = "tenantry_payments"


class Migration(migrations.Migration):
    dependencies = [
        ("tenantry_payments", "0004_refunds"),
    ]

    operations = [
        migrations.CreateModel(
            name="Payout",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("gateway", models.TextField()),
                ("gateway_id", models.TextField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("paid_at", models.DateTimeField()),
                ("read_at", models.DateTimeField()),
                ("is_shared_out", models.BooleanField(default=False)),
                ("strange_lines", models.JSONField(default=list)),
            ],
            options={
                "indexes": [models.Index(fields=["gateway", "-paid_at"], name="latest_payouts")],
                "constraints": [models.UniqueConstraint(fields=("gateway", "gateway_id"), name="payout_once")],
            },
        ),
        migrations.CreateModel(
            name="PayoutShare",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("company_id", models.UUIDField(editable=False)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("booked_at", models.DateTimeField()),
                (
                    "payout",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenantry_payments.payout"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PayoutLine",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("company_id", models.UUIDField(editable=False)),
                ("gateway_line_id", models.TextField()),
                ("kind", models.TextField()),
                ("gateway_intent_id", models.TextField()),
                ("gateway_refund_id", models.TextField(blank=True, default="")),
                ("amount_minor", models.BigIntegerField()),
                ("occurred_at", models.DateTimeField()),
                (
                    "intent",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenantry_payments.paymentintent",
                    ),
                ),
                (
                    "share",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenantry_payments.payoutshare",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="payoutshare",
            constraint=models.UniqueConstraint(fields=("company_id", "payout"), name="one_share_per_payout"),
        ),
        migrations.AddConstraint(
            model_name="payoutline",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["charge", "refund", "return", "dispute"])), name="payout_line_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutline",
            constraint=models.UniqueConstraint(fields=("company_id", "gateway_line_id"), name="payout_line_once"),
        ),
        CompanyTable("PayoutShare"),
        CompanyTable("PayoutLine"),
        CompositeReference("PayoutLine", field="share", to=(APP, "PayoutShare")),
        CompositeReference("PayoutLine", field="intent", to=(APP, "PaymentIntent")),
        Kept("PayoutShare"),
        Kept("PayoutLine"),
        Kept("Payout", but=("is_shared_out", "strange_lines")),
        migrations.RunSQL(functions.COMPANIES_OF_CUSTOMERS),
    ]
