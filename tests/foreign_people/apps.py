"""A host's own user model, to show that the product works with any."""

from __future__ import annotations

from django.apps import AppConfig


class ForeignPeopleConfig(AppConfig):
    """Register it."""

    name = "tests.foreign_people"
    label = "foreign_people"
    default_auto_field = "django.db.models.BigAutoField"
