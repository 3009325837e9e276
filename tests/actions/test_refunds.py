"""Refunds on real rows and the real processor: what it holds, what our books say, and never twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core import mail

from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.refund_payment import RefundForm, refund_payment
from tenantry.actions.payments.resolve_payment import resolve_payment
from tenantry.actions.payments.take_in_refund import take_in_refund
from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.core.gateway_reply import RefundEvent, RefundReply
from tenantry.core.money import Money
from tenantry.core.payment_outcome import PaymentOutcome
from tenantry.core.refund_facts import RefundFacts
from tenantry.core.refusal import Refusal
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.project.ledger_command import company_findings
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.companies.models import BillingDetails
from tenantry.records.invoices.models import Invoice, LedgerEntry
from tenantry.records.invoices.queries import company_credits
from tenantry.records.payments.models import PaymentIntent, Refund, Review
from tests.actions.test_billing import balances
from tests.builders import ACH_FORM, MICRO_DEPOSITS_MINOR, NOW, Place, done, open_place, put_on_file, sign_in
from tests.faces.billing import LATER, billed_place, fault, first_invoice
from tests.faces.pages import text_of
from tests.gateway.process import running_gateway
from tests.prepared import Prepared, prepared_at_the_processor_by
from tests.racing import at_once
from tests.untouched import Unchanged

REASON = "Two days without service"
RETURNS_LATE_R10 = "000880000010"


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def credited_place(gateway: Any) -> Place:
    """A company that paid its invoice of $412.50 by card; $40.00 of it were credited."""
    with clock.pinned(NOW):
        place = billed_place()
        method = put_on_file(place, gateway)
        pay(place, method)
        credit(place, 4000)
    return place


prepared = prepared_at_the_processor_by(credited_place)


@pytest.fixture
def acme(prepared: Prepared, database: str, gateway: Any) -> Place:
    """Begin with it."""
    return prepared.value


def pay(place: Place, method_id: str) -> None:
    paid = pay_invoice(
        actor=place.owner.actor, invoice_id=first_invoice(place), method_id=method_id, request_key=f"pay-{method_id}"
    )
    assert isinstance(paid, PaymentOutcome)


def credit(place: Place, minor: int) -> None:
    form = CreditNoteForm(REASON, minor)
    done(issue_credit_note(actor=place.vendor, invoice_id=first_invoice(place), form=form, now=NOW))


def refund(place: Place, minor: int | None = None, *, key: str = "", at: datetime = LATER) -> Any:
    form = RefundForm(REASON, None if minor is None else usd(minor), key)
    with clock.pinned(at):
        return refund_payment(actor=place.vendor, invoice_id=first_invoice(place), form=form)


def refunds(place: Place) -> list[tuple[Any, ...]]:
    with tenancy.reading(place.id):
        return list(Refund.objects.order_by("number").values_list("number", "state", "amount_minor", "code"))


def held(gateway: Any, place: Place) -> tuple[int, int]:
    """Say what the processor's own records hold of this company: net, and sent back, in cents."""
    charges = gateway.charges(place.id)
    return sum(one["net_minor"] for one in charges), sum(one["refunded_minor"] for one in charges)


def entries(place: Place) -> list[str]:
    with tenancy.reading(place.id):
        rows = LedgerEntry.objects.exclude(refund_id=None).order_by("occurred_at", "id")
        return sorted(rows.values_list("kind", flat=True))


