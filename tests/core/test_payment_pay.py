"""Pay: the straight path, the crooked ones, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tenantry.core.gateway_reply import ConfirmIntent, CreateIntent, Event, FindIntent, GatewayReply
from tenantry.core.money import Money
from tenantry.core.payment_effects import HoldBilling, OpenReview, SendNotice
from tenantry.core.payment_facts import InvoiceState
from tenantry.core.payment_flow import PayOrder, Result, collect, pay, resolve
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
    Desk,
    says,
)

PAID = [("succeeded", "gateway_clearing", 41250), ("succeeded", "receivable", -41250)]


def code(result: object) -> str:
    assert isinstance(result, Refusal), result
    return result.code


class TestStraightPath:
    def test_creates_saves_the_id_confirms_and_books(self) -> None:
        desk = Desk()
        result = desk.pay(EXISTS, says(Event.SUCCEEDED))
        assert result == PaymentOutcome(PaymentResult.PAID, desk.intent.id, desk.attempts[0].id, AMOUNT)
        assert desk.asked == [
            CreateIntent(KEY, CUSTOMER, AMOUNT, "ACME-000001"),
            ConfirmIntent(f"{KEY}:1", ID, "tok_card", off_session=False, return_url="https://portal.test/inv"),
        ]
        assert desk.state is State.SUCCEEDED
        assert desk.outcomes == ["succeeded"]
        assert desk.booked == PAID
        assert desk.invoice.state is InvoiceState.PAID
        assert desk.invoice.amount_due == Money(0, "USD")
        assert desk.invoice.collect_at is None
        assert ("receipt", f"{desk.attempts[0].id}:succeeded") in desk.books.notices

    def test_is_committed_before_each_call(self) -> None:
        desk = Desk()
        seen: list[list[tuple[str, str, int]]] = []

        def noting(reply: GatewayReply):  # type: ignore[no-untyped-def]
            def answer() -> GatewayReply:
                rows = desk.books.intents.get("inv", [])
                seen.append([(one.state.value, one.gateway_id, len(desk.attempts)) for one in rows])
                return reply

            return answer

        desk.pay(noting(EXISTS), noting(says(Event.SUCCEEDED)))
        assert seen == [[("creating", "", 1)], [("sending", ID, 1)]]

    def test_the_clock_pays_off_session_with_the_default_method(self) -> None:
        desk = Desk()
        result = desk.run(collect("inv"), EXISTS, says(Event.SUCCEEDED))
        assert isinstance(result, PaymentOutcome)
        assert result.result is PaymentResult.PAID
        assert desk.asked[1] == ConfirmIntent(
            f"{KEY}:1", ID, "tok_card", off_session=True, return_url="https://portal.test/inv"
        )
        assert desk.attempts[0].by_kind == "clock"


class TestRefusals:
    def test_paid_twice(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.SUCCEEDED))
        assert code(desk.pay(key="stale page")) == "already_paid"
        assert len(desk.attempts) == 1

    def test_same_form_again_replays_the_outcome(self) -> None:
        desk = Desk()
        first = desk.pay(EXISTS, says(Event.SUCCEEDED))
        assert desk.pay() == first
        assert len(desk.asked) == 2

    def test_same_form_while_it_runs_says_that_it_is_being_confirmed(self) -> None:
        desk = Desk()
        twice: list[object] = []

        def clicked_again() -> GatewayReply:
            twice.append(desk.pay())
            return says(Event.SUCCEEDED)

        desk.pay(EXISTS, clicked_again)
        assert isinstance(twice[0], PaymentOutcome)
        assert twice[0].result is PaymentResult.CONFIRMING
        assert desk.booked == PAID

    def test_another_form_while_it_runs(self) -> None:
        desk = Desk()
        refused: list[str] = []

        def other_tab() -> GatewayReply:
            refused.append(code(desk.pay(key="other tab")))
            refused.append(code(desk.run(collect("inv"))))
            return says(Event.SUCCEEDED)

        desk.pay(EXISTS, other_tab)
        assert refused == ["payment_in_progress", "payment_in_progress"]
        assert desk.booked == PAID

    def test_key_of_another_invoice(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.SUCCEEDED))
        desk.books.company_of["inv2"] = "acme"
        desk.books.invoices["inv2"] = replace(desk.invoice, id="inv2", state=InvoiceState.OPEN)
        assert code(desk.run(pay(PayOrder("inv2", "card", "form", "member")))) == "request_key_reused"

    @pytest.mark.parametrize(
        ("methods", "chosen", "wanted"),
        [
            ((replace(CARD, blocked_because="R10"),), "card", "no_usable_method"),
            ((replace(CARD, expiry_month=10, expiry_year=2026),), "card", "no_usable_method"),
            ((replace(BANK, is_verified=False),), "bank", "no_usable_method"),
            ((CARD, replace(BANK, is_verified=False)), "bank", "method_unverified"),
            ((CARD, replace(BANK, is_removed=True)), "bank", "method_not_found"),
            ((CARD,), "of another company", "method_not_found"),
        ],
    )
    def test_methods_that_cannot_be_charged(self, methods, chosen, wanted) -> None:  # type: ignore[no-untyped-def]
        desk = Desk(*methods)
        assert code(desk.pay(method=chosen)) == wanted
        assert desk.attempts == []
        assert desk.asked == []

    def test_void_and_nothing_due_and_held(self) -> None:
        desk = Desk()
        desk.books.invoices["inv"] = replace(desk.invoice, state=InvoiceState.VOID)
        assert code(desk.pay()) == "invoice_void"
        desk = Desk()
        desk.hold()
        assert code(desk.pay()) == "billing_held"
        assert desk.asked == []


class TestDeclined:
    def test_keeps_the_intent_and_leaves_the_balance(self) -> None:
        desk = Desk()
        result = desk.pay(EXISTS, says(Event.DECLINED, code="insufficient_funds"))
        assert code(result) == "payment_declined"
        assert (desk.state, desk.outcomes, desk.booked) == (State.READY, ["declined"], [])
        assert desk.invoice.amount_due == AMOUNT

    def test_the_next_try_is_the_next_attempt_on_the_same_intent(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.DECLINED, code="insufficient_funds"))
        desk.pay(says(Event.PROCESSING, 2), method="bank", key="second")
        assert [one.number for one in desk.attempts] == [1, 2]
        assert len(desk.books.intents["inv"]) == 1
        assert desk.asked[-1] == ConfirmIntent(
            f"{KEY}:2", ID, "tok_bank", off_session=False, return_url="https://portal.test/inv"
        )
        assert desk.state is State.PROCESSING

    def test_a_lost_card_is_blocked(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.DECLINED, code="lost_card"))
        assert desk.books.methods["acme"]["card"].blocked_because == "lost_card"
        assert code(desk.pay(key="again")) == "method_blocked"

    def test_a_persons_try_leaves_the_automatic_date(self) -> None:
        desk = Desk()
        before = desk.invoice.collect_at
        desk.pay(EXISTS, says(Event.DECLINED))
        assert desk.invoice.collect_at == before


class TestNothingSent:
    @pytest.mark.parametrize("reply", [NOT_SENT, NO_ANSWER, NOT_FOUND])
    def test_a_create_without_an_answer_moved_no_money(self, reply: GatewayReply) -> None:
        desk = Desk()
        assert code(desk.pay(reply)) == "gateway_unavailable"
        assert (desk.state, desk.outcomes) == (State.READY, ["not_sent"])
        assert desk.invoice.amount_due == AMOUNT

    def test_the_next_try_looks_for_what_the_lost_create_made(self) -> None:
        desk = Desk()
        desk.pay(NO_ANSWER)
        desk.pay(EXISTS, says(Event.SUCCEEDED, 2), key="second")
        assert desk.asked[1] == FindIntent(CUSTOMER, key=KEY)
        assert desk.kinds_asked == ["CreateIntent", "FindIntent", "ConfirmIntent"]
        assert desk.booked == PAID

    def test_and_creates_it_where_there_is_none(self) -> None:
        desk = Desk()
        desk.pay(NOT_SENT)
        desk.pay(NOT_FOUND, EXISTS, says(Event.SUCCEEDED, 2), key="second")
        assert desk.kinds_asked == ["CreateIntent", "FindIntent", "CreateIntent", "ConfirmIntent"]
        assert desk.asked[2] == CreateIntent(KEY, CUSTOMER, AMOUNT, "ACME-000001")

    def test_a_confirm_that_was_not_sent_can_be_paid_again(self) -> None:
        desk = Desk()
        assert code(desk.pay(EXISTS, NOT_SENT)) == "gateway_unavailable"
        assert (desk.state, desk.outcomes) == (State.READY, ["not_sent"])


class TestNoAnswer:
    def test_becomes_unknown_and_books_nothing(self) -> None:
        desk = Desk()
        result = desk.pay(EXISTS, NO_ANSWER)
        assert isinstance(result, PaymentOutcome)
        assert result.result is PaymentResult.CONFIRMING
        assert (desk.state, desk.outcomes, desk.booked) == (State.UNKNOWN, [""], [])
        assert (desk.intent.next_ask_at - desk.now).total_seconds() == 10  # type: ignore[operator]
        assert code(desk.pay(key="again")) == "payment_in_progress"

    def test_resolves_to_paid(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, NO_ANSWER)
        desk.run(resolve(desk.intent.id), says(Event.SUCCEEDED))
        assert desk.booked == PAID
        assert desk.invoice.state is InvoiceState.PAID


class TestAnotherAttempt:
    """A first confirm that was slow on its way arrives after the second one was sent."""

    def second(self, *replies: GatewayReply) -> tuple[Desk, Result]:
        desk = Desk()
        desk.pay(EXISTS, says(Event.DECLINED, code="processing_error"), key="one")
        return desk, desk.pay(*replies, key="two")

    def test_who_asked_is_answered_about_their_own_attempt(self) -> None:
        desk, result = self.second(says(Event.SUCCEEDED, attempt=1))
        assert desk.outcomes == ["succeeded", "cancelled"]
        assert result == PaymentOutcome(PaymentResult.PAID, desk.intent.id, desk.attempts[1].id, AMOUNT)
        assert desk.pay(key="two") == result

    def test_money_on_its_way_by_another_is_on_its_way(self) -> None:
        desk, result = self.second(says(Event.PROCESSING, attempt=1))
        assert desk.outcomes == ["", "cancelled"]
        assert result == PaymentOutcome(PaymentResult.PROCESSING, desk.intent.id, desk.attempts[1].id, AMOUNT)
        assert desk.pay(key="two") == result


class TestPayer:
    def test_is_asked_by_the_bank(self) -> None:
        desk = Desk()
        result = desk.pay(EXISTS, says(Event.ASKS_PAYER))
        assert isinstance(result, PaymentOutcome)
        assert (result.result, result.next_url) == (PaymentResult.AWAITING_PAYER, "https://bank.test/approve")
        refused = desk.pay(key="again")
        assert isinstance(refused, Refusal)
        assert (refused.code, refused.facts["next_url"]) == ("awaiting_payer", "https://bank.test/approve")


class TestAmount:
    def test_a_changed_amount_gives_the_old_intent_up_first(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.DECLINED))
        old = desk.books.intents["inv"][0]
        desk.books.intents["inv"][0] = replace(old, amount=Money(99, "USD"))
        cancelled = GatewayReply(Event.CANCELLED, ID, CUSTOMER, Money(99, "USD"))
        created = GatewayReply(Event.EXISTS, "int_2", CUSTOMER, AMOUNT)
        desk.pay(cancelled, created, says(Event.SUCCEEDED, generation=2), key="second")
        assert desk.kinds_asked[-3:] == ["CancelIntent", "CreateIntent", "ConfirmIntent"]
        assert [one.state for one in desk.books.intents["inv"]] == [State.CANCELLED, State.SUCCEEDED]
        assert desk.intent.create_key == "am1:main:inv:2"
        assert desk.booked == PAID


class TestNotOurs:
    @pytest.mark.parametrize(
        ("change", "detail"),
        [
            ({"amount": Money(41251, "USD")}, "amount"),
            ({"amount": Money(41250, "EUR")}, "amount"),
            ({"amount": None}, "amount"),
            ({"gateway_id": "int_other"}, "gateway_id"),
            ({"gateway_id": ""}, "gateway_id"),
            ({"customer": "cus_other"}, "customer"),
            ({"attempt_key": "am1:other:inv:1:1"}, "attempt_key"),
        ],
    )
    def test_books_nothing_opens_a_review_and_holds_the_billing(self, change, detail) -> None:  # type: ignore[no-untyped-def]
        desk = Desk()
        result = desk.pay(EXISTS, replace(says(Event.SUCCEEDED), **change))
        assert isinstance(result, PaymentOutcome)
        assert result.result is PaymentResult.CONFIRMING
        assert desk.booked == []
        assert desk.state is State.SENDING
        (review,) = [one for one in desk.written if isinstance(one, OpenReview)]
        assert (review.reason, review.facts["detail"]) == ("reply_not_ours", detail)
        assert HoldBilling("reply_not_ours") in desk.written
        assert desk.books.companies["acme"].is_billing_held

    def test_no_mail_says_that_it_was_paid(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, replace(says(Event.SUCCEEDED), amount=Money(1, "USD")))
        assert [one for one in desk.written if isinstance(one, SendNotice)] == []
