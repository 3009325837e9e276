"""A signed link opens one thing for one user for 300 seconds, and nothing else is a link."""

from __future__ import annotations

import random
import string
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from tenantry.outside.signed_links import Altered, Expired, LinkTarget, Valid, hkdf_sha256, make, read

NOW = datetime(2026, 11, 24, 9, 30, 15, 250_000, tzinfo=UTC)
TARGET = LinkTarget("invoice-pdf", "company-1", "invoice-1", "user-1")
KEYS = [("b", "the current secret"), ("a", "the previous secret")]
PINNED = "e=1795512915&k=b&s=TvXEByPN9mq0D2vznpa0NAtevNOh__KFqJGM_HAAiKQ"
EXPIRES_AT = datetime(2026, 11, 24, 9, 35, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def keys() -> Iterator[None]:
    with override_settings(TENANTRY_LINK_KEYS=KEYS):
        yield


def items(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def judged(query: str, target: LinkTarget = TARGET, now: datetime = NOW) -> Valid | Expired | Altered:
    return read(items(query), target, now)


def parts(query: str) -> dict[str, str]:
    return dict(items(query))


class TestAFreshLink:
    def test_is_valid_and_says_until_when(self) -> None:
        assert judged(make(TARGET, NOW)) == Valid(EXPIRES_AT)

    def test_has_exactly_expiry_key_id_and_signature(self) -> None:
        made = parts(make(TARGET, NOW))
        assert list(made) == ["e", "k", "s"]
        assert made["e"] == str(int(EXPIRES_AT.timestamp()))
        assert made["k"] == "b"
        assert len(made["s"]) == 43
        assert set(made["s"]) <= set(string.ascii_letters + string.digits + "-_")

    def test_is_the_one_that_was_written_down(self) -> None:
        """The format is a promise to links that are already out: this changes only with another version word."""
        assert make(TARGET, NOW) == PINNED

    def test_names_neither_company_nor_invoice_nor_user(self) -> None:
        query = make(TARGET, NOW)
        assert not [word for word in ("company-1", "invoice-1", "user-1") if word in query]


class TestTime:
    @pytest.mark.parametrize(
        ("seconds", "expected"),
        [
            (0, Valid(EXPIRES_AT)),
            (299, Valid(EXPIRES_AT)),
            (299.749, Valid(EXPIRES_AT)),
            (299.75, Expired()),  # 9:35:15 sharp: invalid when now ≥ expires
            (301, Expired()),
            (86_400 * 400, Expired()),
        ],
    )
    def test_a_link_lives_300_seconds(self, seconds: float, expected: Valid | Expired) -> None:
        assert judged(make(TARGET, NOW), now=NOW + timedelta(seconds=seconds)) == expected

    @pytest.mark.parametrize(("seconds_ahead", "expected"), [(0, Valid), (1, Altered), (3600, Altered)])
    def test_an_expiry_further_ahead_than_300_seconds_is_altered_though_signed(
        self, seconds_ahead: int, expected: type
    ) -> None:
        now = NOW.replace(microsecond=0)
        assert isinstance(judged(make(TARGET, now + timedelta(seconds=seconds_ahead)), now=now), expected)

    def test_an_old_link_with_a_later_expiry_is_altered(self) -> None:
        old = parts(make(TARGET, NOW - timedelta(days=1)))
        fresh = parts(make(TARGET, NOW))
        assert judged(f"e={fresh['e']}&k=b&s={old['s']}") == Altered()

    def test_an_altered_old_link_is_altered_and_not_expired(self) -> None:
        old = make(TARGET, NOW - timedelta(days=1))
        assert judged(old) == Expired()
        assert judged(old[:-1] + ("A" if old[-1] != "A" else "B")) == Altered()


class TestAnotherTarget:
    @pytest.mark.parametrize("field", ["purpose", "company_id", "invoice_id", "user_id"])
    def test_is_altered(self, field: str) -> None:
        assert judged(make(TARGET, NOW), replace(TARGET, **{field: "other"})) == Altered()

    def test_characters_do_not_move_between_neighboring_parts(self) -> None:
        made = make(LinkTarget("pdf", "12", "3", "4"), NOW)
        assert judged(made, LinkTarget("pdf", "1", "23", "4")) == Altered()
        assert judged(made, LinkTarget("pdf", "12", "34", "")) == Altered()


class TestTheQuery:
    def test_each_flipped_bit_is_altered(self) -> None:
        made = parts(make(TARGET, NOW))
        tried = 0
        for name, value in made.items():
            for place in range(len(value)):
                for bit in range(8):
                    flipped = value[:place] + chr(ord(value[place]) ^ (1 << bit)) + value[place + 1 :]
                    changed = made | {name: flipped}
                    assert read(list(changed.items()), TARGET, NOW) == Altered(), changed
                    tried += 1
        assert tried == (10 + 1 + 43) * 8

    def test_each_cut_is_altered(self) -> None:
        made = make(TARGET, NOW)
        assert {judged(made[:length]) for length in range(len(made))} == {Altered()}
        assert {judged(made[start:]) for start in range(1, len(made))} == {Altered()}

    @pytest.mark.parametrize(
        "change",
        [
            "{e}&{k}&{s}&{s}",
            "{e}&{e}&{k}&{s}",
            "{e}&{k}&{k}&{s}",
            "{e}&{k}&{s}&s=",
            "{k}&{e}&{s}",
            "{s}&{k}&{e}",
            "{e}&{k}&{s}&x=1",
            "x=1&{e}&{k}&{s}",
            "{e}&{k}",
            "{e}&{s}",
            "{k}&{s}",
            "",
            "{e}&{k}&s=",
            "e=&{k}&{s}",
            "{e}&k=&{s}",
            "E={e_}&K={k_}&S={s_}",
            "{e}&{k}&{s}=",
            "{e}&{k}&{s}==",
            "{e}&{k}&{s}%20",
            "{e}&{k}&{s}%00",
            "{e}&{k}&s=%20{s_}",
            "e=0{e_}&{k}&{s}",
            "e=%2B{e_}&{k}&{s}",
            "e={e_}.0&{k}&{s}",
            "e=-1&{k}&{s}",
            "e=99999999999999999999999999&{k}&{s}",
            "e=١٢٣&{k}&{s}",
            "{e}&k=a&{s}",
            "{e}&k=B&{s}",
            "{e}&k=zzz&{s}",
            "{e}&{k}&s={upper}",
            "{e}&{k}&s={lower}",
            "{e}&{k}&s=%ED%A0%80",
        ],
    )
    def test_any_other_form_is_altered(self, change: str) -> None:
        made = parts(make(TARGET, NOW))
        names = {name: f"{name}={value}" for name, value in made.items()}
        raw = {f"{name}_": value for name, value in made.items()}
        query = change.format(**names, **raw, upper=made["s"].upper(), lower=made["s"].lower())
        assert query != make(TARGET, NOW)
        assert judged(query) == Altered()

    def test_a_lone_surrogate_is_altered_and_no_error(self) -> None:
        made = parts(make(TARGET, NOW))
        assert read(list((made | {"s": "\udcff" * 43}).items()), TARGET, NOW) == Altered()
        assert read(list((made | {"e": "\udcff"}).items()), TARGET, NOW) == Altered()

    def test_the_last_character_has_one_spelling(self) -> None:
        """32 bytes leave unused bits in the last of 43 characters: another spelling of the same bytes is altered."""
        made = parts(make(TARGET, NOW))
        alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
        accepted = [
            last
            for last in alphabet
            if read(list((made | {"s": made["s"][:-1] + last}).items()), TARGET, NOW) != Altered()
        ]
        assert accepted == [made["s"][-1]]


class TestKeys:
    def test_the_first_key_signs_and_the_previous_one_is_still_read(self) -> None:
        with override_settings(TENANTRY_LINK_KEYS=KEYS[1:]):
            before = make(TARGET, NOW)
        assert parts(before)["k"] == "a"
        assert judged(before) == Valid(EXPIRES_AT)
        assert parts(make(TARGET, NOW))["k"] == "b"

    def test_a_retired_key_kills_its_links_at_once(self) -> None:
        made = make(TARGET, NOW)
        with override_settings(TENANTRY_LINK_KEYS=KEYS[1:]):
            assert judged(made) == Altered()

    def test_another_secret_under_the_same_id_is_altered(self) -> None:
        made = make(TARGET, NOW)
        with override_settings(TENANTRY_LINK_KEYS=[("b", "stolen id, other secret")]):
            assert judged(made) == Altered()

    def test_a_signature_of_the_signing_key_under_an_unknown_id_is_altered(self) -> None:
        """The work for an unknown id is done with the signing key: that must not make the id good."""
        with override_settings(TENANTRY_LINK_KEYS=[("zzz", KEYS[0][1])]):
            made = make(TARGET, NOW)
        assert judged(made) == Altered()

    @pytest.mark.parametrize(
        "wrong",
        [
            [],
            [("1", "s"), ("2", "s"), ("3", "s"), ("4", "s")],
            [("1", "s"), ("1", "t")],
            [("1", "")],
            [("a&b", "s")],
            [("", "s")],
        ],
    )
    def test_a_wrong_setting_is_named(self, wrong: list[tuple[str, str]]) -> None:
        with override_settings(TENANTRY_LINK_KEYS=wrong), pytest.raises(ImproperlyConfigured, match="LINK_KEYS"):
            make(TARGET, NOW)

    def test_derivation_is_hkdf(self) -> None:
        """Test cases 1 and 3 of RFC 5869."""
        first = hkdf_sha256(
            bytes.fromhex("0b" * 22),
            salt=bytes.fromhex("000102030405060708090a0b0c"),
            info=bytes.fromhex("f0f1f2f3f4f5f6f7f8f9"),
            length=42,
        )
        assert first.hex() == ("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
        third = hkdf_sha256(bytes.fromhex("0b" * 22), salt=b"", info=b"", length=42)
        assert third.hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"


def test_100000_forgeries_open_nothing() -> None:
    rng = random.Random(20261124)
    made = parts(make(TARGET, NOW))
    expiries = [str(int(NOW.timestamp()) + seconds) for seconds in range(1, 301)]
    kept = list(made["s"])
    opened = 0
    for _ in range(50_000):
        guess = urlsafe_b64encode(rng.randbytes(32)).rstrip(b"=").decode()
        forged = [("e", rng.choice(expiries)), ("k", rng.choice("ab")), ("s", guess)]
        opened += not isinstance(read(forged, TARGET, NOW), Altered)
    for _ in range(50_000):
        near = kept.copy()
        for place in rng.sample(range(43), rng.choice((1, 1, 1, 2, 3))):
            near[place] = rng.choice([c for c in "ABCDEFGHabcdefgh0123-_" if c != kept[place]])
        opened += not isinstance(read([*list(made.items())[:2], ("s", "".join(near))], TARGET, NOW), Altered)
    assert opened == 0
    assert read(list(made.items()), TARGET, NOW) == Valid(EXPIRES_AT)
