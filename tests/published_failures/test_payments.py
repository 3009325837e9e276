"""Attempts and intents: Kill Bill #508 and #1832, Saleor #19220, FOSSBilling PR 4231, commerce-stripe #207."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier

import pytest

from tenantry.actions.billing.collect_invoice import collect_invoice
from tenantry.actions.payments.make_default import make_default
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.core.gateway_reply import Event, FindIntent
from tenantry.core.payment_outcome import PaymentOutcome, PaymentResult
from tenantry.core.refusal import Refusal
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.companies.models import Company
from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.models import PaymentMethod
from tests.builders import ACH_FORM, MICRO_DEPOSITS_MINOR, NOW, Place, done, put_on_file
from tests.faces.billing import attempts, first_invoice, intents
from tests.gateway.inside import InsideProcessor
from tests.published_failures.books import card_of, ending_after, intents_made, later, taken
from tests.published_failures.naive import AMOUNT, Naive
from tests.racing import at_once

OURS, THEIRS = "ACME-000001", "NAIVE-1"
RETURNS_R01 = "000222222227"
HOUR = "stale:3600"


def pay(place: Place, *, form: str = "form") -> PaymentOutcome | Refusal:
    """Pay the invoice with the one card, as its owner does."""
    return pay_invoice(
        actor=place.owner.actor, invoice_id=first_invoice(place), method_id=card_of(place), request_key=form
    )


class TestKillBill508:
    """The attempt was written after the call: whoever died in between charged again."""

    def test_naive(self, naive: Naive, processor: InsideProcessor) -> None:
        with ending_after(processor, "/confirm"):
            naive.charge_then_write()
        naive.retry()
        assert taken(processor, THEIRS) == 2

    def test_ours(self, place: Place, processor: InsideProcessor) -> None:
        with ending_after(processor, "/confirm"):
            pay(place)
        assert (intents(place), attempts(place)) == (["sending"], [(1, "", "")])
        assert pay(place, form="another") == Refusal("payment_in_progress", {"amount": AMOUNT})
        with later(processor, minutes=2):
            work.ask(place.id)
            assert pay(place, form="and again") == Refusal("already_paid", {"number": OURS})
        assert (intents(place), taken(processor, OURS)) == (["succeeded"], 1)


class TestKillBill1832:
    """Who asked, and heard that a pending payment had failed, scheduled no retry: nobody ever charged again."""

    def test_naive(self, naive: Naive, processor: InsideProcessor, place: Place) -> None:
        naive.token = self.token(place, self.debits(place, processor))
        naive.charge_then_write()
        assert [state for _, state in naive.payments()] == ["pending"]
        with later(processor, days=9):
            (intent, _) = naive.payments()[0]
            truth = processor.adapter.find(FindIntent(naive.customer, gateway_id=intent))
            assert truth.event is Event.RETURNED
            naive.ask("update naive_payment set state = 'failed' where intent = %s", intent)
        assert naive.ask("select id from naive_payment where next_try_at is not null") == []

    def test_ours(self, place: Place, processor: InsideProcessor) -> None:
        method_id = self.debits(place, processor)
        done(make_default(actor=place.owner.actor, method_id=method_id, now=NOW))
        collect_invoice(actor=place.clock, invoice_id=first_invoice(place))
        assert attempts(place) == [(1, "", "")]
        with later(processor, days=9):
            work.ask(place.id)
            assert attempts(place) == [(1, "returned", "R01")]
            with tenancy.reading(place.id):
                retry_at = Invoice.objects.get().collect_at
        # The schedule says two days after the first failure, which is when we heard of it.
        assert retry_at == NOW + timedelta(days=11)
        with later(processor, days=11):
            work.collect(place.id)
        assert attempts(place) == [(1, "returned", "R01"), (1, "", "")]

    def debits(self, place: Place, processor: InsideProcessor) -> str:
        """Put an account on file whose debits come back as R01."""
        method_id = put_on_file(place, processor.control, form=ACH_FORM, number=RETURNS_R01)
        owner = place.owner.actor
        done(verify_bank_account(actor=owner, method_id=method_id, amounts_minor=MICRO_DEPOSITS_MINOR, now=NOW))
        return method_id

    def token(self, place: Place, method_id: str) -> str:
        """Give the processor's name of a method."""
        with tenancy.reading(place.id):
            return str(PaymentMethod.objects.get(id=method_id).token)


