"""The model keeps its promises: one success at most, real idempotency, cancel, approval, refunds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox_gateway.model import Processor
from sandbox_gateway.values import (
    Intent,
    IntentState,
    Method,
    MethodKind,
    NewMethod,
    Outcome,
    Refund,
    Refused,
    SetupState,
)
from tests.gateway.shop import MONDAY, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


def moved(answer: Intent | Refused) -> Intent:
    assert isinstance(answer, Intent)
    return answer


class TestIdempotency:
    def test_the_same_key_gives_the_first_answer_again(self, shop: Shop) -> None:
        first = shop.intent(key="k")
        paid = shop.confirm(first, shop.card(), key="k:1")
        shop.later(hours=23, minutes=59)
        assert shop.intent(key="k") == first
        assert shop.confirm(first, paid.attempts[0].method_id, key="k:1") == paid
        assert len(shop.model.charges()) == 1

    def test_a_declined_attempt_is_replayed_and_not_tried_again(self, shop: Shop) -> None:
        intent, card = shop.intent(), shop.card()
        declined = shop.confirm(intent, card, key="k:1", forced_decline="insufficient_funds")
        assert shop.confirm(intent, card, key="k:1") == declined
        assert shop.charges() == [("declined", "insufficient_funds")]

    def test_the_first_answer_comes_back_although_the_object_moved_on(self, shop: Shop) -> None:
        account, intent = shop.account(), shop.intent()
        sent = moved(shop.confirm(intent, account, key="k:1"))
        shop.model.return_payment(now=shop.now, intent_id=intent.id, code="R01")
        assert shop.confirm(intent, account, key="k:1") == sent
        assert shop.read(intent).state is IntentState.RETURNED

    def test_an_expired_confirm_key_never_takes_a_second_time(self, shop: Shop) -> None:
        intent, card = shop.intent(), shop.card()
        paid = moved(shop.confirm(intent, card, key="k:1"))
        shop.later(hours=24)
        assert shop.confirm(intent, card, key="k:1") == Refused("not_confirmable", paid)
        assert len(shop.held()) == 1

    def test_another_amount_under_the_same_key_is_a_conflict(self, shop: Shop) -> None:
        shop.intent(key="k", amount_minor=100)
        answer = shop.model.create_intent(
            now=shop.now,
            key="k",
            customer=shop.customer,
            amount_minor=101,
            currency="USD",
            invoice_number="ACME-000001",
        )
        assert answer == Refused("key_conflict")

    def test_a_key_belongs_to_one_operation(self, shop: Shop) -> None:
        intent = shop.intent(key="k")
        assert shop.model.cancel_intent(now=shop.now, key="k", intent_id=intent.id) == Refused("key_conflict")
        assert shop.read(intent).state is IntentState.OPEN

    def test_a_key_is_forgotten_after_24_hours(self, shop: Shop) -> None:
        first = shop.intent(key="k")
        shop.later(hours=24)
        second = shop.intent(key="k")
        assert second.id != first.id
        assert shop.model.find_intent_by_key(now=shop.now, customer=shop.customer, key="k") == first

    def test_a_refused_call_keeps_no_answer(self, shop: Shop) -> None:
        ask = {"now": shop.now, "key": "k", "currency": "USD", "invoice_number": "ACME-000001"}
        assert shop.model.create_intent(customer="cus_nobody", amount_minor=5, **ask) == Refused("customer_not_found")
        assert moved(shop.model.create_intent(customer=shop.customer, amount_minor=5, **ask)).amount_minor == 5

    def test_the_same_customer_key_gives_the_same_customer(self, shop: Shop) -> None:
        again = shop.model.create_customer(now=shop.now, key="customer", name="Acme Alarm", reference="acme")
        assert not isinstance(again, Refused)
        assert again.id == shop.customer


class TestOneSuccess:
    def test_a_second_confirm_after_success_takes_nothing(self, shop: Shop) -> None:
        card = shop.card()
        paid = shop.pay(card)
        assert shop.confirm(paid, card, key="another") == Refused("not_confirmable", paid)
        assert len(shop.held()) == 1

    def test_a_second_confirm_while_a_debit_is_on_its_way_takes_nothing(self, shop: Shop) -> None:
        sent = shop.pay(shop.account())
        assert shop.confirm(sent, shop.card()) == Refused("not_confirmable", sent)
        assert shop.charges() == [("processing", "")]

    def test_a_decline_leaves_the_intent_open_for_another_method(self, shop: Shop) -> None:
        declined = shop.pay(shop.card("4000000000000341"))
        assert declined.state is IntentState.OPEN
        paid = moved(shop.confirm(declined, shop.card()))
        assert paid.state is IntentState.SUCCEEDED
        assert shop.charges() == [("declined", "generic_decline"), ("succeeded", "")]

    def test_a_cancelled_intent_is_never_charged(self, shop: Shop) -> None:
        intent = shop.intent()
        closed = moved(shop.model.cancel_intent(now=shop.now, key="c", intent_id=intent.id))
        assert closed.state is IntentState.CANCELLED
        assert shop.confirm(intent, shop.card()) == Refused("not_confirmable", closed)
        assert shop.charges() == []

    def test_a_returned_intent_is_closed(self, shop: Shop) -> None:
        sent = shop.pay(shop.account("000222222227"))
        shop.later(days=3)
        returned = shop.read(sent)
        assert shop.confirm(returned, shop.card()) == Refused("not_confirmable", returned)


class TestCancel:
    def test_is_refused_once_money_was_taken(self, shop: Shop) -> None:
        paid = shop.pay(shop.card())
        assert shop.model.cancel_intent(now=shop.now, key="c", intent_id=paid.id) == Refused("not_cancellable", paid)
        assert shop.read(paid) == paid

    def test_is_refused_while_a_debit_is_on_its_way(self, shop: Shop) -> None:
        sent = shop.pay(shop.account())
        assert shop.model.cancel_intent(now=shop.now, key="c", intent_id=sent.id) == Refused("not_cancellable", sent)

    def test_is_refused_after_a_return(self, shop: Shop) -> None:
        sent = shop.pay(shop.account("000222222227"))
        shop.later(days=3)
        answer = shop.model.cancel_intent(now=shop.now, key="c", intent_id=sent.id)
        assert answer == Refused("not_cancellable", shop.read(sent))

    def test_twice_gives_the_cancelled_intent(self, shop: Shop) -> None:
        intent = shop.intent()
        first = shop.model.cancel_intent(now=shop.now, key="c1", intent_id=intent.id)
        assert shop.model.cancel_intent(now=shop.now, key="c2", intent_id=intent.id) == first

    def test_ends_an_approval_that_nobody_answered(self, shop: Shop) -> None:
        asked = shop.pay(shop.card("4000002500003155"))
        closed = moved(shop.model.cancel_intent(now=shop.now, key="c", intent_id=asked.id))
        assert (closed.state, closed.attempts[0].outcome) == (IntentState.CANCELLED, Outcome.CANCELLED)
        assert shop.model.approve_payment(now=shop.now, intent_id=asked.id) == Refused("not_awaiting_payer", closed)

    def test_of_an_unknown_intent_is_not_found(self, shop: Shop) -> None:
        answer = shop.model.cancel_intent(now=shop.now, key="c", intent_id="int_nothing")
        assert answer == Refused("intent_not_found")


class TestApproval:
    def test_asks_the_payer_and_takes_the_money_when_approved(self, shop: Shop) -> None:
        asked = shop.pay(shop.card("4000002500003155"))
        assert (asked.state, shop.held()) == (IntentState.ASKS_PAYER, [])
        paid = moved(shop.model.approve_payment(now=shop.now, intent_id=asked.id))
        assert paid.state is IntentState.SUCCEEDED
        assert [charge.net_minor for charge in shop.held()] == [41250]

    def test_declines_when_the_payer_refuses(self, shop: Shop) -> None:
        asked = shop.pay(shop.card("4000002500003155"))
        refused = moved(shop.model.refuse_payment(now=shop.now, intent_id=asked.id))
        assert (refused.state, refused.attempts[0].code) == (IntentState.OPEN, "authentication_failed")

    def test_declines_at_once_when_nobody_sits_there(self, shop: Shop) -> None:
        declined = shop.pay(shop.card("4000002500003155"), off_session=True)
        assert (declined.state, declined.attempts[0].code) == (IntentState.OPEN, "authentication_required")

    def test_is_answered_once(self, shop: Shop) -> None:
        asked = shop.pay(shop.card("4000002500003155"))
        paid = shop.model.approve_payment(now=shop.now, intent_id=asked.id)
        assert shop.model.approve_payment(now=shop.now, intent_id=asked.id) == Refused(
            "not_awaiting_payer", moved(paid)
        )
        assert len(shop.held()) == 1

    def test_can_end_in_a_decline_all_the_same(self, shop: Shop) -> None:
        asked = shop.pay(shop.card("4000008260003178"))
        assert asked.state is IntentState.ASKS_PAYER
        declined = moved(shop.model.approve_payment(now=shop.now, intent_id=asked.id))
        assert declined.attempts[0].code == "insufficient_funds"
        assert shop.pay(shop.card("4000008260003178"), off_session=True).attempts[0].code == "insufficient_funds"


class TestMethods:
    def test_a_double_click_makes_one_method(self, shop: Shop) -> None:
        setup = shop.setup(MethodKind.CARD)
        typed = NewMethod(
            MethodKind.CARD, "print", "4242", shop.model.method(shop.card()).behavior, "Visa", "", 12, 2030
        )
        first = shop.model.complete_setup(now=shop.now, setup_id=setup, typed=typed)
        assert shop.model.complete_setup(now=shop.now, setup_id=setup, typed=typed) == first
        assert isinstance(first, Method)
        assert shop.model.setup(setup).method_id == first.id

    def test_a_cancelled_setup_takes_nothing_any_more(self, shop: Shop) -> None:
        setup = shop.setup(MethodKind.CARD)
        shop.model.cancel_setup(now=shop.now, setup_id=setup)
        typed = NewMethod(
            MethodKind.CARD, "print", "4242", shop.model.method(shop.card()).behavior, "Visa", "", 12, 2030
        )
        assert shop.model.complete_setup(now=shop.now, setup_id=setup, typed=typed) == Refused("setup_closed")
        assert shop.model.setup(setup).state is SetupState.CANCELLED

    def test_a_succeeded_setup_stays_succeeded(self, shop: Shop) -> None:
        shop.card()
        setup = next(event for event in shop.model.events() if event.kind == "setup.succeeded").object_id
        assert shop.model.cancel_setup(now=shop.now, setup_id=setup).state is SetupState.SUCCEEDED

    def test_a_card_that_has_expired_can_not_be_added(self, shop: Shop) -> None:
        assert shop.type_card("4242424242424242", expiry=(2, 2026)) == Refused("expired_card")
        assert isinstance(shop.type_card("4242424242424242", expiry=(3, 2026)), Method)

    def test_a_card_is_declined_after_its_last_month(self, shop: Shop) -> None:
        card = shop.card(expiry=(3, 2026))
        shop.now = MONDAY.replace(day=31, hour=23)
        assert shop.pay(card).state is IntentState.SUCCEEDED
        shop.later(hours=1)
        assert shop.pay(card).attempts[0].code == "expired_card"

    @pytest.mark.parametrize("number", ["card", "account"])
    def test_a_detached_method_is_declined(self, shop: Shop, number: str) -> None:
        method = shop.card() if number == "card" else shop.account()
        assert shop.model.detach_method(now=shop.now, method_id=method).detached_at == MONDAY
        assert shop.pay(method).attempts[0].code == "method_detached"
        assert shop.held() == []

    def test_another_customers_method_is_declined(self, shop: Shop) -> None:
        other = shop.model.create_customer(now=shop.now, key="other", name="Other", reference="other")
        card = shop.card()
        mine, shop.customer = shop.customer, other.id
        assert shop.pay(card).attempts[0].code == "method_not_found"
        assert mine != other.id

    def test_the_same_number_has_the_same_fingerprint(self, shop: Shop) -> None:
        first, second = shop.model.method(shop.card()), shop.model.method(shop.card())
        assert first.fingerprint == second.fingerprint
        assert first.id != second.id


class TestMicroDeposits:
    def test_an_unverified_account_is_declined(self, shop: Shop) -> None:
        assert shop.pay(shop.unverified()).attempts[0].code == "method_unverified"

    @pytest.mark.parametrize("amounts", [(32, 45), (45, 32)])
    def test_the_right_amounts_verify_it(self, shop: Shop, amounts: tuple[int, int]) -> None:
        account = shop.unverified()
        checked = shop.model.verify_method(now=shop.now, method_id=account, amounts_minor=amounts)
        assert (checked.verified, checked.tries_left) == (True, 0)
        assert shop.pay(account).state is IntentState.PROCESSING

    def test_three_wrong_tries_end_it(self, shop: Shop) -> None:
        account = shop.unverified()
        tries = [
            shop.model.verify_method(now=shop.now, method_id=account, amounts_minor=(1, 2)).tries_left for _ in range(4)
        ]
        assert tries == [2, 1, 0, 0]
        late = shop.model.verify_method(now=shop.now, method_id=account, amounts_minor=(32, 45))
        assert (late.verified, late.tries_left) == (False, 0)

    def test_ten_days_end_it(self, shop: Shop) -> None:
        account, in_time = shop.unverified(), shop.unverified()
        shop.later(days=10)
        assert shop.model.verify_method(now=shop.now, method_id=in_time, amounts_minor=(32, 45)).verified
        shop.later(seconds=1)
        assert not shop.model.verify_method(now=shop.now, method_id=account, amounts_minor=(32, 45)).verified

    def test_a_card_has_none(self, shop: Shop) -> None:
        answer = shop.model.verify_method(now=shop.now, method_id=shop.card(), amounts_minor=(32, 45))
        assert answer == Refused("method_is_no_bank_account")


class TestBankDebits:
    def test_settle_on_the_third_business_day(self, shop: Shop) -> None:
        shop.now = MONDAY + timedelta(days=3)  # Thursday: Friday, Monday, Tuesday
        sent = shop.pay(shop.account())
        shop.now = MONDAY + timedelta(days=8) - timedelta(seconds=1)
        assert shop.read(sent).state is IntentState.PROCESSING
        shop.later(seconds=1)
        settled = shop.read(sent)
        assert (settled.state, settled.changed_at) == (IntentState.SUCCEEDED, MONDAY + timedelta(days=8))

    def test_settle_at_their_own_instant_however_late_one_looks(self, shop: Shop) -> None:
        sent = shop.pay(shop.account("000880000010"))
        shop.later(days=100)
        returned = shop.read(sent)
        # Three business days to Thursday 5 March, ten more to Thursday 19 March.
        assert (returned.state, returned.attempts[0].code) == (IntentState.RETURNED, "R10")
        assert returned.changed_at == MONDAY + timedelta(days=17)
        kinds = [event.kind for event in shop.model.events() if event.object_id == sent.id]
        assert kinds == ["intent.created", "intent.processing", "intent.succeeded", "intent.returned"]

    def test_a_debit_on_its_way_goes_on_when_the_account_is_detached(self, shop: Shop) -> None:
        account = shop.account()
        sent = shop.pay(account)
        shop.model.detach_method(now=shop.now, method_id=account)
        shop.later(days=3)
        assert shop.read(sent).state is IntentState.SUCCEEDED

    def test_the_bank_can_take_one_back_at_any_time(self, shop: Shop) -> None:
        sent = shop.pay(shop.account())
        shop.later(days=60)
        back = moved(shop.model.return_payment(now=shop.now, intent_id=sent.id, code="R07"))
        assert (back.state, back.attempts[0].code, shop.held()) == (IntentState.RETURNED, "R07", [])
        again = shop.model.return_payment(now=shop.now, intent_id=sent.id, code="R07")
        assert again == Refused("not_returnable", back)

    def test_a_card_payment_is_not_returned(self, shop: Shop) -> None:
        paid = shop.pay(shop.card())
        answer = shop.model.return_payment(now=shop.now, intent_id=paid.id, code="R10")
        assert answer == Refused("not_returnable", paid)


class TestRefunds:
    def test_in_parts_up_to_the_whole(self, shop: Shop) -> None:
        paid = shop.pay(shop.card())
        first = shop.model.refund(now=shop.now, key="r1", intent_id=paid.id, amount_minor=1250)
        assert isinstance(first, Refund)
        assert shop.model.refund(now=shop.now, key="r1", intent_id=paid.id, amount_minor=1250) == first
        assert [charge.net_minor for charge in shop.held()] == [40000]
        shop.model.refund(now=shop.now, key="r2", intent_id=paid.id, amount_minor=40000)
        assert shop.held() == []
        assert [one.amount_minor for one in shop.model.refunds_of(paid.id)] == [1250, 40000]

    def test_more_than_was_taken_is_refused(self, shop: Shop) -> None:
        paid = shop.pay(shop.card())
        answer = shop.model.refund(now=shop.now, key="r", intent_id=paid.id, amount_minor=41251)
        assert answer == Refused("refund_too_large", paid)

    def test_what_was_not_taken_is_refused(self, shop: Shop) -> None:
        sent = shop.pay(shop.account())
        answer = shop.model.refund(now=shop.now, key="r", intent_id=sent.id, amount_minor=1)
        assert answer == Refused("not_refundable", sent)


class TestReading:
    @pytest.mark.parametrize(
        ("amount_minor", "currency", "code"),
        [
            (0, "USD", "amount_invalid"),
            (-1, "USD", "amount_invalid"),
            (10**12 + 1, "USD", "amount_invalid"),
            (1, "usd", "currency_invalid"),
            (1, "DOLLAR", "currency_invalid"),
        ],
    )
    def test_an_impossible_intent_is_refused(self, shop: Shop, amount_minor: int, currency: str, code: str) -> None:
        answer = shop.model.create_intent(
            now=shop.now,
            key="k",
            customer=shop.customer,
            amount_minor=amount_minor,
            currency=currency,
            invoice_number="1",
        )
        assert answer == Refused(code)

    def test_lists_what_changed_since_an_instant_as_it_is_now(self, shop: Shop) -> None:
        old = shop.pay(shop.card())
        sent = shop.pay(shop.account())
        shop.later(days=1)
        new = shop.pay(shop.card())
        shop.later(days=2)
        listed = shop.model.list_intents(now=shop.now, customer=shop.customer, since=MONDAY + timedelta(days=1))
        assert [(one.id, one.state.value) for one in listed] == [(new.id, "succeeded"), (sent.id, "succeeded")]
        everything = shop.model.list_intents(now=shop.now, customer=shop.customer, since=MONDAY)
        assert [one.id for one in everything] == [old.id, new.id, sent.id]
        assert shop.model.list_intents(now=shop.now, customer="cus_other", since=MONDAY) == ()

    def test_finds_by_key_only_for_the_same_customer(self, shop: Shop) -> None:
        intent = shop.intent(key="k")
        assert shop.model.find_intent_by_key(now=shop.now, customer=shop.customer, key="k") == intent
        assert shop.model.find_intent_by_key(now=shop.now, customer="cus_other", key="k") is None

    def test_a_charge_says_everything_that_an_auditor_asks(self, shop: Shop) -> None:
        intent = shop.intent(key="am1:x:y:1")
        shop.confirm(intent, shop.card("5555555555554444"), key="am1:x:y:1:1")
        (charge,) = shop.model.charges()
        assert (charge.invoice_number, charge.customer_reference, charge.amount_minor, charge.currency) == (
            "ACME-000001",
            "acme",
            41250,
            "USD",
        )
        assert (charge.method, charge.outcome.value, charge.attempt_key, charge.intent_key, charge.started_at) == (
            "Mastercard 4444",
            "succeeded",
            "am1:x:y:1:1",
            "am1:x:y:1",
            MONDAY,
        )


class TestKeeping:
    def test_what_was_kept_makes_the_same_model_again(self, shop: Shop) -> None:
        sent = shop.pay(shop.account("000880000010"))
        shop.pay(shop.card("4000000000000341"))
        intent = shop.intent(key="k")
        rows = shop.model.take_changes()
        copy = Processor("tests")
        copy.restore(rows)
        assert copy.charges() == shop.model.charges()
        assert copy.events() == shop.model.events()
        ask = {"now": shop.now, "customer": shop.customer, "currency": "USD", "invoice_number": "ACME-000001"}
        assert copy.create_intent(key="k", amount_minor=41250, **ask) == intent
        assert copy.create_intent(key="n", amount_minor=1, **ask) == shop.model.create_intent(
            key="n", amount_minor=1, **ask
        )
        assert copy.find_intent(now=MONDAY + timedelta(days=17), intent_id=sent.id).state is IntentState.RETURNED

    def test_changes_are_handed_over_once(self, shop: Shop) -> None:
        assert shop.model.take_changes() != []
        assert shop.model.take_changes() == []
        shop.intent()
        assert {kind for kind, _, _ in shop.model.take_changes()} == {"Intent", "Event", "Counter", "KeyRecord"}
