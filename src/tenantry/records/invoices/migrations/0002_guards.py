"""Guards: an issued invoice is kept, and every entry of the ledger balances."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from tenantry.records.base import functions
from tenantry.records.base.isolation import CompanyTable, CompositeReference, Kept

APP = "tenantry_invoices"
MOVING_COLUMNS = ("state", "state_moved_at", "version", "collect_at", "paper_due_at")


class Migration(migrations.Migration):
    """Keep invoices, lines, paper and postings."""

    dependencies: ClassVar = [(APP, "0001_initial"), ("tenantry_companies", "0002_guards")]
    operations: ClassVar = [
        CompanyTable("Invoice", definer_reads=True),
        CompanyTable("InvoiceLine"),
        CompanyTable("InvoiceDocument"),
        CompanyTable("LedgerEntry"),
        CompanyTable("Posting"),
        CompositeReference("InvoiceLine", field="invoice", to=(APP, "Invoice")),
        CompositeReference("InvoiceDocument", field="invoice", to=(APP, "Invoice")),
        CompositeReference("LedgerEntry", field="invoice", to=(APP, "Invoice")),
        CompositeReference("Posting", field="invoice", to=(APP, "Invoice")),
        CompositeReference("Posting", field="entry", to=(APP, "LedgerEntry")),
        Kept("Invoice", but=MOVING_COLUMNS),
        Kept("InvoiceLine"),
        Kept("InvoiceDocument"),
        Kept("LedgerEntry"),
        Kept("Posting"),
        migrations.RunSQL(functions.ENTRY_BALANCES),
        migrations.RunSQL(functions.ENTRY_BALANCES_TRIGGER),
    ]
