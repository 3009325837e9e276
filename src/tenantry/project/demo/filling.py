"""Fills an empty database with the demo's vendor, companies and months, ending at the real present."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import get_user_model

from tenantry.core.periods import local_date, nth_start
from tenantry.jobs import work
from tenantry.outside import clock, identity
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.project.demo.catalog import set_up_catalog
from tenantry.project.demo.companies import SummitYears, open_cascade, open_harbor, open_summit
from tenantry.project.demo.forward import refuse_outside_demo
from tenantry.project.demo.story import STAFF, Months, give_password
from tenantry.records.companies.models import VendorStaff

ZONE = "America/Denver"
MONTHS = 24
STEPS = 11


def fill(now: datetime, *, told: Callable[[int, int, str], None]) -> None:
    """Live through the demo's months; `told` hears (done, of, words).

    Raises:
        NotTheDemo: demo mode is off.
    """
    refuse_outside_demo()
    today = local_date(now, ZONE)
    first = nth_start(today.replace(day=1), -MONTHS)
    control = SandboxControl(settings.TENANTRY_GATEWAY_URL)
    start = datetime.combine(first, time(9), ZoneInfo(ZONE)).astimezone(UTC)
    months = Months(start, control)
    done = 0

    def note(words: str) -> None:
        nonlocal done
        done += 1
        told(done, STEPS, words)

    try:
        with control.untold():  # nobody listens yet
            _staff(start)
            set_up_catalog(STAFF, start)
            note("The catalog")
            summit = open_summit(months)
            SummitYears(summit, first, today, note).live(lambda: open_cascade(months))
            months.go_to(now)
            open_harbor(months)
            note("Harbor Alarms")
            work.read_payouts()
    finally:
        months.end()
        control.run_clock(clock.now())
        control.close()


def _staff(now: datetime) -> None:
    user_id = identity.person_for(email="staff@securitytrax.test", name=STAFF.name, now=now)
    give_password("staff@securitytrax.test")
    user = get_user_model()._default_manager.get(pk=user_id)
    VendorStaff.objects.get_or_create(user=user, defaults={"since_at": now})
