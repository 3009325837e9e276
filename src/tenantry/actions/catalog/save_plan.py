"""Add a plan, or change its words."""

from __future__ import annotations

from datetime import datetime

from tenantry.core.catalog import check_words
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.catalog.models import Plan


def save_plan(*, actor: Actor, code: str, name: str, description: str, now: datetime) -> str | Refusal:
    """Save a plan by its code; give its id. Refusals: those of `core.catalog.check_words`."""
    if refused := require(actor, Action.SAVE_PLAN):
        return refused
    if refused := check_words(code=code, name=name, description=description):
        return refused
    with tenancy.vendor_phase():
        row, _ = Plan.objects.select_for_update().update_or_create(
            code=code,
            defaults={"name": name, "description": description},
            create_defaults={"id": new_id(), "name": name, "description": description},
        )
        audit.record_for_vendor(
            actor, Action.SAVE_PLAN, "plan", str(row.id), entry_id=new_id(), now=now, after={"name": name}
        )
    return str(row.id)
