"""Whatever a browser sends, an address answers below 500, and what it refuses changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
import pytest
from django.test import Client

from tests.database import TestServer
from tests.faces.pages import text_of
from tests.faces.routes import IN, OUT, OWN_ROWS, ROWS, STAFF_ROWS, address
from tests.faces.test_matrix import CHANGING, answered
from tests.faces.world import World
from tests.untouched import Unchanged, business_tables

PARAMETERS = (
    *("page", "per_page", "cursor", "after", "before", "older", "newer", "status", "year", "show", "q", "sort"),
    *("next", "kind", "setup", "s", "expires", "company", "filter", "limit", "offset", "format", "lang"),
)
QUERIES = (
    "-1",
    "9" * 40,
    "Paid'--;drop table tenantry_companies_company",
    "\x00",
    "\u202e\U0001f4a5\u0661",
    "<script>alert(1)</script>",
)
TEXTS = (
    *QUERIES,
    "0",
    "//evil.example",
    " ",
    "\r\nSet-Cookie: a=b",
    "../../../etc/passwd",
    "{{7*7}}{%now%}",
    "1e400",
    "NaN",
    "2026-02-30",
    "x" * 20_000,
    "\ufeff\u0000\u001b[2J",
)
ONE_BY_ONE = ("\x00", "\u202e\U0001f4a5" * 50)
BODIES = (
    ("application/json", b'{"amount": 1, "company_id": "x", "status": "paid"}'),
    ("text/plain", b"amount=1"),
    ("application/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    ("", b"\x00\xff" * 50),
)
UNREADABLE = (
    ("application/x-www-form-urlencoded; charset=utf-16", b"\xff\xfea\x00=\x00"),
    ("multipart/form-data", b"--x\r\n"),
    ("multipart/form-data; boundary=" + "x" * 400, b"--x\r\n"),
    ("application/x-www-form-urlencoded", b"a=" + b"1" * 70_000),
    ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % n for n in range(250))),
)
DROPPED = {"csrfmiddlewaretoken", "seen"}


def fields_of(page: Any) -> dict[str, str]:
    """Read the fields of a page's forms, with the values that they would send."""
    body = page.content.decode()
    tags = re.findall(r"<(?:input|select|textarea)\b[^>]*\bname=\"[^>]*>", body)
    found = {}
    for tag in tags:
        name = re.search(r'\bname="([^"]+)"', tag)
        value = re.search(r'\bvalue="([^"]*)"', tag)
        if name and name.group(1) not in DROPPED:
            found.setdefault(unescape(name.group(1)), unescape(value.group(1)) if value else "1")
    return found


class Watcher:
    """Says whether a business row changed since it last looked; cheap while nothing was written at all."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._look()

    def _look(self) -> None:
        self._tables, self._at = business_tables(self._connection), self._written()

    def _written(self) -> str:
        row = self._connection.execute("select pg_snapshot_xmax(pg_current_snapshot())::text").fetchone()
        assert row is not None
        return str(row[0])

    def changed(self) -> bool:
        """Look again."""
        if self._written() == self._at:
            return False
        before = self._tables
        self._look()
        return before != self._tables

    def close(self) -> None:
        """Let the database go."""
        self._connection.close()


@pytest.fixture
def watcher(postgres: TestServer, own_world: World) -> Iterator[Watcher]:
    """Watch the rows of this test's world."""
    from django.db import connections

    found = Watcher(postgres.named(postgres.superuser_url, connections.settings["default"]["NAME"]))
    yield found
    found.close()


def all_urls(world: World) -> Iterator[tuple[str, str, str, int | str]]:
    """Walk over every address that can be opened: its name, who opens it, itself, and its usual answer."""
    for name, row in ROWS.items():
        yield name, "everything", address(name, world, row.arguments, slug="acme"), row.shows
    for name, staff in STAFF_ROWS.items():
        yield name, "staff", address(name, world, staff.arguments), staff.shows
    for name, own in OWN_ROWS.items():
        person, who = ("everything", IN) if own.get[IN] == 200 else ("", OUT)
        yield name, person, address(name, world, own.arguments), own.get[who]


