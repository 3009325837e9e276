"""Resolve, settle, give up, collect: how a payment comes to rest, whoever died on the way."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta

import pytest

from tenantry.core import postings
from tenantry.core.gateway_reply import CancelIntent, ConfirmIntent, Event, FindIntent, GatewayReply
from tenantry.core.money import Money
from tenantry.core.payment_effects import Call, Commit, Load, OpenReview, Post, SendNotice, SetNextAsk
from tenantry.core.payment_facts import InvoiceState
from tenantry.core.payment_flow import PayOrder, collect, give_up, pay, resolve, settle
from tenantry.core.payment_outcome import PaymentOutcome, PaymentResult
from tenantry.core.payment_states import State
from tenantry.core.refusal import Refusal
from tests.core.payment_desk import (
    AMOUNT,
    BANK,
    CARD,
    CUSTOMER,
    EXISTS,
    ID,
    KEY,
    NO_ANSWER,
    NOT_FOUND,
    NOT_SENT,
    START,
    Desk,
    says,
)

PAID = [("succeeded", "gateway_clearing", 41250), ("succeeded", "receivable", -41250)]
RETURNED = [("returned", "receivable", 41250), ("returned", "gateway_clearing", -41250)]
CANCELLED = GatewayReply(Event.CANCELLED, ID, CUSTOMER, AMOUNT)


def unknown() -> Desk:
    desk = Desk()
    desk.pay(EXISTS, NO_ANSWER)
    return desk


def killed_at(desk: Desk, calls: int) -> None:
    """Start to pay and die at the given call, before it is answered."""
    flow: Generator[object, object, object] = pay(PayOrder("inv", "card", "form", "member"))  # type: ignore[assignment]
    answer: object = None
    made = 0
    while True:
        effect = flow.send(answer)
        match effect:
            case Load():
                answer = desk.books.load(effect, desk.now)
            case Commit(writes):
                desk.books.apply(writes, "acme")
                answer = None
            case Call():
                made += 1
                if made == calls:
                    return
                answer = EXISTS


class TestStale:
    def test_a_create_whose_process_died_is_payable_again_after_a_minute(self) -> None:
        desk = Desk()
        killed_at(desk, 1)
        assert desk.state is State.CREATING
        desk.later(seconds=59)
        desk.run(resolve(desk.intent.id))
        assert desk.state is State.CREATING
        desk.later(seconds=1)
        desk.run(resolve(desk.intent.id))
        assert (desk.state, desk.outcomes, desk.asked) == (State.READY, ["not_sent"], [])

    def test_a_confirm_whose_process_died_is_asked_about_and_sent_again_under_its_key(self) -> None:
        desk = Desk()
        killed_at(desk, 2)
        desk.later(minutes=1)
        desk.run(resolve(desk.intent.id), EXISTS, says(Event.SUCCEEDED))
        assert desk.asked == [
            FindIntent(CUSTOMER, ID),
            ConfirmIntent(f"{KEY}:1", ID, "tok_card", off_session=False, return_url="https://portal.test/inv"),
        ]
        assert desk.booked == PAID


class TestUnknown:
    def test_never_confirms_before_asking(self) -> None:
        desk = unknown()
        desk.run(resolve(desk.intent.id), NO_ANSWER)
        assert desk.kinds_asked[2:] == ["FindIntent"]
        assert desk.state is State.UNKNOWN

    def test_is_asked_again_later_and_later_then_daily_with_an_alarm(self) -> None:
        desk = unknown()
        waits = []
        for _ in range(7):
            desk.now = desk.intent.next_ask_at or desk.now
            desk.run(resolve(desk.intent.id), NO_ANSWER)
            assert desk.intent.next_ask_at is not None
            waits.append(desk.intent.next_ask_at - desk.now)
        hour, day = timedelta(hours=1), timedelta(days=1)
        assert waits == [timedelta(minutes=1), timedelta(minutes=5), hour, 6 * hour, day, day, day]
        assert desk.books.reviews[desk.intent.id] == {"unanswered"}
        assert not desk.books.companies["acme"].is_billing_held
        desk.run(resolve(desk.intent.id), says(Event.SUCCEEDED))
        assert desk.books.reviews[desk.intent.id] == set()
        assert desk.booked == PAID

    def test_is_given_up_after_23_hours_instead_of_sent_again(self) -> None:
        desk = unknown()
        desk.later(hours=23)
        desk.run(resolve(desk.intent.id), EXISTS, CANCELLED)
        assert desk.asked[2:] == [FindIntent(CUSTOMER, ID), CancelIntent(f"{KEY}:cancel", ID)]
        assert (desk.state, desk.outcomes) == (State.CANCELLED, ["cancelled"])

    def test_is_not_sent_again_while_billing_is_held(self) -> None:
        desk = unknown()
        desk.hold()
        desk.run(resolve(desk.intent.id), EXISTS)
        assert desk.kinds_asked[2:] == ["FindIntent"]

    def test_is_given_up_while_billing_is_held_too(self) -> None:
        """A cancel moves no money; what holds the billing may stand before a person for months."""
        desk = unknown()
        desk.hold()
        desk.later(hours=23)
        desk.run(resolve(desk.intent.id), EXISTS, CANCELLED)
        assert desk.asked[2:] == [FindIntent(CUSTOMER, ID), CancelIntent(f"{KEY}:cancel", ID)]
        assert (desk.state, desk.outcomes) == (State.CANCELLED, ["cancelled"])
        assert (desk.books.companies["acme"].is_billing_held, desk.booked) == (True, [])

    def test_is_neither_sent_again_nor_given_up_in_a_recovery(self) -> None:
        desk = unknown()
        desk.books.companies["acme"] = replace(desk.books.companies["acme"], is_recovering=True)
        desk.later(hours=23)
        desk.run(resolve(desk.intent.id), EXISTS)
        assert (desk.kinds_asked[2:], desk.state) == (["FindIntent"], State.UNKNOWN)

    def test_a_decline_of_an_older_attempt_says_that_this_one_has_not_arrived(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.DECLINED))
        desk.pay(NO_ANSWER, key="second")
        desk.run(resolve(desk.intent.id), says(Event.DECLINED, 1), says(Event.SUCCEEDED, 2))
        assert desk.asked[-1] == ConfirmIntent(
            f"{KEY}:2", ID, "tok_card", off_session=False, return_url="https://portal.test/inv"
        )
        assert desk.outcomes == ["declined", "succeeded"]

    def test_where_the_gateway_names_an_older_attempt_that_one_takes_the_open_ones_place(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.DECLINED))
        result = desk.pay(says(Event.SUCCEEDED, 1), method="bank", key="second")
        assert desk.outcomes == ["succeeded", "cancelled"]
        assert desk.booked == PAID
        assert isinstance(result, PaymentOutcome)
        assert desk.pay(key="second") == replace(result, attempt_id=desk.attempts[1].id)


class TestMovedRow:
    def test_a_late_reply_is_only_a_hint(self) -> None:
        """The confirm is declined late; meanwhile the payment was resolved as paid."""
        desk = Desk()

        def meanwhile() -> GatewayReply:
            desk.later(minutes=2)
            desk.run(resolve(desk.intent.id), says(Event.SUCCEEDED))
            return says(Event.DECLINED)

        result = desk.pay(EXISTS, meanwhile, says(Event.SUCCEEDED))
        assert isinstance(result, PaymentOutcome)
        assert result.result is PaymentResult.PAID
        assert desk.kinds_asked == ["CreateIntent", "ConfirmIntent", "FindIntent", "FindIntent"]
        assert desk.booked == PAID

    def test_a_create_that_answers_late_saves_no_id(self) -> None:
        desk = Desk()

        def meanwhile() -> GatewayReply:
            desk.later(minutes=2)
            desk.run(resolve(desk.intent.id))
            return EXISTS

        result = desk.pay(meanwhile)
        assert isinstance(result, Refusal)
        assert result.code == "gateway_unavailable"
        assert desk.intent.gateway_id == ""
        assert desk.kinds_asked == ["CreateIntent"]

    @pytest.mark.parametrize("reply", [NOT_SENT, NO_ANSWER])
    def test_a_hint_that_could_not_be_followed_says_nothing_about_a_confirm_under_way(
        self, reply: GatewayReply
    ) -> None:
        desk = Desk()

        def hint() -> GatewayReply:
            desk.run(settle(desk.intent.id), reply)
            assert desk.state is State.SENDING
            assert desk.outcomes == [""]
            return says(Event.SUCCEEDED)

        desk.pay(EXISTS, hint)
        assert desk.booked == PAID

    def test_a_hint_that_comes_twice_and_late_books_once(self) -> None:
        desk = unknown()
        for _ in range(3):
            desk.run(settle(desk.intent.id), says(Event.SUCCEEDED))
        assert desk.booked == PAID
        assert desk.intent.version == 4


class TestBlank:
    @pytest.mark.parametrize("event", [Event.DECLINED, Event.CANCELLED, Event.PROCESSING, Event.EXISTS])
    def test_news_after_a_success_open_a_review_and_hold(self, event: Event) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.SUCCEEDED))
        desk.run(settle(desk.intent.id), says(event))
        assert desk.state is State.SUCCEEDED
        assert desk.books.reviews[desk.intent.id] == {"unexpected_news"}
        assert desk.books.companies["acme"].is_billing_held
        assert desk.booked == PAID

    def test_the_same_again_opens_no_second_review(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.SUCCEEDED))
        for _ in range(3):
            desk.run(settle(desk.intent.id), says(Event.DECLINED))
        assert desk.books.reviews_opened == 1

    def test_what_a_person_judged_is_no_news_when_it_is_said_again(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.SUCCEEDED))
        desk.run(settle(desk.intent.id), says(Event.DECLINED))
        desk.books.reviews[desk.intent.id].clear()
        written = len(desk.written)
        desk.run(settle(desk.intent.id), says(Event.DECLINED))
        assert desk.written[written:] == []
        desk.run(resolve(desk.intent.id), says(Event.DECLINED))
        assert desk.written[written:] == [SetNextAsk(desk.intent.id, None, 2)]
        desk.run(settle(desk.intent.id), says(Event.CANCELLED))
        assert (desk.books.reviews[desk.intent.id], desk.books.reviews_opened) == ({"unexpected_news"}, 2)

    def test_a_payment_under_way_is_asked_about_all_the_same(self) -> None:
        """Its contradiction was judged, its end is not known: that comes before a person by itself."""
        desk, other = unknown(), replace(says(Event.SUCCEEDED), amount=Money(1, "USD"))
        desk.run(resolve(desk.intent.id), other)
        desk.books.reviews[desk.intent.id].clear()
        for _ in range(5):
            desk.later(days=1)
            desk.run(resolve(desk.intent.id), other)
        assert desk.books.reviews[desk.intent.id] == {"unanswered"}
        assert desk.intent.next_ask_at == desk.now + timedelta(days=1)

    def test_an_older_intent_that_is_contradicted_calls_a_person_once(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.PROCESSING), method="bank")
        desk.run(resolve(desk.intent.id), says(Event.RETURNED, code="R01"))
        older = desk.intent.id
        desk.pay(replace(EXISTS, gateway_id="int_2"), says(Event.SUCCEEDED, generation=2), key="with the card")
        for _ in range(4):
            desk.later(days=1)
            desk.run(resolve(older), says(Event.SUCCEEDED))
        assert (desk.books.reviews[older], desk.books.reviews_opened) == ({"unexpected_news"}, 1)
        assert desk.books.intents["inv"][0].next_ask_at == desk.now + timedelta(days=1)
        assert (desk.booked, desk.invoice.state) == (PAID, InvoiceState.PAID)

    def test_one_calm_answer_ends_no_asking_while_nobody_has_judged_it(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.SUCCEEDED))
        desk.run(settle(desk.intent.id), says(Event.DECLINED))
        desk.run(resolve(desk.intent.id), says(Event.SUCCEEDED))
        assert desk.intent.next_ask_at == desk.now + timedelta(days=1)
        desk.books.reviews[desk.intent.id].clear()
        desk.run(resolve(desk.intent.id), says(Event.SUCCEEDED))
        assert desk.intent.next_ask_at is None
        assert desk.booked == PAID


class TestPayerGone:
    def test_is_asked_again_and_given_up_after_a_day(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.ASKS_PAYER))
        desk.later(hours=23, minutes=59)
        desk.run(resolve(desk.intent.id), says(Event.ASKS_PAYER))
        assert desk.state is State.AWAITING_PAYER
        desk.later(minutes=1)
        desk.run(resolve(desk.intent.id), says(Event.ASKS_PAYER), CANCELLED)
        assert (desk.state, desk.outcomes) == (State.CANCELLED, ["cancelled"])
        assert ("payment_not_completed", f"{desk.attempts[0].id}:cancelled") in desk.books.notices

    def test_who_approves_in_the_last_moment_has_paid(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.ASKS_PAYER))
        desk.later(hours=24)
        desk.run(resolve(desk.intent.id), says(Event.ASKS_PAYER), says(Event.SUCCEEDED))
        assert desk.state is State.SUCCEEDED
        assert desk.booked == PAID


class TestGiveUp:
    def test_only_the_gateways_cancel_opens_the_next_generation(self) -> None:
        desk = unknown()
        desk.run(give_up(desk.intent.id, "asked by staff"), NO_ANSWER)
        assert desk.state.value == "cancelling"
        refused = desk.pay(key="again")
        assert isinstance(refused, Refusal)
        assert refused.code == "payment_in_progress"
        desk.run(resolve(desk.intent.id), says(Event.EXISTS), CANCELLED)
        assert desk.state is State.CANCELLED
        created = replace(EXISTS, gateway_id="int_2")
        desk.pay(created, says(Event.SUCCEEDED, generation=2), key="again")
        assert [one.generation for one in desk.books.intents["inv"]] == [1, 2]
        assert desk.booked == PAID

    def test_what_has_no_id_closes_without_a_call(self) -> None:
        desk = Desk()
        desk.pay(NO_ANSWER)
        desk.run(give_up(desk.intent.id, "asked by staff"))
        assert (desk.state, desk.kinds_asked) == (State.CANCELLED, ["CreateIntent"])

    def test_a_debit_under_way_is_not_given_up(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.PROCESSING), method="bank")
        refused = desk.run(give_up(desk.intent.id, "asked by staff"))
        assert isinstance(refused, Refusal)
        assert refused.code == "payment_processing"

    def test_an_automatic_try_that_was_cancelled_is_scheduled_again(self) -> None:
        desk = Desk()
        desk.run(collect("inv"), EXISTS, NO_ANSWER)
        desk.later(hours=23)
        desk.run(resolve(desk.intent.id), says(Event.EXISTS), CANCELLED)
        assert desk.invoice.collect_at == desk.now + timedelta(days=2)

    def test_a_cancel_ends_the_open_try_whichever_one_the_gateway_names(self) -> None:
        """It knows the first, which it declined; the second never arrived there."""
        desk, first = Desk(), says(Event.DECLINED, code="processing_error")
        desk.run(collect("inv"), EXISTS, first)
        desk.later(days=2)
        desk.run(collect("inv"), NO_ANSWER)
        desk.later(hours=23)
        answer = desk.run(resolve(desk.intent.id), first, says(Event.CANCELLED, attempt=1))
        assert desk.outcomes == ["declined", "cancelled"]
        assert desk.invoice.collect_at == START + timedelta(days=5)
        assert ("payment_not_completed", f"{desk.attempts[1].id}:cancelled") in desk.books.notices
        assert isinstance(answer, Refusal)
        assert answer.code == "payment_not_completed"


class TestBankDebit:
    def test_is_pending_then_paid_without_any_webhook(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.PROCESSING), method="bank")
        assert desk.booked == []
        assert desk.intent.next_ask_at == START + timedelta(hours=6)
        desk.later(days=3)
        desk.run(resolve(desk.intent.id), says(Event.SUCCEEDED))
        assert desk.booked == PAID
        assert desk.intent.next_ask_at == desk.now + timedelta(days=1)

    def test_returned_before_it_succeeded_books_nothing(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.PROCESSING), method="bank")
        desk.later(days=3)
        desk.run(resolve(desk.intent.id), says(Event.RETURNED, code="R01"))
        assert (desk.state, desk.outcomes, desk.booked) == (State.RETURNED, ["returned"], [])
        assert desk.invoice.collect_at == desk.now + timedelta(days=2)
        assert desk.books.methods["acme"]["bank"].blocked_because == ""

    def test_returned_after_it_succeeded_reopens_the_invoice(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.PROCESSING), method="bank")
        desk.later(days=3)
        desk.run(resolve(desk.intent.id), says(Event.SUCCEEDED))
        desk.later(days=30)
        desk.run(resolve(desk.intent.id), says(Event.RETURNED, code="R10"))
        assert desk.booked == PAID + RETURNED
        assert desk.invoice.state is InvoiceState.OPEN
        assert desk.invoice.amount_due == AMOUNT
        assert desk.invoice.collect_at is None
        assert desk.books.methods["acme"]["bank"].blocked_because == "R10"
        created = replace(EXISTS, gateway_id="int_2")
        desk.pay(created, says(Event.SUCCEEDED, generation=2), key="with the card")
        assert desk.booked == PAID + RETURNED + PAID

    def test_an_unknown_code_reopens_and_calls_a_person(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.PROCESSING), method="bank")
        desk.run(resolve(desk.intent.id), says(Event.RETURNED, code="R77"))
        assert desk.books.reviews[desk.intent.id] == {"bank_return"}

    def test_more_than_ten_business_days_call_a_person_once(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.PROCESSING), method="bank")
        desk.later(days=14)
        desk.run(resolve(desk.intent.id), says(Event.PROCESSING))
        assert desk.books.reviews[desk.intent.id] == set()
        desk.later(days=1)
        desk.run(resolve(desk.intent.id), says(Event.PROCESSING))
        desk.run(resolve(desk.intent.id), says(Event.PROCESSING))
        assert desk.books.reviews[desk.intent.id] == {"debit_overdue"}
        assert desk.books.reviews_opened == 1

    def test_r01_is_presented_twice_more_and_not_a_third_time(self) -> None:
        desk = Desk(replace(BANK, is_default=True))
        dates = []
        for generation in (1, 2, 3):
            created = replace(EXISTS, gateway_id=f"int_{generation}")
            desk.run(collect("inv"), created, says(Event.PROCESSING, generation=generation))
            desk.later(days=3)
            desk.run(resolve(desk.intent.id), says(Event.RETURNED, code="R01", generation=generation))
            dates.append(desk.invoice.collect_at)
            desk.now = desk.invoice.collect_at or desk.now
        assert dates == [START + timedelta(days=5), START + timedelta(days=11), None]
        assert len(desk.books.intents["inv"]) == 3


class TestCollect:
    def test_declines_follow_the_published_days_and_then_stop(self) -> None:
        desk = Desk()
        days = []
        for attempt in (1, 2, 3, 4):
            replies = [says(Event.DECLINED, attempt, "insufficient_funds")]
            desk.run(collect("inv"), *([EXISTS] if attempt == 1 else []), *replies)
            at = desk.invoice.collect_at
            days.append((at - START).days if at else None)
            desk.now = at or desk.now
        assert days == [2, 5, 9, None]
        refused = desk.run(collect("inv"))
        assert isinstance(refused, Refusal)
        assert refused.code == "nothing_due"
        assert desk.outcomes == ["declined"] * 4

    @pytest.mark.parametrize("decline", ["lost_card", "stolen_card", "account_closed", "revocation_of_authorization"])
    def test_never_after_a_decline_that_forbids_it(self, decline: str) -> None:
        desk = Desk()
        desk.run(collect("inv"), EXISTS, says(Event.DECLINED, code=decline))
        assert desk.invoice.collect_at is None
        assert desk.books.methods["acme"]["card"].blocked_because == decline

    @pytest.mark.parametrize(
        ("methods", "method_id", "has_other"),
        [
            ((BANK,), "", True),
            ((replace(BANK, is_verified=False),), "", False),
            ((replace(CARD, expiry_month=10, expiry_year=2026), BANK), "card", True),
            ((replace(CARD, blocked_because="lost_card"), BANK), "card", True),
            ((replace(CARD, blocked_because="lost_card"),), "card", False),
        ],
    )
    def test_without_a_usable_default_nothing_is_charged_and_a_mail_asks(  # type: ignore[no-untyped-def]
        self, methods, method_id: str, has_other: bool
    ) -> None:
        desk = Desk(*methods)
        assert isinstance(desk.run(collect("inv")), Refusal)
        assert (desk.asked, desk.attempts) == ([], [])
        assert desk.invoice.collect_at is None
        assert [kind for kind, _ in desk.books.notices] == ["method_needed"]
        (sent,) = [write for write in desk.written if isinstance(write, SendNotice)]
        assert (sent.facts["method_id"], sent.facts["has_other"]) == (method_id, has_other)

    def test_what_was_not_sent_is_tried_again_soon(self) -> None:
        desk = Desk()
        waits = []
        for _ in range(6):
            desk.run(collect("inv"), NOT_SENT)
            at = desk.invoice.collect_at
            assert at is not None
            waits.append(at - desk.now)
            desk.now = at
        minute, hour, day = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
        assert waits == [minute, 5 * minute, hour, 6 * hour, day, day]

    def test_what_can_not_be_sent_at_all_calls_a_person_once_and_holds_nothing(self) -> None:
        desk = Desk()
        for times in range(1, 9):
            desk.run(collect("inv"), NOT_SENT)
            assert desk.books.reviews_opened == (times > 4)
            desk.now = desk.invoice.collect_at or desk.now
        (review,) = [one for one in desk.written if isinstance(one, OpenReview)]
        facts = {"since": START.isoformat(), "times_tried": 5}
        assert review == OpenReview(desk.intent.id, "charge_not_sent", facts)
        assert not desk.books.companies["acme"].is_billing_held
        desk.run(collect("inv"), EXISTS, says(Event.DECLINED, 9, "insufficient_funds"))
        assert desk.books.reviews[desk.intent.id] == set()

    def test_a_create_that_is_refused_calls_a_person_too(self) -> None:
        desk = Desk()
        for looked in [(), *[(NOT_FOUND,)] * 4]:
            desk.run(collect("inv"), *looked, GatewayReply(Event.NOT_FOUND))
            desk.now = desk.invoice.collect_at or desk.now
        assert desk.outcomes == ["not_sent"] * 5
        assert desk.books.reviews[desk.intent.id] == {"charge_not_sent"}

    def test_a_persons_tries_call_nobody(self) -> None:
        desk = Desk()
        for number in range(9):
            desk.pay(NOT_SENT, key=f"form {number}")
        assert desk.books.reviews_opened == 0

    def test_waits_while_a_person_pays(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, NO_ANSWER)
        desk.run(collect("inv"))
        assert desk.invoice.collect_at == START + timedelta(hours=1)

    def test_a_held_company_is_not_charged(self) -> None:
        desk = Desk()
        desk.hold()
        desk.run(collect("inv"))
        assert desk.asked == []
        assert desk.invoice.collect_at == START + timedelta(days=1)

    def test_before_its_date_nothing_happens(self) -> None:
        desk = Desk()
        desk.now -= timedelta(seconds=1)
        assert isinstance(desk.run(collect("inv")), Refusal)
        assert (desk.asked, desk.written) == ([], [])

    def test_who_pays_by_invoice_is_never_charged(self) -> None:
        desk = Desk(pays_automatically=False)
        desk.run(collect("inv"))
        assert (desk.asked, desk.invoice.collect_at) == ([], None)


class TestWrittenOff:
    def test_can_still_be_paid_and_books_a_recovery(self) -> None:
        desk = Desk()
        desk.write_off()
        assert desk.invoice.amount_due == Money(0, "USD")
        assert isinstance(desk.run(collect("inv")), Refusal)
        desk.pay(EXISTS, says(Event.SUCCEEDED))
        assert desk.booked[-4:] == [
            ("recovered", "gateway_clearing", 41250),
            ("recovered", "bad_debt", -41250),
            ("recovered", "recoverable", -41250),
            ("recovered", "recoverable_offset", 41250),
        ]
        assert desk.invoice.state is InvoiceState.PAID
        assert desk.invoice.recoverable == Money(0, "USD")


class TestNothingDueAnyMore:
    def test_money_that_comes_in_all_the_same_is_booked_as_credit_and_reviewed(self) -> None:
        desk = unknown()
        note = postings.credited("inv", net=AMOUNT, tax=Money(0, "USD"), to_receivable=AMOUNT)
        desk.books.invoices["inv"] = replace(desk.invoice, state=InvoiceState.PAID)
        desk.books.apply([Post(note, "", desk.now)], "acme")
        desk.run(resolve(desk.intent.id), says(Event.SUCCEEDED))
        assert desk.booked[-2:] == [("overpaid", "gateway_clearing", 41250), ("overpaid", "company_credit", -41250)]
        assert desk.books.reviews[desk.intent.id] == {"overpaid"}
        assert desk.books.companies["acme"].is_billing_held