class TestSaleor19220:
    """The checkout and a webhook at once each saw no intent, and each made one."""

    def test_naive(self, naive: Naive, processor: InsideProcessor) -> None:
        both = Barrier(2)

        def complete() -> None:
            is_new = naive.payments() == []
            both.wait(20)
            if is_new:
                naive.charge_then_write()

        at_once(complete, complete)
        assert intents_made(processor, naive.customer, THEIRS) == 2
        assert taken(processor, THEIRS) == 2

    def test_ours(self, place: Place, processor: InsideProcessor) -> None:
        both = Barrier(2)
        invoice_id, actor, card = first_invoice(place), place.owner.actor, card_of(place)

        def checkout() -> object:
            with clock.pinned(NOW):
                both.wait(20)
                return pay_invoice(actor=actor, invoice_id=invoice_id, method_id=card, request_key="form")

        def collection() -> object:
            with clock.pinned(NOW):
                both.wait(20)
                return collect_invoice(actor=place.clock, invoice_id=invoice_id)

        answers = at_once(checkout, collection)
        assert sum(isinstance(answer, PaymentOutcome) for answer in answers) == 1
        assert (len(intents(place)), taken(processor, OURS)) == (1, 1)
        assert intents_made(processor, _customer(place), OURS) == 1


class TestFossBilling4231:
    """The gateway was searched for what had been made; its search lags behind, and it was made again."""

    def test_naive(self, naive: Naive, processor: InsideProcessor) -> None:
        with ending_after(processor, "/confirm"):
            naive.charge_then_write()
        processor.fail_next(HOUR, customer=naive.customer, operation="list_intents")
        if intents_made(processor, naive.customer, THEIRS) == 0:
            naive.charge_then_write()
        assert taken(processor, THEIRS) == 2

    @pytest.mark.parametrize("lost", ["create_intent", "confirm_intent"])
    def test_ours(self, place: Place, processor: InsideProcessor, lost: str) -> None:
        processor.fail_next("cut_after", customer=place.id, operation=lost)
        pay(place)
        processor.fail_next(HOUR, customer=place.id, operation="list_intents")
        pay(place, form="another")
        with later(processor, minutes=2):
            work.ask(place.id)
        processor.fail_no_more()
        assert (intents(place), taken(processor, OURS)) == (["succeeded"], 1)
        assert intents_made(processor, _customer(place), OURS) == 1


class TestCommerceStripe207:
    """Each click charged; the advice was to disable the button."""

    CLICKS = 4

    def test_naive(self, naive: Naive, processor: InsideProcessor) -> None:
        at_once(*[naive.charge_then_write] * self.CLICKS)
        assert taken(processor, THEIRS) == self.CLICKS

    @pytest.mark.parametrize("is_one_form", [True, False])
    def test_ours(self, place: Place, processor: InsideProcessor, is_one_form: bool) -> None:
        invoice_id, actor, card = first_invoice(place), place.owner.actor, card_of(place)
        forms = ["form"] * self.CLICKS if is_one_form else [new_id() for _ in range(self.CLICKS)]

        def click(form: str) -> object:
            with clock.pinned(NOW):
                return pay_invoice(actor=actor, invoice_id=invoice_id, method_id=card, request_key=form)

        answers = at_once(*(lambda form=form: click(form) for form in forms))
        charged = [one for one in answers if isinstance(one, PaymentOutcome)]
        assert len(charged) == (self.CLICKS if is_one_form else 1)
        assert {one.attempt_id for one in charged} == {charged[0].attempt_id}
        assert PaymentResult.PAID in {one.result for one in charged}
        assert (taken(processor, OURS), attempts(place)) == (1, [(1, "succeeded", "")])


def _customer(place: Place) -> str:
    with tenancy.reading(place.id):
        return str(Company.objects.get().gateway_customer)
