"""What the vendor sells: plans, add-ons, immutable prices, and which company is offered what."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tenantry.records.base.company_owned import CompanyOwned


class Plan(models.Model):
    """The base that each company is on: priced and rated like an add-on, switched by the vendor only (D11)."""

    id = models.UUIDField(primary_key=True, editable=False)
    code = models.SlugField(max_length=60, unique=True)
    name = models.TextField()
    description = models.TextField(default="", blank=True)


class AddOn(models.Model):
    """The words of an optional feature. What it unlocks is declared by the host, by the same code.

    `terms` is empty where there is nothing to accept; a change of terms raises `terms_version`.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    code = models.SlugField(max_length=60, unique=True)
    name = models.TextField()
    description = models.TextField(default="", blank=True)
    documentation = models.TextField(default="", blank=True)
    learn_more_url = models.TextField(default="", blank=True)
    terms = models.TextField(default="", blank=True)
    terms_version = models.IntegerField(default=0)
    position = models.IntegerField(default=0)
    needs_method = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True)


class Price(models.Model):
    """What a plan or an add-on costs from a date on. Never edited: a changed price is a new row (D6)."""

    id = models.UUIDField(primary_key=True, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, related_name="+")
    addon = models.ForeignKey(AddOn, on_delete=models.PROTECT, null=True, related_name="+")
    shape = models.TextField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    interval = models.TextField(default="month")
    proration = models.TextField(default="daily")
    from_date = models.DateField()
    is_listed = models.BooleanField(default=True)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(plan__isnull=False, addon__isnull=True) | Q(plan__isnull=True, addon__isnull=False),
                name="price_of_one_thing",
            ),
            models.CheckConstraint(condition=Q(shape__in=["flat", "per_seat"]), name="price_shape"),
            models.CheckConstraint(condition=Q(interval__in=["month", "year"]), name="price_interval"),
            models.CheckConstraint(condition=Q(proration__in=["daily", "none"]), name="price_proration"),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0, amount_minor__lte=10**12), name="price_amount_in_bounds"
            ),
        ]
        indexes = [
            models.Index(fields=["addon", "currency", "-from_date"], name="price_of_addon"),
            models.Index(fields=["plan", "currency", "-from_date"], name="price_of_plan"),
        ]


class Offer(CompanyOwned):
    """That a company may see an add-on, at the listed price or at one of its own."""

    addon = models.ForeignKey(AddOn, on_delete=models.PROTECT, related_name="+")
    own_price = models.ForeignKey(Price, on_delete=models.PROTECT, null=True, related_name="+")
    offered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company_id", "addon"], condition=Q(withdrawn_at__isnull=True), name="one_live_offer"
            )
        ]
