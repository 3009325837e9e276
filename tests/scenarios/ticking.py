"""Months in which every tick counts: what the schedule finds by looking each minute happens at its own instant too.

The demo's clock stops where rows say that something is due; it compares books and looks at events again only where it
stops anyway, which can be hours later than the schedule would.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Min

from tenantry.project.demo.story import Months
from tenantry.records.base import tenancy
from tenantry.records.companies.models import Company
from tenantry.records.payments.models import GatewayEvent

DAY, TICK = timedelta(days=1), timedelta(minutes=1)


class TickingMonths(Months):
    """Time that stops for each daily comparison, for each event that waits, and a minute after one that failed."""

    def go_to(self, at: datetime) -> None:
        """Let everything due until then happen, each thing at its own instant."""
        while self.now < at:
            super().go_to(min(at, self._next_look_at() or at))

    def _next_look_at(self) -> datetime | None:
        if tenancy.companies_to_reconcile(self.now):
            return self.now + TICK
        with tenancy.vendor_reading():
            compared = Company.objects.exclude(gateway_customer="").aggregate(at=Min("reconciled_at"))["at"]
        event = GatewayEvent.objects.filter(outcome="").aggregate(at=Min("look_at"))["at"]
        looks = [compared + DAY] if compared else []
        return min((*looks, *([max(event, self.now + TICK)] if event else [])), default=None)
