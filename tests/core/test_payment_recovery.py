"""Rows that a restored database has lost are made again from the gateway's records, and then its truth is applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tenantry.core.gateway_records import AttemptRecord, IntentRecord
from tenantry.core.gateway_reply import CancelIntent, ConfirmIntent, CreateIntent, Event, FindIntent, GatewayReply
from tenantry.core.money import Money
from tenantry.core.payment_effects import Audit
from tenantry.core.payment_flow import collect, give_up, resolve
from tenantry.core.payment_recovery import Origin, origin_of, says_the_same, take_up
from tenantry.core.payment_states import State
from tenantry.core.refusal import Refusal
from tests.core.payment_desk import AMOUNT, CARD, EXISTS, ID, KEY, NO_ANSWER, NOT_FOUND, NOT_SENT, START, Desk, says

FIRST = Origin("inv", 1)
METHODS = {"tok_card": "card", "tok_bank": "bank"}


def told(
    outcome: str, number: int = 1, *, code: str = "", token: str = "tok_card", generation: int = 1
) -> AttemptRecord:
    """Make the gateway's record of one attempt."""
    return AttemptRecord(f"am1:main:inv:{generation}:{number}", token, outcome, code, START, START)


def record(event: Event, *attempts: AttemptRecord, generation: int = 1) -> IntentRecord:
    """Make the gateway's record of an intent, the last attempt being the one that it speaks of."""
    reply = says(event, len(attempts) or 1, attempts[-1].code if attempts else "", generation)
    return IntentRecord(reply, f"am1:main:inv:{generation}", "ACME-000001", START, attempts)


class TestOrigin:
    def test_a_key_of_ours_names_invoice_and_generation(self) -> None:
        assert origin_of("am1:main:inv-7:12", "main") == Origin("inv-7", 12)

    @pytest.mark.parametrize(
        "key",
        ["", "am1:other:inv:1", "am1:main", "am1:main:inv", "am1:main::1", "am1:main:inv:x", "am2:main:inv:1", "x"],
    )
    def test_any_other_key_is_none_of_ours(self, key: str) -> None:
        assert origin_of(key, "main") is None


