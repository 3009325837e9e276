"""Audit: who did what. Rows are appended by one database function and by nobody else."""

from __future__ import annotations

from django.db import models

from tenantry.records.base.company_owned import CompanyOwned


class AuditEntry(CompanyOwned):
    """One change in a company: who, when, what, before and after, and the text they saw.

    Entries of a company form a chain: `sequence` has no gap and `entry_hash` covers the row and the hash
    before it. Inserted by the database function `append_audit` only.
    """

    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    actor_kind = models.TextField()
    actor_id = models.TextField()
    actor_name = models.TextField()
    address = models.TextField()
    request_id = models.TextField()
    action = models.TextField()
    object_kind = models.TextField()
    object_id = models.TextField()
    before = models.JSONField()
    after = models.JSONField()
    words = models.TextField()
    language = models.TextField()
    previous_hash = models.BinaryField()
    entry_hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company_id", "sequence"], name="audit_one_chain")]
        indexes = [
            models.Index(fields=["company_id", "object_kind", "-sequence"], name="audit_of_kind"),
            models.Index(fields=["company_id", "object_id"], name="audit_of_object"),
        ]


class VendorAuditEntry(models.Model):
    """One change that belongs to no company: the catalog, prices, plans."""

    id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField()
    actor_id = models.TextField()
    actor_name = models.TextField()
    address = models.TextField()
    request_id = models.TextField()
    action = models.TextField()
    object_kind = models.TextField()
    object_id = models.TextField()
    before = models.JSONField()
    after = models.JSONField()
