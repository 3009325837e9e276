"""The Django app of this noun; its label is prefixed so that a host's own apps never clash with it."""

from __future__ import annotations

from django.apps import AppConfig


class BaseConfig(AppConfig):
    """Register the noun with Django."""

    name = "tenantry.records.base"
    label = "tenantry_base"
