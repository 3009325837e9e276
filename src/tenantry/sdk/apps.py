"""The public API of a host product."""

from __future__ import annotations

from django.apps import AppConfig


class SdkConfig(AppConfig):
    """Register the face with Django, for its template tags."""

    name = "tenantry.sdk"
    label = "tenantry_sdk"
