"""Make a permission group, rename it, give or take its grants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenantry.core.people import MemberFacts, group_name, someone_keeps_modify
from tenantry.core.permissions import Action, Actor, Grant, require
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies import queries
from tenantry.records.companies.models import GroupGrant, Membership, PermissionGroup
from tenantry.records.subscriptions.seats import count_members

NO_GROUP = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class GroupForm:
    """What was chosen for one group."""

    name: str
    description: str
    is_assignable: bool
    grants: frozenset[Grant]


@tenancy.tried_again
def save_permission_group(*, actor: Actor, group_id: str | None, form: GroupForm, now: datetime) -> str | Refusal:
    """Save one group of the company and count the seats again; give the group's id.

    Refusals: `name_length`, `name_taken`, `not_found`, `last_modify`.
    """
    if refused := require(actor, Action.SAVE_PERMISSION_GROUP):
        return refused
    if refused := group_name(form.name):
        return refused
    with tenancy.phase(actor.company_id):
        company = queries.lock_company(actor.company_id)
        rows = PermissionGroup.objects.filter(company_id=actor.company_id)
        if group_id is not None and not rows.filter(id=group_id).exists():
            return Refusal("not_found")
        if rows.filter(name__iexact=form.name.strip()).exclude(id=group_id or NO_GROUP).exists():
            return Refusal("name_taken", {"name": form.name.strip()})
        if refused := _someone_keeps_modify(actor.company_id, group_id, form):
            return refused
        saved_id, before = _write(actor.company_id, group_id, form)
        count_members(company, now=now, new_id=new_id)
        after = {"name": form.name.strip(), "grants": _as_text(form.grants)}
        audit.record(
            actor, Action.SAVE_PERMISSION_GROUP, "permission_group", saved_id, now=now, before=before, after=after
        )
    return saved_id


def _someone_keeps_modify(company_id: str, group_id: str | None, form: GroupForm) -> Refusal | None:
    if group_id is None:
        return None
    groups_of = queries.group_ids_of_members(company_id)
    people = [
        MemberFacts(row.is_active and row.can_log_in, frozenset(groups_of.get(str(row.id), [])))
        for row in Membership.objects.filter(company_id=company_id)
    ]
    return someone_keeps_modify(people, {**queries.grants_of_groups(company_id), group_id: form.grants})


def _write(company_id: str, group_id: str | None, form: GroupForm) -> tuple[str, dict[str, object]]:
    fields = {
        "name": form.name.strip(),
        "description": form.description.strip(),
        "is_assignable": form.is_assignable,
    }
    before: dict[str, object] = {}
    if group_id is None:
        saved_id = new_id()
        PermissionGroup.objects.create(id=saved_id, company_id=company_id, **fields)
    else:
        saved_id = group_id
        row = PermissionGroup.objects.get(company_id=company_id, id=saved_id)
        grants = queries.grants_of_groups(company_id).get(saved_id, frozenset())
        before = {"name": row.name, "grants": _as_text(grants)}
        PermissionGroup.objects.filter(company_id=company_id, id=saved_id).update(**fields)
    GroupGrant.objects.filter(company_id=company_id, group__id=saved_id).delete()
    GroupGrant.objects.bulk_create(
        GroupGrant(
            id=new_id(), company_id=company_id, group_id=saved_id, subject=grant.subject, level=grant.level.value
        )
        for grant in sorted(form.grants, key=lambda g: (g.subject, g.level))
    )
    return saved_id, before


def _as_text(grants: frozenset[Grant]) -> list[str]:
    return sorted(f"{grant.subject}: {grant.level.value}" for grant in grants)
