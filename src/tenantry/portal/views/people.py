"""Users and permission groups (R3)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.actions.companies import save_member as members
from tenantry.actions.companies import save_permission_group as permission_groups
from tenantry.core.permissions import PERMISSION_GROUPS, USER_ACCOUNTS, Grant, Level
from tenantry.core.refusal import Refusal
from tenantry.outside import identity
from tenantry.portal.entry import Visit, company_page, keeps_typed
from tenantry.portal.forms import GroupForm, UserForm, put_refusals
from tenantry.portal.pages.people import PermissionGroupFormPage, UserFormPage
from tenantry.portal.pages.people_built import (
    FILTERS,
    grant_rows,
    grants_of,
    group_choices,
    groups_page,
    seat_words,
    users_page,
)
from tenantry.records.companies import queries
from tenantry.ui import answers
from tenantry.ui.forms import form_part
from tenantry.ui.parts import Crumb, Link, Notice, Tone
from tenantry.ui.refusals import refusal_status, refusal_words

UNPROCESSABLE = 422


@company_page(subject=USER_ACCOUNTS)
def users(visit: Visit) -> HttpResponse:
    """List the people of the company."""
    show = visit.request.GET.get("show", "")
    return visit.page("portal/users.html", users_page(visit, show if show in FILTERS else ""))


@keeps_typed(lambda visit, refused: _member_typed(visit, None, refused), subject=USER_ACCOUNTS, change=Level.CREATE)
@company_page(subject=USER_ACCOUNTS, change=Level.CREATE, posts=True)
def new_user(visit: Visit) -> HttpResponse:
    """Take a person into the company."""
    return _member(visit, None)


@keeps_typed(lambda visit, refused, member: _member_typed(visit, str(member), refused), subject=USER_ACCOUNTS)
@company_page(subject=USER_ACCOUNTS, posts=True)
def user(visit: Visit, member: UUID) -> HttpResponse:
    """Change a person's switches and groups."""
    return _member(visit, str(member))


def _member(visit: Visit, member_id: str | None) -> HttpResponse:
    if visit.request.method != "POST":
        level = Level.MODIFY if member_id else Level.CREATE
        return _may_not_change(visit, USER_ACCOUNTS, "users", level) or _show_member(visit, member_id, None)
    with visit.reading():
        known = _known_member(visit, member_id)
        if known is None and member_id is not None:
            return answers.not_found(visit.request)
        form = _member_form(visit, member_id, data=visit.request.POST)
    if not form.is_valid():
        with visit.reading():
            return _show_member(visit, member_id, form, status=UNPROCESSABLE)
    typed = form.cleaned_data
    wanted = members.MemberForm(
        is_active=typed["is_active"],
        can_log_in=typed["can_log_in"],
        group_ids=tuple(typed["groups"]),
        email=typed.get("email", ""),
        name=typed.get("name", ""),
        is_told=True,
    )
    answer = members.save_member(actor=visit.actor, membership_id=member_id, form=wanted, now=visit.now)
    if isinstance(answer, Refusal):
        return _member_refused(visit, member_id, form, answer)
    with visit.reading():
        # Somebody whom another company knows already keeps the name that they have.
        name = identity.name_of(_known_member(visit, answer).user)
    words = _("%(name)s was saved.") if known else _("%(name)s was added.")
    if known is None and wanted.is_active and wanted.can_log_in:
        words = _("%(name)s was added. A mail tells them how to sign in.")
    return visit.go_to(visit.admin_url("users"), say=words % {"name": name})


def _member_typed(visit: Visit, member_id: str | None, refused: Refusal) -> HttpResponse:
    with visit.reading():
        if member_id is not None and _known_member(visit, member_id) is None:
            return answers.not_found(visit.request)
        form = _member_form(visit, member_id, data=visit.request.POST)
    return _member_refused(visit, member_id, form, refused)


def _known_member(visit: Visit, member_id: str | None) -> Any:
    return queries.member_with_user(visit.company_id, member_id) if member_id else None


def _member_form(visit: Visit, member_id: str | None, **options: Any) -> UserForm:
    is_new = member_id is None
    return UserForm(groups=group_choices(visit, is_new=is_new), is_new=is_new, **options)


def _member_refused(visit: Visit, member_id: str | None, form: UserForm, refusal: Refusal) -> HttpResponse:
    if refusal.code == "not_found":
        return answers.not_found(visit.request)
    beside = {
        "email_invalid": "email",
        "already_member": "email",
        "group_unknown": "groups",
        "group_beyond": "groups",
    }.get(refusal.code, "")
    put_refusals(form, {beside: refusal})
    with visit.reading():
        return _show_member(visit, member_id, form, status=refusal_status(refusal.code))


