"""Webhooks in, at their address: who is believed, what is kept, what is answered (I-23, B136 to B144)."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenantry.outside import clock
from tenantry.records.payments.models import GatewayEvent
from tests.builders import NOW
from tests.racing import at_once
from tests.telling import (
    ADDRESS,
    FOREIGN_SECRET,
    OLD_SECRET,
    SECRET,
    event,
    kept,
    listening,
    signed,
    tell,
)
from tests.untouched import Unchanged

EVENTS = "tenantry_payments_gatewayevent"
JOBS = "procrastinate_jobs"
with clock.pinned(NOW):
    BODY = event("intent.succeeded", "int_7")
MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def listens(database: str) -> Iterator[None]:
    """Listen at 10 o'clock on Nov 12, 2026."""
    with listening(), clock.pinned(NOW):
        yield


def jobs() -> list[tuple[str, dict[str, str]]]:
    """List the jobs that wait."""
    with connections["default"].cursor() as cursor:
        cursor.execute("select task_name, args from procrastinate_jobs order by id")
        return [(name, args if isinstance(args, dict) else json.loads(args)) for name, args in cursor.fetchall()]


class TestAccepted:
    def test_is_kept_by_its_ids_and_enqueued_in_one_transaction(self, unchanged: Unchanged) -> None:
        with unchanged(EVENTS, JOBS):
            response = tell(BODY)
        assert (response.status_code, response.json()) == (200, {"received": True})
        row = GatewayEvent.objects.get()
        told = json.loads(BODY)
        assert (row.gateway, row.event_id, row.kind) == ("sandbox", told["id"], "intent.succeeded")
        assert (row.object_id, row.intent_object_id, row.happened_at) == ("int_7", "int_7", NOW)
        assert (row.received_at, row.outcome, row.look_at) == (NOW, "", NOW + timedelta(minutes=1))
        assert jobs() == [("payments.apply_event", {"event_id": str(row.id)})]

    def test_five_times_is_kept_once(self, unchanged: Unchanged) -> None:
        tell(BODY)
        with unchanged():
            assert [tell(BODY).status_code for _ in range(4)] == [200] * 4

    def test_five_times_at_once_is_kept_once(self) -> None:
        def sends() -> int:
            with clock.pinned(NOW):
                return int(tell(BODY).status_code)

        assert at_once(*[sends] * 5) == [200] * 5
        assert (GatewayEvent.objects.count(), len(jobs())) == (1, 1)

    def test_signed_again_later_is_the_same_event(self) -> None:
        tell(BODY)
        with clock.pinned(NOW + timedelta(hours=3)):
            assert tell(BODY, signed(BODY, at=NOW + timedelta(hours=3))).status_code == 200
        assert GatewayEvent.objects.count() == 1

    def test_while_secrets_are_rotated(self) -> None:
        for number, secrets in enumerate([(OLD_SECRET,), (OLD_SECRET, SECRET), (FOREIGN_SECRET, SECRET)], start=1):
            body = event("intent.succeeded", "int_7")
            assert tell(body, signed(body, *secrets)).status_code == 200
            assert GatewayEvent.objects.count() == number

    def test_what_is_none_of_ours_is_kept_and_ignored(self, unchanged: Unchanged) -> None:
        changes: list[dict[str, object]] = [{"account": "acc_2"}, {"mode": "live"}, {"version": 2}]
        with unchanged(EVENTS):
            for change in changes:
                assert tell(event("intent.succeeded", "int_7", **change)).status_code == 200
        assert {(kind, outcome, why) for kind, outcome, why in kept()} == {
            ("intent.succeeded", "ignored", why) for why in ("other_account", "other_mode", "other_version")
        }
        assert set(GatewayEvent.objects.values_list("ended_at", flat=True)) == {NOW}

    def test_by_its_content_type(self) -> None:
        for content_type in ("application/json", 'Application/JSON; charset="UTF-8"'):
            assert tell(BODY, content_type=content_type).status_code == 200

    def test_asks_for_no_session_and_few_questions(self) -> None:
        with CaptureQueriesContext(connections["default"]) as asked:
            response = tell(BODY)
        assert not response.cookies
        assert not [one["sql"] for one in asked if "session" in one["sql"] or "user" in one["sql"]]
        assert len(asked) <= 8

    def test_the_whole_body_may_be_a_mebibyte(self) -> None:
        told = json.loads(event("intent.succeeded", "int_7"))
        told["note"] = ""
        told["note"] = "x" * (MIB - len(json.dumps(told).encode()))
        body = json.dumps(told).encode()
        assert len(body) == MIB
        assert tell(body).status_code == 200
        assert tell(body + b" ", signed(body)).status_code == 413


