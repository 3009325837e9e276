"""`tenantry migrate` and `tenantry check` against a server that somebody else runs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tenantry.project import database_roles, embedded_postgres
from tenantry.project.embedded_postgres import Server
from tests.operations import processes


@pytest.fixture(scope="module")
def server(module_home: Path) -> Iterator[Server]:
    running = embedded_postgres.start(module_home, fsync=False)
    with psycopg.connect(running.superuser_url, autocommit=True) as superuser:
        superuser.execute("create role poor_owner login password 'poor'")
        superuser.execute("grant connect on database tenantry to poor_owner")
        superuser.execute("create role bypassing login bypassrls password 'poor'")
        superuser.execute("grant connect on database tenantry to bypassing")
    yield running
    running.stop()


VENDOR = {
    "TENANTRY_VENDOR_NAME": "Northwind Software",
    "TENANTRY_VENDOR_ADDRESS": "1 Harbor Street|Duluth, MN 55802",
    "TENANTRY_VENDOR_EMAIL": "billing@northwind.test",
    "TENANTRY_GATEWAY_KEY": "key_of_northwind",
}


def tenantry(
    server: Server, *arguments: str, app: str = "", owner: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    place = server.log.parent.parent / "elsewhere"
    given = {"DATABASE_URL": app or server.app_url, "DATABASE_OWNER_URL": owner or server.owner_url, **VENDOR, **more}
    return subprocess.run(
        processes.python("-m", "tenantry", *arguments),
        env=processes.environment(TENANTRY_HOME=str(place), **given),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def as_role(server: Server, role: str) -> str:
    return f"postgresql://{role}:poor@" + server.app_url.partition("@")[2]


class TestMigrate:
    def test_refuses_an_app_role_that_row_level_security_would_not_hold(self, server: Server) -> None:
        superuser = server.superuser_url.replace("/postgres?", "/tenantry?")
        said = {
            name: tenantry(server, "migrate", app=url)
            for name, url in {
                "super": superuser,
                "bypass": as_role(server, "bypassing"),
                "owner": server.owner_url,
            }.items()
        }
        assert [done.returncode for done in said.values()] == [1, 1, 1]
        end = "so nothing keeps companies apart; use another role.\n"
        assert said["super"].stderr == f"tenantry: The role postgres of DATABASE_URL is a superuser, {end}"
        assert said["bypass"].stderr == f"tenantry: The role bypassing of DATABASE_URL has BYPASSRLS, {end}"
        assert said["owner"].stderr == (
            "tenantry: The role tenantry_owner of DATABASE_URL owns the database or tables in it; the app role must own"
            " nothing: give the owner's role in DATABASE_OWNER_URL, and another one here.\n"
        )

    def test_refuses_an_owner_role_without_the_rights(self, server: Server) -> None:
        done = tenantry(server, "migrate", owner=as_role(server, "poor_owner"))
        assert done.returncode == 1
        assert done.stderr == (
            "tenantry: The role poor_owner of DATABASE_OWNER_URL does not own the database tenantry and may not make"
            " tables in its schema public; make it the owner of the database.\n"
        )

    def test_says_when_the_server_cannot_be_reached(self, server: Server) -> None:
        away = "postgresql://tenantry_app:x@/tenantry?host=/nowhere"
        done = tenantry(server, "migrate", app=away)
        assert done.returncode == 1
        assert done.stderr.startswith("tenantry: The database can't be reached: ")
        assert len(done.stderr.splitlines()) == 1


class TestCheck:
    def test_names_waiting_migrations_then_has_no_finding_then_names_what_is_not_set_and_an_open_table(
        self, server: Server
    ) -> None:
        before = tenantry(server, "check", "--json")
        assert before.returncode == 1, before.stderr
        findings = json.loads(before.stdout)["findings"]
        assert len(findings) == 1
        assert findings[0].endswith("; run `tenantry migrate`.")

        assert tenantry(server, "migrate").returncode == 0
        after = tenantry(server, "check")
        assert (after.returncode, after.stdout, after.stderr) == (0, "No findings.\n", "")

        unset = json.loads(tenantry(server, "check", "--json", **dict.fromkeys(VENDOR, "")).stdout)["findings"]
        assert unset == [f"{name} is not set; docs/operating.md says what it is for." for name in VENDOR]
        demo = tenantry(server, "check", TENANTRY_DEMO="1", **dict.fromkeys(VENDOR, ""))
        assert (demo.returncode, demo.stdout) == (0, "No findings.\n")
        served = tenantry(server, "serve", "--port", str(processes.free_ports()), TENANTRY_VENDOR_ADDRESS="")
        assert served.returncode == 1
        assert served.stderr.splitlines()[0].startswith("tenantry: check failed (code 1); its log is ")
        assert "TENANTRY_VENDOR_ADDRESS is not set;" in served.stderr

        with psycopg.connect(server.owner_url) as owner:
            owner.execute("create table host_things (company_id uuid)")
        opened = tenantry(server, "check")
        assert opened.returncode == 1
        assert opened.stdout.splitlines()[-1] == (
            "1 findings. First: The table host_things is not held by row level security."
        )


class TestReleases:
    @pytest.mark.parametrize(
        ("server_version", "refused"),
        [
            (140019, True),
            (150013, True),
            (150014, False),
            (160009, True),
            (160010, False),
            (170005, True),
            (170006, False),
            (180000, False),
            (190001, False),
        ],
    )
    def test_that_leak_past_row_level_security_are_refused(self, server_version: int, refused: bool) -> None:
        assert database_roles.too_old(server_version) is refused
