"""A person ends a review with evidence: what is kept, what is booked, when the company is charged again."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.payments.begin_recovery import begin_recovery
from tenantry.actions.payments.close_review import close_review
from tenantry.actions.payments.give_up_payment import give_up_payment
from tenantry.actions.payments.refund_payment import RefundForm, refund_payment
from tenantry.actions.payments.resolve_payment import resolve_payment
from tenantry.actions.payments.take_in_refund import take_in_refund
from tenantry.core.gateway_reply import RefundEvent, RefundReply
from tenantry.core.money import Money
from tenantry.core.payment_outcome import PaymentOutcome
from tenantry.core.permissions import Actor, ActorKind
from tenantry.core.refusal import Refusal
from tenantry.core.reviews import Decision
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.project.ledger_command import company_findings
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.companies.models import Company
from tenantry.records.invoices.models import Invoice, LedgerEntry
from tenantry.records.payments.models import PaymentIntent, Refund, Review
from tests.builders import NOW, Place, done, put_on_file
from tests.faces.billing import attempts, billed_place, fault, first_invoice, intents, state_of, taken
from tests.faces.reviewing import (
    NOWHERE,
    ask,
    held_because,
    only_intent,
    only_review,
    pay,
    refund_unanswered,
    review_of,
    silent_while,
    unanswered,
    wrongly_answered,
)
from tests.gateway.process import GatewayProcess
from tests.prepared import Prepared, prepared_by
from tests.racing import at_once
from tests.untouched import Unchanged

EVIDENCE = "Dashboard of the processor, payment of Nov 12"
TAKEN, NOT_TAKEN, NOTED = Decision.TAKEN, Decision.NOT_TAKEN, Decision.NOTED
REFUNDED, NOT_REFUNDED = Decision.REFUNDED, Decision.NOT_REFUNDED


@pytest.fixture(autouse=True)
def at_ten() -> Iterator[None]:
    """Hold the time."""
    with clock.pinned(NOW):
        yield


prepared = prepared_by(billed_place)


@pytest.fixture
def place(prepared: Prepared, database: str, gateway: Any) -> Place:
    """Open a company with an invoice of $412.50."""
    return prepared.value


@pytest.fixture
def card(place: Place, gateway: Any) -> str:
    """Put a good card on file."""
    return put_on_file(place, gateway)


def close(
    place: Place, review_id: str, decision: Decision = NOTED, evidence: str = EVIDENCE, refund_id: str = ""
) -> Any:
    """Close a review as the vendor's staff."""
    return close_review(
        actor=place.vendor, review_id=review_id, decision=decision, evidence=evidence, refund_id=refund_id, now=NOW
    )


def code_of(answer: Any) -> str:
    """Give the code of a refusal."""
    assert isinstance(answer, Refusal), answer
    return answer.code


def entries(place: Place) -> list[str]:
    """List the ledger's entries."""
    with tenancy.reading(place.id):
        return sorted(LedgerEntry.objects.values_list("kind", flat=True))


def open_another(place: Place, reason: str) -> str:
    """Open a further review of the same payment."""
    review_id = str(uuid4())
    intent_id = only_intent(place)
    with tenancy.phase(place.id):
        Review.objects.create(
            id=review_id, company_id=place.id, intent_id=intent_id, reason=reason, facts={}, opened_at=NOW
        )
    return review_id