class TestTakeUp:
    def test_a_lost_success_is_booked_once(self) -> None:
        desk, lost = Desk(), record(Event.SUCCEEDED, told("succeeded"))
        for _ in range(2):
            desk.run(take_up(lost, FIRST, METHODS), says(Event.SUCCEEDED))
        assert (desk.state, desk.outcomes, desk.invoice.state.value) == (State.SUCCEEDED, ["succeeded"], "paid")
        assert desk.booked == [("succeeded", "gateway_clearing", 41250), ("succeeded", "receivable", -41250)]
        assert (desk.intent.create_key, desk.intent.gateway_id, desk.attempts[0].confirm_key) == (
            KEY,
            "int_1",
            f"{KEY}:1",
        )
        assert not [one for one in desk.asked if not isinstance(one, FindIntent)]

    def test_every_lost_attempt_comes_back_with_its_own_end(self) -> None:
        desk = Desk()
        lost = record(
            Event.PROCESSING, told("declined", code="insufficient_funds"), told("cancelled", 2),
            told("processing", 3, token="tok_bank"),
        )  # fmt: skip
        desk.run(take_up(lost, FIRST, METHODS), says(Event.PROCESSING, 3))
        assert [(one.number, one.outcome.value, one.code, one.method_id) for one in desk.attempts] == [
            (1, "declined", "insufficient_funds", "card"),
            (2, "cancelled", "", "card"),
            (3, "", "", "bank"),
        ]
        assert (desk.state, desk.booked) == (State.PROCESSING, [])

    def test_a_lost_decline_that_forbids_another_try_blocks_the_method_again(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, NO_ANSWER)
        lost = record(
            Event.DECLINED,
            told("declined", code="stolen_card"),
            told("declined", 2, code="fraudulent", token="tok_bank"),
        )
        desk.run(take_up(lost, FIRST, METHODS), says(Event.DECLINED, 2, "fraudulent"))
        assert {one.id: one.blocked_because for one in desk.books.methods["acme"].values()} == {
            "card": "stolen_card",
            "bank": "fraudulent",
        }

    def test_an_open_attempt_that_later_ones_followed_ends_as_never_sent(self) -> None:
        """The backup was taken while attempt 1 was being sent; it never arrived, attempt 2 did."""
        desk = Desk()
        desk.pay(EXISTS, NO_ANSWER)
        assert (desk.state, desk.outcomes) == (State.UNKNOWN, [""])
        desk.run(take_up(record(Event.SUCCEEDED, told("succeeded", 2)), FIRST, METHODS), says(Event.SUCCEEDED, 2))
        assert (desk.outcomes, desk.state) == (["not_sent", "succeeded"], State.SUCCEEDED)

    def test_an_intent_whose_id_was_not_saved_gets_it(self) -> None:
        desk = Desk()
        desk.pay(NO_ANSWER)
        assert (desk.intent.gateway_id, desk.outcomes) == ("", ["not_sent"])
        desk.run(take_up(record(Event.SUCCEEDED, told("succeeded")), FIRST, METHODS), says(Event.SUCCEEDED))
        assert (desk.intent.gateway_id, desk.outcomes, desk.state) == ("int_1", ["succeeded"], State.SUCCEEDED)

    def test_the_second_generation_follows_a_closed_first(self) -> None:
        desk = Desk()
        first = record(Event.RETURNED, told("returned", code="R01", token="tok_bank"))
        second = record(Event.SUCCEEDED, told("succeeded", generation=2), generation=2)
        desk.run(take_up(first, FIRST, METHODS), says(Event.RETURNED, code="R01"))
        desk.run(take_up(second, Origin("inv", 2), METHODS), says(Event.SUCCEEDED, generation=2))
        assert [(one.generation, one.state) for one in desk.books.intents["inv"]] == [
            (1, State.RETURNED),
            (2, State.SUCCEEDED),
        ]
        assert desk.invoice.state.value == "paid"

    def test_beside_a_live_intent_nothing_is_made(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, NO_ANSWER)
        before = (list(desk.written), desk.booked)
        lost = record(Event.SUCCEEDED, told("succeeded", generation=2), generation=2)
        refused = desk.run(take_up(lost, Origin("inv", 2), METHODS))
        assert refused == Refusal("unknown_object", {"gateway_id": "int_2"})
        assert (desk.written, desk.booked) == before

    def test_one_that_was_closed_before_its_id_was_known_moved_nothing_either(self) -> None:
        """Its create arrived late, after it had been given up: the daily comparison raises no alarm."""
        desk = Desk()
        desk.pay(NO_ANSWER)
        desk.run(give_up(desk.intent.id, "asked by staff"))
        before = (desk.intent, list(desk.written))
        assert desk.run(take_up(record(Event.EXISTS), FIRST, METHODS)) == Refusal("nothing_due")
        assert (desk.intent, desk.written) == before
        assert (desk.state, desk.books.reviews_opened) == (State.CANCELLED, 0)

    @pytest.mark.parametrize("silence", [NO_ANSWER, NOT_SENT])
    def test_a_truth_that_was_not_read_counts_as_not_compared(self, silence: GatewayReply) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.SUCCEEDED))
        lost = record(Event.RETURNED, told("returned", code="dispute_fraudulent"))
        assert desk.run(take_up(lost, FIRST, METHODS), silence) == Refusal("gateway_unavailable")
        assert desk.state is State.SUCCEEDED
        assert desk.run(take_up(lost, FIRST, METHODS), says(Event.RETURNED, code="dispute_fraudulent")) is None
        assert desk.state is State.RETURNED

    def test_what_was_taken_but_is_not_owed_is_kept_and_put_before_a_person(self) -> None:
        """The invoice was issued again at another total: the gateway's amount is what moved."""
        desk, other = Desk(), Money(50000, "USD")
        lost = record(Event.SUCCEEDED, told("succeeded"))
        lost = replace(lost, reply=replace(lost.reply, amount=other))
        desk.run(take_up(lost, FIRST, METHODS), replace(says(Event.SUCCEEDED), amount=other))
        assert desk.booked == [("overpaid", "gateway_clearing", 50000), ("overpaid", "company_credit", -50000)]
        assert desk.books.companies["acme"].is_billing_held
        assert desk.invoice.amount_due == AMOUNT


