"""Two companies to whom everything happened that moves money: made once, by the verbs and the real processor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from django.test import override_settings

from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.invoices.void_invoice import void_invoice
from tenantry.actions.invoices.write_off_invoice import write_off_invoice
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.read_payouts import read_payouts
from tenantry.actions.payments.refund_payment import RefundForm, refund_payment
from tenantry.actions.payments.resolve_payment import resolve_payment
from tenantry.actions.payments.settle_payment import settle_payment
from tenantry.actions.payments.take_in_refund import take_in_refund
from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.core.gateway_reply import RefundEvent, RefundReply
from tenantry.core.money import Money
from tenantry.core.payment_outcome import PaymentOutcome
from tenantry.core.refund_facts import RefundFacts
from tenantry.core.refusal import Refusal
from tenantry.outside import clock
from tenantry.outside.gateway import chosen
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.records.base import tenancy
from tenantry.records.payments.models import PaymentIntent
from tests.builders import ACH_FORM, CLOCK, MICRO_DEPOSITS_MINOR, Place, done, put_on_file
from tests.faces.billing import bill, billed_place, fault, invoice_ids
from tests.gateway.caller import Caller
from tests.gateway.process import GatewayProcess, running_gateway

START = datetime(2026, 1, 5, 18, tzinfo=UTC)
TAXED = {"kind": "fixed", "rates": [{"country": "US", "region": "UT", "name": "Utah sales tax", "basis_points": 725}]}
DECLINED, DISPUTED, RETURNED_LATE = "4000000000000341", "4000000000000259", "000880000010"
REASON = "For the ledger"


class Months:
    """Acme from January to September 2026, and Brink with one paid invoice. $400.00 a month and tax: $429.00."""

    def __init__(self, process: GatewayProcess) -> None:
        self.process = process
        self.control = SandboxControl(process.url)
        self.control.freeze_clock(START)
        self.now = START
        with clock.pinned(START):
            self.acme = billed_place("acme", amount_minor=40000, now=START)
            self.brink = billed_place("brink", amount_minor=12345, now=START)

    def live(self) -> None:
        """Let it all happen."""
        card = self._method(self.acme)
        self._pay(self.brink, 0, self._method(self.brink))
        # January: paid, a part credited and sent back; the rest of the credit is used by February's.
        self._pay(self.acme, 0, card)
        self._credit(0, 4290)
        assert isinstance(self._refund(0, 2000), RefundFacts)
        # February: a bank debit that succeeds and comes back two weeks later; then paid by card.
        self._next_month()
        self._pay(self.acme, 1, self._bank_account())
        self._pass(30)
        self._pay(self.acme, 1, card)
        # March: paid, a part sent back, then a dispute that was lost takes the rest.
        self._next_month()
        self._pay(self.acme, 2, self._method(self.acme, DISPUTED))
        self._credit(2, 1000)
        self._refund(2, 1000)
        self._pass(25)
        self._hear_of(2)
        # April: declined, then credited in part and left open. May: cancelled. June: lost and recovered. July: lost.
        self._next_month()
        self._pay(self.acme, 3, self._method(self.acme, DECLINED))
        self._credit(3, 777)
        self._next_month()
        self._verb(void_invoice, 4)
        self._next_month()
        self._verb(write_off_invoice, 5)
        self._pay(self.acme, 5, card)
        self._next_month()
        self._verb(write_off_invoice, 6)
        # August: paid; a refund of which nobody knows what became. One from the dashboard, explained afterwards.
        self._next_month()
        self._pay(self.acme, 7, card)
        self._found(7, 300)
        self._credit(7, 800)
        with fault(self.process, self.acme, "cut_before", operation="create_refund"):
            self._refund(7, 500)
        self._pass(5)
        with clock.pinned(self.now):
            done(read_payouts(actor=CLOCK, now=self.now))

    def end(self) -> None:
        """Close the connections."""
        self.control.close()
        chosen.forget()

    def _pass(self, days: int) -> None:
        """Let days pass, and ask what became of every payment on each of them."""
        for _ in range(days):
            self.now += timedelta(days=1)
            self.control.move_clock(self.now)
            with tenancy.reading(self.acme.id):
                due = PaymentIntent.objects.filter(next_ask_at__lte=self.now)
                ids = [str(id_) for id_ in due.values_list("id", flat=True)]
            with clock.pinned(self.now):
                for intent_id in ids:
                    resolve_payment(actor=self.acme.clock, intent_id=intent_id)

    def _hear_of(self, at: int) -> None:
        """Follow a hint of the processor's about an invoice's payment: a lost dispute is told, not asked for."""
        with tenancy.reading(self.acme.id):
            intent_id = str(PaymentIntent.objects.get(invoice_id=invoice_ids(self.acme)[at]).id)
        with clock.pinned(self.now):
            settle_payment(actor=self.acme.clock, intent_id=intent_id)

    def _next_month(self) -> None:
        count = len(invoice_ids(self.acme))
        while len(invoice_ids(self.acme)) == count:
            self._pass(1)
            with clock.pinned(self.now):
                bill(self.acme, self.now)

    def _method(self, place: Place, number: str = "4242424242424242") -> str:
        with clock.pinned(self.now):
            return put_on_file(place, self.control, number=number, now=self.now)

    def _bank_account(self) -> str:
        with clock.pinned(self.now):
            account = put_on_file(self.acme, self.control, form=ACH_FORM, number=RETURNED_LATE, now=self.now)
            amounts = MICRO_DEPOSITS_MINOR
            done(
                verify_bank_account(actor=self.acme.owner.actor, method_id=account, amounts_minor=amounts, now=self.now)
            )
        return account

    def _pay(self, place: Place, at: int, method_id: str) -> None:
        with clock.pinned(self.now):
            invoice_id, key = invoice_ids(place)[at], f"{at}-{self.now}"
            paid = pay_invoice(actor=place.owner.actor, invoice_id=invoice_id, method_id=method_id, request_key=key)
        assert isinstance(paid, PaymentOutcome) or paid.code == "payment_declined"

    def _credit(self, at: int, minor: int) -> None:
        form = CreditNoteForm(REASON, minor)
        with clock.pinned(self.now):
            invoice_id = invoice_ids(self.acme)[at]
            done(issue_credit_note(actor=self.acme.vendor, invoice_id=invoice_id, form=form, now=self.now))

    def _refund(self, at: int, minor: int) -> RefundFacts | Refusal:
        form = RefundForm(REASON, Money(minor, "USD"))
        with clock.pinned(self.now):
            return refund_payment(actor=self.acme.vendor, invoice_id=invoice_ids(self.acme)[at], form=form)

    def _verb(self, verb: object, at: int) -> None:
        with clock.pinned(self.now):
            invoice_id = invoice_ids(self.acme)[at]
            assert verb(actor=self.acme.vendor, invoice_id=invoice_id, reason=REASON, now=self.now) is None  # type: ignore[operator]

    def _found(self, at: int, minor: int) -> None:
        """Refund in the processor's dashboard, past our product, and take it in as a comparison would."""
        with tenancy.reading(self.acme.id):
            intent = PaymentIntent.objects.get(invoice_id=invoice_ids(self.acme)[at], state="succeeded")
        caller = Caller(self.process)
        fields = {"intent": intent.gateway_id, "amount_minor": minor, "currency": "USD"}
        made: httpx.Response = caller.post("/v1/refunds", fields, key="past-us")
        caller.close()
        body = made.raise_for_status().json()
        reply = RefundReply(
            RefundEvent.DONE, body["id"], intent.gateway_id, intent.customer, Money(minor, "USD"), "past-us"
        )
        with clock.pinned(self.now):
            taken = take_in_refund(actor=self.acme.clock, intent_id=str(intent.id), reply=reply)
        assert isinstance(taken, RefundFacts)
        assert taken.was_found


def live_through(directory: Path) -> tuple[Place, Place]:
    """Let the months happen in the database that is pointed at; give both companies."""
    with running_gateway(directory) as process:
        settings = {"TENANTRY_GATEWAY_URL": process.url, "TENANTRY_GATEWAY_KEY": process.key, "TENANTRY_TAX": TAXED}
        with override_settings(**settings):
            months = Months(process)
            try:
                months.live()
            finally:
                months.end()
    return months.acme, months.brink
