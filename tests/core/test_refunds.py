"""A refund is sent once, its credit is set aside first, and what became of it is asked, never guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tenantry.core import dunning
from tenantry.core.gateway_reply import CreateRefund, FindRefund, RefundEvent
from tenantry.core.money import Money
from tenantry.core.payment_effects import (
    Audit,
    EnqueueJob,
    HoldBilling,
    MoveInvoice,
    OpenReview,
    SendNotice,
    SetCollectAt,
)
from tenantry.core.payment_facts import InvoiceState
from tenantry.core.payment_states import State
from tenantry.core.refund_facts import RefundFacts
from tenantry.core.refund_flow import take_in
from tenantry.core.refund_states import NEWS, RefundState
from tenantry.core.refusal import Refusal
from tests.core.refund_desk import ID, KEY, NO_ANSWER, NOT_FOUND, NOT_SENT, START, Desk, made, refused, usd


def code_of(answer: Any) -> str:
    assert isinstance(answer, Refusal), answer
    return answer.code


class TestTable:
    def test_every_pair_is_listed_but_two(self) -> None:
        missing = {(s.value, e.value) for s in RefundState for e in RefundEvent if (s, e) not in NEWS.moves}
        assert missing == {("done", "refused"), ("done", "not_found")}

    def test_what_was_made_stays_made(self) -> None:
        for event in RefundEvent:
            assert NEWS.moves.get((RefundState.DONE, event), RefundState.DONE) is RefundState.DONE

    def test_unknown_leaves_by_the_gateways_word_only(self) -> None:
        leaving = {event for event in RefundEvent if NEWS.moves[RefundState.UNKNOWN, event] is not RefundState.UNKNOWN}
        assert leaving == {RefundEvent.DONE, RefundEvent.REFUSED}


class TestRefunding:
    def test_asks_first_then_sends_then_books(self) -> None:
        desk = Desk()
        done = desk.refund(NOT_FOUND, made(4000))
        assert isinstance(done, RefundFacts)
        assert desk.asked == [
            FindRefund(ID, f"{KEY}:refund:1"),
            CreateRefund(f"{KEY}:refund:1", ID, usd(4000)),
        ]
        assert desk.states == [("done", 4000)]
        assert desk.booked == ["refund_opened", "refunded"]
        assert desk.books == {"gateway_clearing": -4000}
        (notice,) = [write for write in desk.written if isinstance(write, SendNotice)]
        assert (notice.kind, notice.about_id, notice.facts["amount_minor"]) == ("refunded", "inv", 4000)
        assert (done.next_ask_at, done.gateway_refund_id) == (None, "ref_1")

    def test_while_it_is_under_way_the_credit_is_set_aside(self) -> None:
        desk = Desk()
        desk.refund(NOT_FOUND, NO_ANSWER, minor=1000)
        assert desk.states == [("unknown", 1000)]
        assert desk.books == {"company_credit": -3000, "refund_under_way": -1000}
        assert code_of(desk.refund()) == "refund_in_progress"

    def test_without_an_amount_all_that_can_be(self) -> None:
        desk = Desk(credit_minor=4000)
        desk.refund(NOT_FOUND, made(4000), minor=None)
        assert desk.states == [("done", 4000)]
        rich = Desk(credit_minor=30000)
        rich.refund(NOT_FOUND, made(10000), minor=None)
        assert rich.states == [("done", 10000)]

    def test_parts_have_numbers_and_never_exceed_what_was_taken(self) -> None:
        desk = Desk(credit_minor=30000)
        desk.refund(NOT_FOUND, made(6000), minor=6000)
        assert code_of(desk.refund(minor=4001)) == "refund_too_large"
        desk.refund(NOT_FOUND, made(4000, 2), minor=4000)
        assert [one.key for one in desk.refunds] == [f"{KEY}:refund:1", f"{KEY}:refund:2"]
        assert code_of(desk.refund(minor=1)) == "nothing_to_refund"

    @pytest.mark.parametrize(
        ("change", "minor", "code"),
        [
            ({"credit_minor": 0}, 1, "no_credit_to_refund"),
            ({"credit_minor": 4000}, 4001, "refund_too_large"),
            ({"credit_minor": 4000}, 0, "amount_out_of_bounds"),
            ({"credit_minor": 4000}, -5, "amount_out_of_bounds"),
        ],
    )
    def test_never_more_than_the_credit(self, change: dict[str, int], minor: int, code: str) -> None:
        desk = Desk(**change)
        assert code_of(desk.refund(minor=minor)) == code
        assert (desk.written, desk.asked) == ([], [])

    @pytest.mark.parametrize("state", sorted(set(State) - {State.SUCCEEDED}))
    def test_only_of_what_was_taken_and_is_still_here(self, state: State) -> None:
        desk = Desk()
        desk.intent = replace(desk.intent, state=state)
        assert code_of(desk.refund()) == "not_refundable"

    def test_the_same_form_again_gives_that_refund(self) -> None:
        desk = Desk()
        first = desk.refund(NOT_FOUND, made(1000), minor=1000, key="form")
        assert desk.refund(minor=1000, key="form") == first
        assert len(desk.asked) == 2
        assert code_of(desk.refund(minor=1000, key="form", invoice_id="other")) == "request_key_reused"

    def test_refused_by_the_gateway_gives_the_credit_back(self) -> None:
        desk = Desk()
        answer = desk.refund(NOT_FOUND, refused("intent_disputed"))
        assert (code_of(answer), answer.facts["code"]) == ("refund_refused", "intent_disputed")
        assert desk.states == [("refused", 4000)]
        assert desk.books == {"company_credit": -4000}
        assert desk.refunds[0].next_ask_at is None

    @pytest.mark.parametrize("reply", [NOT_SENT, NO_ANSWER])
    def test_a_question_that_failed_sends_nothing(self, reply: Any) -> None:
        desk = Desk()
        assert code_of(desk.refund(reply)) == "refund_not_sent"
        assert (desk.states, desk.books) == ([("refused", 4000)], {"company_credit": -4000})
        assert desk.kinds_asked == ["FindRefund"]

    def test_refused_before_a_byte_was_sent(self) -> None:
        desk = Desk()
        assert code_of(desk.refund(NOT_FOUND, NOT_SENT)) == "refund_not_sent"
        assert desk.books == {"company_credit": -4000}
        desk.refund(NOT_FOUND, made(4000, 2))
        assert desk.states == [("refused", 4000), ("done", 4000)]

    def test_one_that_a_restored_database_forgot_is_found_before_it_is_sent_again(self) -> None:
        desk = Desk()
        desk.refund(made(4000))
        assert (desk.kinds_asked, desk.states) == (["FindRefund"], [("done", 4000)])

    def test_a_forgotten_one_of_another_amount_is_reviewed(self) -> None:
        desk = Desk()
        desk.refund(made(1500))
        assert (desk.kinds_asked, desk.states) == (["FindRefund"], [("sending", 4000)])
        assert desk.reviews == {"refund_not_ours"}
        assert any(isinstance(write, HoldBilling) for write in desk.written)


class TestNotKnown:
    def test_asks_by_key_and_books_what_was_made(self) -> None:
        desk = Desk()
        desk.refund(NOT_FOUND, NO_ANSWER)
        assert desk.refunds[0].next_ask_at == START + dunning.ASK_AFTER[0]
        assert any(isinstance(write, EnqueueJob) for write in desk.written)
        desk.later(seconds=10)
        desk.ask(made(4000))
        assert (desk.states, desk.books) == ([("done", 4000)], {"gateway_clearing": -4000})
        assert desk.kinds_asked == ["FindRefund", "CreateRefund", "FindRefund"]

    def test_is_never_sent_again(self) -> None:
        desk = Desk()
        desk.refund(NOT_FOUND, NO_ANSWER)
        for _ in range(7):
            desk.later(hours=6)
            desk.ask(NOT_FOUND)
        assert desk.kinds_asked.count("CreateRefund") == 1
        assert desk.states == [("unknown", 4000)]

    def test_a_person_is_told_after_a_day_and_it_counts_as_not_sent_after_two(self) -> None:
        desk = Desk()
        desk.refund(NOT_FOUND, NO_ANSWER)
        desk.later(hours=23)
        desk.ask(NOT_FOUND)
        assert desk.reviews == set()
        desk.later(hours=2)
        desk.ask(NOT_FOUND)
        assert desk.reviews == {"refund_unanswered"}
        desk.later(hours=23)
        desk.ask(NOT_FOUND)
        assert (desk.states, desk.refunds[0].code) == ([("refused", 4000)], "not_arrived")
        assert (desk.books, desk.reviews) == ({"company_credit": -4000}, set())

    def test_without_an_answer_it_stays_unknown_for_ever(self) -> None:
        desk = Desk()
        desk.refund(NOT_FOUND, NO_ANSWER)
        for _ in range(9):
            desk.later(days=1)
            desk.ask(NO_ANSWER)
        assert desk.states == [("unknown", 4000)]
        assert desk.reviews == {"refund_unanswered"}
        assert desk.refunds[0].next_ask_at == desk.now + dunning.ASK_DAILY

    def test_one_that_arrives_after_all_is_booked_and_reviewed(self) -> None:
        desk = Desk()
        desk.refund(NOT_FOUND, NO_ANSWER)
        desk.later(hours=49)
        desk.ask(NOT_FOUND)
        assert desk.refunds[0].next_ask_at == desk.now + dunning.ASK_DAILY
        desk.later(days=1)
        desk.ask(made(4000))
        assert (desk.states, desk.refunds[0].was_found) == ([("done", 4000)], True)
        assert desk.booked == ["refund_opened", "refund_refused", "refund_found"]
        assert (desk.books, desk.reviews) == ({"gateway_clearing": -4000}, {"refund_found"})

    def test_it_is_watched_for_thirty_days(self) -> None:
        desk = Desk()
        desk.refund(NOT_FOUND, NO_ANSWER)
        desk.later(hours=49)
        desk.ask(NOT_FOUND)
        for _ in range(30):
            desk.later(days=1)
            desk.ask(NOT_FOUND)
        assert desk.refunds[0].next_ask_at is None

    def test_a_process_that_died_before_it_sent(self) -> None:
        desk = Desk()

        def dies() -> Any:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            desk.refund(dies)
        assert (desk.states, desk.refunds[0].next_ask_at) == ([("sending", 4000)], START + timedelta(minutes=1))
        desk.later(seconds=59)
        assert desk.ask().state is RefundState.SENDING
        desk.later(seconds=1)
        desk.ask(NOT_FOUND)
        assert desk.states == [("unknown", 4000)]

    def test_a_process_that_stood_still_sends_nothing_any_more(self) -> None:
        desk = Desk()

        def sleeps() -> Any:
            desk.later(minutes=11)
            return NOT_FOUND

        assert code_of(desk.refund(sleeps)) == "refund_not_sent"
        assert desk.kinds_asked == ["FindRefund"]

    def test_a_reply_that_comes_late_is_believed_where_it_is_final(self) -> None:
        desk = Desk()

        def while_somebody_asks() -> Any:
            desk.later(minutes=2)
            desk.ask(NOT_FOUND)
            return made(4000)

        desk.refund(NOT_FOUND, while_somebody_asks)
        assert (desk.states, desk.booked) == ([("done", 4000)], ["refund_opened", "refunded"])

        desk = Desk()

        def refused_meanwhile() -> Any:
            desk.later(minutes=2)
            desk.ask(NOT_FOUND)
            return refused("refund_too_large")

        desk.refund(NOT_FOUND, refused_meanwhile)
        assert (desk.states, desk.books) == ([("refused", 4000)], {"company_credit": -4000})

    def test_a_reply_that_comes_late_and_says_nothing_changes_nothing(self) -> None:
        desk = Desk()

        def while_somebody_asks() -> Any:
            desk.later(minutes=2)
            desk.ask(made(4000))
            return NO_ANSWER

        desk.refund(NOT_FOUND, while_somebody_asks)
        assert (desk.states, desk.booked) == ([("done", 4000)], ["refund_opened", "refunded"])

    @pytest.mark.parametrize(
        "wrong", [{"amount": usd(4001)}, {"amount": Money(4000, "EUR")}, {"customer": "cus_other"},
                  {"gateway_id": "int_2"}, {"key": f"{KEY}:refund:9"}],
    )  # fmt: skip
    def test_what_is_not_ours_is_not_believed(self, wrong: dict[str, Any]) -> None:
        desk = Desk()
        desk.refund(NOT_FOUND, NO_ANSWER)
        desk.later(minutes=1)
        desk.ask(made(4000, **wrong))
        assert desk.states == [("unknown", 4000)]
        assert desk.reviews == {"refund_not_ours"}
        desk.later(days=1)
        desk.ask(made(4000, **wrong))
        assert sum(isinstance(write, HoldBilling) for write in desk.written) == 1
        desk.reviews.clear()
        desk.later(days=1)
        desk.ask(made(4000, **wrong))
        assert desk.reviews == {"refund_unanswered"}
        assert sum(isinstance(write, HoldBilling) for write in desk.written) == 1


class TestFound:
    def test_one_from_the_dashboard_is_booked_and_reviewed(self) -> None:
        desk = Desk(credit_minor=0)
        reply = made(2500, key="", refund_id="ref_9")
        done = desk.run(take_in("intent", reply))
        assert (done.state, done.was_found, done.gateway_refund_id) == (RefundState.DONE, True, "ref_9")
        assert desk.books == {"company_credit": 2500, "gateway_clearing": -2500}
        assert desk.reviews == {"refund_found"}
        assert desk.run(take_in("intent", reply)) == done
        assert desk.booked == ["refund_found"]

    def test_one_of_ours_is_settled(self) -> None:
        desk = Desk()
        desk.refund(NOT_FOUND, NO_ANSWER)
        desk.run(take_in("intent", made(4000)))
        assert (desk.states, desk.booked) == ([("done", 4000)], ["refund_opened", "refunded"])
        assert desk.reviews == set()

    @pytest.mark.parametrize("reply", [NOT_FOUND, NO_ANSWER, made(1, gateway_id="int_2")])
    def test_what_is_not_about_this_payment_is_left_alone(self, reply: Any) -> None:
        desk = Desk()
        assert desk.run(take_in("intent", reply)) is None
        assert desk.written == []

    @pytest.mark.parametrize(
        ("strange", "detail"), [({"customer": "cus_other"}, "customer"), ({"amount": Money(4000, "EUR")}, "currency")]
    )
    def test_one_of_another_payer_or_currency_is_not_booked_but_looked_at_once(
        self, strange: dict[str, Any], detail: str
    ) -> None:
        desk = Desk()
        for _ in range(2):
            assert desk.run(take_in("intent", made(4000, key="", refund_id="ref_9", **strange))) is None
        facts = {"detail": detail, "refund_id": "ref_9"}
        audit = Audit("refund_payment", "invoice", "inv", {}, {"review": "refund_not_ours", **facts})
        assert desk.written == [OpenReview("intent", "refund_not_ours", facts), HoldBilling("refund_not_ours"), audit]
        desk.reviews.clear()
        assert desk.run(take_in("intent", made(4000, key="", refund_id="ref_9", **strange))) is None
        assert len(desk.written) == 3
        assert desk.books == {"company_credit": -4000}

    def test_what_it_took_can_not_be_refunded_again(self) -> None:
        desk = Desk(credit_minor=20000)
        desk.run(take_in("intent", made(9000, key="", refund_id="ref_9")))
        assert code_of(desk.refund(minor=1001)) == "refund_too_large"


class TestDisputes:
    def test_a_refund_that_we_hear_of_after_the_lost_dispute_came_before_it(self) -> None:
        desk = Desk()
        desk.refund(NOT_FOUND, NO_ANSWER)
        # The dispute was booked as if it had taken all of the 10000.
        desk.intent = replace(desk.intent, state=State.RETURNED)
        desk.attempt = replace(desk.attempt, code="dispute_fraudulent")
        desk.invoice = replace(desk.invoice, amount_due=usd(10000))
        desk.later(minutes=1)
        desk.ask(made(4000))
        assert desk.booked == ["refund_opened", "refunded", "return_reduced"]
        assert desk.books == {"receivable": -4000}

    def test_what_is_not_due_any_more_becomes_credit(self) -> None:
        desk = Desk()
        desk.refund(NOT_FOUND, NO_ANSWER)
        desk.intent = replace(desk.intent, state=State.RETURNED)
        desk.attempt = replace(desk.attempt, code="dispute_fraudulent")
        desk.invoice = replace(desk.invoice, state=InvoiceState.OPEN, amount_due=usd(1500))
        desk.later(minutes=1)
        desk.ask(made(4000))
        assert desk.books == {"receivable": -1500, "company_credit": -2500}
        assert [one for one in desk.written if isinstance(one, MoveInvoice | SetCollectAt)] == [
            MoveInvoice("inv", 2, InvoiceState.PAID, desk.now),
            SetCollectAt("inv", None),
        ]

    def test_what_stays_due_stays_open(self) -> None:
        desk = Desk()
        desk.refund(NOT_FOUND, NO_ANSWER)
        desk.intent = replace(desk.intent, state=State.RETURNED)
        desk.attempt = replace(desk.attempt, code="dispute_fraudulent")
        desk.invoice = replace(desk.invoice, state=InvoiceState.OPEN, amount_due=usd(4001))
        desk.later(minutes=1)
        desk.ask(made(4000))
        assert desk.books == {"receivable": -4000}
        assert not [one for one in desk.written if isinstance(one, MoveInvoice | SetCollectAt)]

    def test_of_a_payment_that_nothing_was_due_for_nothing_comes_off_the_invoice(self) -> None:
        desk = Desk()
        desk.is_overpaid = True
        desk.refund(NOT_FOUND, NO_ANSWER)
        desk.intent = replace(desk.intent, state=State.RETURNED)
        desk.attempt = replace(desk.attempt, code="dispute_fraudulent")
        desk.invoice = replace(desk.invoice, amount_due=usd(10000))
        desk.later(minutes=1)
        desk.ask(made(4000))
        assert desk.books == {"company_credit": -4000}

    def test_a_bank_takes_all_of_a_debit_back(self) -> None:
        desk = Desk()
        desk.refund(NOT_FOUND, NO_ANSWER)
        desk.intent = replace(desk.intent, state=State.RETURNED)
        desk.attempt = replace(desk.attempt, code="R10")
        desk.later(minutes=1)
        desk.ask(made(4000))
        assert desk.booked == ["refund_opened", "refunded"]