OTHER = Money(50000, "USD")
CANCEL = CancelIntent(f"{KEY}:cancel", ID)


def at(amount: Money, of: IntentRecord) -> IntentRecord:
    """Let a record be about another amount."""
    return replace(of, reply=replace(of.reply, amount=amount))


class TestUnconfirmed:
    """A lost intent that nobody ever confirmed: it promises what was due then, and somebody else may still take it."""

    @pytest.mark.parametrize("amount", [AMOUNT, OTHER, Money(41250, "EUR")], ids=str)
    def test_is_closed_by_the_gateway_and_the_next_generation_asks_for_what_is_due(self, amount: Money) -> None:
        desk, lost = Desk(), at(amount, record(Event.EXISTS))
        seen: list[tuple[State, str, Money]] = []

        def cancelled() -> GatewayReply:
            seen.append((desk.state, desk.intent.create_key, desk.intent.amount))
            return replace(says(Event.CANCELLED), amount=amount)

        assert desk.run(take_up(lost, FIRST, METHODS), cancelled) is None
        assert (seen, desk.asked) == ([(State.CANCELLING, KEY, amount)], [CANCEL])
        closed = desk.intent
        assert (closed.state, closed.gateway_id, closed.next_ask_at, closed.version) == (State.CANCELLED, "", None, 2)
        assert (desk.attempts, desk.booked, desk.books.reviews_opened) == ([], [], 0)
        assert desk.run(take_up(at(amount, record(Event.CANCELLED)), FIRST, METHODS)) == Refusal("nothing_due")
        second = replace(EXISTS, gateway_id="int_2")
        desk.pay(second, says(Event.SUCCEEDED, generation=2))
        assert [(one.generation, one.state, one.amount) for one in desk.books.intents["inv"]] == [
            (1, State.CANCELLED, amount),
            (2, State.SUCCEEDED, AMOUNT),
        ]

    def test_one_that_was_closed_already_comes_back_closed(self) -> None:
        desk = Desk()
        assert desk.run(take_up(at(OTHER, record(Event.CANCELLED)), FIRST, METHODS)) is None
        assert (desk.state, desk.intent.amount, desk.asked, desk.attempts) == (State.CANCELLED, OTHER, [], [])

    @pytest.mark.parametrize(
        "reply",
        [
            NO_ANSWER,
            NOT_SENT,
            EXISTS,
            says(Event.SUCCEEDED),
            replace(says(Event.CANCELLED), gateway_id="int_9"),
            replace(says(Event.CANCELLED), customer="cus_other"),
            replace(says(Event.CANCELLED), amount=OTHER),
        ],
        ids=["no answer", "not sent", "exists", "succeeded", "id", "customer", "amount"],
    )
    def test_is_closing_until_the_cancel_is_confirmed_and_is_cancelled_again(self, reply: GatewayReply) -> None:
        desk, lost = Desk(), record(Event.EXISTS)
        assert desk.run(take_up(lost, FIRST, METHODS), reply) == Refusal("gateway_unavailable")
        assert (desk.state, desk.attempts) == (State.CANCELLING, [])
        assert desk.pay() == Refusal("payment_in_progress", {"amount": AMOUNT})
        assert desk.run(give_up(desk.intent.id, "asked by staff")) == Refusal("payment_in_progress", {"amount": AMOUNT})
        assert desk.run(take_up(lost, FIRST, METHODS), says(Event.CANCELLED)) is None
        assert (desk.state, desk.asked) == (State.CANCELLED, [CANCEL, CANCEL])

    def test_one_whose_cancel_was_not_heard_is_closed_by_the_next_comparison(self) -> None:
        desk = Desk()
        desk.run(take_up(record(Event.EXISTS), FIRST, METHODS), NO_ANSWER)
        assert desk.run(take_up(record(Event.CANCELLED), FIRST, METHODS)) is None
        assert (desk.state, desk.asked) == (State.CANCELLED, [CANCEL])

    def test_two_comparisons_at_once_close_it_once(self) -> None:
        desk, lost = Desk(), record(Event.EXISTS)

        def overtaken() -> GatewayReply:
            assert desk.run(take_up(lost, FIRST, METHODS), says(Event.CANCELLED)) is None
            return says(Event.CANCELLED)

        assert desk.run(take_up(lost, FIRST, METHODS), overtaken) is None
        assert (desk.state, desk.intent.version, desk.asked) == (State.CANCELLED, 2, [CANCEL, CANCEL])

    def test_one_that_was_confirmed_before_the_cancel_is_booked(self) -> None:
        """A process from before the restore woke up: what the gateway took is what counts."""
        desk = Desk()
        desk.run(take_up(at(OTHER, record(Event.EXISTS)), FIRST, METHODS), NO_ANSWER)
        charged = at(OTHER, record(Event.SUCCEEDED, told("succeeded")))
        assert desk.run(take_up(charged, FIRST, METHODS), replace(says(Event.SUCCEEDED), amount=OTHER)) is None
        assert (desk.state, desk.outcomes, desk.intent.gateway_id) == (State.SUCCEEDED, ["succeeded"], ID)
        assert desk.booked == [("overpaid", "gateway_clearing", 50000), ("overpaid", "company_credit", -50000)]

    def test_beside_a_live_one_it_is_left_alone(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, NO_ANSWER)
        before = list(desk.written)
        assert desk.run(take_up(record(Event.EXISTS, generation=2), Origin("inv", 2), METHODS)) == Refusal(
            "nothing_due"
        )
        assert desk.written == before

    def test_a_charge_made_in_the_dashboard_is_none_of_it(self) -> None:
        desk, by_hand = Desk(), replace(told("succeeded"), key="")
        assert desk.run(take_up(record(Event.SUCCEEDED, by_hand), FIRST, METHODS)) == Refusal("nothing_due")
        assert desk.written == []

    def test_lost_generations_come_back_closed_before_a_later_one(self) -> None:
        """The gateway has a cancelled intent of the first, none of the second; a third opened, so both were closed."""
        desk = Desk()
        assert desk.run(take_up(record(Event.CANCELLED), FIRST, METHODS)) is None
        third = record(Event.SUCCEEDED, told("succeeded", generation=3), generation=3)
        assert desk.run(take_up(third, Origin("inv", 3), METHODS), says(Event.SUCCEEDED, generation=3)) is None
        rows = desk.books.intents["inv"]
        assert [(one.generation, one.state, one.gateway_id, one.next_ask_at) for one in rows[:2]] == [
            (1, State.CANCELLED, "", None),
            (2, State.CANCELLED, "", None),
        ]
        assert [one.create_key for one in rows] == ["am1:main:inv:1", "am1:main:inv:2", "am1:main:inv:3"]
        assert [one.confirm_key for one in desk.attempts] == ["am1:main:inv:3:1"]
        assert (rows[2].state, desk.invoice.state.value, desk.books.reviews_opened) == (State.SUCCEEDED, "paid", 0)
        assert desk.booked == [("succeeded", "gateway_clearing", 41250), ("succeeded", "receivable", -41250)]

        before = list(desk.written)
        assert desk.run(take_up(record(Event.CANCELLED), FIRST, METHODS)) == Refusal("nothing_due")
        assert desk.written == before


