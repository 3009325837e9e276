"""Hold every charge until each company's books were compared with the gateway's: after a restore."""

from __future__ import annotations

from datetime import datetime

from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside import alarm_log
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.models import Recovery
from tenantry.records.companies.queries import open_recovery


def begin_recovery(*, actor: Actor, because: str, now: datetime) -> str | Refusal:
    """Begin a recovery, or give the one that is on; give its id.

    `because` is `restored` or `unknown_objects`. From the commit on no company is charged before
    `reconcile_gateway` has passed for it.
    """
    if refused := require(actor, Action.BEGIN_RECOVERY):
        return refused
    made_id = new_id()
    with tenancy.vendor_phase():
        # Two who begin at once find the same one: the table holds one that is open.
        Recovery.objects.bulk_create([Recovery(id=made_id, began_at=now, because=because)], ignore_conflicts=True)
        row = open_recovery(lock=True)
        if row is None or str(row.id) != made_id:
            return str(row.id) if row else Refusal("busy")
        audit.record_for_vendor(
            actor,
            Action.BEGIN_RECOVERY,
            "recovery",
            str(row.id),
            entry_id=new_id(),
            now=now,
            after={"because": because},
        )
    alarm_log.recovery_began(recovery=str(row.id), because=because)
    return str(row.id)
