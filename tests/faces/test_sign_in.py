"""Signing in and out: nobody learns who exists, a session is one's own, and one comes back to where one was."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from tenantry.outside import clock
from tests.builders import NOW, PASSWORD, Place, add_member, change_member, offer, open_place, set_up_addon, sign_in
from tests.faces.pages import text_of, without_chances
from tests.prepared import Prepared, prepared_by
from tests.untouched import Unchanged

LOGIN, RESET = "/accounts/login/", "/accounts/password/reset/"
WRONG = "E-mail or password is not correct."
SENT = "If the address exists we sent a link."
# As long as the viewer's, so that the form with what was typed is as long too.
UNKNOWN = "vieweR@acne.test"


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is worked on."""

    calls = 0

    def encode(self, password: str, salt: str) -> str:
        """Count, then do it."""
        CountingHasher.calls += 1
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


COUNTED = {"PASSWORD_HASHERS": ["tests.faces.test_sign_in.CountingHasher"]}
prepared = prepared_by(override_settings(**COUNTED)(open_place))


@pytest.fixture
def place(prepared: Prepared, database: str, settings: Any) -> Place:
    """A company, whose people's passwords are counted when they are worked on."""
    settings.PASSWORD_HASHERS = COUNTED["PASSWORD_HASHERS"]
    return prepared.value


def work_of(client: Client, url: str, form: dict[str, str]) -> tuple[Any, int, int]:
    """Post a form; give the answer, and how many hashes and questions to the database it took."""
    CountingHasher.calls = 0
    with CaptureQueriesContext(connection) as asked:
        response = client.post(url, form)
    return response, CountingHasher.calls, len(asked)


def without_typed(response: Any, email: str) -> str:
    return without_chances(response).replace(email, "")


class TestWhoExists:
    def test_an_unknown_address_and_a_wrong_password_are_the_same(
        self, place: Place, unchanged: Unchanged, caplog: pytest.LogCaptureFixture
    ) -> None:
        add_member(place.id, "newone@acme.test", "Without A Password")
        found = []
        with unchanged():
            for email in (place.viewer.email, "newone@acme.test", UNKNOWN):
                caplog.clear()
                form = {"login": email, "password": "wrong horse battery"}
                response, hashes, questions = work_of(Client(), LOGIN, form)
                assert WRONG in text_of(response)
                assert "_auth_user_id" not in response.wsgi_request.session
                (line,) = [record for record in caplog.records if record.name == "tenantry.security"]
                assert (line.event, line.user) == ("sign_in_failed", "")  # type: ignore[attr-defined]
                found.append((response.status_code, without_typed(response, email), hashes, questions))
        assert found[0][2] == 1
        assert found[0] == found[1] == found[2]

    def test_what_was_typed_is_in_no_log_and_the_password_in_no_answer(
        self, place: Place, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            response = Client().post(LOGIN, {"login": "my-secret-1@x.test", "password": "my-secret-2"})
        logged = "".join(f"{record.getMessage()}{vars(record)}" for record in caplog.records)
        assert "my-secret-2" not in logged + response.content.decode()
        assert "my-secret-1" not in logged

    def test_a_new_password_is_asked_for_in_the_same_way(
        self, place: Place, unchanged: Unchanged, caplog: pytest.LogCaptureFixture
    ) -> None:
        found = []
        with unchanged():
            for email in (place.viewer.email, UNKNOWN):
                response = Client().post(RESET, {"email": email})
                page = Client().get(response["Location"])
                found.append((response.status_code, response["Location"], text_of(page)))
        assert SENT in found[0][2]
        assert found[0] == found[1]
        assert [getattr(record, "event", "") for record in caplog.records] == ["password_reset_asked"] * 2
        # Both get a mail, so that the answer takes as long; only one of them has a link.
        assert [(message.to, message.subject) for message in mail.outbox] == [
            ([place.viewer.email], "Choose a new password for SecurityTrax"),
            ([UNKNOWN.lower()], "No user of SecurityTrax has this address"),
        ]
        assert ["http" in message.body for message in mail.outbox] == [True, False]
        assert all("SecurityTrax" in str(message.body) for message in mail.outbox)

    def test_its_mail_is_from_the_vendor_by_name_and_by_our_clock(self, place: Place, settings: Any) -> None:
        settings.TENANTRY_VENDOR = {"name": "Trax, Inc.", "email": "billing@trax.test"}
        with clock.pinned(NOW):
            Client().post(RESET, {"email": place.viewer.email})
        message = mail.outbox[0].message()
        assert message["From"] == '"Trax, Inc." <billing@trax.test>'
        assert message["Date"] == "Thu, 12 Nov 2026 17:00:00 +0000"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Message-ID"].endswith("@trax.test>")

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"login": "", "password": ""},
            {"login": "owner@acme.test"},
            {"login": "no address", "password": PASSWORD},
            {"login": "owner@acme.test\x00", "password": PASSWORD},
            {"login": "owner@acme.test", "password": PASSWORD + "\x00"},
            {"login": "x" * 5_000 + "@acme.test", "password": "x" * 5_000},
            {"login": "owner@acme.test' or 1=1--", "password": "' or 1=1--"},
        ],
    )
    def test_what_is_no_sign_in_is_none(self, place: Place, unchanged: Unchanged, form: dict[str, str]) -> None:
        with unchanged():
            response = Client().post(LOGIN, form)
        assert response.status_code == 200
        assert "_auth_user_id" not in response.wsgi_request.session


