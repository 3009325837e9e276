"""Credit notes with their lines and paper; what a ledger entry books, never twice."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from tenantry.records.base import functions
from tenantry.records.base.isolation import CompanyTable, CompositeReference, Kept

APP = "tenantry_invoices"


class Migration(migrations.Migration):
    dependencies = [
        ("tenantry_invoices", "0002_guards"),
        ("tenantry_companies", "0003_last_credit_note_number"),
        ("tenantry_notices", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="CreditNote",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("company_id", models.UUIDField(editable=False)),
                ("number", models.TextField()),
                ("sequence", models.BigIntegerField()),
                ("issued_at", models.DateTimeField()),
                ("issue_date", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("net_minor", models.BigIntegerField()),
                ("tax_minor", models.BigIntegerField()),
                ("total_minor", models.BigIntegerField()),
                ("to_receivable_minor", models.BigIntegerField()),
                ("to_credit_minor", models.BigIntegerField()),
                ("tax_facts", models.JSONField()),
                ("reason", models.TextField()),
                ("billed_to", models.JSONField()),
                ("sold_by", models.JSONField()),
                ("request_key", models.TextField(blank=True, default="")),
                ("paper_due_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="CreditNoteDocument",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("company_id", models.UUIDField(editable=False)),
                ("pdf", models.BinaryField()),
                ("sha256", models.TextField()),
                ("rendered_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="CreditNoteLine",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("company_id", models.UUIDField(editable=False)),
                ("position", models.IntegerField()),
                ("kind", models.TextField()),
                ("amount_minor", models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="credit_note_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="payout_share_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="refund_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(fields=("attempt_id", "kind"), name="attempt_booked_once"),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(fields=("credit_note_id", "kind"), name="credit_note_booked_once"),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(fields=("refund_id", "kind"), name="refund_booked_once"),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(fields=("payout_share_id", "kind"), name="payout_share_booked_once"),
        ),
        migrations.AddField(
            model_name="creditnote",
            name="invoice",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="tenantry_invoices.invoice",
            ),
        ),
        migrations.AddField(
            model_name="creditnotedocument",
            name="credit_note",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="tenantry_invoices.creditnote",
            ),
        ),
        migrations.AddField(
            model_name="creditnoteline",
            name="credit_note",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="tenantry_invoices.creditnote",
            ),
        ),
        migrations.AddField(
            model_name="creditnoteline",
            name="invoice_line",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="tenantry_invoices.invoiceline",
            ),
        ),
        migrations.AddIndex(
            model_name="creditnote",
            index=models.Index(fields=["company_id", "invoice"], name="credit_notes_of_invoice"),
        ),
        migrations.AddIndex(
            model_name="creditnote",
            index=models.Index(
                condition=models.Q(("paper_due_at__isnull", False)),
                fields=["paper_due_at"],
                name="credit_note_to_print",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditnote",
            constraint=models.UniqueConstraint(fields=("company_id", "sequence"), name="credit_note_number_once"),
        ),
        migrations.AddConstraint(
            model_name="creditnote",
            constraint=models.UniqueConstraint(
                condition=models.Q(("request_key", ""), _negated=True),
                fields=("company_id", "request_key"),
                name="credit_note_request_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditnote",
            constraint=models.CheckConstraint(
                condition=models.Q(("total_minor__gt", 0), ("total_minor__lte", 1000000000000)),
                name="credit_note_total_in_bounds",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditnote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total_minor",
                        django.db.models.expressions.CombinedExpression(
                            models.F("net_minor"), "+", models.F("tax_minor")
                        ),
                    )
                ),
                name="credit_note_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditnote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total_minor",
                        django.db.models.expressions.CombinedExpression(
                            models.F("to_receivable_minor"), "+", models.F("to_credit_minor")
                        ),
                    ),
                    ("to_credit_minor__gte", 0),
                    ("to_receivable_minor__gte", 0),
                ),
                name="credit_note_is_used_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditnotedocument",
            constraint=models.UniqueConstraint(fields=("credit_note",), name="one_document_per_credit_note"),
        ),
        migrations.AddConstraint(
            model_name="creditnoteline",
            constraint=models.UniqueConstraint(fields=("credit_note", "position"), name="credit_note_position_once"),
        ),
        migrations.AddConstraint(
            model_name="creditnoteline",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["line", "discount", "part"])), name="credit_note_line_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditnoteline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("invoice_line__isnull", False), ("kind", "line")),
                    models.Q(models.Q(("kind", "line"), _negated=True), ("invoice_line__isnull", True)),
                    _connector="OR",
                ),
                name="credit_note_line_of_invoice",
            ),
        ),
        CompanyTable("CreditNote", definer_reads=True),
        CompanyTable("CreditNoteLine"),
        CompanyTable("CreditNoteDocument"),
        CompositeReference("CreditNote", field="invoice", to=(APP, "Invoice")),
        CompositeReference("CreditNoteLine", field="credit_note", to=(APP, "CreditNote")),
        CompositeReference("CreditNoteLine", field="invoice_line", to=(APP, "InvoiceLine")),
        CompositeReference("CreditNoteDocument", field="credit_note", to=(APP, "CreditNote")),
        Kept("CreditNote", but=("paper_due_at",)),
        Kept("CreditNoteLine"),
        Kept("CreditNoteDocument"),
        migrations.RunSQL(functions.FIND_WORK),
    ]
