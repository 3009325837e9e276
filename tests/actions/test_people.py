"""People and permission groups: who may change them, what always holds, and what it does to seats."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tenantry.actions.companies.save_member import MemberForm, save_member
from tenantry.actions.companies.save_permission_group import GroupForm, save_permission_group
from tenantry.actions.subscriptions.record_seats import record_seats
from tenantry.core.permissions import PERMISSION_GROUPS, USER_ACCOUNTS, Grant, Level
from tenantry.core.refusal import Refusal
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.companies import queries
from tenantry.records.companies.models import Membership, PermissionGroup
from tenantry.records.invoices.models import InvoiceLine
from tenantry.records.subscriptions.models import SeatCount
from tests.actions.test_billing import billed
from tests.builders import (
    MODIFY,
    NOW,
    VIEW,
    Place,
    add_member,
    change_member,
    open_place,
    save_group,
    set_up_plan,
    subscribe,
)
from tests.prepared import Prepared, prepared_by
from tests.racing import at_once
from tests.untouched import Unchanged

INTEGRATIONS = Grant("integrations", Level.VIEW)


prepared = prepared_by(open_place)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Open a company: the owner and somebody without grants are seats, the viewer only looks at bills."""
    return prepared.value


def owners_group(place: Place) -> str:
    """Find the group of the owners."""
    with tenancy.reading(place.id):
        return str(PermissionGroup.objects.get(name="Owners").id)


def member_form(*groups: str, is_active: bool = True, can_log_in: bool = True, email: str = "") -> MemberForm:
    """Fill the form of a person."""
    return MemberForm(is_active=is_active, can_log_in=can_log_in, group_ids=groups, email=email, name="Nia New")


def group_form(name: str, *grants: Grant) -> GroupForm:
    """Fill the form of a group."""
    return GroupForm(name=name, description="", is_assignable=True, grants=frozenset(grants))


def seats(place: Place) -> int | None:
    """Read the seats that were kept last."""
    with tenancy.reading(place.id):
        counts = SeatCount.objects.filter(company_id=place.id, subject="").order_by("counted_at")
        return counts.values_list("seats", flat=True).last()


class TestOpening:
    def test_four_groups_stand_from_the_beginning(self, place: Place) -> None:
        with tenancy.reading(place.id):
            names = {row.name: row.is_assignable for row in queries.groups(place.id)}
            grants = queries.grants_of_groups(place.id)
        assert names == {
            "Managers": True, "Owners": False, "Sales Reps": True, "Technicians": True, "Viewers": True,
        }  # fmt: skip
        assert {MODIFY, VIEW, Grant(USER_ACCOUNTS, Level.MODIFY)} <= grants[owners_group(place)]


