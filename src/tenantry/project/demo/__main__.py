"""Fill the demo: `python -m tenantry.project.demo`. Started once, by `tenantry demo`."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import django

PEOPLE = (
    ("owner@summit-alarm.test", "Summit Alarm", "Modify"),
    ("viewer@summit-alarm.test", "Summit Alarm", "View"),
    ("tech@summit-alarm.test", "Summit Alarm", "neither"),
    ("owner@cascade-security.test", "Cascade Security", "Modify"),
    ("owner@harbor-alarms.test", "Harbor Alarms", "Modify"),
    ("books@bridge.test", "Summit Alarm, Cascade Security", "View"),
    ("staff@securitytrax.test", "SecurityTrax (the vendor)", "back office"),
)


def main() -> int:
    """Fill an empty database with 24 months; print progress as `done/total words`, write the marker at the end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenantry.project.settings")
    django.setup()
    from django.conf import settings

    from tenantry.project.demo.filling import fill
    from tenantry.project.demo.forward import refuse_outside_demo
    from tenantry.project.demo.story import PASSWORD

    refuse_outside_demo()
    fill(datetime.now(UTC), told=_told)  # noqa: TID251 - the demo ends on the real day
    people = [{"email": email, "password": PASSWORD, "company": company, "may": may} for email, company, may in PEOPLE]
    marker = Path(settings.TENANTRY_HOME) / "demo-filled"
    marker.write_text(json.dumps({"people": people}), encoding="utf-8")
    return 0


def _told(done: int, total: int, words: str) -> None:
    sys.stdout.write(f"{done}/{total} {words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
