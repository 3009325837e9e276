"""What a person may decide about a payment in review, and what that writes: never money that nobody named."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tenantry.core.gateway_reply import Event, GatewayReply
from tenantry.core.invoice_states import Line, Status, shown
from tenantry.core.money import Money
from tenantry.core.payment_effects import CloseReview, EndReview, Load, ReleaseBilling
from tenantry.core.payment_facts import InvoiceState
from tenantry.core.payment_flow import resolve, settle_by_hand
from tenantry.core.payment_states import State
from tenantry.core.refusal import Refusal
from tenantry.core.review_reasons import (
    BANK_RETURN,
    BLANK,
    CHARGE_NOT_SENT,
    DEBIT_OVERDUE,
    ENDING_BY_THEMSELVES,
    HOLDING,
    NOT_OURS,
    OVERPAID,
    REASONS,
    REFUND_BLANK,
    REFUND_FOUND,
    REFUND_NOT_OURS,
    REFUND_UNANSWERED,
    UNANSWERED,
    UNKNOWN_OBJECT,
)
from tenantry.core.reviews import Decision, decisions, why_no_evidence, why_no_refund_id
from tests.core.payment_desk import AMOUNT, EXISTS, NO_ANSWER, NOT_FOUND, NOT_SENT, Desk, says
from tests.structure.source import TENANTRY as SOURCE

TAKEN, NOT_TAKEN, NOTED = Decision.TAKEN, Decision.NOT_TAKEN, Decision.NOTED
REFUNDED, NOT_REFUNDED = Decision.REFUNDED, Decision.NOT_REFUNDED
ENDING = (EndReview("review", "taken", "The processor's record 7"), ReleaseBilling())
STRANGE = replace(says(Event.SUCCEEDED), amount=Money(1, "USD"))


def unanswered() -> Desk:
    """Give a payment that nobody answers about, so long that it stands in review."""
    desk = Desk()
    desk.pay(EXISTS, NO_ANSWER)
    for _ in range(7):
        desk.later(days=1)
        desk.run(resolve(desk.intent.id), NO_ANSWER)
    assert desk.state is State.UNKNOWN
    assert desk.books.reviews[desk.intent.id] == {UNANSWERED}
    return desk


def by_hand(desk: Desk, decision: Decision, *replies: GatewayReply) -> Refusal | None:
    """Settle by a person's word; the gateway answers with these."""
    return desk.run(settle_by_hand(desk.intent.id, decision, ENDING), *replies)  # type: ignore[arg-type, return-value]


class TestOffered:
    @pytest.mark.parametrize(
        ("reason", "state", "offered"),
        [
            (UNANSWERED, State.UNKNOWN, (TAKEN, NOT_TAKEN)),
            (UNANSWERED, State.CANCELLING, (TAKEN,)),
            (DEBIT_OVERDUE, State.PROCESSING, (TAKEN, NOT_TAKEN)),
            (NOT_OURS, State.UNKNOWN, (NOTED, TAKEN, NOT_TAKEN)),
            (NOT_OURS, State.READY, (NOTED,)),
            (BLANK, State.SUCCEEDED, (NOTED,)),
            (BLANK, State.CANCELLED, (NOTED,)),
            (OVERPAID, State.SUCCEEDED, (NOTED,)),
            (BANK_RETURN, State.RETURNED, (NOTED,)),
            (REFUND_FOUND, State.SUCCEEDED, (NOTED,)),
            (REFUND_UNANSWERED, State.SUCCEEDED, (NOTED,)),
            (UNKNOWN_OBJECT, None, (NOTED,)),
        ],
    )
    def test_by_reason_and_state(self, reason: str, state: State | None, offered: tuple[Decision, ...]) -> None:
        assert decisions(reason, state) == offered

    @pytest.mark.parametrize(
        ("reason", "offered"),
        [
            (REFUND_UNANSWERED, (REFUNDED, NOT_REFUNDED)),
            (REFUND_NOT_OURS, (NOTED, REFUNDED, NOT_REFUNDED)),
            (REFUND_BLANK, (NOTED, REFUNDED, NOT_REFUNDED)),
            (REFUND_FOUND, (NOTED,)),
            (BANK_RETURN, (NOTED,)),
        ],
    )
    def test_about_a_refund_that_nobody_knows_the_end_of(self, reason: str, offered: tuple[Decision, ...]) -> None:
        assert decisions(reason, State.SUCCEEDED, is_refund_unknown=True) == offered

    def test_a_refunds_id_is_asked_for_where_it_was_made(self) -> None:
        codes = [getattr(why_no_refund_id(REFUNDED, id_), "code", "") for id_ in ("", "x" * 201, "x" * 200)]
        assert codes == ["refund_id_required", "too_long", ""]
        assert why_no_refund_id(NOT_REFUNDED, "") is None

    def test_no_state_at_rest_is_moved_by_hand(self) -> None:
        moved = {state for state in State if set(decisions(NOT_OURS, state)) - {NOTED}}
        assert moved == {State.UNKNOWN, State.PROCESSING, State.CANCELLING}

    def test_contradictions_hold_the_billing_and_waiting_does_not(self) -> None:
        assert {NOT_OURS, BLANK, OVERPAID, UNKNOWN_OBJECT} < HOLDING
        assert HOLDING.isdisjoint(ENDING_BY_THEMSELVES | {BANK_RETURN, CHARGE_NOT_SENT, REFUND_FOUND})

    def test_every_reason_that_the_source_opens_a_review_for_is_known(self) -> None:
        source = "".join(path.read_text() for path in (SOURCE / "core").glob("*.py"))
        opened = set(re.findall(r"OpenReview\(\s*[\w.]+,\s*(\w+)", source)) - {"reason"}
        assert opened == {"OVERPAID", "BANK_RETURN", "FOUND", "UNANSWERED", "NOT_OURS", "CHARGE_NOT_SENT"}
        assert len(REASONS) == 14

    def test_every_reason_has_words_of_its_own(self) -> None:
        from tenantry.ui.review_words import review_words

        said = [review_words(reason) for reason in sorted(REASONS)]
        assert len({one.title for one in said}) == len(REASONS)
        assert [
            reason for reason in REASONS if review_words(reason).title == reason.replace("_", " ").capitalize()
        ] == []

    @pytest.mark.parametrize(
        ("evidence", "code"), [("", "evidence_required"), ("x" * 9, "evidence_required"), ("x" * 2001, "too_long")]
    )
    def test_evidence_is_asked_for(self, evidence: str, code: str) -> None:
        refused = why_no_evidence(evidence)
        assert refused is not None
        assert refused.code == code
        assert why_no_evidence("x" * 10) is None
        assert why_no_evidence("x" * 2000) is None