class TestSaveMember:
    def test_a_new_person_is_a_seat_unless_they_only_look_at_bills(self, place: Place) -> None:
        assert seats(place) == 2
        add_member(place.id, "new@acme.test", "Nia New")
        assert seats(place) == 3
        add_member(place.id, "books@acme.test", "Bo Books", save_group(place.id, "Books", MODIFY))
        assert seats(place) == 3

    @pytest.mark.parametrize("switches", [{"is_active": False}, {"can_log_in": False}])
    def test_each_switch_ends_a_seat_and_signing_in(self, place: Place, switches: dict[str, bool]) -> None:
        change_member(place.nobody, **switches)
        assert seats(place) == 1
        assert tenancy.company_of_member("acme", place.nobody.user_id) is None
        change_member(place.nobody)
        assert seats(place) == 2
        assert tenancy.company_of_member("acme", place.nobody.user_id) == place.id

    def test_grants_work_at_once_and_end_at_once(self, place: Place) -> None:
        group = save_group(place.id, "Payers", MODIFY)
        change_member(place.nobody, group)
        assert MODIFY in place.nobody.actor.grants
        change_member(place.nobody)
        assert place.nobody.actor.grants == frozenset()

    def test_the_change_is_kept_with_before_and_after(self, place: Place) -> None:
        change_member(place.nobody, is_active=False)
        with tenancy.reading(place.id):
            entry = AuditEntry.objects.order_by("-sequence")[0]
        assert (entry.action, entry.object_id) == ("save_member", place.nobody.membership_id)
        assert entry.before == {"is_active": True, "can_log_in": True, "groups": []}
        assert entry.after == {"is_active": False, "can_log_in": True, "groups": []}

    @pytest.mark.parametrize("email", ["", "nobody", "a@b", "a b@c.test", "x@y.test\n"[:-1] + " z"])
    def test_what_is_no_address_is_refused(self, place: Place, unchanged: Unchanged, email: str) -> None:
        with unchanged():
            answer = save_member(actor=place.owner.actor, membership_id=None, form=member_form(email=email), now=NOW)
        assert answer == Refusal("email_invalid")

    def test_who_may_only_add_gives_no_more_than_they_hold(self, place: Place, unchanged: Unchanged) -> None:
        create = Grant(USER_ACCOUNTS, Level.CREATE)
        group = save_group(place.id, "Adders", create, INTEGRATIONS)
        adder = add_member(place.id, "ada@acme.test", "Ada Adder", group).actor
        form = member_form(owners_group(place), email="nia@acme.test")
        with unchanged():
            answer = save_member(actor=adder, membership_id=None, form=form, now=NOW)
        assert answer == Refusal("group_beyond")
        modifies = replace(adder, grants=adder.grants | {Grant(USER_ACCOUNTS, Level.MODIFY)})
        assert not isinstance(save_member(actor=modifies, membership_id=None, form=form, now=NOW), Refusal)
        form = member_form(group, email="noa@acme.test")
        assert not isinstance(save_member(actor=adder, membership_id=None, form=form, now=NOW), Refusal)

    def test_somebody_who_belongs_here_is_refused_in_any_spelling(self, place: Place, unchanged: Unchanged) -> None:
        with unchanged():
            answer = save_member(
                actor=place.owner.actor, membership_id=None, form=member_form(email="VIEWER@acme.test"), now=NOW
            )
        assert answer == Refusal("already_member")

    def test_somebody_of_another_company_keeps_their_one_user(self, place: Place) -> None:
        other = open_place("birch")
        add_member(place.id, other.viewer.email, "Vic Viewer")
        assert tenancy.companies_of_user(other.viewer.user_id) == [place.id, other.id]

    def test_another_companys_group_is_refused(self, place: Place, unchanged: Unchanged) -> None:
        foreign = owners_group(open_place("birch"))
        with unchanged():
            answer = save_member(
                actor=place.owner.actor,
                membership_id=place.nobody.membership_id,
                form=member_form(foreign),
                now=NOW,
            )
        assert answer == Refusal("group_unknown")

    def test_another_companys_member_is_not_found(self, place: Place, unchanged: Unchanged) -> None:
        foreign = open_place("birch").nobody.membership_id
        with unchanged():
            for id_ in (foreign, new_id()):
                answer = save_member(actor=place.owner.actor, membership_id=id_, form=member_form(), now=NOW)
                assert answer == Refusal("not_found")

    @pytest.mark.parametrize("form", [member_form(), member_form(is_active=False), member_form(can_log_in=False)])
    def test_somebody_always_keeps_modify(self, place: Place, unchanged: Unchanged, form: MemberForm) -> None:
        form = form if form.is_active and form.can_log_in else replace(form, group_ids=(owners_group(place),))
        with unchanged():
            answer = save_member(actor=place.owner.actor, membership_id=place.owner.membership_id, form=form, now=NOW)
        assert answer == Refusal("last_modify")

    def test_two_who_leave_at_once_leave_one_with_modify(self, place: Place) -> None:
        second = add_member(place.id, "second@acme.test", "Sam Second", owners_group(place))
        vendor = place.vendor
        answers = at_once(
            *(
                lambda id_=member.membership_id: save_member(
                    actor=vendor, membership_id=id_, form=member_form(), now=NOW
                )
                for member in (place.owner, second)
            )
        )
        assert [answer for answer in answers if isinstance(answer, Refusal)] == [Refusal("last_modify")]

    def test_without_the_grant_nothing_happens(self, place: Place, unchanged: Unchanged) -> None:
        with unchanged():
            answer = save_member(
                actor=place.viewer.actor, membership_id=place.viewer.membership_id,
                form=member_form(owners_group(place)), now=NOW,
            )  # fmt: skip
        assert answer == Refusal("modify_required", {"subject": USER_ACCOUNTS})