class TestRefused:
    """Nothing is kept of it, one line of the security log is written, and the answer says why."""

    @pytest.fixture
    def refuses(self, caplog: pytest.LogCaptureFixture, unchanged: Unchanged) -> Callable[..., None]:
        """Give `refuses(code, *sends)`: each is refused with this code, and nothing was changed by any."""
        statuses = {"not_json_body": 415, "body_too_large": 413, "length_required": 411, "not_found": 404}

        def check(code: str, *sends: Callable[[], Any]) -> None:
            caplog.clear()
            with unchanged(), caplog.at_level(logging.INFO, "tenantry"):
                answers = [send() for send in sends]
            for number, response in enumerate(answers):
                assert (number, response.status_code) == (number, statuses.get(code, 400))
                assert response["Content-Type"] == "application/problem+json"
                answer = response.json()
                assert (number, answer["code"], answer["status"]) == (number, code, response.status_code)
                assert answer["request_id"] == response["X-Request-Id"]
            lines = [record for record in caplog.records if record.name == "tenantry.security"]
            assert [line.event for line in lines] == [code] * len(sends)  # type: ignore[attr-defined]
            assert "int_7" not in caplog.text
            assert GatewayEvent.objects.count() == 0

        return check

    def test_forged(self, refuses: Callable[..., None]) -> None:
        right = signed(BODY)
        forged = [
            {},
            {**right, "webhook-signature": ""},
            {**right, "webhook-signature": "v1,AAAA"},
            {**right, "webhook-signature": "v1a," + right["webhook-signature"][3:]},
            {**right, "webhook-id": "evt_other"},
            {**right, "webhook-timestamp": str(int(NOW.timestamp()) + 1)},
            {**right, "webhook-timestamp": "soon"},
            signed(BODY, FOREIGN_SECRET),
            signed(BODY + b" "),
        ]
        refuses("bad_signature", *(partial(tell, BODY, headers) for headers in forged))

    def test_written_again_by_somebody_in_between(self, refuses: Callable[..., None]) -> None:
        again = json.dumps(json.loads(BODY), indent=1).encode()
        refuses("bad_signature", partial(tell, again, signed(BODY)))

    def test_by_a_secret_that_was_retired_or_while_none_is_set(
        self, refuses: Callable[..., None], settings: Any
    ) -> None:
        settings.TENANTRY_GATEWAY_WEBHOOK_SECRETS = [SECRET]
        refuses("bad_signature", partial(tell, BODY, signed(BODY, OLD_SECRET)))
        settings.TENANTRY_GATEWAY_WEBHOOK_SECRETS = []
        refuses("bad_signature", partial(tell, BODY))

    def test_an_old_one_or_one_of_the_future(self, refuses: Callable[..., None]) -> None:
        times = [NOW - timedelta(seconds=seconds) for seconds in (301, -301, 86400)]
        refuses("event_too_old", *(partial(tell, BODY, signed(BODY, at=at)) for at in times))

    def test_replayed_under_another_id(self, refuses: Callable[..., None]) -> None:
        refuses("event_unreadable", partial(tell, BODY, signed(BODY, event_id="evt_again")))

    def test_rightly_signed_but_not_what_was_agreed(self, refuses: Callable[..., None]) -> None:
        def about(**change: object) -> bytes:
            return event(**{"kind": "intent.succeeded", "object_id": "int_7", "id": "evt_1", **change})  # type: ignore[arg-type]

        bodies = [
            b"[" * 100_000 + b"]" * 100_000,
            b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
            b'{"id": "evt_1", "type": "\xff\xfe"}',
            b"\xef\xbb\xbf" + BODY,
            BODY.decode().encode("utf-16"),
            BODY[:-1] + b', "id": "evt_1"}',
            about()[:-1] + b', "type": "intent.succeeded"}',
            BODY[:-1],
            BODY + b"{}",
            b"null",
            b'"evt_1"',
            b"[]",
            about(kind="intent.succeeded\0"),
            about(kind="intent.\ud800"),
            about(kind="intent." + "x" * 250),
            about(kind=""),
            about(object_id="i" * 257),
            about(data=[]),
            about(created="yesterday"),
            about(created="2026-11-12T17:00:00"),
            about(version="1"),
            about(sequence=True),
        ]
        refuses("event_unreadable", *(partial(tell, one, signed(one, event_id="evt_1")) for one in bodies))

    def test_hostile_bytes_of_a_stranger_are_not_even_parsed(self, refuses: Callable[..., None]) -> None:
        refuses("bad_signature", partial(tell, b"[" * 1_000_000, signed(BODY)))

    def test_a_body_that_is_too_large_or_says_so(self, refuses: Callable[..., None]) -> None:
        large = b" " * (2 * MIB)
        lengths = [partial(self.says, length) for length in ("9" * 12, "9" * 5000, str(MIB + 1))]
        refuses("body_too_large", partial(tell, large, signed(BODY)), *lengths)

    def test_no_length(self, refuses: Callable[..., None]) -> None:
        refuses("length_required", *(partial(self.says, length) for length in ("", "x", "-1", "1e3", "\u0663")))

    def test_a_length_that_is_too_short_cuts_the_body(self, refuses: Callable[..., None]) -> None:
        refuses("bad_signature", partial(self.says, str(len(BODY) - 1)), partial(self.says, "0"))

    @staticmethod
    def says(length: str) -> Any:
        """Post the event with a length that it does not have."""
        return Client().post(ADDRESS, BODY, "application/json", headers=signed(BODY), CONTENT_LENGTH=length)

    def test_a_packed_body(self, refuses: Callable[..., None]) -> None:
        bomb = gzip.compress(b" " * 50 * MIB)
        assert len(bomb) < MIB
        packings = ("gzip", "br", "gzip, identity")
        refuses("not_json_body", *(partial(tell, bomb, {**signed(BODY), "content-encoding": one}) for one in packings))

    def test_another_type(self, refuses: Callable[..., None]) -> None:
        types = (
            "text/plain", "", "application/x-www-form-urlencoded", "application/json; charset=latin-1",
            "application/jsonp", "multipart/form-data; boundary=x", "application/json, text/plain",
        )  # fmt: skip
        refuses("not_json_body", *(partial(tell, BODY, content_type=one) for one in types))

    def test_a_gateway_that_is_not_ours(self, refuses: Callable[..., None]) -> None:
        def send() -> Any:
            return Client().post("/api/v1/gateway-events/stripe", BODY, "application/json", headers=signed(BODY))

        refuses("not_found", send)


