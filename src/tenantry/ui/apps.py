"""The look that the HTML faces share."""

from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Register the look with Django, for its templates."""

    name = "tenantry.ui"
    label = "tenantry_ui"