class TestSavePermissionGroup:
    def test_it_can_be_made_renamed_and_given_grants(self, place: Place) -> None:
        made = save_group(place.id, " Payers ", VIEW)
        save_group(place.id, "Paymasters", MODIFY, INTEGRATIONS, group_id=made)
        with tenancy.reading(place.id):
            assert PermissionGroup.objects.get(id=made).name == "Paymasters"
            assert queries.grants_of_groups(place.id)[made] == {MODIFY, INTEGRATIONS}
            entry = AuditEntry.objects.order_by("-sequence")[0]
        assert entry.before["name"] == "Payers"
        assert entry.after["name"] == "Paymasters"

    def test_taking_the_last_other_grant_away_ends_a_seat(self, place: Place) -> None:
        group = save_group(place.id, "Technical books", VIEW, INTEGRATIONS)
        change_member(place.viewer, group)
        assert seats(place) == 3
        save_group(place.id, "Technical books", VIEW, group_id=group)
        assert seats(place) == 2

    @pytest.mark.parametrize("name", ["", "   ", "x" * 256])
    def test_a_name_has_1_to_255_characters(self, place: Place, unchanged: Unchanged, name: str) -> None:
        with unchanged():
            answer = save_permission_group(actor=place.owner.actor, group_id=None, form=group_form(name), now=NOW)
        assert answer == Refusal("name_length", {"most": 255})

    def test_a_name_stands_once_in_any_spelling(self, place: Place, unchanged: Unchanged) -> None:
        with unchanged():
            answer = save_permission_group(
                actor=place.owner.actor, group_id=None, form=group_form("mANAGERS "), now=NOW
            )
        assert answer == Refusal("name_taken", {"name": "mANAGERS"})

    def test_the_same_name_twice_at_once_stands_once(self, place: Place) -> None:
        owner = place.owner.actor
        answers = at_once(
            *[lambda: save_permission_group(actor=owner, group_id=None, form=group_form("Payers"), now=NOW)] * 2
        )
        assert [answer for answer in answers if isinstance(answer, Refusal)] == [
            Refusal("name_taken", {"name": "Payers"})
        ]

    def test_somebody_always_keeps_modify(self, place: Place, unchanged: Unchanged) -> None:
        with unchanged():
            answer = save_permission_group(
                actor=place.owner.actor, group_id=owners_group(place), form=group_form("Owners", VIEW), now=NOW
            )
        assert answer == Refusal("last_modify")

    def test_another_companys_group_is_not_found(self, place: Place, unchanged: Unchanged) -> None:
        foreign = owners_group(open_place("birch"))
        with unchanged():
            for id_ in (foreign, new_id()):
                answer = save_permission_group(
                    actor=place.owner.actor, group_id=id_, form=group_form("Mine", MODIFY), now=NOW
                )
                assert answer == Refusal("not_found")

    def test_without_the_grant_nothing_happens(self, place: Place, unchanged: Unchanged) -> None:
        with unchanged():
            answer = save_permission_group(
                actor=place.viewer.actor, group_id=None, form=group_form("Mine", MODIFY), now=NOW
            )
        assert answer == Refusal("modify_required", {"subject": PERMISSION_GROUPS})


def test_a_membership_can_not_name_another_companys_row(place: Place) -> None:
    other = open_place("birch")
    with tenancy.reading(place.id):
        assert not Membership.objects.filter(id=other.owner.membership_id).exists()


class TestSeatsOfAHost:
    """A host that counts for itself goes on counting (D2)."""

    def test_a_change_of_members_or_groups_does_not_replace_its_count(self, place: Place) -> None:
        handed_in(place, 50)
        add_member(place.id, "new@acme.test", "Nia New", now=at(2))
        change_member(place.nobody, is_active=False, now=at(3))
        save_group(place.id, "Technicians, too", INTEGRATIONS, now=at(4))
        assert kept(place) == [(50, "host", at(1))]

    @pytest.mark.parametrize("seats", [0, None])
    def test_no_member_says_how_many_seats_there_are(
        self, place: Place, unchanged: Unchanged, seats: int | None
    ) -> None:
        for member in (place.owner, place.nobody):
            with unchanged():
                answer = record_seats(actor=member.actor, seats=seats, now=at(1))
            assert answer == Refusal("not_allowed", {"action": "record_seats"})

    def test_the_company_is_billed_by_it(self, place: Place) -> None:
        set_up_plan(amount_minor=1000, shape="per_seat")
        handed_in(place, 50)
        subscribe(place, now=at(2))
        add_member(place.id, "new@acme.test", "Nia New", now=at(3))
        billed([place], at(4))
        with tenancy.reading(place.id):
            assert list(InvoiceLine.objects.values_list("seat_days", "amount_minor")) == [(1500, 50_000)]

    def test_a_count_that_happens_to_be_the_same_is_its_count_too(self, place: Place) -> None:
        handed_in(place, 2)
        add_member(place.id, "new@acme.test", "Nia New", now=at(2))
        assert kept(place) == [(2, "host", at(1))]

    def test_one_for_an_add_on_leaves_the_company_to_its_members(self, place: Place) -> None:
        handed_in(place, 50, addon_code="credit-checks")
        add_member(place.id, "new@acme.test", "Nia New", now=at(2))
        assert kept(place) == [(3, "members", at(2))]
        assert kept(place, "credit-checks") == [(50, "host", at(1))]

    def test_handed_back_the_members_count_again(self, place: Place) -> None:
        handed_in(place, 50)
        assert record_seats(actor=place.vendor, now=at(2)) == 2
        add_member(place.id, "new@acme.test", "Nia New", now=at(3))
        assert kept(place) == [(50, "host", at(1)), (2, "members", at(2)), (3, "members", at(3))]


def at(seconds: int) -> datetime:
    """A moment after the beginning."""
    return NOW + timedelta(seconds=seconds)


def handed_in(place: Place, seats: int, *, addon_code: str = "") -> None:
    """Let the host say how many seats there are, a second after the beginning."""
    assert record_seats(actor=place.vendor, seats=seats, addon_code=addon_code, now=at(1)) == seats


def kept(place: Place, subject: str = "") -> list[tuple[int, str, datetime]]:
    """Read the counts since the company was opened."""
    with tenancy.reading(place.id):
        rows = SeatCount.objects.filter(subject=subject, counted_at__gte=at(1)).order_by("counted_at")
        return list(rows.values_list("seats", "source", "counted_at"))
