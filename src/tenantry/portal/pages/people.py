"""Users and permission groups (R3)."""

from __future__ import annotations

from dataclasses import dataclass

from tenantry.ui.parts import Crumb, FilterLink, FormPart, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """One person of the company. `edit_url` is empty for those who may not change it."""

    name: str
    email: str
    groups: str
    is_active: bool
    can_log_in: bool
    is_seat: bool
    is_you: bool = False
    edit_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersPage:
    """Template `portal/users.html`. `seats` is "14 seats", empty where a host counts them."""

    users: tuple[UserRow, ...]
    seats: str
    filters: tuple[FilterLink, ...] = ()
    add_url: str = ""
    groups_url: str = ""
    read_only_reason: str = ""
    crumbs: tuple[Crumb, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFormPage:
    """Template `portal/user_form.html`. Fields: name, email, is_active, can_log_in (switches), groups (checkboxes).

    `seat` says who is a seat and what one costs.
    """

    title: str
    action_url: str
    cancel_url: str
    form: FormPart
    seat: str = ""
    notice: Notice | None = None
    crumbs: tuple[Crumb, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One permission group. `members` is a number in words."""

    name: str
    description: str
    members: str
    is_assignable: bool
    edit_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionGroupsPage:
    """Template `portal/permission_groups.html`."""

    groups: tuple[GroupRow, ...]
    add_url: str = ""
    users_url: str = ""
    read_only_reason: str = ""
    crumbs: tuple[Crumb, ...] = ()


@dataclass(frozen=True, slots=True)
class GrantBox:
    """One level on one subject: a checkbox posted as `grants` with `value` "subject:level"."""

    value: str
    label: str
    is_on: bool = False


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One subject with the levels that it has."""

    subject: str
    boxes: tuple[GrantBox, ...]
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionGroupFormPage:
    """Template `portal/permission_group_form.html`. Fields: name, description (textarea), is_assignable (switch)."""

    title: str
    action_url: str
    cancel_url: str
    form: FormPart
    grants: tuple[GrantRow, ...]
    grants_error: str = ""
    notice: Notice | None = None
    crumbs: tuple[Crumb, ...] = ()