class TestNoted:
    def test_ends_it_and_releases_the_billing(
        self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess
    ) -> None:
        review_id = wrongly_answered(place, gateway_process, card)
        assert held_because(place) == "reply_not_ours"
        assert code_of(pay(place, card)) == "payment_in_progress"
        assert done(close(place, review_id)) is NOTED
        row = review_of(place, review_id)
        assert (row.closed_at, row.closed_by, row.decision, row.evidence) == (NOW, "Vera Vendor", "noted", EVIDENCE)
        assert held_because(place) == ""
        assert (intents(place), entries(place)) == (["sending"], ["issued"])
        ask(place, NOW + timedelta(minutes=2))
        assert (state_of(place, first_invoice(place)), taken(gateway, place)) == ("paid", [41250])

    def test_is_in_the_audit_with_its_evidence(
        self, place: Place, card: str, gateway_process: GatewayProcess, gateway: Any
    ) -> None:
        review_id = wrongly_answered(place, gateway_process, card)
        done(close(place, review_id))
        with tenancy.reading(place.id):
            entry = AuditEntry.objects.get(action="close_review")
        assert (entry.actor_kind, entry.actor_name, entry.object_id) == ("vendor", "Vera Vendor", review_id)
        assert entry.after == {"decision": "noted", "evidence": EVIDENCE}

    def test_another_review_that_holds_keeps_the_billing_held(
        self, place: Place, card: str, gateway_process: GatewayProcess, gateway: Any
    ) -> None:
        first = wrongly_answered(place, gateway_process, card)
        second = open_another(place, "overpaid")
        waiting = open_another(place, "bank_return")
        done(close(place, first))
        assert held_because(place) == "reply_not_ours"
        done(close(place, second))
        assert held_because(place) == ""
        assert review_of(place, waiting).closed_at is None

    def test_what_holds_for_another_cause_stays_held(
        self, place: Place, card: str, gateway_process: GatewayProcess, gateway: Any
    ) -> None:
        review_id = wrongly_answered(place, gateway_process, card)
        with tenancy.phase(place.id):
            Company.objects.update(billing_held_because="restored")
        done(close(place, review_id))
        assert held_because(place) == "restored"

    def test_of_a_review_without_a_payment_of_ours(self, place: Place) -> None:
        review_id = str(uuid4())
        with tenancy.phase(place.id):
            Review.objects.create(id=review_id, company_id=place.id, reason="found_at_gateway", facts={}, opened_at=NOW)
        assert code_of(close(place, review_id, TAKEN)) == "decision_not_offered"
        assert done(close(place, review_id)) is NOTED
        assert review_of(place, review_id).closed_at == NOW

    def test_if_the_contradiction_stays_it_opens_again(
        self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess
    ) -> None:
        from tests.faces.billing import fault

        done(close(place, wrongly_answered(place, gateway_process, card)))
        with fault(gateway_process, place, "wrong_amount", operation="read_intent", times=3):
            ask(place, NOW + timedelta(minutes=2))
        with tenancy.reading(place.id):
            assert list(Review.objects.order_by("opened_at").values_list("reason", "decision")) == [
                ("reply_not_ours", "noted"),
                ("reply_not_ours", ""),
            ]
        assert held_because(place) == "reply_not_ours"

    def test_once_it_was_judged_the_same_answer_holds_nothing_any_more(
        self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess
    ) -> None:
        assert isinstance(pay(place, card), PaymentOutcome)
        with fault(gateway_process, place, "wrong_amount", operation="read_intent", times=9):
            ask(place, NOW + timedelta(days=1))
            done(close(place, only_review(place)))
            for days in (2, 3):
                ask(place, NOW + timedelta(days=days))
        with tenancy.reading(place.id):
            assert list(Review.objects.values_list("reason", "decision")) == [("reply_not_ours", "noted")]
            assert PaymentIntent.objects.get().next_ask_at is None
        assert held_because(place) == ""
        assert (intents(place), entries(place)) == (["succeeded"], ["issued", "succeeded"])

    def test_an_older_intent_that_is_contradicted_opens_one_review(
        self, place: Place, gateway: Any, gateway_process: GatewayProcess, caplog: pytest.LogCaptureFixture
    ) -> None:
        declined = put_on_file(place, gateway, number="4000000000000341")
        pay(place, declined)
        older = only_intent(place)
        give_up_payment(actor=place.clock, intent_id=older, because="asked by staff")
        pay(place, put_on_file(place, gateway))
        assert intents(place) == ["cancelled", "succeeded"]
        with fault(gateway_process, place, "wrong_amount", operation="read_intent", times=9):
            for days in range(1, 5):
                with clock.pinned(NOW + timedelta(days=days)):
                    resolve_payment(actor=place.clock, intent_id=older)
        with tenancy.reading(place.id):
            assert [str(one) for one in Review.objects.values_list("intent_id", flat=True)] == [older]
        told = [one.event for one in caplog.records if one.name == "tenantry.alarm"]  # type: ignore[attr-defined]
        assert told == ["review_opened", "billing_held"]


