"""Users and permission groups as people see and use them (R3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenantry.actions.subscriptions.record_seats import record_seats
from tenantry.core.permissions import PERMISSION_GROUPS, USER_ACCOUNTS, Grant, Level
from tenantry.jobs import work
from tenantry.outside import clock, identity
from tenantry.records.base import tenancy
from tenantry.records.companies import queries
from tenantry.records.notices.models import Notice
from tests.builders import (
    MODIFY,
    NOW,
    VIEW,
    Place,
    add_member,
    change_member,
    done,
    open_place,
    save_group,
    set_up_plan,
    sign_in,
    subscribe,
)
from tests.faces.pages import text_of
from tests.prepared import Prepared, prepared_by
from tests.untouched import Unchanged

USERS = "/acme/admin/users"
GROUPS = "/acme/admin/permissions"


prepared = prepared_by(open_place)


@pytest.fixture
def place(prepared: Prepared, database: str) -> Place:
    """Open a company."""
    return prepared.value


@pytest.fixture
def owner(place: Place) -> Client:
    """Sign the owner in."""
    return sign_in(place.owner)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


def group_id(place: Place, name: str) -> str:
    """Find a group."""
    with tenancy.reading(place.id):
        return next(str(row.id) for row in queries.groups(place.id) if row.name == name)


def looking(place: Place, *grants: Grant) -> Client:
    """Sign somebody in who holds just these grants."""
    member = add_member(place.id, "rae@acme.test", "Rae Reader", save_group(place.id, "Readers", *grants))
    return sign_in(member)


class TestUsers:
    def test_lists_everybody_with_groups_switches_and_seats(self, place: Place, owner: Client) -> None:
        text = text_of(owner.get(USERS))
        assert "Olga Owner (you) owner@acme.test Owners Active Can log in Seat" in text
        assert "Vic Viewer viewer@acme.test Viewers Active Can log in No seat" in text
        assert "Nora Nobody nobody@acme.test — Active Can log in Seat" in text
        assert "2 seats now." in text

    def test_each_switch_can_be_filtered(self, place: Place, owner: Client) -> None:
        change_member(place.nobody, is_active=False)
        assert "Nora Nobody" not in text_of(owner.get(USERS + "?show=active"))
        only = text_of(owner.get(USERS + "?show=not-active"))
        assert "Nora Nobody" in only
        assert "Vic Viewer" not in only
        assert "Nobody here" in text_of(owner.get(USERS + "?show=cannot-log-in"))
        assert "Vic Viewer" in text_of(owner.get(USERS + "?show=nonsense"))

    def test_a_new_one_is_added(self, place: Place, owner: Client) -> None:
        form = {"name": "Nia New", "email": "nia@acme.test", "is_active": "on", "can_log_in": "on",
                "groups": [group_id(place, "Managers")]}  # fmt: skip
        response = owner.post(USERS + "/new", form)
        assert (response.status_code, response["Location"]) == (303, USERS)
        text = text_of(owner.get(USERS))
        assert "Nia New was added." in text
        assert "Nia New nia@acme.test Managers Active Can log in Seat" in text

    def test_a_new_one_chooses_a_password_by_the_link_that_is_mailed(self, place: Place, owner: Client) -> None:
        form = {"name": "Nia New", "email": "Nia@Acme.test", "is_active": "on", "can_log_in": "on"}
        owner.post(USERS + "/new", form)
        assert "Nia New was added. A mail tells them how to sign in." in text_of(owner.get(USERS))
        work.notify(place.id)
        (told,) = mail.outbox
        assert (told.to, told.subject) == (["nia@acme.test"], "You can sign in to Acme at SecurityTrax")
        link = re.search(r"http://127\.0\.0\.1:8000(/accounts/password/reset/key/\S+)", str(told.body))
        assert link
        assert told.body == (
            "Hello,\n\nOlga Owner gave you access to Acme at SecurityTrax.\n\n"
            f"Choose your password here. The link works once, for three days:\n{link.group()}\n\n"
            "Later, sign in at\nhttp://127.0.0.1:8000/acme/admin\n"
        )
        with tenancy.reading(place.id):
            assert "key" not in str(Notice.objects.get().facts)
        client, new = Client(), {"password1": "another horse battery", "password2": "another horse battery"}
        (there,) = {address for address, _status in client.get(link.group(1), follow=True).redirect_chain}
        assert client.post(there, new).status_code == 302
        signed_in = Client().post("/accounts/login/", {"login": "nia@acme.test", "password": new["password1"]})
        assert (signed_in.status_code, signed_in["Location"]) == (302, "/")

    def test_who_has_a_password_is_told_without_a_link(self, place: Place, owner: Client) -> None:
        other = open_place("birch")
        form = {"name": "Vincent", "email": other.viewer.email, "is_active": "on", "can_log_in": "on"}
        owner.post(USERS + "/new", form)
        text = text_of(owner.get(USERS))
        # The name that they have, as the list shows it, not the one that was typed.
        assert "Vic Viewer was added. A mail tells them how to sign in." in text
        assert f"Vic Viewer {other.viewer.email} — Active Can log in Seat" in text
        assert "Vincent" not in text
        work.notify(place.id)
        assert [(one.to, one.body) for one in mail.outbox] == [
            (
                [other.viewer.email],
                "Hello,\n\nOlga Owner gave you access to Acme at SecurityTrax.\n\n"
                "Sign in as before, at\nhttp://127.0.0.1:8000/acme/admin\n",
            )
        ]

    def test_who_may_not_sign_in_is_told_nothing_until_they_may(self, place: Place, owner: Client) -> None:
        owner.post(USERS + "/new", {"name": "Nia New", "email": "nia@acme.test", "is_active": "on"})
        assert "Nia New was added. A mail" not in text_of(owner.get(USERS))
        with tenancy.reading(place.id):
            assert not Notice.objects.exists()
            nia = next(row for row in queries.members(place.id) if identity.email_of(row.user) == "nia@acme.test")
        url = f"{USERS}/{nia.id}"
        for switches in ({"is_active": "on", "can_log_in": "on"}, {"is_active": "on", "can_log_in": "on"}, {}):
            assert owner.post(url, switches).status_code == 303
        with tenancy.reading(place.id):
            assert Notice.objects.filter(kind="user_added", about_id=nia.id).count() == 1
        # Switched off again before the mail went out: nobody is let in, and nobody is told so.
        work.notify(place.id)
        assert mail.outbox == []

    def test_the_form_says_what_a_seat_costs_to_those_who_may_see_it(self, place: Place, owner: Client) -> None:
        assert "A seat costs" not in text_of(owner.get(USERS + "/new"))
        set_up_plan(amount_minor=2800, shape="per_seat")
        subscribe(place)
        seat = (
            "A user who is active and can log in is a seat,"
            " unless all their grants are on Account Management or Support."
        )
        for url in (USERS + "/new", f"{USERS}/{place.nobody.membership_id}"):
            with CaptureQueriesContext(connection) as captured:
                words = text_of(owner.get(url))
            assert f"{seat} A seat costs $28.00 / month before tax, counted by the day." in words
            assert len(captured) <= 15
        words = text_of(looking(place, Grant(USER_ACCOUNTS, Level.CREATE)).get(USERS + "/new"))
        assert seat.replace("is a seat,", "is a seat of your subscription,") in words
        assert "$28.00" not in words

    def test_where_a_host_counts_no_user_is_called_a_seat(self, place: Place, owner: Client) -> None:
        set_up_plan(amount_minor=2800, shape="per_seat")
        subscribe(place)
        done(record_seats(actor=place.vendor, seats=50, now=NOW))
        words = text_of(owner.get(USERS))
        assert "they are counted elsewhere." in words
        assert "Nora Nobody nobody@acme.test — Active Can log in Edit" in words
        assert "2 seats" not in words
        for url in (USERS + "/new", f"{USERS}/{place.nobody.membership_id}"):
            assert "seat" not in text_of(owner.get(url)).casefold()

    def test_a_new_one_gets_assignable_groups_only(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        assert "Owners" not in text_of(owner.get(USERS + "/new"))
        form = {"name": "Nia", "email": "nia@acme.test", "groups": [group_id(place, "Owners")]}
        with unchanged():
            assert owner.post(USERS + "/new", form).status_code == 422

    def test_a_wrong_address_keeps_what_was_typed(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        with unchanged():
            response = owner.post(USERS + "/new", {"name": "Nia New", "email": "nia@", "is_active": "on"})
        assert response.status_code == 422
        assert "This is not an e-mail address." in text_of(response)
        assert 'value="Nia New"' in response.content.decode()
        assert 'value="nia@"' in response.content.decode()

    def test_all_that_is_wrong_is_said_at_once(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        with unchanged():
            response = owner.post(USERS + "/new", {"name": "", "email": "bad", "is_active": "on"})
        assert response.status_code == 422
        assert re.findall(r'<li><a href="#(\w+)">', response.content.decode()) == ["id_name", "id_email"]
        assert "E-mail: This is not an e-mail address." in text_of(response)

    def test_they_stand_by_name_whatever_their_address(self, place: Place, owner: Client) -> None:
        add_member(place.id, "zed@acme.test", "abe Able")
        names = re.findall(r"<strong>([^<]+)</strong>", owner.get(USERS).content.decode().split("<tbody>")[1])
        assert names == ["abe Able", "Nora Nobody", "Olga Owner", "Vic Viewer"]

    def test_an_id_that_looks_like_a_card_number_is_none(
        self, place: Place, owner: Client, unchanged: Unchanged
    ) -> None:
        form = {"name": "Nia", "email": "nia@acme.test", "groups": "42424242-4242-4242-a424-242424242424"}
        with unchanged():
            response = owner.post(USERS + "/new", form)
        assert response.status_code == 422
        assert "Never send card numbers here." not in text_of(response)

    def test_somebody_twice_is_refused(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        with unchanged():
            response = owner.post(USERS + "/new", {"name": "Vic", "email": "Viewer@acme.test"})
        assert response.status_code == 409
        assert "This person belongs to your company already." in text_of(response)

    def test_a_switched_off_one_is_shown_so(self, place: Place, owner: Client) -> None:
        url = f"{USERS}/{place.nobody.membership_id}"
        assert "Nora Nobody" in text_of(owner.get(url))
        assert owner.post(url, {"is_active": "on"}).status_code == 303
        text = text_of(owner.get(USERS))
        assert "Nora Nobody was saved." in text
        assert "Nora Nobody nobody@acme.test — Active Can't log in No seat" in text

    def test_the_last_with_modify_stays(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        with unchanged():
            response = owner.post(f"{USERS}/{place.owner.membership_id}", {"is_active": "on", "can_log_in": "on"})
        assert response.status_code == 409
        assert "Nobody would be left with Account Management: Modify." in text_of(response)

    def test_another_companys_and_unknown_ones_are_not_found(
        self, place: Place, owner: Client, unchanged: Unchanged
    ) -> None:
        foreign = open_place("birch").nobody.membership_id
        with unchanged():
            for id_ in (foreign, "00000000-0000-4000-8000-000000000000"):
                assert owner.get(f"{USERS}/{id_}").status_code == 404
                assert owner.post(f"{USERS}/{id_}", {"is_active": "on"}).status_code == 404

    def test_who_may_only_look_reads_why(self, place: Place, unchanged: Unchanged) -> None:
        client = looking(place, Grant(USER_ACCOUNTS, Level.VIEW))
        response = client.get(USERS)
        words = "You need User Accounts with Create to add users. You need User Accounts with Modify to change users."
        assert words in text_of(response)
        assert "/new" not in response.content.decode()
        with unchanged():
            for url, level in ((USERS + "/new", "Create"), (f"{USERS}/{place.nobody.membership_id}", "Modify")):
                for send in (client.get, client.post):
                    refused = send(url)
                    assert refused.status_code == 403
                    assert f"You need User Accounts with {level} to do this." in text_of(refused)

    def test_who_may_create_adds_people_and_changes_none(self, place: Place, unchanged: Unchanged) -> None:
        client = looking(place, Grant(USER_ACCOUNTS, Level.CREATE))
        response = client.get(USERS)
        assert f'href="{USERS}/new"' in response.content.decode()
        assert f"{USERS}/{place.nobody.membership_id}" not in response.content.decode()
        assert "You need User Accounts with Modify to change users." in text_of(response)
        assert "with Create to add" not in text_of(response)
        form = {"email": "nia@acme.test", "name": "Nia New", "is_active": "on", "can_log_in": "on"}
        added = client.post(USERS + "/new", {**form, "groups": [group_id(place, "Readers")]})
        assert (added.status_code, added["Location"]) == (303, USERS)
        assert "Nia New nia@acme.test Readers Active Can log in Seat" in text_of(client.get(USERS))
        with unchanged():
            refused = client.post(f"{USERS}/{place.nobody.membership_id}", form)
        assert refused.status_code == 403
        assert "You need User Accounts with Modify to do this." in text_of(refused)

    def test_who_may_only_change_adds_nobody(self, place: Place, unchanged: Unchanged) -> None:
        client = looking(place, Grant(USER_ACCOUNTS, Level.MODIFY))
        page = client.get(USERS)
        assert "You need User Accounts with Create to add users." in text_of(page)
        assert f"{USERS}/{place.nobody.membership_id}" in page.content.decode()
        with unchanged():
            refused = client.post(USERS + "/new", {"email": "nia@acme.test", "name": "Nia New"})
        assert refused.status_code == 403
        assert "You need User Accounts with Create to do this." in text_of(refused)

    def test_who_may_only_add_gives_no_more_than_they_hold(self, place: Place, unchanged: Unchanged) -> None:
        client = looking(place, Grant(USER_ACCOUNTS, Level.CREATE))
        offered = client.get(USERS + "/new").content.decode()
        readers, owners = group_id(place, "Readers"), group_id(place, "Owners")
        assert (f'value="{readers}"' in offered, f'value="{owners}"' in offered) == (True, False)
        with unchanged():
            refused = client.post(
                USERS + "/new", {"email": "nia@acme.test", "name": "Nia New", "is_active": "on", "groups": [owners]}
            )
        assert refused.status_code == 422

    def test_without_view_there_is_no_page(self, place: Place) -> None:
        response = sign_in(place.viewer).get(USERS)
        assert response.status_code == 403
        assert "You need User Accounts with View to open this page." in text_of(response)


class TestPermissionGroups:
    def test_lists_them_with_members(self, place: Place, owner: Client) -> None:
        text = text_of(owner.get(GROUPS))
        assert "Owners 1 person Not assignable" in text
        assert "Managers 0 people Assignable" in text

    def test_a_new_one_is_made(self, place: Place, owner: Client) -> None:
        form = {"name": "Payers", "description": "They pay.", "is_assignable": "on",
                "grants": ["account_management:view", "account_management:modify"]}  # fmt: skip
        assert owner.post(GROUPS + "/new", form)["Location"] == GROUPS
        with tenancy.reading(place.id):
            assert queries.grants_of_groups(place.id)[group_id(place, "Payers")] == {VIEW, MODIFY}
        assert "Payers was saved." in text_of(owner.get(GROUPS))

    def test_its_form_shows_what_it_holds(self, place: Place, owner: Client) -> None:
        body = owner.get(f"{GROUPS}/{group_id(place, 'Viewers')}").content.decode()
        boxes = {
            part.split('"')[0]: " checked" in part.split(">")[0] for part in body.split('name="grants" value="')[1:]
        }
        assert boxes["account_management:view"]
        assert not boxes["account_management:modify"]
        assert set(boxes) >= {"integrations:create", "user_accounts:modify", "permission_groups:view"}
        assert "account_management:create" not in boxes

    @pytest.mark.parametrize("grant", ["account_management:create", "nothing:view", "account_management", "x" * 300])
    def test_a_grant_that_does_not_exist_is_refused(
        self, place: Place, owner: Client, unchanged: Unchanged, grant: str
    ) -> None:
        with unchanged():
            assert owner.post(GROUPS + "/new", {"name": "Mine", "grants": [grant]}).status_code == 422

    def test_a_taken_name_is_said_beside_the_field(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        with unchanged():
            response = owner.post(GROUPS + "/new", {"name": "managers", "grants": ["account_management:view"]})
        assert response.status_code == 409
        assert "Name: There is one named managers already." in text_of(response)
        assert 'value="account_management:view" id="grant_1_1" checked' in response.content.decode()

    def test_the_last_modify_stays(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        with unchanged():
            response = owner.post(f"{GROUPS}/{group_id(place, 'Owners')}", {"name": "Owners", "grants": []})
        assert response.status_code == 409
        assert "Nobody would be left with Account Management: Modify." in text_of(response)

    def test_another_companys_is_not_found(self, place: Place, owner: Client, unchanged: Unchanged) -> None:
        foreign = group_id(open_place("birch"), "Owners")
        with unchanged():
            assert owner.get(f"{GROUPS}/{foreign}").status_code == 404
            assert owner.post(f"{GROUPS}/{foreign}", {"name": "Mine"}).status_code == 404

    def test_who_may_only_look_reads_why(self, place: Place, unchanged: Unchanged) -> None:
        client = looking(place, Grant(PERMISSION_GROUPS, Level.VIEW))
        assert "You need Permission Groups with Modify to change groups." in text_of(client.get(GROUPS))
        with unchanged():
            refused = client.post(GROUPS + "/new", {"name": "Mine", "grants": ["account_management:modify"]})
        assert refused.status_code == 403
        assert "You need Permission Groups with Modify to do this." in text_of(refused)

    def test_a_grant_given_opens_the_area_on_the_next_click(self, place: Place, owner: Client) -> None:
        client = sign_in(place.nobody)
        assert client.get(place.url("billing-methods")).status_code == 403
        owner.post(
            f"{USERS}/{place.nobody.membership_id}",
            {"is_active": "on", "can_log_in": "on", "groups": [group_id(place, "Viewers")]},
        )
        assert client.get(place.url("billing-methods")).status_code == 200
