"""R14: a check on money fails in production: all is undone, the company's billing is held, a person is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from tenantry.actions.billing.run_billing import run_billing
from tenantry.actions.invoices import issue_invoices, void_invoice
from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.payments.close_review import close_review
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.refund_payment import RefundForm, refund_payment
from tenantry.core import postings
from tenantry.core.postings import UnbalancedEntry
from tenantry.core.refusal import Refusal
from tenantry.core.reviews import Decision
from tenantry.core.totals import ArithmeticBreach
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.companies.models import Company
from tenantry.records.invoices.models import LedgerEntry, Posting
from tenantry.records.payments.models import PaymentIntent, Refund, Review
from tests.builders import NOW, Place, done, put_on_file
from tests.faces.billing import billed_place, entries, fault, first_invoice, invoice_ids, state_of, taken
from tests.faces.reviewing import pay

LATER, NEXT_MONTH = NOW + timedelta(minutes=10), NOW + timedelta(days=31)
WRONG = "a sum that does not hold"


def breaks(error: type[Exception]) -> Any:
    def broken(*_: object, **__: object) -> None:
        raise error(WRONG)

    return broken


def held(place: Place) -> tuple[str, list[tuple[str, str]]]:
    """Give why billing is held, and the open reviews with what they say."""
    with tenancy.reading(place.id):
        reviews = Review.objects.filter(closed_at__isnull=True).values_list("reason", "facts__detail")
        return Company.objects.get().billing_held_because, list(reviews)


def alarms(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(one.event, one.company) for one in caplog.records if one.name == "tenantry.alarm"]  # type: ignore[attr-defined]


@pytest.fixture
def place(database: str, gateway: Any) -> Place:
    with clock.pinned(NOW):
        return billed_place()


def test_a_payment_that_cannot_be_booked_holds_billing_and_is_booked_once_it_is_mended(
    place: Place, gateway: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    invoice = first_invoice(place)
    pay = {"actor": place.owner.actor, "invoice_id": invoice}
    with clock.pinned(NOW):
        method = put_on_file(place, gateway)
        before = entries(place, invoice)
        with monkeypatch.context() as patched:
            patched.setattr(postings, "succeeded", breaks(UnbalancedEntry))
            with pytest.raises(UnbalancedEntry):
                pay_invoice(**pay, method_id=method, request_key="first")
            assert held(place) == ("breach", [("breach", f"UnbalancedEntry: {WRONG}")])
            assert (entries(place, invoice), state_of(place, invoice)) == (before, "open")
            again = pay_invoice(**pay, method_id=method, request_key="second")
        assert isinstance(again, Refusal)
    assert alarms(caplog) == [("review_opened", place.id), ("billing_held", place.id)]
    with clock.pinned(LATER):
        with tenancy.reading(place.id):
            review = str(Review.objects.get().id)
            assert AuditEntry.objects.get(action="hold_billing").object_id == review
        noted = {"decision": Decision.NOTED, "evidence": "The release of today mends it.", "now": LATER}
        assert close_review(actor=place.vendor, review_id=review, **noted) is Decision.NOTED
        work.run_everything_due()
    assert held(place) == ("", [])
    assert state_of(place, invoice) == "paid"
    assert taken(gateway, place) == [41250]


def test_an_invoice_whose_sums_do_not_hold_is_not_issued(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(issue_invoices, "add_up", breaks(ArithmeticBreach))
    with clock.pinned(NEXT_MONTH):
        for _ in range(2):
            work.bill(place.id)
    assert len(invoice_ids(place)) == 1
    assert held(place) == ("breach", [("breach", f"ArithmeticBreach: {WRONG}")])
    first, second = [("review_opened", place.id), ("billing_held", place.id)], ("company_set_aside", place.id)
    assert alarms(caplog) == [*first, second, second]


def test_of_many_companies_only_the_one_at_fault_is_held(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.pinned(NOW):
        other = billed_place("other", amount_minor=999)
    real = issue_invoices.add_up

    def breaks_for_one(lines: Any, *more: Any, **named: Any) -> Any:
        if any(line.amount_minor == 41250 for line in lines):
            raise ArithmeticBreach(WRONG)
        return real(lines, *more, **named)

    monkeypatch.setattr(issue_invoices, "add_up", breaks_for_one)
    with clock.pinned(NEXT_MONTH):
        planned = done(run_billing(actor=work.clock_actor(), now=NEXT_MONTH))
        ((_, _),) = planned.batches
        work.bill_batch(planned.run_id, list(*planned.batches))
    assert (held(place)[0], held(other)) == ("breach", ("", []))
    assert (len(invoice_ids(place)), len(invoice_ids(other))) == (1, 2)


def test_a_vendors_verb_that_breaks_changes_nothing_and_holds_billing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(void_invoice, "voiding", breaks(UnbalancedEntry))
    invoice = first_invoice(place)
    with clock.pinned(NOW), pytest.raises(UnbalancedEntry):
        void_invoice.void_invoice(actor=place.vendor, invoice_id=invoice, reason="By mistake", now=NOW)
    assert (state_of(place, invoice), held(place)[0]) == ("open", "breach")


def test_the_databases_own_check_counts_too(place: Place) -> None:
    with clock.pinned(NOW), pytest.raises(IntegrityError):
        unbalance(place)
    because, ((reason, detail),) = held(place)
    assert (because, reason) == ("breach", "breach")
    assert detail.startswith("IntegrityError: postings of entry ")


def unbalance(place: Place) -> None:
    with tenancy.phase(place.id):
        Posting.objects.create(
            id=new_id(),
            company_id=place.id,
            entry=LedgerEntry.objects.all()[0],
            account="revenue",
            amount_minor=1,
            currency="USD",
        )


def test_any_other_error_holds_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(void_invoice, "voiding", breaks(ValueError))
    with clock.pinned(NOW), pytest.raises(ValueError, match=WRONG):
        void_invoice.void_invoice(actor=place.vendor, invoice_id=first_invoice(place), reason="By mistake", now=NOW)
    assert held(place) == ("", [])


def ticked(place: Place, since: datetime, minutes: int) -> list[int]:
    """Ask each minute in which a question is due, as the schedule does; give the minutes at which it raised."""
    raised = []
    for minute in range(minutes):
        now = since + timedelta(minutes=minute)
        if place.id not in tenancy.companies_with_work("ask", now):
            continue
        with clock.pinned(now):
            try:
                work.ask(place.id)
            except (UnbalancedEntry, ValueError):
                raised.append(minute)
    return raised


@pytest.mark.parametrize("error", [UnbalancedEntry, ValueError])
def test_a_payments_question_that_raises_is_put_again_later_each_time_and_books_once_it_is_mended(
    place: Place,
    gateway: Any,
    gateway_process: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
) -> None:
    with clock.pinned(NOW):
        method = put_on_file(place, gateway)
        with fault(gateway_process, place, "cut_after", operation="confirm_intent"):
            pay(place, method)
    with monkeypatch.context() as patched:
        patched.setattr(postings, "succeeded", breaks(error))
        assert ticked(place, NOW, 150) == [1, 2, 4, 8, 16, 32, 64, 124]
        with tenancy.reading(place.id):
            asked = PaymentIntent.objects.values_list("state", "times_asked", "next_ask_at").get()
    assert asked == ("unknown", 0, NOW + timedelta(minutes=184))
    assert alarms(caplog).count(("row_failed", place.id)) == 8
    assert ticked(place, NOW, 184) == []
    assert state_of(place, first_invoice(place)) == "open"
    assert ticked(place, NOW + timedelta(minutes=184), 1) == []
    assert (state_of(place, first_invoice(place)), taken(gateway, place)) == ("paid", [41250])


def test_a_refunds_question_that_raises_is_put_again_later_each_time(
    place: Place, gateway: Any, gateway_process: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = first_invoice(place)
    with clock.pinned(NOW):
        pay(place, put_on_file(place, gateway))
        done(issue_credit_note(actor=place.vendor, invoice_id=invoice, form=CreditNoteForm("Why", 4000), now=NOW))
        with fault(gateway_process, place, "cut_after", operation="create_refund"):
            done(refund_payment(actor=place.vendor, invoice_id=invoice, form=RefundForm("Why")))
    with monkeypatch.context() as patched:
        patched.setattr(postings, "refunded", breaks(UnbalancedEntry))
        assert ticked(place, NOW, 40) == [1, 2, 4, 8, 16, 32]
    assert ticked(place, NOW + timedelta(minutes=64), 1) == []
    with tenancy.reading(place.id):
        assert Refund.objects.values_list("state", "times_asked").get() == ("done", 0)
