"""Read companies and their people; build the Actor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONArray

from tenantry.core.permissions import (
    ACCOUNT_MANAGEMENT,
    Actor,
    ActorKind,
    Grant,
    Level,
)
from tenantry.core.seats import Person, is_seat
from tenantry.records.base import tenancy
from tenantry.records.companies.models import (
    BillingDetails,
    Company,
    GroupGrant,
    GroupMembership,
    Membership,
    PermissionGroup,
    Recovery,
    VendorStaff,
)


@dataclass(frozen=True, slots=True)
class CompanyChoice:
    """A company that a person may go to."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Entered:
    """Who is here, and the company that they are in; `has_others` tells that they belong to more companies."""

    actor: Actor
    slug: str
    name: str
    time_zone: str
    currency: str
    locale: str
    has_others: bool = False


@contextmanager
def entering(
    *, user: Any, slug: str, request_id: str, address: str, name: str = ""
) -> Iterator[tuple[Entered, Company] | None]:
    """Let a person into the company at this address: give who they are there and the company's row.

    The block is a `reading` of that company. None for everybody else: unknown and foreign look the same.
    """
    with tenancy.reading_for(slug, str(user.pk)) as door:
        if door.company_id is None:
            yield None
            return
        row = Company.objects.annotate(held=_held_by(user)).get(id=door.company_id)
        actor = _member(user, door.company_id, row.held, name or _name(user), request_id, address)
        has_others = door.companies > 1
        yield Entered(actor, row.slug, row.name, row.time_zone, row.currency, row.locale, has_others), row


def enter(*, user: Any, slug: str, request_id: str, address: str, name: str = "") -> Entered | None:
    """Tell who a person is in the company at this address, or give None."""
    with entering(user=user, slug=slug, request_id=request_id, address=address, name=name) as inside:
        return inside[0] if inside else None


def _held_by(user: Any) -> ArraySubquery:
    """Read a member's grants beside the row of their company: subject, level."""
    memberships = Membership.objects.filter(company_id=OuterRef(OuterRef(OuterRef("id"))), user=user)
    groups = GroupMembership.objects.filter(
        company_id=OuterRef(OuterRef("id")), membership_id__in=memberships.values("id")
    )
    grants = GroupGrant.objects.filter(company_id=OuterRef("id"), group_id__in=groups.values("group_id"))
    return ArraySubquery(grants.values_list(JSONArray("subject", "level"), flat=True))


def _member(
    user: Any, company_id: str, held: Iterable[tuple[str, str]], name: str, request_id: str, address: str
) -> Actor:
    grants = frozenset(Grant(subject, Level(level)) for subject, level in held)
    return Actor(ActorKind.MEMBER, company_id, str(user.pk), name, grants, request_id=request_id, address=address)


def lock_company(company_id: str) -> Company:
    """Lock the company's row, the first lock of every verb."""
    return Company.objects.select_for_update(no_key=True).get(id=company_id)


def lock_companies(company_ids: Sequence[str]) -> list[Company]:
    """Lock the rows of a batch, by id."""
    return list(Company.objects.select_for_update(no_key=True).filter(id__in=company_ids).order_by("id"))


def open_recovery(*, lock: bool) -> Recovery | None:
    """Read the recovery that is on, if there is one; with `lock`, before it is ended."""
    rows = Recovery.objects.filter(ended_at__isnull=True)
    return (rows.select_for_update(no_key=True) if lock else rows).first()


def company(company_id: str) -> Company:
    """Read the company of this transaction."""
    return Company.objects.get(id=company_id)


def billing_details(company_id: str) -> BillingDetails:
    """Read what stands on the next invoices."""
    return BillingDetails.objects.get(company_id=company_id)


def billing_details_of(company_ids: Sequence[str]) -> dict[str, BillingDetails]:
    """Read the billing details of a batch: company id → details."""
    return {str(row.company_id): row for row in BillingDetails.objects.filter(company_id__in=company_ids)}


def member_actor(*, user: Any, company_id: str, request_id: str = "", address: str = "", name: str = "") -> Actor:
    """Build the actor of a member, with the grants that they hold now. Needs an open `reading`."""
    held = Company.objects.filter(id=company_id).values_list(_held_by(user), flat=True).get()
    return _member(user, company_id, held, name or _name(user), request_id, address)


