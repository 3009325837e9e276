"""The standing agreement, and what is on from an instant to an instant."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from tenantry.records.base.company_owned import CompanyOwned, owned_reference
from tenantry.records.catalog.models import AddOn, Plan, Price


class InstantRange(Func):
    """The half-open range [started_at, ended_at) in SQL."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


def never_overlapping(name: str, *same: str) -> ExclusionConstraint:
    """Forbid two intervals of the same thing to overlap."""
    interval = InstantRange("started_at", "ended_at", RangeBoundary())
    equal = [(F(field), RangeOperators.EQUAL) for field in same]
    return ExclusionConstraint(name=name, expressions=[(interval, RangeOperators.OVERLAPS), *equal])


class Subscription(CompanyOwned):
    """One per company. Periods are counted from the original anchor date.

    `next_period_start` is the first day not invoiced yet; `next_issue_at` is its first instant in the
    company's zone, and what the billing run looks for.
    """

    anchor_date = models.DateField()
    interval = models.TextField(default="month")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    next_period_start = models.DateField()
    next_issue_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company_id"], name="one_subscription_per_company"),
            models.CheckConstraint(condition=Q(interval__in=["month", "year"]), name="subscription_interval"),
        ]
        indexes = [models.Index(fields=["next_issue_at"], condition=Q(ended_at__isnull=True), name="subscription_due")]


class PlanPeriod(CompanyOwned):
    """A plan at a price, from an instant to an instant."""

    subscription = owned_reference("tenantry_subscriptions.Subscription")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            never_overlapping("one_plan_at_a_time", "company_id"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")), name="plan_period_forward"
            ),
        ]


class AddOnPeriod(CompanyOwned):
    """An add-on at the price that was confirmed, from an instant to an instant. An interval, not a flag."""

    subscription = owned_reference("tenantry_subscriptions.Subscription")
    addon = models.ForeignKey(AddOn, on_delete=models.PROTECT, related_name="+")
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    fingerprint = models.TextField()

    class Meta:
        constraints = [
            never_overlapping("addon_on_once_at_a_time", "company_id", "addon"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")), name="addon_period_forward"
            ),
        ]
        indexes = [models.Index(fields=["company_id", "addon", "-started_at"], name="addon_period_of_company")]


class SeatCount(CompanyOwned):
    """How many seats there were from an instant on; `subject` is an add-on's code, or empty for all."""

    subject = models.TextField(default="", blank=True)
    seats = models.IntegerField()
    counted_at = models.DateTimeField()
    source = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(seats__gte=0, seats__lte=10**6), name="seats_in_bounds"),
            models.UniqueConstraint(fields=["company_id", "subject", "counted_at"], name="seats_counted_once"),
        ]
