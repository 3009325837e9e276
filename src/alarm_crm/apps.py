"""The Django app of the host; what Tenantry has to know of it is told once, when it is ready."""

from __future__ import annotations

from django.apps import AppConfig


class AlarmCrmConfig(AppConfig):
    """Register the host with Django, and its cards, permissions and add-ons with Tenantry."""

    name = "alarm_crm"
    label = "alarm_crm"

    def ready(self) -> None:
        """Tell Tenantry what stands where."""
        from alarm_crm import add_ons, cards

        cards.register()
        add_ons.register()