class TestRefunding:
    def test_sends_the_credit_back_and_books_it(self, acme: Place, gateway: Any) -> None:
        answer = refund(acme)
        assert isinstance(answer, RefundFacts)
        assert refunds(acme) == [(1, "done", 4000, "")]
        assert held(gateway, acme) == (37250, 4000)
        assert balances(acme) == {
            "receivable": 0, "revenue": -37250, "company_credit": 0, "refund_under_way": 0, "gateway_clearing": 37250,
        }  # fmt: skip
        assert entries(acme) == ["refund_opened", "refunded"]
        with tenancy.reading(acme.id):
            row = Refund.objects.get()
            assert (row.by_kind, row.by_name, row.reason) == ("vendor", "Vera Vendor", REASON)
            assert row.key == f"{PaymentIntent.objects.get().create_key}:refund:1"
            assert [one.object_kind for one in AuditEntry.objects.filter(action="refund_payment")] == [
                "invoice",
                "refund",
            ]

    def test_in_parts_up_to_the_credit(self, acme: Place, gateway: Any, unchanged: Unchanged) -> None:
        done(refund(acme, 1500))
        with unchanged():
            assert refund(acme, 2501) == Refusal("refund_too_large", {"most": usd(2500)})
        done(refund(acme, 2500))
        assert held(gateway, acme) == (37250, 4000)
        with unchanged():
            assert refund(acme).code == "no_credit_to_refund"

    def test_all_of_it(self, acme: Place, gateway: Any, unchanged: Unchanged) -> None:
        credit(acme, 37250)
        done(refund(acme))
        assert held(gateway, acme) == (0, 41250)
        assert balances(acme)["gateway_clearing"] == 0
        with unchanged():
            assert refund(acme).code == "nothing_to_refund"

    def test_the_portal_and_the_mail_say_so(self, acme: Place) -> None:
        with tenancy.phase(acme.id):
            BillingDetails.objects.update(recipients=["books@acme.test"])
        done(refund(acme))
        with clock.pinned(LATER):
            work.run_everything_due()
            browser = sign_in(acme.viewer)
            assert "Refunded Nov 12 · $40.00" in text_of(browser.get(acme.url("invoices")))
            history = text_of(browser.get(acme.url("history")))
        assert "Refunded $40.00 for invoice ACME-000001" in history
        assert "Started a refund of $40.00 for invoice ACME-000001" in history
        (sent,) = [one for one in mail.outbox if one.subject.startswith("Refund")]
        assert (sent.subject, sent.to) == ("Refund of $40.00 for invoice ACME-000001", ["books@acme.test"])
        assert "sent $40.00 back to Acme, to Visa •••• 4242" in sent.body

    def test_two_at_once_send_one(self, acme: Place, gateway: Any) -> None:
        answers = at_once(lambda: refund(acme, 3000), lambda: refund(acme, 3000))
        assert sorted(isinstance(one, RefundFacts) for one in answers) == [False, True]
        assert held(gateway, acme) == (38250, 3000)

    def test_the_same_form_at_once_sends_one(self, acme: Place, gateway: Any) -> None:
        answers = at_once(lambda: refund(acme, 1000, key="form"), lambda: refund(acme, 1000, key="form"))
        assert {one.id for one in answers if isinstance(one, RefundFacts)} == {str(first_refund(acme))}
        assert held(gateway, acme) == (40250, 1000)
        assert refund(acme, 1000, key="form").id == str(first_refund(acme))
        assert held(gateway, acme) == (40250, 1000)

    def test_only_the_vendor_may(self, acme: Place, unchanged: Unchanged) -> None:
        with unchanged(), clock.pinned(LATER):
            for actor in (acme.owner.actor, acme.clock, replace(acme.viewer.actor)):
                answer = refund_payment(actor=actor, invoice_id=first_invoice(acme), form=RefundForm(REASON))
                assert isinstance(answer, Refusal)
                assert answer.code == "not_allowed"

    def test_another_companys_invoice_is_not_found(self, acme: Place, unchanged: Unchanged) -> None:
        brink = open_place("brink")
        with unchanged(), clock.pinned(LATER):
            form = RefundForm(REASON)
            answer = refund_payment(actor=brink.vendor, invoice_id=first_invoice(acme), form=form)
            assert answer == Refusal("not_found")

    def test_an_unpaid_invoice_has_nothing_to_send_back(self, database: str, unchanged: Unchanged) -> None:
        with clock.pinned(NOW):
            place = billed_place()
        with unchanged():
            assert refund(place).code == "not_refundable"
            assert refund_payment(actor=place.vendor, invoice_id=first_invoice(place), form=RefundForm("")) == Refusal(
                "field_required", {"field": "reason"}
            )

    def test_what_is_set_aside_is_not_used_by_the_next_invoice(
        self, acme: Place, gateway_process: Any, gateway: Any
    ) -> None:
        with fault(gateway_process, acme, "cut_after", operation="create_refund"):
            refund(acme, 3000)
        assert balances(acme)["refund_under_way"] == -3000
        with tenancy.reading(acme.id):
            assert company_credits([acme.id]) == {acme.id: 1000}


def state_of(place: Place) -> str:
    with tenancy.reading(place.id):
        return Invoice.objects.get().state


def first_refund(place: Place) -> Any:
    with tenancy.reading(place.id):
        return Refund.objects.order_by("number").values_list("id", flat=True)[0]