@pytest.mark.parametrize("name", [*ROWS, *STAFF_ROWS, *OWN_ROWS])
def test_no_query_breaks_a_page_or_changes_anything(
    name: str, world: World, visitor: Any, untouched: Unchanged
) -> None:
    person, url, usual = next((who, url, usual) for at, who, url, usual in all_urls(world) if at == name)
    client = visitor(person)
    with untouched():
        for value in QUERIES:
            response = client.get(f"{url}?{urlencode([(name, value) for name in PARAMETERS])}")
            assert usual in (answered(response), response.status_code), value
            assert "<script>alert(1)" not in response.content.decode(errors="replace")
        for raw in ("%ff%fe=%c0%80", "page=1&page=2&page=-3", "&&&==&", "a" * 6_000, "q=%", "[]=1&q[]=2"):
            response = client.get(f"{url}?{raw}")
            assert response.status_code < 500, raw
        if isinstance(usual, int):
            assert client.get(f"{url}?page=1&page=2&page=-3").status_code == usual


@pytest.mark.parametrize("name", CHANGING)
class TestAForm:
    def test_with_any_text_in_it_is_saved_or_refused(
        self, name: str, own_world: World, visitor: Any, watcher: Watcher
    ) -> None:
        url = address(name, own_world, CHANGING[name].arguments, slug="acme")
        client = visitor("everything")
        fields = fields_of(client.get(url))
        forms = [{**dict.fromkeys(fields, text), "more": text} for text in TEXTS]
        forms += [{**fields, field: text} for field in fields for text in ONE_BY_ONE]
        for form in forms:
            response = client.post(url, form)
            assert response.status_code < 500, form
            if response.status_code >= 400:
                assert not watcher.changed(), form
            else:
                watcher.changed()
            body = response.content.decode()
            assert "<script>alert(1)" not in body
            assert "49" not in re.findall(r">([^<]*7\*7[^<]*|49)<", body)
            assert "Set-Cookie" not in "".join(response.headers)

    def test_that_is_no_form_is_refused(self, name: str, world: World, visitor: Any, untouched: Unchanged) -> None:
        if CHANGING[name].answers == 303:
            return  # nothing of the form is needed, so nothing can be wrong with it
        url = address(name, world, CHANGING[name].arguments, slug="acme")
        client = visitor("everything")
        with untouched():
            for content_type, body in BODIES:
                response = client.generic("POST", url, body, content_type=content_type)
                assert 400 <= response.status_code < 500, content_type
            for content_type, body in UNREADABLE:
                response = client.generic("POST", url, body, content_type=content_type)
                assert response.status_code == 400, content_type
                assert "We can't read this request." in text_of(response)


OTHER_FORMS = [name for name, row in STAFF_ROWS.items() if row.answers is not None]
OTHER_FORMS += [name for name, row in OWN_ROWS.items() if "POST" in row.allow]


READS_NOTHING = {"backoffice.review.ask", "account_signup", "account_set_password"}
"""What answers a POST without looking at its form: a question to the processor, a closed door, a way elsewhere."""


class TestAFormOfNoCompany:
    """The vendor's forms, and those around signing in."""

    @pytest.mark.parametrize("name", OTHER_FORMS)
    def test_with_any_text_in_it_answers_and_what_is_refused_changes_nothing(
        self, name: str, own_world: World, visitor: Any, watcher: Watcher
    ) -> None:
        person, url, _ = next((who, url, usual) for at, who, url, usual in all_urls(own_world) if at == name)
        client = visitor(person)
        fields = {**fields_of(client.get(url)), "confirmed": "True"}
        forms = [{**dict.fromkeys(fields, text), "more": text} for text in TEXTS]
        forms += [{**fields, field: text} for field in fields for text in (*ONE_BY_ONE, "9" * 40, "-1", "1e400", "NaN")]
        for form in forms:
            response = client.post(url, form)
            assert response.status_code < 500, form
            if response.status_code >= 400:
                assert not watcher.changed(), form
            else:
                watcher.changed()
            assert "<script>alert(1)" not in response.content.decode()
            assert "Set-Cookie" not in "".join(response.headers)

    @pytest.mark.parametrize("name", [name for name in OTHER_FORMS if name not in READS_NOTHING])
    def test_that_is_no_form_is_refused(self, name: str, world: World, visitor: Any, untouched: Unchanged) -> None:
        person, url, _ = next((who, url, usual) for at, who, url, usual in all_urls(world) if at == name)
        client = visitor(person)
        with untouched():
            for content_type, body in UNREADABLE:
                response = client.generic("POST", url, body, content_type=content_type)
                assert (response.status_code, "We can't read this request." in text_of(response)) == (400, True)


