"""Everybody at every address with every method: the answers are those of `routes.py`, and a no changes nothing."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.urls import reverse

from tenantry.core.permissions import Grant, Level
from tests.faces.pages import text_of, without_chances
from tests.faces.routes import (
    DEMO_ROW,
    IN,
    LOGIN,
    MACHINE_ROWS,
    NOBODY,
    OUT,
    OWN_ROWS,
    ROWS,
    STAFF_ROWS,
    Need,
    OwnRow,
    Row,
    address,
    named_routes,
)
from tests.faces.world import LEVELS, World
from tests.untouched import Unchanged

NOT_FOUND = "We can't find that page or record."
FORM_EXPIRED = "This form has expired. Reload the page and try again."
NO_CARD_NUMBERS = "Never send card numbers here."
OTHERS = ("put", "patch", "delete", "options", "trace")
MAY_NOT_BE_HERE = ("switched off", "barred", "disabled")
ELSEWHERE = ("left", "stranger", "staff")
UNKNOWN = "6a2f41a3-c54c-4b8e-9d2c-0f0e8a1b7c11"
CHANGING = {name: row for name, row in ROWS.items() if row.answers is not None}
OURS = [name for name in CHANGING if name.startswith(("admin.account-management", "admin.users", "admin.permissions"))]
ABOUT_THINGS = {name: row for name, row in ROWS.items() if row.things}


def lacks(held: frozenset[Grant], need: Need) -> bool:
    """Tell whether grants are not enough; every level implies View, and nothing else is implied."""
    levels = {grant.level for grant in held if grant.subject == need.subject}
    return not levels if need.level is Level.VIEW else need.level not in levels


def candidates(row: Row) -> list[str]:
    """Name the members whose grants matter at an address."""
    subjects = {need.subject for need in (*row.opens, *filter(None, [row.does]))}
    exact = [f"only {subject} {level}" for subject in subjects for level in LEVELS[subject]]
    return ["everything", "nothing", *exact, *(f"all but {subject}" for subject in subjects)]


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    mounted = [name for name, _pattern in named_routes()]
    known = [*ROWS, *STAFF_ROWS, *MACHINE_ROWS, *OWN_ROWS, DEMO_ROW]
    assert sorted(mounted) == sorted(known)


@pytest.mark.parametrize("name", ROWS)
class TestACompanysPage:
    def test_is_shown_to_whom_the_table_says(
        self, name: str, world: World, visitor: Any, untouched: Unchanged, caplog: pytest.LogCaptureFixture
    ) -> None:
        row = ROWS[name]
        url = address(name, world, row.arguments, slug="acme")
        with untouched():
            for person in candidates(row):
                caplog.clear()
                response = visitor(person).get(url)
                missing = next((need for need in row.opens if lacks(world.grants[person], need)), None)
                shows = row.to_nobody if person == "nothing" and row.to_nobody else row.shows
                assert response.status_code == (403 if missing else shows), person
                if missing:
                    assert missing.words in text_of(response), person

    def test_does_nothing_for_whom_the_table_does_not_name(
        self, name: str, world: World, visitor: Any, untouched: Unchanged, caplog: pytest.LogCaptureFixture
    ) -> None:
        row = ROWS[name]
        url = address(name, world, row.arguments, slug="acme")
        with untouched():
            for person in candidates(row):
                if row.does is not None and not lacks(world.grants[person], row.does):
                    continue
                caplog.clear()
                response = visitor(person).post(url)
                if row.does is None:
                    assert (response.status_code, response["Allow"]) == (405, row.allow), person
                    continue
                assert response.status_code == 403, person
                assert row.does.words in text_of(response), person
                assert [record.event for record in caplog.records] == [f"{row.does.level}_missing"]  # type: ignore[attr-defined]

    def test_sends_who_is_nobody_to_sign_in(self, name: str, world: World, visitor: Any, untouched: Unchanged) -> None:
        url = address(name, world, ROWS[name].arguments, slug="acme")
        back = f"{LOGIN}?next={url.replace('/', '%2F')}"
        with untouched():
            for method in ("get", "post"):
                for person in ("", *MAY_NOT_BE_HERE):
                    client = visitor(person)
                    response = getattr(client, method)(url)
                    if method == "post" and ROWS[name].answers is None and person in ("switched off", "barred"):
                        assert response.status_code == 405
                        continue
                    assert (response.status_code, response["Location"]) == (302, back), person
                    if person != "disabled":
                        assert "_auth_user_id" not in client.session, person

    def test_is_not_there_for_strangers(
        self, name: str, world: World, visitor: Any, untouched: Unchanged, caplog: pytest.LogCaptureFixture
    ) -> None:
        row = ROWS[name]
        url = address(name, world, row.arguments, slug="acme")
        unknown = url.replace("/acme/", "/nope/")
        with untouched():
            for person in ELSEWHERE:
                for method in ("get", "post") if row.answers is not None else ("get",):
                    caplog.clear()
                    client = visitor(person)
                    here, nowhere = getattr(client, method)(url), getattr(client, method)(unknown)
                    assert (here.status_code, nowhere.status_code) == (404, 404), person
                    assert without_chances(here) == without_chances(nowhere), person
                    assert NOT_FOUND in text_of(here), person
                    assert [record.event for record in caplog.records] == ["foreign_company"] * 2  # type: ignore[attr-defined]

    def test_takes_no_other_method(self, name: str, world: World, visitor: Any, untouched: Unchanged) -> None:
        row = ROWS[name]
        url = address(name, world, row.arguments, slug="acme")
        owner, stranger = visitor("everything"), visitor("stranger")
        with untouched():
            for method in OTHERS:
                response = getattr(owner, method)(url)
                assert (response.status_code, response["Allow"]) == (405, row.allow), method
            assert owner.generic("BREW", url).status_code == 405
            override = {"X-HTTP-Method-Override": "DELETE", "X-Tenant-ID": "birch", "X-Forwarded-User": "1"}
            assert owner.get(url, headers=override).status_code == row.shows
            assert stranger.get(url, headers={**override, "X-Tenant-ID": "acme"}).status_code == 404
            # The method is looked at before the company, so it tells a stranger nothing.
            assert stranger.put(url).status_code == stranger.put(url.replace("/acme/", "/nope/")).status_code == 405
            assert visitor().put(url).status_code == 302

    def test_head_is_get_without_its_body(self, name: str, world: World, visitor: Any, untouched: Unchanged) -> None:
        row = ROWS[name]
        url = address(name, world, row.arguments, slug="acme")
        with untouched():
            for person, status in (("everything", row.shows), ("stranger", 404), ("", 302)):
                response = visitor(person).head(url)
                assert (response.status_code, response.content) == (status, b""), person


@pytest.mark.parametrize("name", CHANGING)
def test_answers_an_empty_form_of_those_who_may(name: str, own_world: World, visitor: Any) -> None:
    row = CHANGING[name]
    assert row.does is not None
    may = [person for person in candidates(row) if not lacks(own_world.grants[person], row.does)]
    assert set(may) == {"everything", f"only {row.does.subject} {row.does.level}"}
    url = address(name, own_world, row.arguments, slug="acme")
    assert visitor(may[-1]).post(url).status_code == row.answers


@pytest.mark.parametrize("name", CHANGING)
class TestAChange:
    def test_needs_the_token_of_its_form(self, name: str, world: World, visitor: Any, untouched: Unchanged) -> None:
        url = address(name, world, CHANGING[name].arguments, slug="acme")
        client = visitor("everything", enforce_csrf_checks=True)
        client.get(url)
        tokens = [cookie.value for key, cookie in client.cookies.items() if "csrf" in key]
        with untouched():
            for form in ({}, {"csrfmiddlewaretoken": "x" * 64}):
                response = client.post(url, form)
                assert response.status_code == 403
                assert FORM_EXPIRED in text_of(response)
            for origin in ("https://evil.example", "null"):
                sent = {"csrfmiddlewaretoken": tokens[0] if tokens else ""}
                response = client.post(url, sent, headers={"Origin": origin})
                assert response.status_code == 403
                assert FORM_EXPIRED in text_of(response)


@pytest.mark.parametrize("name", OURS)
def test_no_page_of_ours_takes_a_card_number(
    name: str, world: World, visitor: Any, untouched: Unchanged, caplog: pytest.LogCaptureFixture
) -> None:
    url = address(name, world, CHANGING[name].arguments, slug="acme")
    owner = visitor("everything")
    for typed in ("4242424242424242", "my card: 4000-0000 0000 0002", "５５５５555555554444"):
        caplog.clear()
        with untouched(), caplog.at_level(logging.DEBUG):
            response = owner.post(url, {"note_of_nobody": typed})
        assert response.status_code == 422
        assert NO_CARD_NUMBERS in text_of(response)
        everything = response.content.decode() + "".join(str(vars(record)) for record in caplog.records)
        assert typed not in everything


@pytest.mark.parametrize("name", ABOUT_THINGS)
def test_a_thing_of_another_company_is_the_same_as_none(
    name: str, world: World, visitor: Any, untouched: Unchanged
) -> None:
    row = ABOUT_THINGS[name]
    owner = visitor("everything")
    foreign = address(name, world, row.arguments, slug="acme", foreign=True)
    missing = foreign
    for thing in row.things:
        missing = missing.replace(world.foreign[thing], UNKNOWN)
    with untouched():
        for method in ("get", "post") if row.answers is not None else ("get",):
            answers = [getattr(owner, method)(url) for url in (foreign, missing)]
            if name.endswith(".download"):
                # The signature is looked at first, so that the answer says nothing about the invoice.
                assert {answer.status_code for answer in answers} == {403}
            else:
                assert {answer.status_code for answer in answers} == {404}, method
            assert len({without_chances(answer) for answer in answers}) == 1, method


@pytest.mark.parametrize("name", STAFF_ROWS)
class TestTheVendorsPage:
    def test_is_shown_to_staff_only(
        self, name: str, world: World, visitor: Any, untouched: Unchanged, caplog: pytest.LogCaptureFixture
    ) -> None:
        row = STAFF_ROWS[name]
        url = address(name, world, row.arguments)
        with untouched():
            assert visitor("staff").get(url).status_code == row.shows
            assert visitor("staff").head(url).status_code == row.shows
            for person in ("everything", "nothing", "stranger", "left"):
                for method in ("get", "post", "put"):
                    caplog.clear()
                    response = getattr(visitor(person), method)(url)
                    assert response.status_code == 404, person
                    assert NOT_FOUND in text_of(response)
                    assert [record.event for record in caplog.records] == ["not_staff"]  # type: ignore[attr-defined]
            for person in ("", *MAY_NOT_BE_HERE):
                for method in ("get", "post"):
                    response = getattr(visitor(person), method)(url)
                    assert (response.status_code, response["Location"].split("?")[0]) == (302, LOGIN), person

    def test_takes_no_other_method(self, name: str, world: World, visitor: Any, untouched: Unchanged) -> None:
        row = STAFF_ROWS[name]
        url = address(name, world, row.arguments)
        with untouched():
            for method in ("post", *OTHERS) if row.answers is None else OTHERS:
                response = getattr(visitor("staff"), method)(url)
                assert (response.status_code, response["Allow"]) == (405, row.allow), method

    def test_needs_the_token_of_its_form(self, name: str, world: World, visitor: Any, untouched: Unchanged) -> None:
        row = STAFF_ROWS[name]
        if row.answers is None:
            return
        with untouched():
            response = visitor("staff", enforce_csrf_checks=True).post(address(name, world, row.arguments))
        assert (response.status_code, FORM_EXPIRED in text_of(response)) == (403, True)


@pytest.mark.parametrize("name", [name for name, row in STAFF_ROWS.items() if row.answers is not None])
def test_answers_an_empty_form_of_staff(name: str, own_world: World, visitor: Any) -> None:
    row = STAFF_ROWS[name]
    assert visitor("staff").post(address(name, own_world, row.arguments)).status_code == row.answers


@pytest.mark.parametrize("name", MACHINE_ROWS)
def test_a_programs_address_asks_for_its_own_proof_whoever_is_signed_in(
    name: str, world: World, visitor: Any, untouched: Unchanged
) -> None:
    arguments, refused = MACHINE_ROWS[name]
    url = address(name, world, arguments)
    with untouched():
        for person in ("", "everything", "staff", "stranger", *MAY_NOT_BE_HERE):
            client = visitor(person, enforce_csrf_checks=True)
            assert client.post(url).status_code == refused, person
            unsigned = client.post(url, b"{}", content_type="application/json")
            assert (unsigned.status_code, unsigned.json()["code"]) == (400, "bad_signature"), person
            for method in ("get", "head", *OTHERS):
                response = getattr(client, method)(url)
                assert (response.status_code, response["Allow"]) == (405, "POST"), method


def answered(response: Any) -> int | str:
    """Give the status of an answer, or where it leads."""
    if response.status_code in (302, 303):
        return str(response["Location"]).split("?")[0]
    return int(response.status_code)


@pytest.mark.parametrize("name", OWN_ROWS)
class TestAPageOfNoCompany:
    WHO = {IN: "everything", OUT: "", NOBODY: "switched off"}

    def _url(self, name: str, world: World) -> str:
        return address(name, world, OWN_ROWS[name].arguments)

    def test_answers_what_the_table_says(self, name: str, world: World, visitor: Any, untouched: Unchanged) -> None:
        row, url = OWN_ROWS[name], self._url(name, world)
        with untouched():
            for who, person in self.WHO.items():
                assert answered(visitor(person).get(url)) == row.get[who], f"GET {who}"
                head = visitor(person).head(url)
                assert (answered(head), head.content) == (row.get[who], b""), f"HEAD {who}"
                assert answered(visitor(person).post(url)) == row.post[who], f"POST {who}"

    def test_takes_no_other_method(self, name: str, world: World, visitor: Any, untouched: Unchanged) -> None:
        row, url = OWN_ROWS[name], self._url(name, world)
        with untouched():
            for person in ("everything", ""):
                for method in OTHERS:
                    response = getattr(visitor(person), method)(url)
                    assert (response.status_code, response["Allow"]) == (405, row.allow), method

    def test_needs_the_token_of_its_form(self, name: str, world: World, visitor: Any, untouched: Unchanged) -> None:
        if "POST" not in OWN_ROWS[name].allow:
            return
        with untouched():
            for person in ("everything", ""):
                response = visitor(person, enforce_csrf_checks=True).post(self._url(name, world), {"login": "x"})
                assert response.status_code == 403
                assert FORM_EXPIRED in text_of(response)


class TestTheDemosClock:
    def test_is_refused_to_everybody_else(
        self, world: World, visitor: Any, untouched: Unchanged, settings: Any
    ) -> None:
        settings.TENANTRY_DEMO = True
        url = reverse(DEMO_ROW)
        with untouched():
            for person in ("nothing", "only account_management view", "all but account_management"):
                response = visitor(person).post(f"{url}?company=acme")
                assert response.status_code == 403, person
                assert "You need Account Management with Modify to do this." in text_of(response)
            for person in ("stranger", "left", "staff"):
                assert visitor(person).post(f"{url}?company=acme").status_code == 404, person
            for person in ("everything", "stranger"):
                assert visitor(person).post(url).status_code == 404, person
            for person in MAY_NOT_BE_HERE:
                assert answered(visitor(person).post(f"{url}?company=acme")) == LOGIN, person
            gone = visitor().post(f"{url}?company=acme", {"next": "/acme/admin"})
            assert gone["Location"] == f"{LOGIN}?next=%2Facme%2Fadmin"

    def test_takes_a_form_only(self, world: World, visitor: Any, untouched: Unchanged, settings: Any) -> None:
        settings.TENANTRY_DEMO = True
        url = f"{reverse(DEMO_ROW)}?company=acme"
        with untouched():
            for method in ("get", "head", *OTHERS):
                response = getattr(visitor("everything"), method)(url)
                assert (response.status_code, response["Allow"]) == (405, "POST"), method
            expired = visitor("everything", enforce_csrf_checks=True).post(url)
            assert expired.status_code == 403
            assert FORM_EXPIRED in text_of(expired)

    def test_does_not_exist_outside_the_demo(self, world: World, visitor: Any, untouched: Unchanged) -> None:
        with untouched():
            for person in ("everything", "staff", ""):
                assert visitor(person).post(reverse(DEMO_ROW)).status_code == 404, person


def test_no_row_is_for_a_member_of_two_kinds() -> None:
    assert not {*ROWS} & {*OWN_ROWS, *STAFF_ROWS}
    assert all(isinstance(row, OwnRow) for row in OWN_ROWS.values())
