"""Which method is usable, default, removable, expiring; and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tenantry.core.payment_methods import (
    MethodFacts,
    MethodKind,
    becomes_default,
    block_kept,
    block_that_stays,
    default_of,
    is_expired,
    is_expiring,
    last_day,
    next_reminder_date,
    pick,
    renews,
    takes_place_of,
    to_verify,
    usable_methods,
    why_not_default,
    why_not_removable,
    why_not_usable,
)
from tenantry.core.refusal import Refusal

CARD = MethodFacts("card", MethodKind.CARD, "tok", last4="4242", expiry_month=2, expiry_year=2028)
BANK = MethodFacts("bank", MethodKind.ACH, "tok", last4="6789")
TODAY = date(2026, 11, 24)


class TestRenewed:
    @pytest.mark.parametrize(
        ("card", "is_renewed"),
        [
            (replace(CARD, expiry_month=3), True),
            (replace(CARD, expiry_month=1, expiry_year=2029), True),
            (CARD, False),
            (replace(CARD, expiry_month=1), False),
            (replace(CARD, expiry_month=12, expiry_year=2027), False),
            (replace(CARD, expiry_year=2029, is_verified=False), False),
            (BANK, False),
        ],
    )
    def test_a_card_that_ends_later_is_renewed(self, card: MethodFacts, is_renewed: bool) -> None:
        assert renews(card, CARD) is is_renewed
        assert not renews(card, BANK)

    @pytest.mark.parametrize(
        ("code", "renewed", "same"),
        [("expired_card", "", "expired_card"), ("stolen_card", "stolen_card", "stolen_card"), ("", "", "")],
    )
    def test_a_block_for_the_expiry_ends_with_it_and_no_other(self, code: str, renewed: str, same: str) -> None:
        blocked = replace(CARD, blocked_because=code)
        assert block_that_stays(replace(CARD, expiry_year=2030), blocked) == renewed
        assert block_that_stays(CARD, blocked) == same
        assert block_that_stays(replace(CARD, expiry_year=2027), blocked) == same

    def test_of_all_that_it_was_before_the_last_block_that_stays_counts(self) -> None:
        renewed = replace(CARD, expiry_year=2030)
        over, stolen, lost = (
            replace(CARD, blocked_because=code) for code in ("expired_card", "stolen_card", "lost_card")
        )
        assert block_kept(renewed, [over, stolen, lost]) == "stolen_card"
        assert block_kept(renewed, [over]) == ""
        assert block_kept(renewed, []) == ""


class TestExpiry:
    def test_a_card_ends_with_its_month(self) -> None:
        assert last_day(CARD) == date(2028, 2, 29)
        assert last_day(BANK) is None

    @pytest.mark.parametrize(
        ("today", "expiring", "expired"),
        [
            (date(2027, 12, 30), False, False),
            (date(2027, 12, 31), True, False),
            (date(2028, 2, 29), True, False),
            (date(2028, 3, 1), False, True),
        ],
    )
    def test_within_60_days_and_after(self, today: date, expiring: bool, expired: bool) -> None:
        assert (is_expiring(CARD, today), is_expired(CARD, today)) == (expiring, expired)

    def test_reminders_come_30_and_7_days_before(self) -> None:
        first, second = date(2028, 1, 30), date(2028, 2, 22)
        assert next_reminder_date(CARD, TODAY) == first
        assert next_reminder_date(CARD, first) == first
        assert next_reminder_date(CARD, date(2028, 1, 31)) == second
        assert next_reminder_date(CARD, date(2028, 2, 23)) is None
        assert next_reminder_date(BANK, TODAY) is None
        assert next_reminder_date(replace(CARD, is_removed=True), TODAY) is None


class TestUsable:
    def test_a_good_one(self) -> None:
        assert why_not_usable(CARD, TODAY) is None
        assert why_not_usable(BANK, TODAY) is None

    @pytest.mark.parametrize(
        ("method", "code"),
        [
            (replace(CARD, expiry_year=2025), "method_expired"),
            (replace(CARD, blocked_because="lost_card"), "method_blocked"),
            (replace(BANK, is_verified=False), "method_unverified"),
            (replace(CARD, is_removed=True), "method_not_found"),
        ],
    )
    def test_why_not(self, method: MethodFacts, code: str) -> None:
        refused = why_not_usable(method, TODAY)
        assert refused is not None
        assert refused.code == code
        assert why_not_default(method, TODAY) == refused
        assert pick([method], method.id, TODAY) == refused
        assert usable_methods([method, BANK], TODAY)[-1] == BANK
        assert method not in usable_methods([method, BANK], TODAY)

    def test_pick(self) -> None:
        assert pick([CARD, BANK], "bank", TODAY) == BANK
        assert pick([CARD], "bank", TODAY) == Refusal("method_not_found", {"method_id": "bank"})


class TestRemovable:
    def test_neither_default_nor_in_use(self) -> None:
        assert why_not_removable(CARD) is None
        assert why_not_removable(replace(CARD, is_default=True)) == Refusal("default_method", {"method_id": "card"})
        assert why_not_removable(replace(CARD, is_in_use=True)) == Refusal("method_in_use", {"method_id": "card"})
        assert why_not_removable(replace(CARD, is_removed=True)) == Refusal("method_not_found", {"method_id": "card"})


class TestDefault:
    def test_the_first_usable_one_becomes_default(self) -> None:
        assert becomes_default(CARD, [], TODAY)
        assert becomes_default(BANK, [CARD], TODAY)
        assert not becomes_default(BANK, [replace(CARD, is_default=True)], TODAY)
        assert not becomes_default(replace(BANK, is_verified=False), [], TODAY)

    def test_so_does_one_that_was_chosen_to_be_it_if_it_can_be_charged(self) -> None:
        other = replace(CARD, is_default=True)
        assert becomes_default(BANK, [other], TODAY, is_chosen=True)
        assert not becomes_default(replace(BANK, blocked_because="R02"), [other], TODAY, is_chosen=True)
        assert not becomes_default(replace(BANK, is_verified=False), [other], TODAY, is_chosen=True)

    def test_only_what_can_be_charged_may_become_it(self) -> None:
        assert why_not_default(CARD, TODAY) is None
        unverified = Refusal("method_unverified", {"method_id": "bank", "last4": "6789"})
        assert why_not_default(replace(BANK, is_verified=False), TODAY) == unverified
        blocked = Refusal("method_blocked", {"method_id": "bank", "last4": "6789", "code": "R02"})
        assert why_not_default(replace(BANK, blocked_because="R02"), TODAY) == blocked

    def test_a_blocked_default_stays_the_default(self) -> None:
        blocked = replace(CARD, is_default=True, blocked_because="lost_card")
        assert default_of([BANK, blocked]) == blocked
        assert not becomes_default(BANK, [blocked], TODAY)
        assert default_of([BANK]) is None


class TestTakesThePlace:
    NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("tries_left", "until", "is_verified", "expected"),
        [
            (3, NOW + timedelta(seconds=1), False, False),
            (0, NOW + timedelta(seconds=1), False, True),
            (3, NOW, False, True),
            (0, None, True, False),
        ],
    )
    def test_an_account_takes_the_place_of_itself_only_once_its_verification_is_over(
        self, tries_left: int, until: datetime | None, is_verified: bool, expected: bool
    ) -> None:
        on_file = replace(BANK, is_verified=is_verified, verify_tries_left=tries_left, verify_until_at=until)
        assert takes_place_of(replace(BANK, id="", is_verified=False), on_file, self.NOW) is expected

    def test_a_card_only_if_it_is_renewed(self) -> None:
        assert takes_place_of(replace(CARD, expiry_month=3), CARD, self.NOW)
        assert not takes_place_of(CARD, CARD, self.NOW)


class TestToVerify:
    NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
    WAITS = replace(BANK, is_verified=False, verify_tries_left=3, verify_until_at=NOW + timedelta(days=10))

    def test_the_first_that_waits_for_its_amounts(self) -> None:
        assert to_verify([CARD, BANK], self.NOW) is None
        assert to_verify([CARD, self.WAITS, replace(self.WAITS, id="second")], self.NOW) == self.WAITS

    @pytest.mark.parametrize(
        "over",
        [
            {"verify_tries_left": 0},
            {"verify_until_at": NOW},
            {"is_removed": True},
            {"blocked_because": "R02"},
        ],
    )
    def test_none_that_can_not_be_verified_any_more(self, over: dict[str, Any]) -> None:
        ended, waits = replace(self.WAITS, id="ended", **over), self.WAITS
        assert to_verify([ended], self.NOW) is None
        assert to_verify([ended, waits], self.NOW) == waits
