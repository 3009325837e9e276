"""The vendor's pages."""

from __future__ import annotations

from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    """Register the face with Django, for its templates."""

    name = "tenantry.backoffice"
    label = "tenantry_backoffice"
