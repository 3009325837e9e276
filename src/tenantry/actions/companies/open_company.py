"""A new company with its first admin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import available_timezones

from tenantry.core.company_addresses import usable_address
from tenantry.core.currencies import CURRENCIES
from tenantry.core.permissions import (
    ACCOUNT_MANAGEMENT,
    INTEGRATIONS,
    PERMISSION_GROUPS,
    USER_ACCOUNTS,
    Action,
    Actor,
    Grant,
    Level,
    require,
)
from tenantry.core.refusal import Refusal
from tenantry.outside import host, identity
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.models import (
    BillingDetails,
    Company,
    GroupGrant,
    GroupMembership,
    Membership,
    PermissionGroup,
)

FIRST_GROUPS = ("Owners", "Managers", "Sales Reps", "Technicians")
OWN_GRANTS = (
    Grant(ACCOUNT_MANAGEMENT, Level.VIEW),
    Grant(ACCOUNT_MANAGEMENT, Level.MODIFY),
    Grant(INTEGRATIONS, Level.VIEW),
    Grant(INTEGRATIONS, Level.CREATE),
    Grant(INTEGRATIONS, Level.MODIFY),
    Grant(USER_ACCOUNTS, Level.VIEW),
    Grant(USER_ACCOUNTS, Level.CREATE),
    Grant(USER_ACCOUNTS, Level.MODIFY),
    Grant(PERMISSION_GROUPS, Level.VIEW),
    Grant(PERMISSION_GROUPS, Level.MODIFY),
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of a new company. `details` are fields of BillingDetails (address, tax id, recipients)."""

    slug: str
    name: str
    number_prefix: str
    time_zone: str
    currency: str
    owner_email: str
    owner_name: str
    details: Mapping[str, object] = field(default_factory=dict)


def open_company(*, actor: Actor, opening: Opening, now: datetime) -> str | Refusal:
    """Open a company with the four first groups and its owner; give the company's id.

    Refusals: `address_reserved`, `address_invalid`, `address_taken`, `time_zone_unknown`, `currency_unknown`.
    """
    if refused := require(actor, Action.OPEN_COMPANY):
        return refused
    if refused := usable_address(opening.slug):
        return refused
    if opening.time_zone not in available_timezones():
        return Refusal("time_zone_unknown", {"time_zone": opening.time_zone})
    if opening.currency not in CURRENCIES:
        return Refusal("currency_unknown", {"currency": opening.currency})
    if tenancy.company_at(opening.slug) is not None:
        return Refusal("address_taken", {"slug": opening.slug})
    owner_id = identity.person_for(email=opening.owner_email, name=opening.owner_name, now=now)
    company_id = new_id()
    with tenancy.phase(company_id):
        _write_company(company_id, opening, now)
        _write_owner(company_id, owner_id, now)
        here = replace(actor, company_id=company_id)
        audit.record(here, Action.OPEN_COMPANY, "company", company_id, now=now, after={"name": opening.name})
    return company_id


def _write_company(company_id: str, opening: Opening, now: datetime) -> None:
    Company.objects.create(
        id=company_id,
        slug=opening.slug,
        name=opening.name,
        number_prefix=opening.number_prefix,
        time_zone=opening.time_zone,
        currency=opening.currency,
        opened_at=now,
    )
    details = {"legal_name": opening.name, "recipients": [opening.owner_email], **opening.details}
    BillingDetails.objects.create(id=new_id(), company_id=company_id, **details)


def _write_owner(company_id: str, owner_id: str, now: datetime) -> None:
    membership = Membership.objects.create(id=new_id(), company_id=company_id, user_id=owner_id, joined_at=now)
    groups = [
        PermissionGroup(id=new_id(), company_id=company_id, name=name, is_assignable=name != "Owners")
        for name in FIRST_GROUPS
    ]
    PermissionGroup.objects.bulk_create(groups)
    declared = [Grant(p.subject, level) for p in host.permissions() for level in p.levels]
    GroupGrant.objects.bulk_create(
        GroupGrant(id=new_id(), company_id=company_id, group=groups[0], subject=g.subject, level=g.level.value)
        for g in (*OWN_GRANTS, *declared)
    )
    GroupMembership.objects.create(id=new_id(), company_id=company_id, membership=membership, group=groups[0])