class TestTaken:
    @pytest.mark.parametrize("reply", [NO_ANSWER, NOT_SENT, NOT_FOUND, STRANGE])
    def test_books_the_payments_own_amount_once(self, reply: GatewayReply) -> None:
        desk = unanswered()
        desk.written.clear()
        assert by_hand(desk, TAKEN, reply) is None
        assert (desk.state, desk.outcomes, desk.invoice.state) == (State.SUCCEEDED, ["succeeded"], InvoiceState.PAID)
        assert desk.booked == [
            ("succeeded", "gateway_clearing", AMOUNT.minor),
            ("succeeded", "receivable", -AMOUNT.minor),
        ]
        assert desk.written[:2] == list(ENDING)
        assert not [one for one in desk.written if isinstance(one, CloseReview)]
        again = by_hand(desk, TAKEN)
        assert isinstance(again, Refusal)
        assert again.code == "move_not_listed"
        assert len(desk.booked) == 2

    def test_of_a_payment_that_is_being_given_up(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, NO_ANSWER)
        desk.later(hours=24)
        desk.run(resolve(desk.intent.id), EXISTS, NO_ANSWER)
        assert desk.state is State.CANCELLING
        assert by_hand(desk, TAKEN, NO_ANSWER) is None
        assert (desk.state, desk.outcomes) == (State.SUCCEEDED, ["succeeded"])
        assert desk.invoice.amount_due == Money(0, "USD")


class TestNotTaken:
    def test_the_invoice_may_be_paid_again_on_the_same_intent(self) -> None:
        desk = unanswered()
        assert by_hand(desk, NOT_TAKEN, NO_ANSWER) is None
        assert (desk.state, desk.outcomes, desk.booked) == (State.READY, ["cancelled"], [])
        seen = shown(desk.books.load(Load(invoice_id="inv"), desk.now))
        assert (seen.status, seen.line, seen.may_pay) == (Status.FAILED, Line.NOT_COMPLETED_RETRY, True)
        desk.pay(says(Event.SUCCEEDED, 2), key="again")
        assert (desk.intent.generation, desk.state) == (1, State.SUCCEEDED)
        assert desk.outcomes == ["cancelled", "succeeded"]

    def test_and_the_gateway_may_still_say_otherwise(self) -> None:
        desk = unanswered()
        by_hand(desk, NOT_TAKEN, NO_ANSWER)
        desk.later(days=1)
        desk.run(resolve(desk.intent.id), says(Event.SUCCEEDED))
        assert (desk.state, desk.outcomes) == (State.SUCCEEDED, ["succeeded"])
        assert [kind for kind, _, _ in desk.booked] == ["succeeded", "succeeded"]

    def test_nobody_closes_what_only_the_gateway_closes(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, NO_ANSWER)
        desk.later(hours=24)
        desk.run(resolve(desk.intent.id), EXISTS, NO_ANSWER)
        refused = by_hand(desk, NOT_TAKEN)
        assert isinstance(refused, Refusal)
        assert (refused.code, desk.state) == ("move_not_listed", State.CANCELLING)


class TestTheGatewaysWord:
    @pytest.mark.parametrize("decision", [TAKEN, NOT_TAKEN])
    @pytest.mark.parametrize(
        ("reply", "state"), [(says(Event.SUCCEEDED), State.SUCCEEDED), (says(Event.DECLINED), State.READY)]
    )
    def test_goes_before_a_persons(self, decision: Decision, reply: GatewayReply, state: State) -> None:
        desk = unanswered()
        desk.written.clear()
        refused = by_hand(desk, decision, reply)
        assert isinstance(refused, Refusal)
        assert (refused.code, desk.state) == ("gateway_answered", state)
        assert not [one for one in desk.written if isinstance(one, EndReview | ReleaseBilling)]

    def test_that_the_confirm_never_arrived_goes_on_as_the_schedule_would(self) -> None:
        desk = unanswered()
        refused = by_hand(desk, TAKEN, EXISTS, says(Event.CANCELLED))
        assert isinstance(refused, Refusal)
        assert (refused.code, desk.state, desk.booked) == ("gateway_answered", State.CANCELLED, [])
        assert desk.kinds_asked[-2:] == ["FindIntent", "CancelIntent"]

    def test_a_row_that_moved_meanwhile_is_left_alone(self) -> None:
        desk = unanswered()

        def paid_meanwhile() -> GatewayReply:
            desk.run(resolve(desk.intent.id), says(Event.SUCCEEDED))
            return NO_ANSWER

        refused = by_hand(desk, NOT_TAKEN, paid_meanwhile)  # type: ignore[arg-type]
        assert isinstance(refused, Refusal)
        assert (refused.code, desk.state) == ("changed_meanwhile", State.SUCCEEDED)
