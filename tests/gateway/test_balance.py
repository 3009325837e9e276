"""What the processor holds for the vendor: every movement stands in one payout, and all payouts add up."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from sandbox_gateway.business_days import next_payout_at
from sandbox_gateway.model import Processor
from sandbox_gateway.values import (
    Behavior,
    DisputeState,
    Intent,
    IntentState,
    Movement,
    MovementKind,
    PayoutLines,
    Refused,
)
from tests.gateway.shop import MONDAY, Shop

TUESDAY, WEDNESDAY, FRIDAY = (MONDAY + timedelta(days=days) for days in (1, 2, 4))


@pytest.fixture
def shop() -> Shop:
    return Shop()


def paid_out(shop: Shop) -> list[PayoutLines]:
    shop.model.settle_due(now=shop.now)
    return list(shop.model.payouts())


def told(shop: Shop) -> list[tuple[datetime, int, list[tuple[MovementKind, int]]]]:
    return [
        (one.payout.paid_at, one.payout.amount_minor, [(moved.kind, moved.amount_minor) for moved in one.movements])
        for one in paid_out(shop)
    ]


def at_five(day: datetime) -> datetime:
    return day.replace(hour=17, minute=0)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (MONDAY, at_five(MONDAY)),
        (at_five(MONDAY), at_five(MONDAY)),
        (at_five(MONDAY) + timedelta(microseconds=1), at_five(TUESDAY)),
        (at_five(FRIDAY) + timedelta(hours=1), at_five(MONDAY) + timedelta(days=7)),
        (MONDAY + timedelta(days=5), at_five(MONDAY) + timedelta(days=7)),
        (MONDAY + timedelta(days=6), at_five(MONDAY) + timedelta(days=7)),
    ],
)
def test_payouts_are_made_at_five_on_business_days(instant: datetime, expected: datetime) -> None:
    assert next_payout_at(instant) == expected


class TestPayouts:
    def test_a_charge_is_paid_out_two_business_days_later(self, shop: Shop) -> None:
        shop.now = MONDAY + timedelta(days=3)  # Thursday; then Friday, and Monday
        shop.pay(shop.card())
        due_at = at_five(MONDAY + timedelta(days=7))
        shop.now = due_at - timedelta(seconds=1)
        assert told(shop) == []
        shop.now = due_at
        assert told(shop) == [(due_at, 41250, [(MovementKind.CHARGE, 41250)])]
        assert shop.model.not_paid_out() == ()

    def test_days_without_anything_have_none(self, shop: Shop) -> None:
        shop.pay(shop.card())
        shop.later(days=365)
        assert [at for at, _, _ in told(shop)] == [at_five(WEDNESDAY)]

    def test_a_debit_counts_from_when_it_succeeded(self, shop: Shop) -> None:
        shop.pay(shop.account())
        shop.later(days=30)
        # Monday, three business days to Thursday, two more to Monday.
        assert [at for at, _, _ in told(shop)] == [at_five(MONDAY + timedelta(days=7))]

    def test_a_debit_that_never_succeeded_moved_nothing(self, shop: Shop) -> None:
        shop.pay(shop.account("000222222227"))
        shop.later(days=30)
        assert told(shop) == []
        assert [charge.net_minor for charge in shop.model.charges()] == [0]

    def test_what_is_taken_back_is_taken_at_once_and_may_be_drawn_from_the_vendor(self, shop: Shop) -> None:
        shop.pay(shop.account("000880000010"))
        shop.later(days=30)
        # Succeeded Thursday 5 March, paid out Monday 9; returned Thursday 19, drawn the same day.
        assert told(shop) == [
            (at_five(MONDAY + timedelta(days=7)), 41250, [(MovementKind.CHARGE, 41250)]),
            (at_five(MONDAY + timedelta(days=17)), -41250, [(MovementKind.RETURN, -41250)]),
        ]

    def test_one_for_each_currency(self, shop: Shop) -> None:
        card = shop.card()
        for currency in ("USD", "EUR"):
            intent = shop.model.create_intent(
                now=shop.now, key="", customer=shop.customer, amount_minor=100, currency=currency, invoice_number="1"
            )
            assert isinstance(intent, Intent)
            shop.confirm(intent, card)
        shop.later(days=5)
        assert [(one.payout.currency, one.payout.amount_minor) for one in paid_out(shop)] == [
            ("EUR", 100),
            ("USD", 100),
        ]

    def test_they_are_told_since_an_instant(self, shop: Shop) -> None:
        shop.pay(shop.card())
        shop.later(days=3)
        shop.pay(shop.card())
        shop.later(days=10)
        first, second = paid_out(shop)
        since = second.payout.paid_at
        assert shop.model.list_payouts(now=shop.now, since=since) == (second,)
        assert shop.model.list_payouts(now=shop.now, since=since + timedelta(seconds=1)) == ()
        assert [event.object_id for event in shop.model.events() if event.kind == "payout.paid"] == [
            first.payout.id,
            second.payout.id,
        ]

    def test_what_was_kept_goes_on_where_it_stood(self, shop: Shop) -> None:
        paid = shop.pay(shop.card("4000000000000259"))
        shop.later(days=1)
        shop.model.refund(now=shop.now, key="r", intent_id=paid.id, amount_minor=50)
        copy = Processor("tests")
        copy.restore(row for row in shop.model.take_changes() if row[2])
        shop.later(days=60)
        for model in (shop.model, copy):
            model.settle_due(now=shop.now)
        assert copy.payouts() == shop.model.payouts()
        assert copy.events() == shop.model.events()
        assert len(copy.payouts()) == 3


class TestRefunds:
    def test_one_without_a_key_is_a_persons(self, shop: Shop) -> None:
        paid = shop.pay(shop.card())
        for _ in range(2):
            made = shop.model.refund(now=shop.now, key="", intent_id=paid.id, amount_minor=100)
            assert not isinstance(made, Refused)
            assert (made.key, made.customer) == ("", shop.customer)
        assert [one.amount_minor for one in shop.model.refunds_of(paid.id)] == [100, 100]

    def test_in_another_currency_is_refused(self, shop: Shop) -> None:
        paid = shop.pay(shop.card())
        answer = shop.model.refund(now=shop.now, key="r", intent_id=paid.id, amount_minor=1, currency="EUR")
        assert answer == Refused("currency_differs", paid)

    def test_a_return_takes_the_whole_debit_whatever_was_refunded(self, shop: Shop) -> None:
        paid = shop.pay(shop.account())
        shop.later(days=3)
        shop.model.refund(now=shop.now, key="r", intent_id=paid.id, amount_minor=1250)
        shop.model.return_payment(now=shop.now, intent_id=paid.id, code="R10")
        assert [charge.net_minor for charge in shop.model.charges()] == [-1250]


class TestDisputes:
    def test_an_open_one_moves_nothing_and_forbids_refunds(self, shop: Shop) -> None:
        paid = shop.pay(shop.card())
        disputed = shop.model.open_dispute(now=shop.now, intent_id=paid.id, reason="duplicate")
        assert isinstance(disputed, Intent)
        assert (disputed.state, disputed.dispute.state) == (IntentState.SUCCEEDED, DisputeState.OPEN)
        assert [charge.net_minor for charge in shop.held()] == [41250]
        answer = shop.model.refund(now=shop.now, key="r", intent_id=paid.id, amount_minor=1)
        assert answer == Refused("intent_disputed", disputed)

    def test_a_lost_one_takes_back_what_is_left(self, shop: Shop) -> None:
        paid = shop.pay(shop.card())
        shop.model.refund(now=shop.now, key="r", intent_id=paid.id, amount_minor=1250)
        shop.model.open_dispute(now=shop.now, intent_id=paid.id, reason="duplicate")
        lost = shop.model.decide_dispute(now=shop.now, intent_id=paid.id, is_won=False)
        assert isinstance(lost, Intent)
        assert (lost.state, lost.attempts[-1].code, lost.dispute.amount_minor) == (
            IntentState.RETURNED,
            "dispute_duplicate",
            40000,
        )
        shop.later(days=3)
        assert told(shop) == [
            (at_five(MONDAY), -41250, [(MovementKind.REFUND, -1250), (MovementKind.DISPUTE, -40000)]),
            (at_five(WEDNESDAY), 41250, [(MovementKind.CHARGE, 41250)]),
        ]

    def test_a_won_one_leaves_the_money_and_may_be_refunded_again(self, shop: Shop) -> None:
        paid = shop.pay(shop.card())
        shop.model.open_dispute(now=shop.now, intent_id=paid.id, reason="duplicate")
        won = shop.model.decide_dispute(now=shop.now, intent_id=paid.id, is_won=True)
        assert isinstance(won, Intent)
        assert (won.state, won.dispute.state) == (IntentState.SUCCEEDED, DisputeState.WON)
        assert not isinstance(shop.model.refund(now=shop.now, key="r", intent_id=paid.id, amount_minor=41250), Refused)

    def test_what_can_not_be_disputed_is_refused(self, shop: Shop) -> None:
        unpaid, paid, refunded = shop.intent(), shop.pay(shop.card()), shop.pay(shop.card())
        shop.model.refund(now=shop.now, key="r", intent_id=refunded.id, amount_minor=41250)
        shop.model.open_dispute(now=shop.now, intent_id=paid.id, reason="duplicate")
        shop.model.decide_dispute(now=shop.now, intent_id=paid.id, is_won=True)
        for intent in (unpaid, paid, refunded):
            answer = shop.model.open_dispute(now=shop.now, intent_id=intent.id, reason="duplicate")
            assert answer == Refused("not_disputable", shop.read(intent))
        answer = shop.model.decide_dispute(now=shop.now, intent_id=paid.id, is_won=False)
        assert answer == Refused("no_open_dispute", shop.read(paid))
        assert shop.model.open_dispute(now=shop.now, intent_id="int_x", reason="x") == Refused("intent_not_found")
        assert shop.model.decide_dispute(now=shop.now, intent_id="int_x", is_won=True) == Refused("intent_not_found")

    def test_a_debit_that_the_bank_returned_meanwhile_is_not_taken_back_twice(self, shop: Shop) -> None:
        paid = shop.pay(shop.account())
        shop.later(days=3)
        shop.model.open_dispute(now=shop.now, intent_id=paid.id, reason="duplicate")
        shop.model.return_payment(now=shop.now, intent_id=paid.id, code="R10")
        lost = shop.model.decide_dispute(now=shop.now, intent_id=paid.id, is_won=False)
        assert isinstance(lost, Intent)
        assert (lost.attempts[-1].code, lost.dispute.state) == ("R10", DisputeState.LOST)
        assert [charge.net_minor for charge in shop.model.charges()] == [0]

    def test_a_payment_that_was_refunded_whole_is_not_disputed_any_more(self, shop: Shop) -> None:
        paid = shop.pay(shop.card("4000000000000259"))
        shop.model.refund(now=shop.now, key="r", intent_id=paid.id, amount_minor=41250)
        shop.later(days=60)
        assert shop.read(paid).dispute is None
        assert shop.read(paid).state is IntentState.SUCCEEDED


class TestForced:
    """How a confirm behaves that a fault strikes, whatever its number stands for."""

    def forced(self, shop: Shop, method: str, behavior: Behavior, *, off_session: bool = True) -> Intent:
        answer = shop.model.confirm_intent(
            now=shop.now,
            key="",
            intent_id=shop.intent().id,
            method_id=method,
            off_session=off_session,
            forced=behavior,
        )
        assert isinstance(answer, Intent)
        return answer

    def test_the_payer_is_asked(self, shop: Shop) -> None:
        asks = Behavior(asks_payer=True)
        assert self.forced(shop, shop.card(), asks).attempts[0].code == "authentication_required"
        asked = self.forced(shop, shop.card(), asks, off_session=False)
        assert asked.state is IntentState.ASKS_PAYER
        paid = shop.model.approve_payment(now=shop.now, intent_id=asked.id)
        assert isinstance(paid, Intent)
        assert paid.state is IntentState.SUCCEEDED

    def test_a_debit_takes_longer(self, shop: Shop) -> None:
        sent = self.forced(shop, shop.account("000222222227"), Behavior(settle_after_business_days=10))
        shop.later(days=14, seconds=-1)
        assert shop.read(sent).state is IntentState.PROCESSING
        shop.later(seconds=1)
        assert shop.read(sent).state is IntentState.SUCCEEDED

    def test_a_debit_is_returned_60_days_after_it_succeeded(self, shop: Shop) -> None:
        sent = self.forced(shop, shop.account(), Behavior(late_return_code="R29", late_return_after_days=60))
        shop.later(days=63)
        returned = shop.read(sent)
        assert (returned.state, returned.attempts[0].code) == (IntentState.RETURNED, "R29")
        assert returned.changed_at == MONDAY + timedelta(days=63)

    def test_a_bad_method_stays_bad(self, shop: Shop) -> None:
        assert self.forced(shop, shop.unverified(), Behavior()).attempts[0].code == "method_unverified"

    def test_it_outlives_a_restart(self, shop: Shop) -> None:
        sent = self.forced(shop, shop.account(), Behavior(return_code="R61"))
        copy = Processor("tests")
        copy.restore(shop.model.take_changes())
        found = copy.find_intent(now=MONDAY + timedelta(days=3), intent_id=sent.id)
        assert found is not None
        assert found.attempts[0].code == "R61"


class TestMicroDepositsThatNobodyEnters:
    def test_are_given_up_after_ten_days_and_that_is_told_once(self, shop: Shop) -> None:
        account, verified = shop.unverified(), shop.account()
        shop.later(days=9)
        shop.model.verify_method(now=shop.now, method_id=account, amounts_minor=(1, 2))
        shop.later(days=30)
        shop.model.settle_due(now=shop.now)
        failed = [event for event in shop.model.events() if event.kind == "method.verification_failed"]
        assert [(event.object_id, event.happened_at) for event in failed] == [
            (account, MONDAY + timedelta(days=10, seconds=1))
        ]
        assert (shop.model.method(account).tries_left, shop.model.method(verified).verified) == (0, True)

    def test_a_detached_account_is_not_waited_for(self, shop: Shop) -> None:
        shop.model.detach_method(now=shop.now, method_id=shop.unverified())
        shop.later(days=30)
        shop.model.settle_due(now=shop.now)
        assert [event.kind for event in shop.model.events()][-1] == "method.detached"


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_payouts_and_balance_are_what_the_charges_left(seed: int) -> None:
    random, shop = Random(seed), Shop()
    numbers = ("000123456789", "000222222227", "000880000007", "000860000010")
    methods = [shop.account(number) for number in numbers]
    methods += [shop.card(), shop.card("4000000000000259"), shop.card("4000000000002685")]
    intents: list[Intent] = []
    for _ in range(60):
        shop.later(hours=random.randint(0, 40))
        if not intents or random.random() < 0.4:
            intents.append(shop.pay(random.choice(methods)))
            continue
        intent = random.choice(intents)
        match random.randint(0, 3):
            case 0:
                amount_minor = random.randint(1, 41250)
                shop.model.refund(now=shop.now, key="", intent_id=intent.id, amount_minor=amount_minor)
            case 1:
                shop.model.open_dispute(now=shop.now, intent_id=intent.id, reason="general")
            case 2:
                shop.model.decide_dispute(now=shop.now, intent_id=intent.id, is_won=random.random() < 0.5)
            case _:
                shop.model.return_payment(now=shop.now, intent_id=intent.id, code="R10")
    net_minor = sum(charge.net_minor for charge in shop.model.charges())
    lines = [moved for one in shop.model.payouts() for moved in one.movements]
    assert sum(one.payout.amount_minor for one in shop.model.payouts()) + held(shop.model.not_paid_out()) == net_minor
    assert all(one.payout.amount_minor == held(one.movements) for one in shop.model.payouts())
    assert len({moved.id for moved in lines}) == len(lines)
    shop.later(days=120)
    shop.model.settle_due(now=shop.now)
    assert shop.model.not_paid_out() == ()
    assert sum(one.payout.amount_minor for one in shop.model.payouts()) == sum(
        charge.net_minor for charge in shop.model.charges()
    )


def held(movements: tuple[Movement, ...]) -> int:
    return sum(moved.amount_minor for moved in movements)
