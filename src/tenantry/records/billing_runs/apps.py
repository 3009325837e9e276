"""The Django app of this noun; its label is prefixed so that a host's own apps never clash with it."""

from __future__ import annotations

from django.apps import AppConfig


class BillingRunsConfig(AppConfig):
    """Register the noun with Django."""

    name = "tenantry.records.billing_runs"
    label = "tenantry_billing_runs"