@pytest.mark.parametrize(
    "path",
    [
        "/acme/admin/users/not-an-id",
        "/acme/admin/users/6A2F41A3-C54C-4B8E-9D2C-0F0E8A1B7C11",
        "/acme/admin/users/%00",
        "/acme/admin/account-management/",
        "/acme/admin/account-management//invoices",
        "/acme/admin/account-management/invoices/../../users",
        "/acme/admin/account-management/add-ons/%2e%2e%2f",
        "/acme/admin/account-management/add-ons/Credit-Checks",
        "/acme/admin/account-management/add-ons/" + "x" * 3_000,
        "/acme/admin/integrations/credit-bureaus/new/unknown",
        "/ACME/admin",
        "/acme%20/admin",
        "/acme;/admin",
        "/" + quote("åcme") + "/admin",
        "/" + "a" * 3_000 + "/admin",
        "/%00/admin",
        "/%ff%fe/admin",
        "/.git/config",
        "/.env",
        "/admin/",
        "/acme/.env",
        "/static/../../../etc/passwd",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/__debug__/",
        "/debug",
        "/metrics",
        "/backoffice/companies/nope",
        "/backoffice/companies/ACME",
        "/accounts/password/reset/key/1-x-y-z/extra",
        "/api/v1/invoices",
    ],
)
def test_an_address_that_is_none_is_404(world: World, visitor: Any, untouched: Unchanged, path: str) -> None:
    with untouched():
        for person in ("everything", "staff"):
            response = visitor(person).get(path)
            assert response.status_code == 404, person
            assert "We can't find that page or record." in text_of(response)


class TestAround:
    def test_a_strange_host_is_refused(self, world: World, visitor: Any, untouched: Unchanged) -> None:
        with untouched():
            for host in ("evil.example", "testserver.evil.example", "testserver:0:0", "a b", ""):
                response = visitor("everything").get("/acme/admin", headers={"Host": host})
                assert (response.status_code, "evil" in response.content.decode()) == (400, False), host

    @pytest.mark.parametrize("cookie", ["", "x", "a" * 4_000, "../../x", "\u00e9", "0" * 32])
    def test_a_made_up_session_is_nobody(self, world: World, untouched: Unchanged, cookie: str) -> None:
        from django.conf import settings

        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie
        with untouched():
            response = client.get("/acme/admin")
        assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=%2Facme%2Fadmin")

    def test_strange_headers_change_nothing(self, world: World, visitor: Any, untouched: Unchanged) -> None:
        client = visitor("everything")
        plain = client.get("/acme/admin")
        with untouched():
            for headers in (
                {"Accept": "application/xml"},
                {"Accept-Language": "xx-" + "y" * 500},
                {"Accept-Language": "*"},
                {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "ftp", "X-Forwarded-For": "1.2.3.4"},
                {"X-Original-URL": "/backoffice/", "X-Rewrite-URL": "/backoffice/"},
                {"Range": "bytes=0-10"},
                {"If-None-Match": "*"},
                {"If-Modified-Since": "Wed, 21 Oct 2099 07:28:00 GMT"},
            ):
                response = client.get("/acme/admin", headers=headers)
                assert response.status_code == plain.status_code == 200, headers
                assert "evil" not in response.content.decode()