def _show_member(visit: Visit, member_id: str | None, form: UserForm | None, *, status: int = 200) -> HttpResponse:
    known = _known_member(visit, member_id)
    if known is None and member_id is not None:
        return answers.not_found(visit.request)
    if form is None:
        groups = queries.group_ids_of_members(visit.company_id).get(member_id, []) if member_id else []
        initial = {
            "is_active": known.is_active if known else True,
            "can_log_in": known.can_log_in if known else True,
            "groups": groups,
        }
        form = _member_form(visit, member_id, initial=initial)
    title = identity.name_of(known.user) if known else _("New User")
    page = UserFormPage(
        title=title,
        action_url=visit.admin_url("users.user", member_id) if member_id else visit.admin_url("users.new"),
        cancel_url=visit.admin_url("users"),
        form=form_part(form),
        seat=seat_words(visit),
        crumbs=(Crumb(_("Admin"), visit.admin_url()), Crumb(_("Users"), visit.admin_url("users")), Crumb(title)),
    )
    return visit.page("portal/user_form.html", page, status=status)


@company_page(subject=PERMISSION_GROUPS)
def groups(visit: Visit) -> HttpResponse:
    """List the permission groups."""
    return visit.page("portal/permission_groups.html", groups_page(visit))


@keeps_typed(lambda visit, refused: _group_typed(visit, None, refused), subject=PERMISSION_GROUPS)
@company_page(subject=PERMISSION_GROUPS, posts=True)
def new_group(visit: Visit) -> HttpResponse:
    """Make a permission group."""
    return _group(visit, None)


@keeps_typed(lambda visit, refused, group: _group_typed(visit, str(group), refused), subject=PERMISSION_GROUPS)
@company_page(subject=PERMISSION_GROUPS, posts=True)
def group(visit: Visit, group: UUID) -> HttpResponse:
    """Rename a group, give or take its grants."""
    return _group(visit, str(group))


def _group(visit: Visit, group_id: str | None) -> HttpResponse:
    if visit.request.method != "POST":
        return _may_not_change(visit, PERMISSION_GROUPS, "permissions") or _first_show(visit, group_id)
    form = GroupForm(visit.request.POST)
    grants = grants_of(visit.request.POST.getlist("grants"))
    if not form.is_valid() or grants is None:
        with visit.reading():
            return _show_group(visit, group_id, form, grants or frozenset(), status=UNPROCESSABLE)
    typed = form.cleaned_data
    wanted = permission_groups.GroupForm(
        name=typed["name"],
        description=typed["description"],
        is_assignable=typed["is_assignable"],
        grants=grants,
    )
    answer = permission_groups.save_permission_group(actor=visit.actor, group_id=group_id, form=wanted, now=visit.now)
    if isinstance(answer, Refusal):
        return _group_refused(visit, group_id, form, grants, answer)
    return visit.go_to(
        visit.admin_url("permissions"), say=_("%(name)s was saved. It works on the next click.") % {"name": wanted.name}
    )


def _group_typed(visit: Visit, group_id: str | None, refused: Refusal) -> HttpResponse:
    grants = grants_of(visit.request.POST.getlist("grants")) or frozenset()
    return _group_refused(visit, group_id, GroupForm(visit.request.POST), grants, refused)


def _group_refused(
    visit: Visit, group_id: str | None, form: GroupForm, grants: frozenset[Grant], refusal: Refusal
) -> HttpResponse:
    if refusal.code == "not_found":
        return answers.not_found(visit.request)
    notice = None
    if refusal.code in ("name_length", "name_taken"):
        put_refusals(form, {"name": refusal})
    else:
        words = refusal_words(refusal)
        notice = Notice(f"{words.sentence} {words.next_step}".strip(), Tone.BAD)
    with visit.reading():
        status = refusal_status(refusal.code)
        return _show_group(visit, group_id, form, grants, status=status, notice=notice)


def _first_show(visit: Visit, group_id: str | None) -> HttpResponse:
    row = _known_group(visit, group_id)
    if row is None:
        return _show_group(visit, group_id, GroupForm(initial={"is_assignable": True}), frozenset())
    initial = {"name": row.name, "description": row.description, "is_assignable": row.is_assignable}
    grants = queries.grants_of_groups(visit.company_id).get(str(row.id), frozenset())
    return _show_group(visit, group_id, GroupForm(initial=initial), grants)


def _known_group(visit: Visit, group_id: str | None) -> Any:
    return next((row for row in queries.groups(visit.company_id) if str(row.id) == group_id), None)


def _show_group(
    visit: Visit,
    group_id: str | None,
    form: GroupForm,
    grants: frozenset[Grant],
    *,
    status: int = 200,
    notice: Notice | None = None,
) -> HttpResponse:
    row = _known_group(visit, group_id)
    if row is None and group_id is not None:
        return answers.not_found(visit.request)
    title = row.name if row else _("New Permission Group")
    here = visit.admin_url("permissions")
    page = PermissionGroupFormPage(
        title=title,
        action_url=visit.admin_url("permissions.group", group_id) if group_id else visit.admin_url("permissions.new"),
        cancel_url=here,
        form=form_part(form),
        grants=grant_rows(grants),
        notice=notice,
        crumbs=(Crumb(_("Admin"), visit.admin_url()), Crumb(_("Permission Groups"), here), Crumb(title)),
    )
    return visit.page("portal/permission_group_form.html", page, status=status)


def _may_not_change(visit: Visit, subject: str, back: str, level: Level = Level.MODIFY) -> HttpResponse | None:
    if visit.may(level, subject):
        return None
    refusal = Refusal(f"{level.value}_required", {"subject": subject})
    return visit.refuse(refusal, link=Link(_("Back"), visit.admin_url(back)))
