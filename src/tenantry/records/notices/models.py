"""What is mailed to whom about which thing, once."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from tenantry.records.base.company_owned import CompanyOwned


class Notice(CompanyOwned):
    """A mail that is due; written in the transaction of what it tells about.

    `about_key` makes it once: the same kind about the same thing is not written twice. Recipients are
    looked up when it is sent and kept here.
    """

    kind = models.TextField()
    about_kind = models.TextField()
    about_id = models.UUIDField()
    about_key = models.TextField()
    facts = models.JSONField()
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    recipients = ArrayField(models.TextField(), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company_id", "kind", "about_key"], name="notice_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(sent_at__isnull=True), name="notice_due")]