class TestTheSession:
    def test_it_gets_a_new_id_at_sign_in_and_the_old_one_is_useless(self, place: Place) -> None:
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = "f" * 32
        client.post(LOGIN, {"login": place.viewer.email, "password": PASSWORD})
        given = client.cookies[settings.SESSION_COOKIE_NAME].value
        assert given != "f" * 32
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = "f" * 32
        assert thief.get("/acme/admin").status_code == 302
        assert client.get("/acme/admin").status_code == 200

    def test_it_ends_with_signing_out_for_whoever_kept_its_cookie(self, place: Place) -> None:
        client, copy = sign_in(place.viewer), Client()
        copy.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
        assert copy.get("/acme/admin").status_code == 200
        assert "Sign out?" in text_of(client.get("/accounts/logout/"))
        assert copy.get("/acme/admin").status_code == 200
        client.post("/accounts/logout/")
        for browser in (client, copy):
            assert browser.get("/acme/admin").status_code == 302

    def test_a_changed_password_ends_all_others(self, place: Place) -> None:
        here, there = sign_in(place.viewer), sign_in(place.viewer)
        new = "another horse battery"
        form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        changed = here.post("/accounts/password/change/", form)
        assert changed.status_code == 302
        assert here.get("/acme/admin").status_code == 200
        assert there.get("/acme/admin").status_code == 302
        assert Client().login(email=place.viewer.email, password=new)

    def test_the_cookies_are_for_us_alone(self, place: Place) -> None:
        client = Client()
        client.get(LOGIN)
        client.post(LOGIN, {"login": place.viewer.email, "password": PASSWORD})
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")

    def test_asking_once_more_who_it_is_knows_the_right_password(self, place: Place) -> None:
        client = sign_in(place.viewer)
        again = "/accounts/reauthenticate/?next=/acme/admin"
        assert client.post(again, {"password": "wrong horse battery"}).status_code == 200
        right = client.post(again, {"password": PASSWORD})
        assert (right.status_code, right["Location"]) == (302, "/acme/admin")


def link_for(email: str) -> str:
    """Ask for a new password; give the path of the link that is mailed."""
    Client().post(RESET, {"email": email})
    link = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body))
    assert link
    return link.group(1)


