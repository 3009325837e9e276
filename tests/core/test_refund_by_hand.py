"""A person says what became of a refund that the gateway is silent about: its own amount, once, never sent again."""

from __future__ import annotations

from typing import Any

import pytest

from tenantry.core.gateway_reply import CreateRefund, RefundReply
from tenantry.core.payment_effects import CloseReview, EndReview, ReleaseBilling
from tenantry.core.refund_flow import settle_refund_by_hand, take_in
from tenantry.core.refusal import Refusal
from tenantry.core.reviews import Decision
from tests.core.refund_desk import NO_ANSWER, NOT_FOUND, NOT_SENT, Desk, made, refused

REFUNDED, NOT_REFUNDED = Decision.REFUNDED, Decision.NOT_REFUNDED
ENDING = (EndReview("review", "refunded", "The processor's record 7"), ReleaseBilling())
STRANGE = made(3999)


def unanswered() -> Desk:
    """Give a refund of $40.00 that nobody answers about, for a day."""
    desk = Desk()
    desk.refund(NOT_FOUND, NO_ANSWER)
    for _ in range(2):
        desk.later(hours=13)
        desk.ask(NO_ANSWER)
    assert (desk.states, desk.reviews) == ([("unknown", 4000)], {"refund_unanswered"})
    desk.written.clear()
    return desk


def by_hand(desk: Desk, decision: Decision, *replies: RefundReply, refund_id: str = "ref_7") -> Any:
    """Settle by a person's word; the gateway answers with these."""
    return desk.run(settle_refund_by_hand("intent", decision, refund_id, ENDING), *replies)


@pytest.mark.parametrize("reply", [NO_ANSWER, NOT_SENT, NOT_FOUND, STRANGE])
def test_made_books_its_own_amount_under_the_id_that_was_named(reply: RefundReply) -> None:
    desk = unanswered()
    assert by_hand(desk, REFUNDED, reply) is None
    (refund,) = desk.refunds
    assert (refund.state.value, refund.gateway_refund_id, refund.next_ask_at) == ("done", "ref_7", None)
    assert desk.booked == ["refunded"]
    assert desk.books == {"gateway_clearing": -4000}
    assert tuple(desk.written[:2]) == ENDING
    assert not [one for one in desk.written if isinstance(one, CloseReview)]


def test_made_is_not_booked_again_when_the_gateway_shows_it() -> None:
    desk = unanswered()
    by_hand(desk, REFUNDED, NO_ANSWER)
    for shown in (made(4000, refund_id="ref_7"), made(4000, refund_id="ref_of_the_same_key")):
        desk.run(take_in("intent", shown))
    assert desk.booked == ["refunded"]


def test_not_made_gives_the_credit_back_and_sends_nothing() -> None:
    desk = unanswered()
    assert by_hand(desk, NOT_REFUNDED, NO_ANSWER, refund_id="") is None
    (refund,) = desk.refunds
    assert (refund.state.value, refund.code) == ("refused", "not_arrived")
    assert desk.booked == ["refund_refused"]
    assert desk.books == {"company_credit": -4000}
    assert sum(isinstance(one, CreateRefund) for one in desk.asked) == 1


def test_if_it_was_made_all_the_same_the_daily_question_finds_it() -> None:
    desk = unanswered()
    by_hand(desk, NOT_REFUNDED, NO_ANSWER, refund_id="")
    desk.later(days=1)
    desk.ask(made(4000))
    assert desk.states == [("done", 4000)]
    assert desk.booked == ["refund_refused", "refund_found"]
    assert desk.books == {"gateway_clearing": -4000}


@pytest.mark.parametrize("decision", [REFUNDED, NOT_REFUNDED])
@pytest.mark.parametrize(("reply", "state"), [(made(4000), "done"), (refused("intent_disputed"), "refused")])
def test_the_gateways_word_goes_before(decision: Decision, reply: RefundReply, state: str) -> None:
    desk = unanswered()
    answer = by_hand(desk, decision, reply)
    assert (answer.code, desk.states) == ("gateway_answered", [(state, 4000)])
    assert desk.refunds[0].gateway_refund_id != "ref_7"
    assert not [one for one in desk.written if isinstance(one, EndReview | ReleaseBilling)]


def test_that_it_never_arrived_is_an_answer_after_two_days() -> None:
    desk = unanswered()
    desk.later(hours=23)
    answer = by_hand(desk, REFUNDED, NOT_FOUND)
    assert (answer.code, desk.states, desk.booked) == ("gateway_answered", [("refused", 4000)], ["refund_refused"])


def test_a_row_that_moved_meanwhile_is_left_alone() -> None:
    desk = unanswered()

    def settled_meanwhile() -> RefundReply:
        desk.ask(made(4000))
        return NO_ANSWER

    answer = desk.run(settle_refund_by_hand("intent", NOT_REFUNDED, "", ENDING), settled_meanwhile)
    assert (answer.code, desk.states, desk.booked) == ("changed_meanwhile", [("done", 4000)], ["refunded"])


@pytest.mark.parametrize("decision", [REFUNDED, NOT_REFUNDED])
def test_nothing_else_is_settled_by_hand(decision: Decision) -> None:
    desk = Desk()
    desk.refund(NOT_FOUND, made(4000))
    desk.written.clear()
    assert by_hand(desk, decision) == Refusal("move_not_listed", {"state": "", "event": decision.value})
    other = unanswered()
    assert by_hand(other, Decision.TAKEN).code == "move_not_listed"
    assert (desk.written, other.written) == ([], [])
