"""When to ask, to charge and to stop; and what each bank return code does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tenantry.core import dunning
from tenantry.core.bank_returns import KNOWN, MethodFate, block_after, blocks_method, meaning_of
from tenantry.core.money import Money
from tenantry.core.payment_facts import AttemptFacts, IntentFacts
from tenantry.core.payment_states import Outcome, State
from tenantry.core.settlement_news import taken_by_return

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # a Monday


def intent(state: State, *, gateway_id: str = "int_1", since: datetime = NOW, times_asked: int = 0) -> IntentFacts:
    return IntentFacts(
        "i", "inv", 1, state, Money(1, "USD"), "cus", "key", NOW, since, gateway_id, times_asked=times_asked
    )


def ended(outcome: Outcome, code: str = "", *, at: datetime = NOW, by: str = "clock") -> AttemptFacts:
    return AttemptFacts("a", "i", 1, "m", "key:1", by, at, outcome=outcome, code=code, decided_at=at)


class TestNextAsk:
    @pytest.mark.parametrize(
        ("state", "times", "wait"),
        [
            (State.CREATING, 0, timedelta(minutes=1)),
            (State.SENDING, 0, timedelta(minutes=1)),
            (State.UNKNOWN, 0, timedelta(seconds=10)),
            (State.UNKNOWN, 1, timedelta(minutes=1)),
            (State.UNKNOWN, 2, timedelta(minutes=5)),
            (State.UNKNOWN, 3, timedelta(hours=1)),
            (State.UNKNOWN, 4, timedelta(hours=6)),
            (State.UNKNOWN, 5, timedelta(days=1)),
            (State.CANCELLING, 0, timedelta(seconds=10)),
            (State.CANCELLING, 9, timedelta(days=1)),
            (State.AWAITING_PAYER, 0, timedelta(seconds=10)),
            (State.AWAITING_PAYER, 9, timedelta(days=1)),
            (State.PROCESSING, 40, timedelta(hours=6)),
            (State.READY, 0, timedelta(days=1)),
        ],
    )
    def test_by_state(self, state: State, times: int, wait: timedelta) -> None:
        assert dunning.next_ask(intent(state, times_asked=times), is_debit=False, now=NOW) == NOW + wait

    def test_an_awaited_payer_is_asked_about_at_the_end_of_the_day(self) -> None:
        waiting = intent(State.AWAITING_PAYER, since=NOW - timedelta(hours=20), times_asked=5)
        assert dunning.next_ask(waiting, is_debit=False, now=NOW) == NOW + timedelta(hours=4)
        gone = intent(State.AWAITING_PAYER, since=NOW - timedelta(hours=24))
        assert dunning.next_ask(gone, is_debit=False, now=NOW) == NOW + timedelta(seconds=10)

    def test_an_intent_at_rest_is_watched_for_30_days(self) -> None:
        for days, watched in ((29, True), (30, False)):
            at_rest = intent(State.READY, since=NOW - timedelta(days=days))
            assert (dunning.next_ask(at_rest, is_debit=False, now=NOW) is not None) is watched
        assert dunning.next_ask(intent(State.READY, gateway_id=""), is_debit=False, now=NOW) is None

    def test_a_debit_that_succeeded_is_watched_for_62_days_and_until_an_answer(self) -> None:
        assert dunning.next_ask(intent(State.SUCCEEDED), is_debit=False, now=NOW) is None
        young = intent(State.SUCCEEDED, since=NOW - timedelta(days=61))
        assert dunning.next_ask(young, is_debit=True, now=NOW) == NOW + timedelta(days=1)
        old = intent(State.SUCCEEDED, since=NOW - timedelta(days=62))
        assert dunning.next_ask(old, is_debit=True, now=NOW) is None
        assert dunning.next_ask(old, is_debit=True, now=NOW, was_answered=False) == NOW + timedelta(hours=1)

    @pytest.mark.parametrize("state", [State.CANCELLED, State.RETURNED])
    def test_closed_ones_are_left_alone(self, state: State) -> None:
        assert dunning.next_ask(intent(state), is_debit=True, now=NOW) is None


@pytest.mark.parametrize(
    ("open_for", "wait"),
    [
        (timedelta(0), timedelta(minutes=1)),
        (timedelta(minutes=7), timedelta(minutes=7)),
        (timedelta(days=3), timedelta(hours=1)),
    ],
)
def test_a_question_that_raised_is_put_again_after_as_long_as_it_was_open(open_for: timedelta, wait: timedelta) -> None:
    assert dunning.ask_after_error(NOW - open_for, NOW) == NOW + wait


class TestLimits:
    def test_stale_after_a_minute(self) -> None:
        for state in (State.CREATING, State.SENDING):
            assert dunning.is_stale(intent(state, since=NOW - timedelta(seconds=60)), NOW)
            assert not dunning.is_stale(intent(state, since=NOW - timedelta(seconds=59)), NOW)
        assert not dunning.is_stale(intent(State.UNKNOWN, since=NOW - timedelta(days=9)), NOW)

    def test_a_key_is_good_for_23_hours(self) -> None:
        sent = AttemptFacts("a", "i", 1, "m", "k", "clock", NOW, sent_at=NOW)
        assert dunning.may_send_again(sent, NOW + timedelta(hours=23) - timedelta(seconds=1))
        assert not dunning.may_send_again(sent, NOW + timedelta(hours=23))
        assert not dunning.may_send_again(AttemptFacts("a", "i", 1, "m", "k", "clock", NOW), NOW)

    def test_ten_business_days(self) -> None:
        assert dunning.business_days_between(NOW, NOW + timedelta(days=14)) == 10
        assert not dunning.is_debit_overdue(intent(State.PROCESSING), NOW + timedelta(days=14))
        assert dunning.is_debit_overdue(intent(State.PROCESSING), NOW + timedelta(days=15))
        assert not dunning.is_debit_overdue(intent(State.SUCCEEDED), NOW + timedelta(days=15))


class TestNextCollection:
    def after(self, *attempts: AttemptFacts, days: tuple[int, ...] = (2, 5, 9), zone: str = "UTC") -> datetime | None:
        return dunning.next_collection(attempts[-1], attempts, days, attempts[-1].decided_at or NOW, zone)

    def test_counts_from_the_first_decline(self) -> None:
        first = ended(Outcome.DECLINED)
        second = ended(Outcome.DECLINED, at=NOW + timedelta(days=2))
        third = ended(Outcome.DECLINED, at=NOW + timedelta(days=5))
        fourth = ended(Outcome.DECLINED, at=NOW + timedelta(days=9))
        assert self.after(first) == NOW + timedelta(days=2)
        assert self.after(first, second) == NOW + timedelta(days=5)
        assert self.after(first, second, third) == NOW + timedelta(days=9)
        assert self.after(first, second, third, fourth) is None

    def test_the_schedule_is_the_vendors(self) -> None:
        assert self.after(ended(Outcome.DECLINED), days=(7,)) == NOW + timedelta(days=7)
        assert self.after(ended(Outcome.DECLINED), days=()) is None

    def test_a_late_failure_keeps_its_distance(self) -> None:
        first = ended(Outcome.DECLINED)
        late = ended(Outcome.DECLINED, at=NOW + timedelta(days=20))
        assert self.after(first, late) == NOW + timedelta(days=23)

    def test_days_are_the_companys_own_also_where_the_clock_is_set(self) -> None:
        """Issued and declined at midnight of Nov 1 in Denver, where that night had 25 hours."""
        midnight = datetime(2026, 11, 1, 6, tzinfo=UTC)
        first = ended(Outcome.DECLINED, at=midnight)
        assert self.after(first, zone="America/Denver") == datetime(2026, 11, 3, 7, tzinfo=UTC)
        assert self.after(first) == datetime(2026, 11, 3, 6, tzinfo=UTC)
        late = ended(Outcome.DECLINED, at=datetime(2026, 10, 31, 12, tzinfo=UTC))
        before = ended(Outcome.DECLINED, at=datetime(2026, 10, 1, 12, tzinfo=UTC))
        assert self.after(before, late, zone="America/Denver") == datetime(2026, 11, 3, 13, tzinfo=UTC)

    def test_a_persons_decline_does_not_count(self) -> None:
        by_person = ended(Outcome.DECLINED, by="member", at=NOW - timedelta(days=1))
        assert self.after(by_person, ended(Outcome.DECLINED)) == NOW + timedelta(days=2)

    @pytest.mark.parametrize("code", sorted(dunning.FORBIDDING_DECLINES))
    def test_forbidding_declines(self, code: str) -> None:
        assert self.after(ended(Outcome.DECLINED, code)) is None

    @pytest.mark.parametrize(("code", "again"), [("R01", True), ("R09", True), ("R02", False), ("R10", False)])
    def test_returns(self, code: str, again: bool) -> None:
        assert (self.after(ended(Outcome.RETURNED, code)) is not None) is again

    def test_presented_again_twice_at_most(self) -> None:
        back = ended(Outcome.RETURNED, "R01", by="member")
        assert self.after(back, back, days=(1, 2, 3, 4)) is not None
        assert self.after(back, back, back, days=(1, 2, 3, 4)) is None


class TestBankReturns:
    @pytest.mark.parametrize(
        ("codes", "fate", "represent", "review", "unauthorized"),
        [
            ("R01 R09", MethodFate.KEEP, True, False, False),
            ("R02 R03 R04 R13 R20", MethodFate.BLOCK, False, False, False),
            ("R05 R07 R10 R11 R29 R51", MethodFate.BLOCK_FOR_GOOD, False, False, True),
            ("R08", MethodFate.BLOCK_UNTIL_CONFIRMED, False, False, False),
            ("R16", MethodFate.BLOCK, False, True, False),
            ("R06 R12 R14 R15 R17 R28 R30 R85 R90 X99", MethodFate.KEEP, False, True, False),
        ],
    )
    def test_table(self, codes, fate, represent, review, unauthorized) -> None:  # type: ignore[no-untyped-def]
        for code in codes.split():
            meaning = meaning_of(code)
            assert (meaning.method, meaning.may_represent) == (fate, represent), code
            assert (meaning.needs_review, meaning.is_unauthorized) == (review, unauthorized), code
            assert blocks_method(code) is (fate is not MethodFate.KEEP)

    @pytest.mark.parametrize(
        ("known", "code", "blocks"),
        [
            ("", "R08", "R08"),
            ("R08", "R02", "R02"),
            ("R08", "R10", "R10"),
            ("R02", "R08", "R02"),
            ("R02", "R10", "R10"),
            ("R02", "R03", "R03"),
            ("R10", "R08", "R10"),
            ("R10", "R02", "R10"),
            ("R10", "expired_card", "R10"),
            ("expired_card", "R08", "expired_card"),
            ("expired_card", "stolen_card", "stolen_card"),
        ],
    )
    def test_the_stronger_block_stays(self, known: str, code: str, blocks: str) -> None:
        assert block_after(known, code) == blocks

    def test_fifteen_codes_are_known(self) -> None:
        assert len(KNOWN) == 15


class TestWhatAReturnTakes:
    @pytest.mark.parametrize(
        ("code", "refunded_minor", "taken_minor"),
        [("R01", 0, 1000), ("R10", 400, 1000), ("dispute_fraudulent", 0, 1000), ("dispute_fraudulent", 400, 600)],
    )
    def test_a_bank_takes_all_a_dispute_what_is_left(self, code: str, refunded_minor: int, taken_minor: int) -> None:
        paid = IntentFacts(
            "i", "inv", 1, State.RETURNED, Money(1000, "USD"), "cus", "key", NOW, NOW, refunded_minor=refunded_minor
        )
        assert taken_by_return(paid, code) == Money(taken_minor, "USD")