class TestChargeNotSent:
    def test_a_wrong_key_calls_a_person_once_and_the_right_one_ends_it(
        self, place: Place, card: str, gateway: Any, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        key, settings.TENANTRY_GATEWAY_KEY = settings.TENANTRY_GATEWAY_KEY, "mistyped"
        with tenancy.phase(place.id):
            Invoice.objects.update(collect_at=NOW)
        for _ in range(8):
            collect_when_due(place)
        with tenancy.reading(place.id):
            review = Review.objects.get()
        assert (review.reason, review.closed_at) == ("charge_not_sent", None)
        assert review.facts == {"since": NOW.isoformat(), "times_tried": 5}
        told = [(one.event, one.code) for one in caplog.records if one.name == "tenantry.alarm"]  # type: ignore[attr-defined]
        assert told == [("review_opened", "charge_not_sent")]
        assert (attempts(place), held_because(place)) == ([(n, "not_sent", "") for n in range(1, 9)], "")
        settings.TENANTRY_GATEWAY_KEY = key
        collect_when_due(place)
        assert (taken(gateway, place), state_of(place, first_invoice(place))) == ([41250], "paid")
        assert review_of(place, str(review.id)).closed_by == "gateway"

    def test_it_can_be_noted(self, place: Place, card: str, settings: Any) -> None:
        settings.TENANTRY_GATEWAY_KEY = "mistyped"
        with tenancy.phase(place.id):
            Invoice.objects.update(collect_at=NOW)
        for _ in range(5):
            collect_when_due(place)
        review_id = only_review(place)
        assert code_of(close(place, review_id, TAKEN)) == "decision_not_offered"
        assert done(close(place, review_id)) is NOTED


def collect_when_due(place: Place) -> None:
    """Charge the first invoice at the instant when it is due for that."""
    with tenancy.reading(place.id):
        (at,) = Invoice.objects.values_list("collect_at", flat=True)
    with clock.pinned(at):
        work.collect(place.id)


class TestByHand:
    def test_taken_books_the_payment_and_ends_the_review_in_one_transaction(
        self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess, settings: Any
    ) -> None:
        review_id = unanswered(place, gateway_process, settings, card, was_taken=True)
        url, settings.TENANTRY_GATEWAY_URL = settings.TENANTRY_GATEWAY_URL, "http://127.0.0.1:9"
        assert done(close(place, review_id, TAKEN)) is TAKEN
        row = review_of(place, review_id)
        assert (row.closed_by, row.decision, row.evidence) == ("Vera Vendor", "taken", EVIDENCE)
        assert (intents(place), attempts(place)) == (["succeeded"], [(1, "succeeded", "")])
        assert (state_of(place, first_invoice(place)), entries(place)) == ("paid", ["issued", "succeeded"])
        settings.TENANTRY_GATEWAY_URL = url
        assert taken(gateway, place) == [41250]

    def test_not_taken_makes_the_invoice_payable_again(
        self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess, settings: Any
    ) -> None:
        review_id = unanswered(place, gateway_process, settings, card, was_taken=False)
        url, settings.TENANTRY_GATEWAY_URL = settings.TENANTRY_GATEWAY_URL, "http://127.0.0.1:9"
        assert done(close(place, review_id, NOT_TAKEN)) is NOT_TAKEN
        assert (intents(place), attempts(place)) == (["ready"], [(1, "cancelled", "")])
        assert entries(place) == ["issued"]
        settings.TENANTRY_GATEWAY_URL = url
        assert isinstance(pay(place, card), PaymentOutcome)
        assert (taken(gateway, place), state_of(place, first_invoice(place))) == ([41250], "paid")

    def test_a_person_who_was_wrong_causes_no_second_charge(
        self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess, settings: Any
    ) -> None:
        review_id = unanswered(place, gateway_process, settings, card, was_taken=True)
        url, settings.TENANTRY_GATEWAY_URL = settings.TENANTRY_GATEWAY_URL, "http://127.0.0.1:9"
        done(close(place, review_id, NOT_TAKEN))
        settings.TENANTRY_GATEWAY_URL = url
        pay(place, card)
        assert (taken(gateway, place), state_of(place, first_invoice(place))) == ([41250], "paid")
        assert entries(place) == ["issued", "succeeded"]

    def test_the_gateways_answer_goes_before_it(
        self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess, settings: Any
    ) -> None:
        review_id = unanswered(place, gateway_process, settings, card, was_taken=True)
        assert code_of(close(place, review_id, NOT_TAKEN)) == "gateway_answered"
        row = review_of(place, review_id)
        assert (row.closed_by, row.decision) == ("gateway", "")
        assert (state_of(place, first_invoice(place)), entries(place)) == ("paid", ["issued", "succeeded"])
        assert taken(gateway, place) == [41250]

    def test_noting_does_not_end_what_waits_for_an_answer(
        self, place: Place, card: str, gateway_process: GatewayProcess, gateway: Any, settings: Any,
        unchanged: Unchanged,
    ) -> None:  # fmt: skip
        review_id = unanswered(place, gateway_process, settings, card, was_taken=False)
        with unchanged():
            assert code_of(close(place, review_id, NOTED)) == "decision_not_offered"


class TestRefunds:
    """A refund that the processor says nothing about."""

    @pytest.fixture
    def made(self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess, settings: Any) -> str:
        """Bring a refund of $40.00 into review that the processor did make."""
        return refund_unanswered(place, gateway_process, settings, card, was_made=True)

    @pytest.fixture
    def silent(self, made: str, settings: Any) -> str:
        """Let the processor say nothing any more."""
        settings.TENANTRY_GATEWAY_URL = NOWHERE
        return made

    def test_made_is_booked_under_its_id(self, place: Place, silent: str) -> None:
        assert done(close(place, silent, REFUNDED, refund_id=" ref_at_the_processor ")) is REFUNDED
        row = review_of(place, silent)
        assert (row.closed_at, row.closed_by, row.decision, row.evidence) == (NOW, "Vera Vendor", "refunded", EVIDENCE)
        with tenancy.reading(place.id):
            refund, entry = Refund.objects.get(), AuditEntry.objects.get(action="close_review")
        assert (refund.state, refund.gateway_refund_id, refund.next_ask_at) == ("done", "ref_at_the_processor", None)
        assert entry.after == {"decision": "refunded", "evidence": EVIDENCE, "refund_id": "ref_at_the_processor"}
        assert entries(place) == ["credited", "issued", "refund_opened", "refunded", "succeeded"]
        assert list(company_findings(place.id)) == []

    def test_not_made_gives_the_credit_back_and_the_truth_is_still_heard(
        self, place: Place, silent: str, gateway_process: GatewayProcess, settings: Any, gateway: Any
    ) -> None:
        """The person was wrong: the processor's daily answer is booked out of the credit, and reviewed."""
        assert done(close(place, silent, NOT_REFUNDED, refund_id="of no use")) is NOT_REFUNDED
        assert entries(place) == ["credited", "issued", "refund_opened", "refund_refused", "succeeded"]
        settings.TENANTRY_GATEWAY_URL = gateway_process.url
        with clock.pinned(NOW + timedelta(days=3)):
            work.ask(place.id)
        assert entries(place)[2:4] == ["refund_found", "refund_opened"]
        assert [one["net_minor"] for one in gateway.charges(place.id)] == [37250]
        assert list(company_findings(place.id)) == []

    def test_the_gateways_answer_goes_before_it(self, place: Place, made: str) -> None:
        assert code_of(close(place, made, NOT_REFUNDED)) == "gateway_answered"
        row = review_of(place, made)
        assert (row.closed_by, row.decision) == ("gateway", "")
        assert entries(place) == ["credited", "issued", "refund_opened", "refunded", "succeeded"]

    def test_what_is_refused_changes_nothing(self, place: Place, silent: str, unchanged: Unchanged) -> None:
        with unchanged():
            assert code_of(close(place, silent, REFUNDED, refund_id="  ")) == "refund_id_required"
            assert code_of(close(place, silent, REFUNDED, refund_id="x" * 201)) == "too_long"
            assert code_of(close(place, silent, REFUNDED, refund_id="4242 4242 4242 4242")) == "card_number_refused"
            assert code_of(close(place, silent, NOTED)) == "decision_not_offered"
            assert code_of(close(place, silent, TAKEN)) == "decision_not_offered"

    def test_what_was_judged_of_two_refunds_holds_nothing_any_more(
        self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess
    ) -> None:
        pay(place, card)
        with tenancy.reading(place.id):
            intent = PaymentIntent.objects.get()

        def take_in(refund_id: str) -> None:
            amount = Money(4000, "USD")
            reply = RefundReply(
                RefundEvent.DONE, refund_id, intent.gateway_id, "cus_other", amount, "", occurred_at=NOW
            )
            take_in_refund(actor=place.clock, intent_id=str(intent.id), reply=reply)

        for refund_id in ("ref_8", "ref_9"):
            take_in(refund_id)
            assert held_because(place) == "refund_not_ours"
            assert done(close(place, only_review(place))) is NOTED
        for refund_id in ("ref_8", "ref_9", "ref_8"):
            take_in(refund_id)
        with tenancy.reading(place.id):
            assert list(Review.objects.values_list("reason", "decision")) == [("refund_not_ours", "noted")] * 2
        assert held_because(place) == ""

    def test_an_id_that_is_known_is_refused(
        self, place: Place, made: str, settings: Any, unchanged: Unchanged, gateway_process: GatewayProcess
    ) -> None:
        with clock.pinned(NOW + timedelta(hours=26)):
            work.ask(place.id)
            with tenancy.reading(place.id):
                known = Refund.objects.get().gateway_refund_id
            note = CreditNoteForm("As agreed", 1000)
            done(issue_credit_note(actor=place.vendor, invoice_id=first_invoice(place), form=note, now=clock.now()))
            with fault(gateway_process, place, "cut_before", operation="create_refund"):
                refund_payment(actor=place.vendor, invoice_id=first_invoice(place), form=RefundForm("As agreed"))
        settings.TENANTRY_GATEWAY_URL = NOWHERE
        for hours in (27, 52):
            with clock.pinned(NOW + timedelta(hours=hours)):
                work.ask(place.id)
        second = only_review(place)
        with unchanged():
            assert code_of(close(place, second, REFUNDED, refund_id=known)) == "refund_id_known"

    def test_who_comes_second_while_the_processor_is_asked_books_nothing(
        self, place: Place, made: str, settings: Any
    ) -> None:
        """One notes another review of the refund, while the other's word waits for the processor."""
        review_id = open_another(place, "refund_not_ours")
        before = entries(place)
        with silent_while(settings, lambda: close(place, review_id, NOTED)) as found:
            answer = close(place, review_id, REFUNDED, refund_id="ref_7")
        assert (found, code_of(answer)) == ([NOTED], "review_closed")
        with tenancy.reading(place.id):
            refund = Refund.objects.get()
            assert AuditEntry.objects.filter(action="close_review").count() == 1
        assert (refund.state, refund.gateway_refund_id, entries(place)) == ("unknown", "", before)
        assert (review_of(place, review_id).decision, review_of(place, made).closed_at) == ("noted", None)

    def test_an_id_that_becomes_known_while_the_processor_is_asked_is_refused(
        self, place: Place, made: str, gateway: Any, settings: Any
    ) -> None:
        """The processor's books told of another refund under this id meanwhile."""
        with tenancy.reading(place.id):
            intent = PaymentIntent.objects.get()
            customer = Company.objects.get().gateway_customer

        def found_at_the_processor() -> Any:
            reply = RefundReply(
                RefundEvent.DONE, "ref_7", intent.gateway_id, customer, Money(100, "USD"), "", occurred_at=NOW
            )
            return take_in_refund(actor=place.clock, intent_id=str(intent.id), reply=reply)

        with silent_while(settings, found_at_the_processor):
            answer = close(place, made, REFUNDED, refund_id="ref_7")
        assert code_of(answer) == "refund_id_known"
        with tenancy.reading(place.id):
            found = sorted(Refund.objects.values_list("state", "gateway_refund_id", "amount_minor"))
        assert found == [("done", "ref_7", 100), ("unknown", "", 4000)]
        assert review_of(place, made).closed_at is None

    def test_two_people_at_once_settle_it_once(self, place: Place, silent: str) -> None:
        answers = at_once(
            lambda: close(place, silent, REFUNDED, refund_id="ref_7"), lambda: close(place, silent, NOT_REFUNDED)
        )
        codes = [str(getattr(one, "code", one)) for one in answers]
        assert sum(one in ("refunded", "not_refunded") for one in codes) == 1
        assert set(codes) - {"refunded", "not_refunded"} < {
            "review_closed", "changed_meanwhile", "move_not_listed", "decision_not_offered",
        }  # fmt: skip
        with tenancy.reading(place.id):
            assert AuditEntry.objects.filter(action="close_review").count() == 1
        assert len(entries(place)) == 5


class TestRefused:
    @pytest.fixture
    def review_id(self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess) -> str:
        """Bring the payment into review."""
        return wrongly_answered(place, gateway_process, card)

    def test_without_evidence(self, place: Place, review_id: str, unchanged: Unchanged) -> None:
        with unchanged():
            assert code_of(close(place, review_id, evidence="   looked   ")) == "evidence_required"
            assert code_of(close(place, review_id, evidence="x" * 2001)) == "too_long"

    def test_with_a_card_number(
        self, place: Place, review_id: str, unchanged: Unchanged, caplog: pytest.LogCaptureFixture
    ) -> None:
        with unchanged(), caplog.at_level(logging.DEBUG):
            answer = close(place, review_id, evidence="It was card 4242 4242 4242 4242 of Olga")
        assert code_of(answer) == "card_number_refused"
        assert "4242 4242" not in caplog.text

    def test_twice(self, place: Place, review_id: str, unchanged: Unchanged) -> None:
        done(close(place, review_id))
        with unchanged():
            assert code_of(close(place, review_id)) == "review_closed"

    def test_by_anybody_but_the_vendor(self, place: Place, review_id: str, unchanged: Unchanged) -> None:
        with unchanged():
            for actor in (place.owner.actor, place.clock):
                answer = close_review(actor=actor, review_id=review_id, decision=NOTED, evidence=EVIDENCE, now=NOW)
                assert code_of(answer) == "not_allowed"

    @pytest.mark.parametrize("decision", [TAKEN, NOT_TAKEN])
    def test_who_comes_second_while_the_processor_is_asked_books_nothing(
        self, place: Place, card: str, gateway_process: GatewayProcess, gateway: Any, settings: Any,
        decision: Decision, unchanged: Unchanged,
    ) -> None:  # fmt: skip
        """One notes it, while the other's word about its payment waits for the processor."""
        with fault(gateway_process, place, "cut_before", operation="confirm_intent"):
            pay(place, card)
        review_id = open_another(place, "reply_not_ours")

        with ExitStack() as from_then_on:

            def noted() -> Any:
                answer = close(place, review_id, NOTED)
                from_then_on.enter_context(unchanged())
                return answer

            with silent_while(settings, noted) as found:
                assert code_of(close(place, review_id, decision)) == "review_closed"
        assert found == [NOTED]
        assert (review_of(place, review_id).decision, intents(place)) == ("noted", ["unknown"])
        assert (attempts(place), entries(place)) == ([(1, "", "")], ["issued"])

    def test_of_another_company(self, place: Place, review_id: str, unchanged: Unchanged) -> None:
        other = billed_place("other")
        with unchanged():
            assert code_of(close(other, review_id)) == "not_found"
            assert code_of(close(place, str(uuid4()))) == "not_found"

    def test_two_people_at_once_end_it_once(self, place: Place, review_id: str) -> None:
        def closes() -> Any:
            return close(place, review_id)

        answers = at_once(closes, closes)
        assert sorted(str(getattr(one, "code", one)) for one in answers) == ["noted", "review_closed"]
        with tenancy.reading(place.id):
            assert AuditEntry.objects.filter(action="close_review").count() == 1


class TestAlarm:
    def test_a_review_and_a_hold_are_told_to_the_log(
        self, place: Place, card: str, gateway: Any, gateway_process: GatewayProcess, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "tenantry.alarm"):
            wrongly_answered(place, gateway_process, card)
        found = [record for record in caplog.records if record.name == "tenantry.alarm"]
        assert [(one.levelname, one.event, one.company, one.code) for one in found] == [  # type: ignore[attr-defined]
            ("ERROR", "review_opened", place.id, "reply_not_ours"),
            ("ERROR", "billing_held", place.id, "reply_not_ours"),
        ]
        assert found[0].about == only_intent(place)  # type: ignore[attr-defined]

    def test_a_recovery_is_told_once(self, place: Place, caplog: pytest.LogCaptureFixture) -> None:
        clock_of_ours = Actor(ActorKind.CLOCK, "", name="Recovery")
        with caplog.at_level(logging.INFO, "tenantry.alarm"):
            begun = [begin_recovery(actor=clock_of_ours, because="restored", now=NOW) for _ in range(2)]
        found = [record for record in caplog.records if record.name == "tenantry.alarm"]
        assert [(one.levelname, one.event, one.code, one.about) for one in found] == [  # type: ignore[attr-defined]
            ("ERROR", "recovery_began", "restored", begun[0]),
        ]
        assert begun[0] == begun[1]

    def test_its_line_is_json_with_the_facts(self) -> None:
        from tenantry.project.logs import JsonLines

        record = logging.LogRecord("tenantry.alarm", logging.ERROR, "", 0, "review opened", None, None)
        record.__dict__.update({"event": "review_opened", "company": "c-1", "code": "overpaid", "about": "i-1"})
        line = json.loads(JsonLines().format(record))
        assert {name: line[name] for name in ("event", "company", "code", "about")} == {
            "event": "review_opened", "company": "c-1", "code": "overpaid", "about": "i-1",
        }  # fmt: skip
