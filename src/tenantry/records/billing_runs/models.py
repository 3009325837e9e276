"""Billing runs: who was billed when, and who could not be."""

from __future__ import annotations

from django.db import models

from tenantry.records.base.company_owned import CompanyOwned


class BillingRun(models.Model):
    """One run for a date: what was due, what was issued, what was set aside."""

    id = models.UUIDField(primary_key=True, editable=False)
    for_date = models.DateField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    companies_due = models.IntegerField(default=0)
    issued = models.IntegerField(default=0)
    set_aside = models.IntegerField(default=0)


class BillingOutcome(CompanyOwned):
    """A company that a run could not bill, and why."""

    run_id = models.UUIDField()
    reason = models.TextField()
    set_aside_at = models.DateTimeField()
