"""The product stands on a user model that it does not know: another key, other names, a login that is no e-mail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import connection
from django.test import Client

from tenantry.jobs import work
from tenantry.outside import clock, identity
from tests.actions.test_billing import billed
from tests.builders import (
    NOW,
    PASSWORD,
    VIEW,
    Place,
    add_member,
    add_staff,
    open_place,
    put_on_file,
    save_group,
    set_up_plan,
    sign_in,
    subscribe,
)
from tests.faces.pages import text_of
from tests.foreign_people.models import Person


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


@pytest.fixture
def place(database: str) -> Place:
    """A company whose people are the other product's."""
    return open_place()


def test_our_own_people_have_no_table() -> None:
    assert get_user_model() is Person
    assert apps.get_model("tenantry_companies", "User")._meta.swapped == "foreign_people.Person"


def test_there_is_no_table_for_them(place: Place) -> None:
    tables = connection.introspection.table_names()
    assert "foreign_people_person" in tables
    assert "tenantry_companies_user" not in tables


def test_people_are_made_found_and_named(place: Place) -> None:
    person = Person.objects.get(mail="owner@acme.test")
    assert (person.login, person.full_name, person.pk) == ("owner@acme.test", "Olga Owner", int(place.owner.user_id))
    assert not person.has_usable_password() or person.check_password(PASSWORD)
    assert (identity.name_of(person), identity.email_of(person)) == ("Olga Owner", "owner@acme.test")
    assert identity.person_for(email="OWNER@acme.test", name="X", now=NOW) == place.owner.user_id
    assert Person.objects.count() == 3


def test_one_who_is_known_already_becomes_a_member_as_they_are(place: Place) -> None:
    known = Person.objects.create_user("kim-7", PASSWORD, mail="kim@elsewhere.test", full_name="Kim Known")
    member = add_member(place.id, "Kim@Elsewhere.test", "Somebody Else", save_group(place.id, "Nobody's"))
    assert member.user_id == str(known.pk)
    known.refresh_from_db()
    assert (known.login, known.full_name) == ("kim-7", "Kim Known")


def test_they_sign_in_by_e_mail_and_by_nothing_else(place: Place) -> None:
    known = Person.objects.create_user("kim-7", PASSWORD, mail="kim@elsewhere.test", full_name="Kim Known")
    add_member(place.id, known.mail, "", save_group(place.id, "Readers", VIEW))
    for login, is_in in (("kim-7", False), ("kim@elsewhere.test", True)):
        browser = Client()
        browser.post("/accounts/login/", {"login": login, "password": PASSWORD})
        assert ("_auth_user_id" in browser.session) is is_in
    assert "Kim Known" in text_of(browser.get("/acme/admin"))


def test_a_new_password_is_sent_to_them(place: Place) -> None:
    Client().post("/accounts/password/reset/", {"email": "viewer@acme.test"})
    assert [message.to for message in mail.outbox] == [["viewer@acme.test"]]


def test_the_history_names_them(place: Place) -> None:
    owner = sign_in(place.owner)
    owner.post("/acme/admin/permissions/new", {"name": "Painters", "is_assignable": "on"})
    assert "Made the permission group Painters · Olga Owner" in text_of(owner.get(place.url("history")))


def test_invoices_are_mailed_to_them(place: Place, gateway: Any) -> None:
    set_up_plan()
    put_on_file(place, gateway)
    subscribe(place)
    billed([place], NOW)
    work.run_everything_due()
    assert {address for message in mail.outbox for address in message.to} == {"owner@acme.test"}


def test_staff_are_of_the_same_model(place: Place) -> None:
    browser = Client()
    browser.force_login(add_staff())
    assert "Acme" in text_of(browser.get("/backoffice/"))
