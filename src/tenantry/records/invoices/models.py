"""The bill, its lines, its paper, and the ledger behind it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from tenantry.records.base.company_owned import CompanyOwned, owned_reference

MOVING_COLUMNS = ("state", "state_moved_at", "version", "collect_at", "paper_due_at")


class Invoice(CompanyOwned):
    """An issued invoice. Everything but MOVING_COLUMNS is kept as it was written.

    `period_*` is the billing period that begins with it. `billed_to`, `paid_how` and `sold_by` are what its
    paper says: fixed at issue. `credit_used_minor` below zero is a debt that it asks for beside its total.
    `collect_at` is when the default method is charged next; `paper_due_at` is set until the PDF is stored.
    """

    number = models.TextField()
    sequence = models.BigIntegerField()
    subscription_id = models.UUIDField()
    period_start = models.DateField()
    period_end = models.DateField()
    issued_at = models.DateTimeField()
    issue_date = models.DateField()
    due_date = models.DateField()
    currency = models.CharField(max_length=3)
    subtotal_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    credit_used_minor = models.BigIntegerField()
    tax_facts = models.JSONField()
    billed_to = models.JSONField()
    sold_by = models.JSONField()
    paid_how = models.JSONField()
    recipients = ArrayField(models.TextField())
    run_id = models.UUIDField(null=True)
    state = models.TextField(default="open")
    state_moved_at = models.DateTimeField()
    version = models.IntegerField(default=1)
    collect_at = models.DateTimeField(null=True)
    paper_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company_id", "period_start"], name="one_invoice_per_period"),
            models.UniqueConstraint(fields=["company_id", "sequence"], name="invoice_number_once"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "paid", "void", "uncollectible"]), name="invoice_state"
            ),
            models.CheckConstraint(
                condition=Q(total_minor__gte=0, total_minor__lte=10**12), name="invoice_total_in_bounds"
            ),
            models.CheckConstraint(
                condition=Q(credit_used_minor__gte=-(10**12), credit_used_minor__lte=models.F("total_minor")),
                name="invoice_credit_in_bounds",
            ),
            models.CheckConstraint(condition=Q(period_end__gt=models.F("period_start")), name="invoice_period"),
        ]
        indexes = [
            models.Index(fields=["collect_at"], condition=Q(collect_at__isnull=False), name="invoice_to_collect"),
            models.Index(fields=["paper_due_at"], condition=Q(paper_due_at__isnull=False), name="invoice_to_print"),
        ]


class InvoiceLine(CompanyOwned):
    """One row of an invoice: what, which dates, seats × price × share of the period, and why.

    `amount_minor` = `owed_minor` − `already_minor`: what is owed for the line's period, less what earlier
    invoices already asked for it (where the line gives back: less what they asked for and still hold).
    [`days_start`, `days_end`) are the very days it is about, where they are one stretch and not the whole period.
    """

    invoice = owned_reference("tenantry_invoices.Invoice")
    position = models.IntegerField()
    subject_kind = models.TextField()
    code = models.TextField()
    name = models.TextField()
    period_start = models.DateField()
    period_end = models.DateField()
    days_start = models.DateField(null=True)
    days_end = models.DateField(null=True)
    running_period_id = models.UUIDField(null=True)
    price_id = models.UUIDField(null=True)
    quantity = models.IntegerField()
    unit_amount_minor = models.BigIntegerField()
    on_days = models.IntegerField()
    period_days = models.IntegerField()
    seat_days = models.BigIntegerField()
    owed_minor = models.BigIntegerField()
    already_minor = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    reason = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="line_position_once"),
            models.CheckConstraint(
                condition=Q(amount_minor=models.F("owed_minor") - models.F("already_minor")), name="line_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(days_start__isnull=True, days_end__isnull=True)
                | Q(
                    days_start__gte=models.F("period_start"),
                    days_start__lt=models.F("days_end"),
                    days_end__lte=models.F("period_end"),
                ),
                name="line_days_within_period",
            ),
        ]
        indexes = [models.Index(fields=["company_id", "period_start"], name="lines_for_period")]


class InvoiceDocument(CompanyOwned):
    """The paper of an invoice: rendered once, the same bytes for ever."""

    invoice = owned_reference("tenantry_invoices.Invoice")
    pdf = models.BinaryField()
    sha256 = models.TextField()
    rendered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invoice"], name="one_document_per_invoice")]


class CreditNote(CompanyOwned):
    """Money given back on paper. Everything but `paper_due_at` is kept as it was written.

    `to_receivable_minor` came off what was due on the invoice, `to_credit_minor` became company credit. `billed_to`
    and `sold_by` are what its paper says. `request_key` is the form's hidden key: one form, one note.
    """

    invoice = owned_reference("tenantry_invoices.Invoice")
    number = models.TextField()
    sequence = models.BigIntegerField()
    issued_at = models.DateTimeField()
    issue_date = models.DateField()
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    to_receivable_minor = models.BigIntegerField()
    to_credit_minor = models.BigIntegerField()
    tax_facts = models.JSONField()
    reason = models.TextField()
    billed_to = models.JSONField()
    sold_by = models.JSONField()
    request_key = models.TextField(default="", blank=True)
    paper_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company_id", "sequence"], name="credit_note_number_once"),
            models.UniqueConstraint(
                fields=["company_id", "request_key"], condition=~Q(request_key=""), name="credit_note_request_once"
            ),
            models.CheckConstraint(
                condition=Q(total_minor__gt=0, total_minor__lte=10**12), name="credit_note_total_in_bounds"
            ),
            models.CheckConstraint(
                condition=Q(total_minor=models.F("net_minor") + models.F("tax_minor")), name="credit_note_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(total_minor=models.F("to_receivable_minor") + models.F("to_credit_minor"))
                & Q(to_receivable_minor__gte=0, to_credit_minor__gte=0),
                name="credit_note_is_used_up",
            ),
        ]
        indexes = [
            models.Index(fields=["company_id", "invoice"], name="credit_notes_of_invoice"),
            models.Index(fields=["paper_due_at"], condition=Q(paper_due_at__isnull=False), name="credit_note_to_print"),
        ]


class CreditNoteLine(CompanyOwned):
    """One row of a credit note, without tax: a line of the invoice, its discount, or a part of the whole."""

    credit_note = owned_reference("tenantry_invoices.CreditNote")
    position = models.IntegerField()
    kind = models.TextField()
    invoice_line = owned_reference("tenantry_invoices.InvoiceLine", null=True)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credit_note", "position"], name="credit_note_position_once"),
            models.CheckConstraint(condition=Q(kind__in=["line", "discount", "part"]), name="credit_note_line_kind"),
            models.CheckConstraint(
                condition=Q(kind="line", invoice_line__isnull=False) | (~Q(kind="line") & Q(invoice_line__isnull=True)),
                name="credit_note_line_of_invoice",
            ),
        ]


class CreditNoteDocument(CompanyOwned):
    """The paper of a credit note: rendered once, the same bytes for ever."""

    credit_note = owned_reference("tenantry_invoices.CreditNote")
    pdf = models.BinaryField()
    sha256 = models.TextField()
    rendered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credit_note"], name="one_document_per_credit_note")]


class LedgerEntry(CompanyOwned):
    """One business event in the books; its postings sum to zero.

    What it books is named by one of `attempt_id`, `credit_note_id`, `refund_id` and `payout_share_id`; where all are
    empty it is the invoice itself. The same event is never booked twice.
    """

    kind = models.TextField()
    invoice = owned_reference("tenantry_invoices.Invoice", null=True)
    attempt_id = models.UUIDField(null=True)
    credit_note_id = models.UUIDField(null=True)
    refund_id = models.UUIDField(null=True)
    payout_share_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["company_id", "invoice"], name="entries_of_invoice")]
        constraints = [
            models.UniqueConstraint(fields=["attempt_id", "kind"], name="attempt_booked_once"),
            models.UniqueConstraint(fields=["credit_note_id", "kind"], name="credit_note_booked_once"),
            models.UniqueConstraint(fields=["refund_id", "kind"], name="refund_booked_once"),
            models.UniqueConstraint(fields=["payout_share_id", "kind"], name="payout_share_booked_once"),
        ]


class Posting(CompanyOwned):
    """One leg of an entry: a debit is positive, a credit negative."""

    entry = owned_reference("tenantry_invoices.LedgerEntry")
    account = models.TextField()
    invoice = owned_reference("tenantry_invoices.Invoice", null=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(amount_minor=0), name="posting_moves_something")]
        indexes = [
            models.Index(fields=["company_id", "account", "invoice"], name="balance_of_account"),
            models.Index(fields=["entry"], name="postings_of_entry"),
        ]
