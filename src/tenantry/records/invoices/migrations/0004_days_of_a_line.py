"""The very days that a line is about, where they are not the whole period (I7)."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("tenantry_invoices", "0003_credit_notes")]

    operations = [
        migrations.AddField("InvoiceLine", "days_start", models.DateField(null=True)),
        migrations.AddField("InvoiceLine", "days_end", models.DateField(null=True)),
        migrations.AddConstraint(
            "InvoiceLine",
            models.CheckConstraint(
                condition=Q(days_start__isnull=True, days_end__isnull=True)
                | Q(days_start__gte=F("period_start"), days_start__lt=F("days_end"), days_end__lte=F("period_end")),
                name="line_days_within_period",
            ),
        ),
    ]
