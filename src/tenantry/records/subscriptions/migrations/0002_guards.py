"""Guards: subscriptions and what runs on them belong to one company."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from tenantry.records.base.isolation import CompanyTable, CompositeReference, Kept, NotTruncated

APP = "tenantry_subscriptions"


class Migration(migrations.Migration):
    """Keep subscriptions apart; seat counts as they were counted."""

    dependencies: ClassVar = [(APP, "0001_initial"), ("tenantry_companies", "0002_guards")]
    operations: ClassVar = [
        CompanyTable("Subscription", definer_reads=True),
        CompanyTable("PlanPeriod"),
        CompanyTable("AddOnPeriod"),
        CompanyTable("SeatCount"),
        CompositeReference("PlanPeriod", field="subscription", to=(APP, "Subscription")),
        CompositeReference("AddOnPeriod", field="subscription", to=(APP, "Subscription")),
        Kept("PlanPeriod", but=("ended_at",)),
        Kept("AddOnPeriod", but=("ended_at",)),
        Kept("SeatCount"),
        NotTruncated("Subscription"),
    ]
