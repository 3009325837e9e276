"""The company's pages."""

from __future__ import annotations

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Register the face with Django, for its templates."""

    name = "tenantry.portal"
    label = "tenantry_portal"