class TestAnotherAmount:
    """The invoice was issued again at another total, and a payment met what the gateway has under its key."""

    def met(self, event: Event) -> Desk:
        """Pay, and be told of another amount: a person is called, and the row comes to rest without its id."""
        desk = Desk()
        desk.pay(replace(says(event), amount=OTHER))
        assert (desk.state, desk.books.reviews[desk.intent.id]) == (State.CREATING, {"reply_not_ours"})
        return desk

    def at_rest(self, event: Event) -> Desk:
        desk = self.met(event)
        desk.later(minutes=1)
        desk.run(resolve(desk.intent.id))
        assert (desk.state, desk.intent.gateway_id, desk.outcomes) == (State.READY, "", ["not_sent"])
        return desk

    def noted(self, desk: Desk) -> None:
        """Let a person end the review."""
        desk.books.reviews[desk.intent.id].clear()
        desk.books.companies["acme"] = replace(desk.books.companies["acme"], is_billing_held=False)

    @pytest.mark.parametrize(
        ("event", "attempts"), [(Event.EXISTS, ()), (Event.DECLINED, (told("declined", code="insufficient_funds"),))]
    )
    def test_the_row_takes_it_on_and_is_given_up(self, event: Event, attempts: tuple[AttemptRecord, ...]) -> None:
        desk, theirs = self.at_rest(event), at(OTHER, record(event, *attempts))
        reply = replace(says(event, code="insufficient_funds" if attempts else ""), amount=OTHER)
        assert desk.run(take_up(theirs, FIRST, METHODS), reply) is None
        assert (desk.state, desk.intent.amount, desk.intent.gateway_id) == (State.READY, OTHER, ID)
        audit = [one for one in desk.written if isinstance(one, Audit) and one.action == "reconcile_gateway"]
        assert [(one.before, one.after["amount_minor"]) for one in audit] == [({"amount_minor": 41250}, 50000)]
        assert desk.books.reviews_opened == 1
        self.noted(desk)
        second = replace(EXISTS, gateway_id="int_2")
        desk.pay(replace(says(Event.CANCELLED), amount=OTHER), second, says(Event.SUCCEEDED, generation=2), key="again")
        assert [(one.state, one.amount) for one in desk.books.intents["inv"]] == [
            (State.CANCELLED, OTHER),
            (State.SUCCEEDED, AMOUNT),
        ]
        assert desk.booked == [("succeeded", "gateway_clearing", 41250), ("succeeded", "receivable", -41250)]

    def test_what_was_taken_is_booked_as_it_was_taken(self) -> None:
        desk, theirs = self.at_rest(Event.SUCCEEDED), at(OTHER, record(Event.SUCCEEDED, told("succeeded")))
        assert desk.run(take_up(theirs, FIRST, METHODS), replace(says(Event.SUCCEEDED), amount=OTHER)) is None
        assert (desk.state, desk.intent.amount, desk.outcomes) == (State.SUCCEEDED, OTHER, ["succeeded"])
        assert desk.booked == [("overpaid", "gateway_clearing", 50000), ("overpaid", "company_credit", -50000)]
        assert desk.books.companies["acme"].is_billing_held

    def test_a_process_that_is_creating_is_waited_for(self) -> None:
        desk = self.met(Event.EXISTS)
        before = (desk.intent, list(desk.written))
        refused = desk.run(take_up(at(OTHER, record(Event.EXISTS)), FIRST, METHODS))
        assert (refused, (desk.intent, desk.written)) == (Refusal("gateway_unavailable"), before)

    def test_money_in_another_currency_stays_before_a_person(self) -> None:
        euros = Money(41250, "EUR")
        desk, theirs = self.at_rest(Event.SUCCEEDED), at(euros, record(Event.SUCCEEDED, told("succeeded")))
        desk.run(take_up(theirs, FIRST, METHODS), replace(says(Event.SUCCEEDED), amount=euros))
        assert (desk.state, desk.intent.amount, desk.booked) == (State.READY, AMOUNT, [])
        assert desk.books.companies["acme"].is_billing_held

    def test_a_row_that_has_its_id_keeps_its_amount(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, NO_ANSWER)
        theirs = at(OTHER, record(Event.SUCCEEDED, told("succeeded")))
        desk.run(take_up(theirs, FIRST, METHODS), replace(says(Event.SUCCEEDED), amount=OTHER))
        assert (desk.state, desk.intent.amount, desk.booked) == (State.UNKNOWN, AMOUNT, [])
        assert desk.books.reviews[desk.intent.id] == {"reply_not_ours"}


