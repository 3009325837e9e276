"""A webhook is believed only with a right signature of ours, and only for five minutes."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from tenantry.core.refusal import Refusal
from tenantry.outside.gateway.port import EventHint, NotOurs
from tenantry.outside.gateway.sandbox import SandboxGateway

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OLD, NEW = (f"whsec_{b64encode(bytes([number]) * 32).decode()}" for number in (1, 2))
SHORT = f"whsec_{b64encode(bytes(23)).decode()}"
FOREIGN = f"whsec_{b64encode(bytes([3]) * 32).decode()}"
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "type": "intent.succeeded",
    "created": "2026-03-02T09:29:58+00:00",
    "sequence": 7,
    "account": "acc_1",
    "mode": "test",
    "version": 1,
    "data": {"object": "int_1", "customer": "cus_1", "intent": "int_1"},
}
HINT = EventHint(
    event_id="evt_1",
    kind="intent.succeeded",
    object_id="int_1",
    customer="cus_1",
    intent="int_1",
    happened_at=datetime(2026, 3, 2, 9, 29, 58, tzinfo=UTC),
    sequence=7,
)
BAD, TOO_OLD, UNREADABLE = Refusal("bad_signature"), Refusal("event_too_old"), Refusal("event_unreadable")


@pytest.fixture
def gateway() -> Iterator[SandboxGateway]:
    adapter = SandboxGateway("http://127.0.0.1:9", "key", webhook_secrets=[NEW, OLD], account="acc_1")
    yield adapter
    adapter.close()


def signed(body: bytes, *secrets: str, event_id: str = "evt_1", at: datetime = NOW) -> dict[str, str]:
    """Sign as the standard says, by other code than the product's."""
    sent_at = str(int(at.timestamp()))
    signatures = []
    for secret in secrets or (NEW,):
        key = b64decode(secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{event_id}.{sent_at}.".encode() + body, sha256).digest()
        signatures.append("v1," + b64encode(digest).decode())
    return {"Webhook-Id": event_id, "Webhook-Timestamp": sent_at, "Webhook-Signature": " ".join(signatures)}


def event(**change: object) -> bytes:
    return json.dumps({**EVENT, **change}).encode()


class TestSignature:
    @pytest.mark.parametrize("secrets", [(NEW,), (OLD,), (NEW, OLD), (FOREIGN, OLD), (FOREIGN,) * 7 + (NEW,)])
    def test_one_of_ours_is_enough(self, gateway: SandboxGateway, secrets: tuple[str, ...]) -> None:
        assert gateway.verify_event(signed(event(), *secrets), event(), NOW) == HINT

    def test_the_names_of_headers_may_be_written_in_any_case(self, gateway: SandboxGateway) -> None:
        for change in (str.lower, str.upper):
            headers = {change(name): value for name, value in signed(event()).items()}
            assert gateway.verify_event(headers, event(), NOW) == HINT

    def test_a_foreign_or_retired_secret_is_not(self, gateway: SandboxGateway) -> None:
        assert gateway.verify_event(signed(event(), FOREIGN), event(), NOW) == BAD
        after = SandboxGateway("http://127.0.0.1:9", "key", webhook_secrets=[NEW])
        assert after.verify_event(signed(event(), OLD), event(), NOW) == BAD
        assert after.verify_event(signed(event(), OLD, NEW), event(), NOW) == HINT
        after.close()

    def test_without_a_secret_nothing_is_believed(self) -> None:
        trusting_nobody = SandboxGateway("http://127.0.0.1:9", "key")
        assert trusting_nobody.verify_event(signed(event()), event(), NOW) == BAD
        trusting_nobody.close()

    def test_any_changed_byte_of_the_body_breaks_it(self, gateway: SandboxGateway) -> None:
        body = event()
        headers = signed(body)
        for place in range(len(body)):
            changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
            assert gateway.verify_event(headers, changed, NOW) == BAD
        assert gateway.verify_event(headers, json.dumps(EVENT, indent=1).encode(), NOW) == BAD
        assert gateway.verify_event(headers, b"", NOW) == BAD

    def test_any_changed_character_of_a_header_breaks_it(self, gateway: SandboxGateway) -> None:
        right = signed(event())
        for name, value in right.items():
            for place in range(len(value)):
                other = "B" if value[place] == "A" else "A"
                changed = value[:place] + other + value[place + 1 :]
                assert gateway.verify_event({**right, name: changed}, event(), NOW) == BAD, (name, place)

    @pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
    @pytest.mark.parametrize("value", [None, "", " ", "é", "v1,", "v1", "-1", "1e9", "٣", "1" * 400, "\x00", "\ud800"])
    def test_a_missing_or_strange_header_breaks_it(self, gateway: SandboxGateway, name: str, value: str | None) -> None:
        headers = {key: text for key, text in signed(event()).items() if key != name}
        assert gateway.verify_event(headers | ({name: value} if value is not None else {}), event(), NOW) == BAD

    def test_no_other_scheme_is_taken(self, gateway: SandboxGateway) -> None:
        right = signed(event())
        bare = right["Webhook-Signature"].removeprefix("v1,")
        for other in (bare, f"v1a,{bare}", f"v0,{bare}", f"v1={bare}"):
            assert gateway.verify_event({**right, "Webhook-Signature": other}, event(), NOW) == BAD

    @pytest.mark.parametrize("secret", ["", "whsec_", "whsec_short", "abc", "whsec_*", SHORT])
    def test_a_secret_that_is_none_is_refused_at_once(self, secret: str) -> None:
        with pytest.raises(ValueError, match="whsec_ and at least 24 bytes") as caught:
            SandboxGateway("http://127.0.0.1:9", "key", webhook_secrets=[secret])
        assert "short" not in str(caught.value)


class TestAge:
    @pytest.mark.parametrize("seconds", [0, 300, -300])
    def test_five_minutes_either_way_are_fine(self, gateway: SandboxGateway, seconds: int) -> None:
        at = NOW - timedelta(seconds=seconds)
        assert gateway.verify_event(signed(event(), at=at), event(), NOW) == HINT

    @pytest.mark.parametrize("seconds", [301, -301, 3 * 86400, -(10**9)])
    def test_more_is_too_old(self, gateway: SandboxGateway, seconds: int) -> None:
        at = NOW - timedelta(seconds=seconds)
        assert gateway.verify_event(signed(event(), at=at), event(), NOW) == TOO_OLD

    def test_a_wrong_signature_never_learns_that_it_was_too_old(self, gateway: SandboxGateway) -> None:
        assert gateway.verify_event(signed(event(), FOREIGN, at=NOW - timedelta(days=1)), event(), NOW) == BAD


class TestContent:
    @pytest.mark.parametrize(
        ("change", "not_ours"),
        [
            ({"mode": "live"}, NotOurs.OTHER_MODE),
            ({"account": "acc_2"}, NotOurs.OTHER_ACCOUNT),
            ({"version": 2}, NotOurs.OTHER_VERSION),
        ],
    )
    def test_what_is_not_ours_is_marked(
        self, gateway: SandboxGateway, change: dict[str, object], not_ours: NotOurs
    ) -> None:
        hint = gateway.verify_event(signed(event(**change)), event(**change), NOW)
        assert isinstance(hint, EventHint)
        assert (hint.event_id, hint.not_ours) == ("evt_1", not_ours)

    def test_an_account_is_looked_at_only_where_one_is_named(self) -> None:
        any_account = SandboxGateway("http://127.0.0.1:9", "key", webhook_secrets=[NEW])
        assert any_account.verify_event(signed(event()), event(), NOW) == HINT
        any_account.close()

    def test_a_kind_that_nobody_knows_is_handed_on(self, gateway: SandboxGateway) -> None:
        body = event(type="moon.full", data={"object": "", "customer": "", "intent": ""})
        hint = gateway.verify_event(signed(body), body, NOW)
        assert isinstance(hint, EventHint)
        assert (hint.kind, hint.object_id, hint.intent) == ("moon.full", "", "")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\xff\xfe",
            b"[]",
            b"null",
            b'"evt_1"',
            b"{}",
            b"[" * 100_000,
            event(id="evt_2"),
            event(id=7),
            event(created="yesterday"),
            event(created="2026-03-02T09:29:58"),
            event(sequence="7"),
            event(sequence=True),
            event(data=None),
            event(data=[]),
            event(mode=None),
            event(type=""),
        ],
    )
    def test_what_is_rightly_signed_and_can_not_be_read(self, gateway: SandboxGateway, body: bytes) -> None:
        assert gateway.verify_event(signed(body), body, NOW) == UNREADABLE