def vendor_actor(*, user: Any, company_id: str = "", request_id: str = "", address: str = "", name: str = "") -> Actor:
    """Build the actor of a person who works for the vendor."""
    return Actor(
        ActorKind.VENDOR, company_id, str(user.pk), name or _name(user), request_id=request_id, address=address
    )


def is_vendor_staff(user_id: str) -> bool:
    """Tell whether this user works for the vendor."""
    return VendorStaff.objects.filter(user_id=user_id).exists()


def may_sign_in(user_id: str) -> bool:
    """Tell whether a company lets this user in, or the vendor does."""
    return bool(tenancy.companies_of_user(user_id)) or is_vendor_staff(user_id)


def choices_of_user(user_id: str) -> list[CompanyChoice]:
    """List the companies where this user is an active member who can log in, by name."""
    ids = tenancy.companies_of_user(user_id)
    if not ids:
        return []
    with tenancy.reading(",".join(ids)):
        rows = Company.objects.filter(id__in=ids).order_by("name").values_list("slug", "name")
        return [CompanyChoice(slug, name) for slug, name in rows]


def member_with_user(company_id: str, membership_id: str) -> Membership | None:
    """Read one membership with its person."""
    return Membership.objects.select_related("user").filter(company_id=company_id, id=membership_id).first()


def members(company_id: str) -> list[Membership]:
    """List the memberships with their people, by e-mail."""
    return list(_members(company_id))


def _members(company_id: str) -> QuerySet[Membership]:
    field = get_user_model().EMAIL_FIELD
    return Membership.objects.select_related("user").filter(company_id=company_id).order_by(f"user__{field}", "id")


def members_with_groups(company_id: str) -> list[Any]:
    """List the same with the names of each one's permission groups."""
    rows = GroupMembership.objects.filter(company_id=OuterRef("company_id"), membership_id=OuterRef("id"))
    names = ArraySubquery(rows.order_by("group_id").values("group__name"))
    return list(_members(company_id).annotate(group_names=names))


def groups(company_id: str) -> list[PermissionGroup]:
    """List the permission groups by name."""
    return list(PermissionGroup.objects.filter(company_id=company_id).order_by("name", "id"))


def group_ids_of_members(company_id: str) -> dict[str, list[str]]:
    """Give the groups of every membership: membership id → group ids."""
    found: dict[str, list[str]] = {}
    rows = GroupMembership.objects.filter(company_id=company_id).values_list("membership_id", "group_id")
    for membership_id, group_id in rows.order_by("group_id"):
        found.setdefault(str(membership_id), []).append(str(group_id))
    return found


def grants_of_groups(company_id: str) -> dict[str, frozenset[Grant]]:
    """Give the grants of every group: group id → grants."""
    found: dict[str, set[Grant]] = {}
    for group_id, subject, level in GroupGrant.objects.filter(company_id=company_id).values_list(
        "group_id", "subject", "level"
    ):
        found.setdefault(str(group_id), set()).add(Grant(subject, Level(level)))
    return {group_id: frozenset(grants) for group_id, grants in found.items()}


def seats(company_id: str) -> int:
    """Count the seats as they are now (D2)."""
    grants_of_group = grants_of_groups(company_id)
    groups_of = group_ids_of_members(company_id)
    rows = Membership.objects.filter(company_id=company_id).values_list("id", "is_active", "can_log_in")
    people = (
        Person(
            is_active=is_active,
            can_log_in=can_log_in,
            grants=frozenset().union(*(grants_of_group.get(g, frozenset()) for g in groups_of.get(str(id_), []))),
        )
        for id_, is_active, can_log_in in rows
    )
    return sum(1 for person in people if is_seat(person))


def modifiers(company_id: str) -> list[Any]:
    """List the users who hold Modify on Account Management and may sign in."""
    grants_of_group = grants_of_groups(company_id)
    able = {g for g, grants in grants_of_group.items() if Grant(ACCOUNT_MANAGEMENT, Level.MODIFY) in grants}
    groups_of = group_ids_of_members(company_id)
    return [
        member.user
        for member in members(company_id)
        if member.is_active and member.can_log_in and able & set(groups_of.get(str(member.id), []))
    ]


def _name(user: Any) -> str:
    return str(getattr(user, "name", "") or user.get_username())
