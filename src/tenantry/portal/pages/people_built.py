"""Users and permission groups as a page shows them (R3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.core.forecast import seat_price
from tenantry.core.permissions import (
    ACCOUNT_MANAGEMENT,
    INTEGRATIONS,
    PERMISSION_GROUPS,
    USER_ACCOUNTS,
    Grant,
    Level,
    may_give,
)
from tenantry.core.seats import Person, is_seat
from tenantry.outside import host, identity
from tenantry.portal.pages.people import (
    GrantBox,
    GrantRow,
    GroupRow,
    PermissionGroupsPage,
    UserRow,
    UsersPage,
)
from tenantry.records.companies import queries
from tenantry.records.subscriptions.seats import are_members_counted
from tenantry.ui import formats
from tenantry.ui.parts import Crumb, FilterLink

if TYPE_CHECKING:
    from tenantry.portal.entry import Visit

FILTERS = ("", "active", "not-active", "can-log-in", "cannot-log-in")
OWN_LEVELS: Mapping[str, tuple[Level, ...]] = {
    ACCOUNT_MANAGEMENT: (Level.VIEW, Level.MODIFY),
    INTEGRATIONS: (Level.VIEW, Level.CREATE, Level.MODIFY),
    USER_ACCOUNTS: (Level.VIEW, Level.CREATE, Level.MODIFY),
    PERMISSION_GROUPS: (Level.VIEW, Level.MODIFY),
}


def users_page(visit: Visit, show: str) -> UsersPage:
    """Build the list of people, by name. Needs an open reading."""
    rows = sorted(_user_rows(visit), key=lambda row: (row.name.casefold(), row.email.casefold()))
    return UsersPage(
        users=tuple(row for row in rows if _is_shown(row, show)),
        seats=formats.seats(sum(row.is_seat for row in rows), visit.entered.locale)
        if are_members_counted(visit.company_id)
        else "",
        filters=_filters(visit, show),
        add_url=visit.admin_url("users.new") if visit.may(Level.CREATE, USER_ACCOUNTS) else "",
        groups_url=visit.admin_url("permissions") if visit.may(Level.VIEW, PERMISSION_GROUPS) else "",
        read_only_reason=_lacking(visit),
        crumbs=(Crumb(_("Admin"), visit.admin_url()), Crumb(_("Users"))),
    )


def _lacking(visit: Visit) -> str:
    """Say which grant is missing for what is not offered (A3)."""
    missing = []
    if not visit.may(Level.CREATE, USER_ACCOUNTS):
        missing.append(_("You need User Accounts with Create to add users."))
    if not visit.may(Level.MODIFY, USER_ACCOUNTS):
        missing.append(_("You need User Accounts with Modify to change users."))
    return " ".join(missing)


def seat_words(visit: Visit) -> str:
    """Say who is a seat and, to those who may see it, what one costs; nothing where a host counts. Needs a reading."""
    costs = seat_price(visit.standing.facts, visit.now) if visit.standing else None
    if costs is None or not costs.minor or not are_members_counted(visit.company_id):
        return ""
    if not visit.may(Level.VIEW, ACCOUNT_MANAGEMENT):
        return _(
            "A user who is active and can log in is a seat of your subscription, unless all their grants are on"
            " Account Management or Support."
        )
    said = {"price": formats.per_month(costs, visit.entered.locale)}
    return (
        _(
            "A user who is active and can log in is a seat, unless all their grants are on Account Management or"
            " Support. A seat costs %(price)s before tax, counted by the day."
        )
        % said
    )


def _user_rows(visit: Visit) -> list[UserRow]:
    names = {str(group.id): group.name for group in queries.groups(visit.company_id)}
    grants = queries.grants_of_groups(visit.company_id)
    groups_of = queries.group_ids_of_members(visit.company_id)
    may_change = visit.may(Level.MODIFY, USER_ACCOUNTS)
    return [
        UserRow(
            name=identity.name_of(row.user),
            email=identity.email_of(row.user),
            groups=", ".join(sorted(names[id_] for id_ in groups_of.get(str(row.id), []))),
            is_active=row.is_active,
            can_log_in=row.can_log_in,
            is_seat=_is_seat(row, groups_of.get(str(row.id), []), grants),
            is_you=str(row.user_id) == visit.actor.user_id,
            edit_url=visit.admin_url("users.user", row.id) if may_change else "",
        )
        for row in queries.members(visit.company_id)
    ]


def _is_seat(row: Any, group_ids: Collection[str], grants: Mapping[str, frozenset[Grant]]) -> bool:
    held = frozenset().union(*(grants.get(id_, frozenset()) for id_ in group_ids))
    return is_seat(Person(is_active=row.is_active, can_log_in=row.can_log_in, grants=held))


def _is_shown(row: UserRow, show: str) -> bool:
    match show:
        case "active":
            return row.is_active
        case "not-active":
            return not row.is_active
        case "can-log-in":
            return row.can_log_in
        case "cannot-log-in":
            return not row.can_log_in
        case _:
            return True


def _filters(visit: Visit, show: str) -> tuple[FilterLink, ...]:
    labels = (_("All"), _("Active"), _("Not active"), _("Can log in"), _("Can't log in"))
    address = visit.admin_url("users")
    return tuple(
        FilterLink(label, f"{address}?show={key}" if key else address, is_current=key == show)
        for key, label in zip(FILTERS, labels, strict=True)
    )


def groups_page(visit: Visit) -> PermissionGroupsPage:
    """Build the list of groups. Needs an open reading."""
    may_change = visit.may(Level.MODIFY, PERMISSION_GROUPS)
    members: dict[str, int] = {}
    for ids in queries.group_ids_of_members(visit.company_id).values():
        for id_ in ids:
            members[id_] = members.get(id_, 0) + 1
    return PermissionGroupsPage(
        groups=tuple(
            GroupRow(
                name=row.name,
                description=row.description,
                members=_members(members.get(str(row.id), 0)),
                is_assignable=row.is_assignable,
                edit_url=visit.admin_url("permissions.group", row.id) if may_change else "",
            )
            for row in queries.groups(visit.company_id)
        ),
        add_url=visit.admin_url("permissions.new") if may_change else "",
        users_url=visit.admin_url("users") if visit.may(Level.VIEW, USER_ACCOUNTS) else "",
        read_only_reason="" if may_change else _("You need Permission Groups with Modify to change groups."),
        crumbs=(Crumb(_("Admin"), visit.admin_url()), Crumb(_("Permission Groups"))),
    )


def _members(count: int) -> str:
    return ngettext("%(count)d person", "%(count)d people", count) % {"count": count}


def group_choices(visit: Visit, *, is_new: bool) -> list[tuple[str, str]]:
    """List the groups that a person may be given; a new one gets assignable groups only, from whom may give them."""
    rows = queries.groups(visit.company_id)
    if not is_new:
        return [(str(row.id), row.name) for row in rows]
    grants = queries.grants_of_groups(visit.company_id)
    given = [row for row in rows if row.is_assignable and may_give(visit.actor, grants.get(str(row.id), frozenset()))]
    return [(str(row.id), row.name) for row in given]


def grant_rows(on: Collection[Grant]) -> tuple[GrantRow, ...]:
    """Build the checkboxes: our subjects, then the host's."""
    return tuple(
        GrantRow(
            subject=label,
            boxes=tuple(
                GrantBox(f"{subject}:{level.value}", _level(level), is_on=Grant(subject, level) in on)
                for level in levels
            ),
            hint=_("Modify includes View.") if levels == OWN_LEVELS[ACCOUNT_MANAGEMENT] else "",
        )
        for subject, label, levels in _subjects()
    )


def grants_of(values: Collection[str]) -> frozenset[Grant] | None:
    """Read the checkboxes; None where one names what does not exist."""
    every = (Grant(subject, level) for subject, _label, levels in _subjects() for level in levels)
    known = {f"{grant.subject}:{grant.level.value}": grant for grant in every}
    return frozenset(known[value] for value in values) if set(values) <= set(known) else None


def _subjects() -> list[tuple[str, str, tuple[Level, ...]]]:
    labels = {
        ACCOUNT_MANAGEMENT: _("Account Management"),
        INTEGRATIONS: _("Integrations"),
        USER_ACCOUNTS: _("User Accounts"),
        PERMISSION_GROUPS: _("Permission Groups"),
    }
    own = [(subject, labels[subject], levels) for subject, levels in OWN_LEVELS.items()]
    declared = [(p.subject, str(p.label), p.levels) for p in host.permissions() if p.subject not in OWN_LEVELS]
    return own + declared


def _level(level: Level) -> str:
    return {
        Level.VIEW: _("View"),
        Level.CREATE: _("Create"),
        Level.MODIFY: _("Modify"),
        Level.DELETE: _("Delete"),
        Level.YES: _("Yes"),
    }[level]
