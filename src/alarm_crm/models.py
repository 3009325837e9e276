"""What the host keeps for a company: its credit bureaus, and the defaults for billing its own customers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from tenantry.sdk.isolation import CompanyOwned


class CreditBureau(CompanyOwned):
    """A bureau that credit checks are run with.

    `settings` holds the plain fields of its type, `secrets` the sealed ones (`alarm_crm.sealing`), both by
    the names of `alarm_crm.bureaus`. `version` counts the saves.
    """

    name = models.CharField(max_length=100)
    kind = models.TextField()
    settings = models.JSONField(default=dict)
    secrets = models.JSONField(default=dict)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint("company_id", Lower("name"), name="one_bureau_of_a_name")]


class BillableItem(CompanyOwned):
    """Something that the company sells to its customers. `unit_price_minor` is in the company's currency."""

    name = models.CharField(max_length=100)
    unit_price_minor = models.BigIntegerField(default=0)
    is_taxable = models.BooleanField(default=True)
    accounting_category = models.CharField(max_length=100, default="", blank=True)
    description = models.CharField(max_length=500, default="", blank=True)
    is_active = models.BooleanField(default=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint("company_id", Lower("name"), name="one_billable_item_of_a_name"),
            models.CheckConstraint(
                condition=Q(unit_price_minor__gte=0, unit_price_minor__lte=10**12), name="unit_price_in_bounds"
            ),
        ]


class BillingTerm(CompanyOwned):
    """How many days the company's customers have to pay."""

    name = models.CharField(max_length=100)
    days = models.IntegerField()
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint("company_id", Lower("name"), name="one_term_of_a_name"),
            models.CheckConstraint(condition=Q(days__gte=0, days__lte=365), name="term_days_in_bounds"),
        ]


class SalesTaxRate(CompanyOwned):
    """A tax on the invoices of the company's customers. 725 basis points are 7.25 percent."""

    name = models.CharField(max_length=100)
    rate_basis_points = models.IntegerField()
    area = models.CharField(max_length=100)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint("company_id", Lower("name"), name="one_sales_tax_of_a_name"),
            models.CheckConstraint(
                condition=Q(rate_basis_points__gte=0, rate_basis_points__lte=10_000), name="tax_rate_in_bounds"
            ),
        ]
