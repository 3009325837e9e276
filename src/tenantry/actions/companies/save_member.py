"""Invite a person; switch Active and Can log in; put them into permission groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tenantry.actions.notices._notify import notify
from tenantry.core.people import MemberFacts, someone_keeps_modify
from tenantry.core.permissions import Action, Actor, may_give, require
from tenantry.core.refusal import Refusal
from tenantry.outside import identity
from tenantry.outside.ids import new_id
from tenantry.outside.mail import is_email
from tenantry.records.base import audit, tenancy
from tenantry.records.companies import queries
from tenantry.records.companies.models import GroupMembership, Membership, PermissionGroup
from tenantry.records.subscriptions.seats import count_members


@dataclass(frozen=True, slots=True)
class MemberForm:
    """What was chosen for one person. `email` and `name` count only when the person is new.

    `is_told` asks for a mail to somebody who may sign in from now on.
    """

    is_active: bool
    can_log_in: bool
    group_ids: tuple[str, ...]
    email: str = ""
    name: str = ""
    is_told: bool = False


@tenancy.tried_again
def save_member(*, actor: Actor, membership_id: str | None, form: MemberForm, now: datetime) -> str | Refusal:
    """Save one member of the company and count the seats again; give the membership's id.

    Refusals: `not_found`, `email_invalid`, `already_member`, `group_unknown`, `group_beyond`, `last_modify`.
    """
    if refused := require(actor, Action.SAVE_MEMBER, is_new=membership_id is None):
        return refused
    user_id = ""
    if membership_id is None:
        if not is_email(form.email):
            return Refusal("email_invalid")
        # A person who is not taken in leaves no user behind.
        with tenancy.reading(actor.company_id):
            refused = _groups_can_be_given(actor, form, is_new=True)
        if refused:
            return refused
        user_id = identity.person_for(email=form.email, name=form.name or form.email, now=now)
    with tenancy.phase(actor.company_id):
        company = queries.lock_company(actor.company_id)
        if refused := _keeps_the_rules(actor, membership_id, user_id, form):
            return refused
        saved_id, before = _write(actor.company_id, membership_id, user_id, form, now)
        count_members(company, now=now, new_id=new_id)
        after = {"is_active": form.is_active, "can_log_in": form.can_log_in, "groups": sorted(form.group_ids)}
        audit.record(actor, Action.SAVE_MEMBER, "member", saved_id, now=now, before=before, after=after)
        could_enter = before.get("is_active") and before.get("can_log_in")
        if form.is_told and form.is_active and form.can_log_in and not could_enter:
            _tell(actor, saved_id, now)
    return saved_id


def _tell(actor: Actor, membership_id: str, now: datetime) -> None:
    notify(
        company_id=actor.company_id,
        kind="user_added",
        about_kind="member",
        about_id=membership_id,
        about_key=f"{membership_id}:{now.isoformat()}",
        facts={"by": actor.name},
        now=now,
    )


def _keeps_the_rules(actor: Actor, membership_id: str | None, user_id: str, form: MemberForm) -> Refusal | None:
    company_id = actor.company_id
    if refused := _groups_can_be_given(actor, form, is_new=membership_id is None):
        return refused
    rows = Membership.objects.filter(company_id=company_id)
    if membership_id is None and rows.filter(user_id=user_id).exists():
        return Refusal("already_member")
    if membership_id is not None and not rows.filter(id=membership_id).exists():
        return Refusal("not_found")
    return someone_keeps_modify(
        _people_after(company_id, membership_id, form).values(), queries.grants_of_groups(company_id)
    )


def _groups_can_be_given(actor: Actor, form: MemberForm, *, is_new: bool) -> Refusal | None:
    known = set(PermissionGroup.objects.filter(company_id=actor.company_id).values_list("id", flat=True))
    if not set(form.group_ids) <= {str(id_) for id_ in known}:
        return Refusal("group_unknown")
    grants = queries.grants_of_groups(actor.company_id)
    given = frozenset().union(*(grants.get(id_, frozenset()) for id_ in form.group_ids))
    return Refusal("group_beyond") if is_new and not may_give(actor, given) else None


def _people_after(company_id: str, membership_id: str | None, form: MemberForm) -> Mapping[str, MemberFacts]:
    groups_of = queries.group_ids_of_members(company_id)
    people = {
        str(row.id): MemberFacts(row.is_active and row.can_log_in, frozenset(groups_of.get(str(row.id), [])))
        for row in Membership.objects.filter(company_id=company_id)
    }
    people[membership_id or "new"] = MemberFacts(form.is_active and form.can_log_in, frozenset(form.group_ids))
    return people


def _write(
    company_id: str, membership_id: str | None, user_id: str, form: MemberForm, now: datetime
) -> tuple[str, dict[str, object]]:
    before: dict[str, object] = {}
    if membership_id is None:
        saved_id = new_id()
        Membership.objects.create(
            id=saved_id,
            company_id=company_id,
            user_id=user_id,
            is_active=form.is_active,
            can_log_in=form.can_log_in,
            joined_at=now,
        )
    else:
        saved_id = membership_id
        row = Membership.objects.get(company_id=company_id, id=saved_id)
        groups = queries.group_ids_of_members(company_id).get(saved_id, [])
        before = {"is_active": row.is_active, "can_log_in": row.can_log_in, "groups": sorted(groups)}
        Membership.objects.filter(company_id=company_id, id=saved_id).update(
            is_active=form.is_active, can_log_in=form.can_log_in
        )
    GroupMembership.objects.filter(company_id=company_id, membership_id=saved_id).delete()
    GroupMembership.objects.bulk_create(
        GroupMembership(id=new_id(), company_id=company_id, membership_id=saved_id, group_id=group_id)
        for group_id in dict.fromkeys(form.group_ids)
    )
    return saved_id, before
