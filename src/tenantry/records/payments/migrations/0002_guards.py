"""Guards: methods and payments belong to one company; a charge uses the company's own method."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from tenantry.records.base.isolation import CompanyTable, CompositeReference, NotTruncated

APP = "tenantry_payments"


class Migration(migrations.Migration):
    """Keep methods and payments apart."""

    dependencies: ClassVar = [(APP, "0001_initial"), ("tenantry_invoices", "0002_guards")]
    operations: ClassVar = [
        CompanyTable("MethodSetup"),
        CompanyTable("PaymentMethod", definer_reads=True),
        CompanyTable("PaymentIntent", definer_reads=True),
        CompanyTable("PaymentAttempt"),
        CompanyTable("Review"),
        CompositeReference("PaymentIntent", field="invoice", to=("tenantry_invoices", "Invoice")),
        CompositeReference("PaymentAttempt", field="intent", to=(APP, "PaymentIntent")),
        CompositeReference("PaymentAttempt", field="method", to=(APP, "PaymentMethod")),
        CompositeReference("Review", field="intent", to=(APP, "PaymentIntent")),
        NotTruncated("PaymentMethod"),
        NotTruncated("PaymentIntent"),
        NotTruncated("PaymentAttempt"),
    ]
