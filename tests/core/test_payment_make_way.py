"""Before an invoice is credited, voided or written off, no payment may be under way or promised."""

from __future__ import annotations

from tenantry.core.gateway_reply import Event
from tenantry.core.payment_flow import make_way
from tenantry.core.payment_states import State
from tenantry.core.refusal import Refusal
from tests.core.payment_desk import EXISTS, NO_ANSWER, Desk, says


def declined() -> Desk:
    desk = Desk()
    desk.pay(EXISTS, says(Event.DECLINED, code="generic_decline"))
    assert desk.state is State.READY
    return desk


def test_nothing_was_tried() -> None:
    desk = Desk()
    assert desk.run(make_way("inv", "voided")) is None
    assert desk.written == []


def test_an_intent_at_rest_is_given_up_at_the_gateway() -> None:
    desk = declined()
    assert desk.run(make_way("inv", "voided"), says(Event.CANCELLED)) is None
    assert desk.state is State.CANCELLED
    assert desk.kinds_asked[-1] == "CancelIntent"


def test_a_cancel_without_an_answer_leaves_it_in_the_way() -> None:
    desk = declined()
    refused = desk.run(make_way("inv", "voided"), NO_ANSWER)
    assert isinstance(refused, Refusal)
    assert (refused.code, desk.state) == ("payment_in_progress", State.CANCELLING)


def test_money_that_was_taken_meanwhile_is_booked_first() -> None:
    desk = declined()
    assert desk.run(make_way("inv", "voided"), says(Event.SUCCEEDED)) is None
    assert desk.state is State.SUCCEEDED
    assert desk.booked == [("succeeded", "gateway_clearing", 41250), ("succeeded", "receivable", -41250)]


def test_a_payment_under_way_is_left_alone() -> None:
    desk = Desk()
    desk.pay(EXISTS, NO_ANSWER)
    asked = len(desk.asked)
    refused = desk.run(make_way("inv", "voided"))
    assert isinstance(refused, Refusal)
    assert (refused.code, desk.state, len(desk.asked)) == ("payment_in_progress", State.UNKNOWN, asked)


def test_a_payment_that_was_made_stands_in_the_way_of_nothing() -> None:
    desk = Desk()
    desk.pay(EXISTS, says(Event.SUCCEEDED))
    asked = len(desk.asked)
    assert desk.run(make_way("inv", "credit_note")) is None
    assert len(desk.asked) == asked