class TestAround:
    def test_other_methods(self, unchanged: Unchanged) -> None:
        with unchanged():
            for method in ("get", "head", "put", "patch", "delete", "options", "trace"):
                response = getattr(Client(), method)(ADDRESS)
                assert (method, response.status_code, response["Allow"]) == (method, 405, "POST")

    def test_no_token_of_a_form_is_asked_for(self) -> None:
        client = Client(enforce_csrf_checks=True)
        response = client.post(ADDRESS, BODY, "application/json", headers=signed(BODY))
        assert response.status_code == 200

    def test_while_the_database_is_away_the_gateway_hears_to_come_again(self, postgres: Any, database: str) -> None:
        name = connections["default"].settings_dict["NAME"]
        connections["default"].close()
        connections["default"].settings_dict["NAME"] = "none_such"
        try:
            response = tell(BODY)
        finally:
            connections["default"].close()
            connections["default"].settings_dict["NAME"] = name
        assert response.status_code == 503
        assert response.json()["code"] == "unavailable"
        assert int(response["Retry-After"]) >= 1
        assert GatewayEvent.objects.count() == 0
        assert tell(BODY).status_code == 200
        assert GatewayEvent.objects.count() == 1

    def test_a_job_that_cannot_be_written_takes_the_event_along(self, postgres: Any, database: str) -> None:
        """Stored and enqueued, or neither: then the gateway's next try is a first one."""
        postgres.run("revoke insert on procrastinate_jobs from tenantry_app", name=database)
        assert tell(BODY).status_code == 503
        assert GatewayEvent.objects.count() == 0
        postgres.run("grant insert on procrastinate_jobs to tenantry_app", name=database)
        assert tell(BODY).status_code == 200
        assert (GatewayEvent.objects.count(), len(jobs())) == (1, 1)