class TestTheWay:
    def test_a_phone_offers_the_keyboard_for_an_address(self, place: Place) -> None:
        html = Client().get(LOGIN).content.decode()
        assert re.search(r'name="login"[^>]* inputmode="email"', html)

    @pytest.mark.parametrize(
        ("back", "leads"),
        [
            ("/acme/admin/account-management/invoices?year=2026", "/acme/admin/account-management/invoices?year=2026"),
            ("https://evil.example/", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("\r\nSet-Cookie: a=b", "/"),
            ("", "/"),
        ],
    )
    def test_after_signing_in_it_leads_back_within_the_product_only(self, place: Place, back: str, leads: str) -> None:
        form = {"login": place.viewer.email, "password": PASSWORD, "next": back}
        response = Client().post(LOGIN, form)
        assert (response.status_code, response["Location"]) == (302, leads)

    def test_a_session_that_ends_while_a_form_is_open_does_nothing_and_leads_to_the_form(
        self, place: Place, unchanged: Unchanged
    ) -> None:
        set_up_addon("credit-checks")
        offer(place, "credit-checks")
        url = place.url("billing-methods/add")
        client = sign_in(place.owner)
        client.get(url)
        client.cookies.pop(settings.SESSION_COOKIE_NAME)
        with unchanged():
            response = client.post(url, {"kind": "card", "same_as_company": "on"})
        assert response["Location"] == f"{LOGIN}?next={url.replace('/', '%2F')}"
        body = client.get(response["Location"]).content.decode()
        back = re.search(r'name="next" value="([^"]+)"', body)
        assert back
        signed_in = client.post(LOGIN, {"login": place.owner.email, "password": PASSWORD, "next": back.group(1)})
        assert signed_in["Location"] == url
        assert "Add Payment Method" in text_of(client.get(url))

    @pytest.mark.parametrize("email", ["viewer@acme.test", "brandnew@acme.test", "BrandNew@Acme.Test"])
    def test_a_password_is_chosen_by_the_link_once(self, place: Place, email: str) -> None:
        """It is also how somebody who was just added gets their first one."""
        if email.lower().startswith("brandnew"):
            add_member(place.id, email, "Brand New")
        link = link_for(email)
        client, new = Client(), "another horse battery"
        form = client.get(link, follow=True)
        assert "Choose a new password" in text_of(form)
        (there,) = {address for address, _status in form.redirect_chain}
        weak = client.post(there, {"password1": "short", "password2": "short"})
        assert "too short" in text_of(weak)
        assert "done" in client.post(there, {"password1": new, "password2": new})["Location"]
        signed_in = Client().post(LOGIN, {"login": email, "password": new})
        assert (signed_in.status_code, signed_in["Location"]) == (302, "/")
        assert "This link is not valid" in text_of(Client().get(link, follow=True))

    def test_a_link_that_was_altered_or_is_old_is_not_valid(self, place: Place) -> None:
        link = link_for(place.viewer.email)
        stem, key = link.rstrip("/").rsplit("-", 1)
        other = "0" if key[-1] != "0" else "1"
        for bad in (
            f"{stem}-{key[:-1]}{other}/",
            f"{stem}-{key.upper()}/",
            f"{stem}-{key[:-1]}/",
            link.replace("/key/", "/key/9"),
        ):
            assert "This link is not valid" in text_of(Client().get(bad, follow=True)), bad
        with override_settings(PASSWORD_RESET_TIMEOUT=-1):
            assert "This link is not valid" in text_of(Client().get(link, follow=True))

    def test_somebody_who_was_switched_off_gets_no_further_with_the_right_password(
        self, place: Place, caplog: pytest.LogCaptureFixture
    ) -> None:
        change_member(place.viewer, is_active=False)
        caplog.clear()
        response = Client().post(LOGIN, {"login": place.viewer.email, "password": PASSWORD})
        assert response["Location"] == "/accounts/inactive/"
        assert [getattr(record, "event", "") for record in caplog.records] == ["sign_in_refused"]

    def test_nobody_signs_up(self, place: Place, unchanged: Unchanged) -> None:
        form = {"email": "me@evil.example", "password1": PASSWORD, "password2": PASSWORD}
        with unchanged():
            response = Client().post("/accounts/signup/", form)
        assert "By invitation only" in text_of(response)
        assert not get_user_model()._default_manager.filter(email="me@evil.example").exists()
