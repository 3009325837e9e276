"""Legal name, address, tax id, PO number, recipients: for the next invoices."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db.models import F

from tenantry.core.billing_details import BillingDetailsForm, check_billing_details
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.records.base import audit, tenancy
from tenantry.records.companies import queries
from tenantry.records.companies.models import BillingDetails


@tenancy.tried_again
def change_billing_details(
    *, actor: Actor, form: BillingDetailsForm, version: int, now: datetime
) -> int | Refusal | dict[str, Refusal]:
    """Save the billing details; give the new version, or a refusal for each field that is wrong.

    `version` is the one that the form was made from: a form that somebody overtook is refused as
    `changed_meanwhile`, so that nobody's words are lost unseen.
    """
    if refused := require(actor, Action.CHANGE_BILLING_DETAILS):
        return refused
    if wrong := check_billing_details(form):
        return wrong
    with tenancy.phase(actor.company_id):
        queries.lock_company(actor.company_id)
        row = queries.billing_details(actor.company_id)
        if row.version != version:
            return Refusal("changed_meanwhile")
        after = {**asdict(form), "recipients": list(form.recipients)}
        before = {field: getattr(row, field) for field in after}
        changed = {field for field in after if before[field] != after[field]}
        if changed:
            BillingDetails.objects.filter(company_id=actor.company_id).update(**after, version=F("version") + 1)
            audit.record(
                actor,
                Action.CHANGE_BILLING_DETAILS,
                "billing_details",
                str(row.id),
                now=now,
                before={field: before[field] for field in changed},
                after={field: after[field] for field in changed},
            )
    return version + bool(changed)