class TestAnotherMethod:
    """A restored database asked again under the same key with what is its default now: the gateway names the first."""

    def test_is_corrected_and_moves_nothing(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.SUCCEEDED), method="bank")
        truth = record(Event.SUCCEEDED, told("succeeded"))
        assert not says_the_same(truth, desk.intent, tuple(desk.attempts), METHODS)
        booked = list(desk.booked)
        assert desk.run(take_up(truth, FIRST, METHODS), says(Event.SUCCEEDED)) is None
        assert [(one.method_id, one.outcome.value) for one in desk.attempts] == [("card", "succeeded")]
        assert (desk.state, desk.booked) == (State.SUCCEEDED, booked)
        assert says_the_same(truth, desk.intent, tuple(desk.attempts), METHODS)

    def test_what_was_returned_or_forbidden_blocks_the_right_one(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.DECLINED, code="stolen_card"), method="bank")
        truth = record(Event.DECLINED, told("declined", code="stolen_card"))
        desk.run(take_up(truth, FIRST, METHODS), says(Event.DECLINED, code="stolen_card"))
        assert desk.attempts[0].method_id == "card"
        assert desk.books.methods["acme"]["card"].blocked_because == "stolen_card"


class TestSaysTheSame:
    def test_rows_that_agree_need_no_question(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.SUCCEEDED))
        same = record(Event.SUCCEEDED, told("succeeded"))
        assert says_the_same(same, desk.intent, tuple(desk.attempts), METHODS)

    @pytest.mark.parametrize(
        "other",
        [
            record(Event.RETURNED, told("returned", code="R10")),
            record(Event.SUCCEEDED, told("declined"), told("succeeded", 2)),
            replace(
                record(Event.SUCCEEDED, told("succeeded")), reply=replace(says(Event.SUCCEEDED), gateway_id="int_9")
            ),
            replace(
                record(Event.SUCCEEDED, told("succeeded")), reply=replace(says(Event.SUCCEEDED), amount=Money(1, "USD"))
            ),
        ],
        ids=["state", "attempt", "id", "amount"],
    )
    def test_rows_that_differ_do(self, other: IntentRecord) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.SUCCEEDED))
        assert not says_the_same(other, desk.intent, tuple(desk.attempts), METHODS)


