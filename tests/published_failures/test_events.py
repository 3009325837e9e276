"""What gateways tell: Polar PR 13315, Flowglad PR 607, and Lago's events without a unique id."""

from __future__ import annotations

from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.records.base import tenancy
from tenantry.records.companies.models import Company
from tenantry.records.payments.models import PaymentIntent
from tests.builders import NOW, Place
from tests.faces.billing import attempts, entries, first_invoice, intents
from tests.gateway.inside import InsideProcessor
from tests.published_failures.books import card_of, taken
from tests.published_failures.naive import Naive
from tests.telling import event, follow, kept, tell

OURS, THEIRS = "ACME-000001", "NAIVE-1"


def paid_without_an_answer(place: Place, processor: InsideProcessor) -> str:
    """Pay; the processor takes the money and its answer is lost. Give the processor's id of the intent."""
    processor.fail_next("cut_after", customer=place.id, operation="confirm_intent")
    pay_invoice(actor=place.owner.actor, invoice_id=first_invoice(place), method_id=card_of(place), request_key="form")
    assert intents(place) == ["unknown"]
    return next(one.intent_id for one in processor.charges() if one.invoice_number == OURS)


def told(intent: str) -> list[bytes]:
    """Write what comes in: the success three times, then, late, what happened before it."""
    success = event("intent.succeeded", intent)
    return [success, success, event("intent.succeeded", intent), event("intent.processing", intent)]


class TestPolar13315:
    """Webhooks doubled payments, and moved settled ones back to pending."""

    def test_naive(self, naive: Naive) -> None:
        intent = naive.create()
        for body in told(intent):
            naive.hear(body)
        assert naive.payments() == [(intent, "processing")] * 3

    def test_ours(self, place: Place, processor: InsideProcessor) -> None:
        for body in told(paid_without_an_answer(place, processor)):
            assert tell(body).status_code == 200
            follow()
        assert (intents(place), attempts(place)) == (["succeeded"], [(1, "succeeded", "")])
        assert entries(place, first_invoice(place)) == ["issued", "succeeded"]
        assert taken(processor, OURS) == 1


class TestFlowglad607:
    """The webhook came before the intent's id was saved: it was about nothing, and the payment stayed pending."""

    def test_naive(self, naive: Naive, processor: InsideProcessor) -> None:
        intent = naive.create()
        naive.confirm(intent)
        naive.hear_of_known(event("intent.succeeded", intent))  # told at once, before the next line
        naive.ask("insert into naive_payment (intent, state) values (%s, 'pending')", intent)
        assert (naive.payments(), taken(processor, THEIRS)) == ([(intent, "pending")], 1)

    def test_ours(self, place: Place, processor: InsideProcessor) -> None:
        """The processor's event arrives after each call, before we hear the answer; the last answer never comes."""
        stood: list[tuple[list[str], bool, int]] = []

        def tell_at_once(called: str) -> None:
            if called.startswith("POST /v1/intents"):
                knows_id = bool(_gateway_id(place))
                assert tell(event("intent.changed", _made(place, processor))).status_code == 200
                stood.append((intents(place), knows_id, follow()))

        processor.after = tell_at_once
        processor.fail_next("cut_after", customer=place.id, operation="confirm_intent")
        pay_invoice(
            actor=place.owner.actor, invoice_id=first_invoice(place), method_id=card_of(place), request_key="form"
        )
        processor.after = lambda _: None
        # The first event found no id of ours and waited; the second one found it, and settled the payment.
        assert stood == [(["creating"], False, 1), (["sending"], True, 2)]
        assert (intents(place), taken(processor, OURS)) == (["succeeded"], 1)
        assert {outcome for _, outcome, _ in kept()} == {"applied"}


def _gateway_id(place: Place) -> str:
    with tenancy.reading(place.id):
        return str(PaymentIntent.objects.get().gateway_id)


def _made(place: Place, processor: InsideProcessor) -> str:
    """Give the processor's id of the intent that was just made."""
    with tenancy.reading(place.id):
        customer = Company.objects.get().gateway_customer
    listed = processor.adapter.list_changes(customer=customer, since=NOW.replace(year=2020)).intents
    return next(one.reply.gateway_id for one in listed if one.invoice_number == OURS)


class TestLagoEvents:
    """The gateway's event id was not unique: an event that was told twice was processed twice."""

    def test_naive(self, naive: Naive) -> None:
        body = event("intent.succeeded", naive.create())
        naive.store(body)
        naive.store(body)
        naive.work_through()
        assert len(naive.payments()) == 2

    def test_ours(self, place: Place, processor: InsideProcessor) -> None:
        body = event("intent.succeeded", paid_without_an_answer(place, processor))
        assert [tell(body).status_code for _ in range(2)] == [200, 200]
        assert follow() == 1
        assert kept() == [("intent.succeeded", "applied", "")]
        assert entries(place, first_invoice(place)) == ["issued", "succeeded"]