class TestNotKnown:
    @pytest.mark.parametrize("kind", ["cut_after", "error_after", "garbage"])
    def test_made_without_an_answer_is_found_by_its_key(
        self, acme: Place, gateway: Any, gateway_process: Any, kind: str
    ) -> None:
        with fault(gateway_process, acme, kind, operation="create_refund"):
            answer = refund(acme)
        assert (answer.state.value, refunds(acme)) == ("unknown", [(1, "unknown", 4000, "")])
        assert refund(acme).code == "refund_in_progress"
        with clock.pinned(LATER + timedelta(minutes=1)):
            work.ask(acme.id)
        assert refunds(acme) == [(1, "done", 4000, "")]
        assert held(gateway, acme) == (37250, 4000)

    def test_heard_of_after_a_lost_dispute_it_settles_what_it_leaves_undue(
        self, acme: Place, gateway: Any, gateway_process: Any
    ) -> None:
        """The dispute took only $372.50, since the $40.00 were back already; we learn in the other order."""
        with fault(gateway_process, acme, "cut_after", operation="create_refund"):
            refund(acme)
        with tenancy.reading(acme.id):
            paid = PaymentIntent.objects.get().gateway_id
        for form in ({"reason": "fraudulent"}, {"outcome": "lost"}):
            said = httpx.post(
                f"{gateway_process.url}/control/disputes", json={"intent": paid, **form}, trust_env=False, verify=False
            )
            said.raise_for_status()
        ask(acme, LATER)
        assert balances(acme)["receivable"] == 41250
        credit(acme, 37250)
        assert (balances(acme)["receivable"], state_of(acme)) == (4000, "open")
        with clock.pinned(LATER + timedelta(minutes=1)):
            work.ask(acme.id)
        assert refunds(acme) == [(1, "done", 4000, "")]
        assert (balances(acme).get("receivable", 0), state_of(acme)) == (0, "paid")
        with tenancy.reading(acme.id):
            assert list(company_findings(acme.id)) == []

    def test_never_made_is_given_back_after_two_days(self, acme: Place, gateway: Any, gateway_process: Any) -> None:
        with fault(gateway_process, acme, "cut_before", operation="create_refund"):
            refund(acme)
        for hours in (1, 25, 49):
            with clock.pinned(LATER + timedelta(hours=hours)):
                work.ask(acme.id)
        assert refunds(acme) == [(1, "refused", 4000, "not_arrived")]
        assert held(gateway, acme) == (41250, 0)
        assert (balances(acme)["company_credit"], balances(acme)["refund_under_way"]) == (-4000, 0)
        done(refund(acme, at=LATER + timedelta(hours=50)))
        assert held(gateway, acme) == (37250, 4000)

    def test_refused_before_a_byte_was_sent(self, acme: Place, settings: Any) -> None:
        settings.TENANTRY_GATEWAY_URL = "http://127.0.0.1:9"
        assert refund(acme).code == "refund_not_sent"
        assert refunds(acme) == [(1, "refused", 4000, "not_sent")]

    def test_the_sweep_finds_it(self, acme: Place, gateway_process: Any) -> None:
        with fault(gateway_process, acme, "cut_after", operation="create_refund"):
            refund(acme)
        assert tenancy.companies_with_work("ask", LATER) == []
        assert tenancy.next_work_at(LATER) == LATER + timedelta(seconds=10)
        assert tenancy.companies_with_work("ask", LATER + timedelta(seconds=10)) == [acme.id]


class TestFound:
    def test_a_refund_in_the_dashboard_is_followed_and_reviewed(self, acme: Place) -> None:
        with tenancy.reading(acme.id):
            intent = PaymentIntent.objects.get()
        reply = RefundReply(
            RefundEvent.DONE, "ref_dash", intent.gateway_id, intent.customer, usd(10000), "", occurred_at=NOW
        )
        with clock.pinned(LATER):
            for _ in range(2):
                taken = take_in_refund(actor=acme.clock, intent_id=str(intent.id), reply=reply)
                assert isinstance(taken, RefundFacts)
        assert refunds(acme) == [(1, "done", 10000, "")]
        assert entries(acme) == ["refund_found"]
        # $40.00 of credit were there, $100.00 are gone: $60.00 too much until a credit note explains it. Nobody asks
        # the company for them.
        assert balances(acme)["company_credit"] == 6000
        with tenancy.reading(acme.id):
            assert company_credits([acme.id]) == {acme.id: 0}
            assert [one.reason for one in Review.objects.all()] == ["refund_found"]
            assert AuditEntry.objects.filter(action="refund_payment", object_kind="refund").count() == 1
        credit(acme, 6000)
        assert balances(acme)["company_credit"] == 0


@pytest.fixture
def processor(tmp_path: Path, settings: Any) -> Iterator[Any]:
    """Run a processor whose clock the test moves, from Nov 12, 2026 on."""
    from tenantry.outside.sandbox_control import SandboxControl

    with running_gateway(tmp_path / "gateway") as process:
        settings.TENANTRY_GATEWAY_URL, settings.TENANTRY_GATEWAY_KEY = process.url, process.key
        control = SandboxControl(process.url)
        control.freeze_clock(NOW)
        yield control
        control.close()


class TestReturnedAfterwards:
    def test_a_bank_that_takes_all_of_a_refunded_debit_back(self, database: str, processor: Any) -> None:
        with clock.pinned(NOW):
            place = billed_place()
            account = put_on_file(place, processor, form=ACH_FORM, number=RETURNS_LATE_R10)
            amounts = MICRO_DEPOSITS_MINOR
            done(verify_bank_account(actor=place.owner.actor, method_id=account, amounts_minor=amounts, now=NOW))
            pay(place, account)
        settled = NOW + timedelta(days=6)
        processor.move_clock(settled)
        ask(place, settled)
        with clock.pinned(settled):
            credit(place, 4000)
        done(refund(place, at=settled))
        assert held(processor, place) == (37250, 4000)
        returned = NOW + timedelta(days=80)
        processor.move_clock(returned)
        ask(place, returned)
        # The bank took all of $412.50 back, $40.00 had been sent back before: the processor is $40.00 short.
        assert held(processor, place) == (-4000, 4000)
        assert balances(place)["gateway_clearing"] == -4000
        assert balances(place)["receivable"] == 41250


def ask(place: Place, now: datetime) -> None:
    with tenancy.reading(place.id):
        ids = [str(id_) for id_ in PaymentIntent.objects.values_list("id", flat=True)]
    for intent_id in ids:
        with clock.pinned(now):
            resolve_payment(actor=place.clock, intent_id=intent_id)