class TestNothingIsChargedBefore:
    def test_neither_by_a_person_nor_by_the_schedule(self) -> None:
        desk = Desk()
        desk.books.companies["acme"] = replace(desk.books.companies["acme"], is_recovering=True)
        refused = Refusal("recovering", {"number": "ACME-000001"})
        assert (desk.pay(), desk.run(collect("inv"))) == (refused, refused)
        assert (desk.asked, desk.invoice.collect_at) == ([], START + timedelta(hours=1))

    def test_a_lost_confirm_is_not_sent_again(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, NO_ANSWER)
        desk.books.companies["acme"] = replace(desk.books.companies["acme"], is_recovering=True)
        desk.later(seconds=10)
        desk.run(resolve(desk.intent.id), EXISTS)
        assert desk.kinds_asked == ["CreateIntent", "ConfirmIntent", "FindIntent"]


class TestLooksBeforeCreating:
    def old(self) -> Desk:
        """Give a desk whose books were compared so long ago that the gateway has forgotten keys since."""
        desk = Desk()
        facts = desk.books.companies["acme"]
        desk.books.companies["acme"] = replace(facts, compared_at=START - timedelta(hours=23))
        return desk

    def test_a_forgotten_payment_is_found_and_not_made_again(self) -> None:
        desk = self.old()
        desk.pay(says(Event.SUCCEEDED))
        assert (desk.kinds_asked, desk.state, desk.invoice.state.value) == (["FindIntent"], State.SUCCEEDED, "paid")

    def test_one_that_is_not_found_is_created(self) -> None:
        desk = self.old()
        desk.pay(NOT_FOUND, EXISTS, says(Event.SUCCEEDED))
        assert [type(one) for one in desk.asked] == [FindIntent, CreateIntent, ConfirmIntent]

    def test_books_compared_within_the_key_window_need_no_look(self) -> None:
        desk = Desk(CARD)
        desk.pay(EXISTS, says(Event.SUCCEEDED))
        assert [type(one) for one in desk.asked] == [CreateIntent, ConfirmIntent]
        assert not [one for one in desk.asked if isinstance(one, CancelIntent)]
