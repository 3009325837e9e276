"""End the recovery once each company's books were compared with the gateway's."""

from __future__ import annotations

from datetime import datetime

from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.queries import open_recovery


def end_recovery(*, actor: Actor, now: datetime) -> bool | Refusal:
    """End the recovery that is on; give whether there was one. Refuses `recovering` while a company still waits."""
    if refused := require(actor, Action.END_RECOVERY):
        return refused
    with tenancy.vendor_phase():
        row = open_recovery(lock=True)
        if row is None:
            return False
        if waiting := tenancy.companies_in_recovery():
            return Refusal("recovering", {"companies": len(waiting)})
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        audit.record_for_vendor(actor, Action.END_RECOVERY, "recovery", str(row.id), entry_id=new_id(), now=now)
    return True
