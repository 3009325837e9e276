"""The database is restored from a backup while the processor moved on: nothing is charged twice, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.core import mail

from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.invoices.void_invoice import void_invoice
from tenantry.actions.payments.close_review import close_review
from tenantry.actions.payments.give_up_payment import give_up_payment
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.refund_payment import RefundForm, refund_payment
from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.actions.subscriptions.enable_addon import Confirmation, enable_addon
from tenantry.core.gateway_reply import ConfirmIntent
from tenantry.core.money import Money
from tenantry.core.refusal import Refusal
from tenantry.core.reviews import Decision
from tenantry.jobs import work
from tenantry.outside import tax
from tenantry.outside.gateway.chosen import gateway
from tenantry.project.demo.story import Months
from tenantry.project.ledger_command import company_findings
from tenantry.records.base import tenancy
from tenantry.records.companies.models import Company, Recovery
from tenantry.records.invoices.models import Invoice, InvoiceDocument, LedgerEntry, Posting
from tenantry.records.invoices.queries import company_credits
from tenantry.records.invoices.standing import standing
from tenantry.records.payments.models import PaymentAttempt, PaymentIntent, PaymentMethod, Refund, Review
from tests.builders import (
    ACH_FORM,
    MICRO_DEPOSITS_MINOR,
    SECOND_CARD,
    Place,
    done,
    offer,
    open_place,
    put_on_file,
    set_up_addon,
    set_up_plan,
    subscribe,
)
from tests.database import TestServer
from tests.paper.reading import pages_of
from tests.scenarios.restoring import Backups, recover
from tests.scenarios.test_mails import set_recipients

DECLINES = "4000000000000341"
DISPUTES = "4000000000000259"
RETURNS_R01 = "000222222227"


def at(month: int, day: int, hour: int = 17) -> datetime:
    """Give an instant of 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.fixture
def backups(postgres: TestServer, database: str, months: Months) -> Iterator[Backups]:
    """Give backups of this test's database."""
    made = Backups(postgres, database)
    yield made
    made.discard()


@pytest.fixture
def acme(months: Months) -> Place:
    """A company on $30.00 a month, anchored on 1 January, with an add-on offered at $31.00."""
    place = open_place("acme", now=months.now)
    set_up_plan(amount_minor=3000, now=months.now)
    set_up_addon("extra", amount_minor=3100, now=months.now)
    offer(place, "extra", now=months.now)
    return place


def taken(months: Months, place: Place) -> list[tuple[str, int]]:
    """List what the processor's own records say it holds of this company: invoice number, cents."""
    held = [one for one in months.control.charges(place.id) if one["outcome"] == "succeeded"]
    return sorted((one["invoice_number"], one["amount_minor"]) for one in held)


def invoices(place: Place) -> list[tuple[str, int, str]]:
    """List number, total and state of each invoice."""
    with tenancy.reading(place.id):
        return list(Invoice.objects.order_by("sequence").values_list("number", "total_minor", "state"))


def outcomes(place: Place) -> list[tuple[int, int, str]]:
    """List generation, number and outcome of every attempt."""
    with tenancy.reading(place.id):
        rows = PaymentAttempt.objects.order_by("intent__invoice__sequence", "intent__generation", "number")
        return list(rows.values_list("intent__generation", "number", "outcome"))


def intents(place: Place) -> list[tuple[int, str, int]]:
    """List generation, state and amount of every intent."""
    with tenancy.reading(place.id):
        rows = PaymentIntent.objects.order_by("invoice__sequence", "generation")
        return list(rows.values_list("generation", "state", "amount_minor"))


def at_processor(place: Place) -> list[tuple[str, int, str]]:
    """List every intent that the processor has of this company: invoice number, cents, how it stands."""
    with tenancy.reading(place.id):
        customer = Company.objects.values_list("gateway_customer", flat=True).get()
    told = gateway().list_changes(customer=customer, since=at(1, 1)).intents
    return [(one.invoice_number, one.reply.amount.minor, one.reply.event.value) for one in told if one.reply.amount]


def confirm_at_processor(place: Place, method_id: str, number: str) -> None:
    """Let a confirm of a process from before the restore arrive."""
    with tenancy.reading(place.id):
        customer = Company.objects.values_list("gateway_customer", flat=True).get()
        token = PaymentMethod.objects.get(id=method_id).token
    told = gateway().list_changes(customer=customer, since=at(1, 1)).intents
    lost = next(one for one in told if one.invoice_number == number)
    gateway().confirm(ConfirmIntent(f"{lost.key}:1", lost.reply.gateway_id, token, off_session=True, return_url=""))


def credit(place: Place) -> int:
    """Give what the company's credit stands at; below zero: what it owes."""
    with tenancy.reading(place.id):
        return -sum(Posting.objects.filter(account="company_credit").values_list("amount_minor", flat=True))


def credit_used(place: Place) -> list[int]:
    """List what of the credit each invoice used; below zero: what it asked for."""
    with tenancy.reading(place.id):
        return list(Invoice.objects.order_by("sequence").values_list("credit_used_minor", flat=True))


def look_at_review(place: Place, reason: str, now: datetime) -> None:
    """End a review as noted."""
    with tenancy.reading(place.id):
        review_id = str(Review.objects.get(reason=reason).id)
    said = {"decision": Decision.NOTED, "evidence": "Seen in the dashboard"}
    done(close_review(actor=place.vendor, review_id=review_id, **said, now=now))


def strike(settings: Any, fault: str) -> None:
    """Let the next confirm meet a fault."""
    rule = {"fault": fault, "operation": "confirm_intent", "times": 1}
    httpx.post(
        f"{settings.TENANTRY_GATEWAY_URL}/control/faults", json=rule, trust_env=False, verify=False
    ).raise_for_status()


def cleared(place: Place) -> int:
    """Give the clearing account's balance."""
    with tenancy.reading(place.id):
        rows = Posting.objects.filter(account="gateway_clearing")
        return sum(rows.values_list("amount_minor", flat=True))


def hold(place: Place) -> str:
    """Tell why the company's billing is held; empty while it is not."""
    with tenancy.reading(place.id):
        return str(Company.objects.values_list("billing_held_because", flat=True).get())


def is_over() -> bool:
    """Tell whether no recovery is on."""
    return not Recovery.objects.filter(ended_at__isnull=True).exists()


def pay_first(place: Place, months: Months, method_id: str, key: str = "again") -> Any:
    """Pay the first invoice as the owner."""
    with tenancy.reading(place.id):
        invoice_id = str(Invoice.objects.order_by("sequence").values_list("id", flat=True)[0])
    return pay_invoice(actor=place.owner.actor, invoice_id=invoice_id, method_id=method_id, request_key=key)


def enable(place: Place, months: Months) -> None:
    """Switch the add-on on, as the owner."""
    asked = enable_addon(actor=place.owner.actor, addon_code="extra", confirmed=Confirmation(""), now=months.now)
    assert isinstance(asked, Refusal)
    quote: Any = asked.facts["quote"]
    confirmed = Confirmation(quote.fingerprint)
    done(enable_addon(actor=place.owner.actor, addon_code="extra", confirmed=confirmed, now=months.now))


class TestRecovered:
    def test_an_invoice_issued_and_paid_after_the_backup(self, months: Months, acme: Place, backups: Backups) -> None:
        put_on_file(acme, months.control, now=months.now)
        subscribe(acme, now=months.now)
        months.go_to(at(1, 20))
        backup = backups.take()
        months.go_to(at(3, 5))
        paid = [("ACME-000001", 3000), ("ACME-000002", 3000), ("ACME-000003", 3000)]
        assert taken(months, acme) == paid

        backups.restore(backup)
        assert recover() == (
            0,
            [
                "1 companies, 2 payments compared, 2 brought up to date.",
                "The recovery has ended: due invoices are charged again.",
            ],
        )
        assert invoices(acme) == [(number, minor, "paid") for number, minor in paid]
        assert taken(months, acme) == paid
        assert (cleared(acme), hold(acme), is_over()) == (9000, "", True)
        months.go_to(at(4, 5))
        assert taken(months, acme) == [*paid, ("ACME-000004", 3000)]

    def test_a_decline_and_what_followed_it(self, months: Months, acme: Place, backups: Backups) -> None:
        """Attempts 2 and 3 are lost; the second method was added after the backup."""
        put_on_file(acme, months.control, number=DECLINES, now=months.now)
        subscribe(acme, now=months.now)
        months.go_to(at(1, 2))
        backup = backups.take()
        months.go_to(at(1, 4))
        good = put_on_file(acme, months.control, number=SECOND_CARD, now=months.now)
        done(pay_first(acme, months, good))
        assert outcomes(acme) == [(1, 1, "declined"), (1, 2, "declined"), (1, 3, "succeeded")]

        backups.restore(backup)
        assert outcomes(acme) == [(1, 1, "declined")]
        assert recover()[0] == 0
        assert outcomes(acme) == [(1, 1, "declined"), (1, 2, "declined"), (1, 3, "succeeded")]
        assert invoices(acme) == [("ACME-000001", 3000, "paid")]
        with tenancy.reading(acme.id):
            rows = PaymentMethod.objects.order_by("added_at").values_list("last4", "is_default", "removed_at")
            assert list(rows) == [("0341", True, None), ("4444", False, months.now)]
        months.go_to(at(1, 25))
        assert taken(months, acme) == [("ACME-000001", 3000)]

    def test_a_returned_debit_and_the_second_collection(self, months: Months, acme: Place, backups: Backups) -> None:
        account = put_on_file(acme, months.control, form=ACH_FORM, number=RETURNS_R01, now=months.now)
        amounts = MICRO_DEPOSITS_MINOR
        done(verify_bank_account(actor=acme.owner.actor, method_id=account, amounts_minor=amounts, now=months.now))
        subscribe(acme, now=months.now)
        backup = backups.take()
        months.go_to(at(1, 12))
        before = outcomes(acme)
        assert before[0] == (1, 1, "returned")
        assert len(before) > 1

        backups.restore(backup)
        assert recover()[0] == 0
        assert outcomes(acme) == before
        assert (taken(months, acme), cleared(acme), hold(acme)) == ([], 0, "")

    def test_a_payment_that_was_given_up_before_the_one_that_succeeded(
        self, months: Months, acme: Place, backups: Backups, settings: Any
    ) -> None:
        """The first confirm never arrived: the gateway has an intent that nobody tried. The second was paid."""
        put_on_file(acme, months.control, now=months.now)
        subscribe(acme, now=months.now)
        backup = backups.take()
        strike(settings, "error_before")
        work.bill(acme.id)
        work.collect(acme.id)
        with tenancy.reading(acme.id):
            intent_id = str(PaymentIntent.objects.get().id)
        give_up_payment(actor=acme.clock, intent_id=intent_id, because="asked by staff")
        months.go_to(at(1, 5))
        assert outcomes(acme) == [(1, 1, "cancelled"), (2, 1, "succeeded")]

        backups.restore(backup)
        assert recover()[0] == 0
        assert intents(acme) == [(1, "cancelled", 3000), (2, "succeeded", 3000)]
        assert outcomes(acme) == [(2, 1, "succeeded")]
        assert (invoices(acme), cleared(acme), hold(acme)) == ([("ACME-000001", 3000, "paid")], 3000, "")
        assert list(company_findings(acme.id)) == []
        months.go_to(at(1, 9))
        assert intents(acme) == [(1, "cancelled", 3000), (2, "succeeded", 3000)]
        assert taken(months, acme) == [("ACME-000001", 3000)]

    def test_a_payout_that_is_read_before_its_payment_is_taken_up_again(
        self, months: Months, acme: Place, backups: Backups
    ) -> None:
        """The payment was paid out when the database was restored, and the hourly reading came before the recovery."""
        put_on_file(acme, months.control, now=months.now)
        backup = backups.take()
        subscribe(acme, now=months.now)
        months.go_to(at(1, 9))
        backups.restore(backup)
        subscribe(acme, now=at(1, 1))
        work.read_payouts()
        with tenancy.reading(acme.id):
            assert list(Review.objects.values_list("reason", flat=True)) == ["payout_of_unknown_payment"]
        assert recover()[0] == 0
        assert invoices(acme) == [("ACME-000001", 3000, "paid")]
        assert (cleared(acme), hold(acme)) == (0, "")
        assert list(company_findings(acme.id)) == []

    def test_a_refund_made_after_the_backup(self, months: Months, acme: Place, backups: Backups) -> None:
        """The refund comes back and is booked; the credit note that explained it is lost, so a person looks."""
        put_on_file(acme, months.control, now=months.now)
        subscribe(acme, now=months.now)
        months.go_to(at(1, 5))
        backup = backups.take()
        with tenancy.reading(acme.id):
            invoice_id = str(Invoice.objects.get().id)
        note = CreditNoteForm("Two days without service", 1000)
        done(issue_credit_note(actor=acme.vendor, invoice_id=invoice_id, form=note, now=months.now))
        form = RefundForm("Two days without service")
        done(refund_payment(actor=acme.vendor, invoice_id=invoice_id, form=form))
        assert [one["net_minor"] for one in months.control.charges(acme.id)] == [2000]

        backups.restore(backup)
        assert recover()[0] == 0
        assert cleared(acme) == 2000
        with tenancy.reading(acme.id):
            assert list(Refund.objects.values_list("state", "amount_minor", "was_found")) == [("done", 1000, True)]
            assert Review.objects.filter(closed_at__isnull=True).count() == 1
        done(issue_credit_note(actor=acme.vendor, invoice_id=invoice_id, form=note, now=months.now))
        again = refund_payment(actor=acme.vendor, invoice_id=invoice_id, form=form)
        assert isinstance(again, Refusal)
        assert [one["net_minor"] for one in months.control.charges(acme.id)] == [2000]

    def test_the_customer_itself_is_found_again(self, months: Months, acme: Place, backups: Backups) -> None:
        subscribe(acme, now=months.now)
        backup = backups.take()
        put_on_file(acme, months.control, now=months.now)
        months.go_to(at(2, 5))
        paid = [("ACME-000001", 3000), ("ACME-000002", 3000)]
        assert taken(months, acme) in ([paid[1]], paid)
        held = taken(months, acme)

        backups.restore(backup)
        assert recover()[0] == 0
        assert taken(months, acme) == held
        with tenancy.reading(acme.id):
            assert Company.objects.get().gateway_customer != ""


class TestHeld:
    def test_nothing_is_charged_before_a_company_was_compared(
        self, months: Months, acme: Place, backups: Backups
    ) -> None:
        card = put_on_file(acme, months.control, number=DECLINES, now=months.now)
        subscribe(acme, now=months.now)
        months.go_to(at(1, 2))
        Recovery.objects.create(id="5c1b8d1c-0e0e-4a52-9b52-0a5b6c4d3e2f", began_at=at(1, 3), because="restored")
        assert pay_first(acme, months, card) == Refusal("recovering", {"number": "ACME-000001"})
        assert [one["outcome"] for one in months.control.charges(acme.id)] == ["declined"]
        months.go_to(at(1, 4))
        assert is_over()
        assert [one["outcome"] for one in months.control.charges(acme.id)] == ["declined", "declined"]

    def test_what_was_lost_for_good_is_put_before_a_person(self, months: Months, acme: Place, backups: Backups) -> None:
        """An add-on enabled after the backup is gone, so the invoice comes out lower than what was taken."""
        put_on_file(acme, months.control, now=months.now)
        subscribe(acme, now=months.now)
        months.go_to(at(1, 20))
        backup = backups.take()
        enable(acme, months)
        months.go_to(at(2, 5))
        # 12 of 31 days of $31.00 and the whole February: $12.00 + $31.00 + $30.00.
        paid = [("ACME-000001", 3000), ("ACME-000002", 7300)]
        assert taken(months, acme) == paid

        backups.restore(backup)
        recover()
        assert taken(months, acme) == paid
        assert (cleared(acme), hold(acme)) == (10300, "overpaid")
        with tenancy.reading(acme.id):
            assert list(Review.objects.values_list("reason", "closed_at")) == [("overpaid", None)]
        months.go_to(at(3, 5))
        assert taken(months, acme) == paid

    def test_what_was_overpaid_and_goes_back_opens_no_settled_invoice(
        self, months: Months, acme: Place, backups: Backups
    ) -> None:
        """As above; then the vendor credits the invoice that waits, and weeks later both payments are charged back."""
        put_on_file(acme, months.control, number=DISPUTES, now=months.now)
        subscribe(acme, now=months.now)
        backup = backups.take()
        enable(acme, months)
        months.go_to(at(2, 5))
        backups.restore(backup)
        recover()
        with tenancy.reading(acme.id):
            invoice_id = str(Invoice.objects.get(sequence=2).id)
            due = Posting.objects.filter(invoice_id=invoice_id, account="receivable")
            assert list(due.values_list("amount_minor", flat=True)) == [3000]
        credited = CreditNoteForm("Paid at another amount")
        done(issue_credit_note(actor=acme.vendor, invoice_id=invoice_id, form=credited, now=months.now))
        assert invoices(acme)[1] == ("ACME-000002", 3000, "paid")

        months.go_to(at(2, 27))
        assert [one["outcome"] for one in months.control.charges(acme.id)] == ["returned", "returned"]
        assert outcomes(acme)[:2] == [(1, 1, "returned"), (1, 1, "returned")]
        assert invoices(acme) == [("ACME-000001", 3000, "open"), ("ACME-000002", 3000, "paid")]
        assert cleared(acme) == 0
        with tenancy.reading(acme.id):
            kinds = LedgerEntry.objects.filter(invoice_id=invoice_id).order_by("occurred_at")
            assert list(kinds.values_list("kind", flat=True)) == [
                "issued", "overpaid", "credited", "overpayment_returned",
            ]  # fmt: skip
        assert list(company_findings(acme.id)) == []

    def test_what_was_overpaid_and_used_is_asked_for_again_when_it_goes_back(
        self, months: Months, acme: Place, backups: Backups, settings: Any
    ) -> None:
        """March's invoice uses the credit; weeks later the payment is charged back. April's asks for what is owed."""
        set_recipients(acme, ["books@acme.test"], months.now)
        put_on_file(acme, months.control, now=months.now)
        subscribe(acme, now=months.now)
        months.go_to(at(1, 20))
        backup = backups.take()
        enable(acme, months)
        strike(settings, "dispute_lost:fraudulent:40")
        months.go_to(at(2, 5))
        backups.restore(backup)
        recover()
        assert (taken(months, acme), hold(acme)) == ([("ACME-000001", 3000), ("ACME-000002", 7300)], "overpaid")
        look_at_review(acme, "overpaid", months.now)
        months.go_to(at(3, 5))
        assert invoices(acme)[2] == ("ACME-000003", 3000, "paid")
        assert (credit(acme), credit_used(acme)) == (4300, [0, 0, 3000])

        months.go_to(at(3, 31))
        assert taken(months, acme) == [("ACME-000001", 3000)]
        assert credit(acme) == -3000
        assert list(company_findings(acme.id)) == []
        with tenancy.reading(acme.id):
            assert company_credits([acme.id]) == {acme.id: -3000}
            here = standing(Company.objects.get(), rates_for=tax.rates_for)
        assert here is not None
        assert here.outlook.credit_available == Money(-3000, "USD")

        months.go_to(at(4, 5))
        assert invoices(acme)[3] == ("ACME-000004", 3000, "paid")
        assert taken(months, acme) == [("ACME-000001", 3000), ("ACME-000004", 6000)]
        assert (credit(acme), credit_used(acme)) == (0, [0, 0, 3000, -3000])
        assert list(company_findings(acme.id)) == []
        with tenancy.reading(acme.id):
            paper = "\n".join(pages_of(bytes(InvoiceDocument.objects.get(invoice__sequence=4).pdf)))
        assert "Total\n$30.00\nReturned payments\n$30.00\nAmount due\n$60.00" in paper
        told = [one.subject for one in mail.outbox if "It also asks for $30.00: " in one.body]
        assert told == ["Invoice ACME-000004 from SecurityTrax: $30.00"]
        months.go_to(at(5, 5))
        assert taken(months, acme)[1:] == [("ACME-000004", 6000), ("ACME-000005", 3000)]

    def test_a_void_invoice_leaves_what_it_asked_for_to_the_next(
        self, months: Months, acme: Place, backups: Backups, settings: Any
    ) -> None:
        """As above, but April's invoice can't be collected, and the vendor cancels it."""
        put_on_file(acme, months.control, now=months.now)
        subscribe(acme, now=months.now)
        months.go_to(at(1, 20))
        backup = backups.take()
        enable(acme, months)
        strike(settings, "dispute_lost:fraudulent:40")
        months.go_to(at(2, 5))
        backups.restore(backup)
        recover()
        look_at_review(acme, "overpaid", months.now)
        months.go_to(at(3, 31))
        strike(settings, "decline:insufficient_funds")
        months.go_to(at(4, 1, 19))
        assert invoices(acme)[3] == ("ACME-000004", 3000, "open")
        with tenancy.reading(acme.id):
            april = str(Invoice.objects.get(sequence=4).id)
        assert void_invoice(actor=acme.vendor, invoice_id=april, reason="As agreed", now=months.now) is None
        assert (credit(acme), invoices(acme)[3]) == (-3000, ("ACME-000004", 3000, "void"))
        assert list(company_findings(acme.id)) == []
        months.go_to(at(5, 5))
        assert credit_used(acme) == [0, 0, 3000, -3000, -3000]
        assert taken(months, acme) == [("ACME-000001", 3000), ("ACME-000005", 6000)]
        assert (credit(acme), list(company_findings(acme.id))) == (0, [])


class TestForgotten:
    """Nobody said that the database was restored."""

    @pytest.mark.parametrize("later", [timedelta(hours=2), timedelta(days=9)])
    def test_the_next_comparison_notices_and_nothing_is_charged_twice(
        self, months: Months, acme: Place, backups: Backups, later: timedelta
    ) -> None:
        put_on_file(acme, months.control, now=months.now)
        subscribe(acme, now=months.now)
        months.go_to(at(1, 31))
        backup = backups.take()
        months.go_to(at(2, 1, 18) + later)
        paid = [("ACME-000001", 3000), ("ACME-000002", 3000)]
        assert taken(months, acme) == paid

        backups.restore(backup)
        months.go_to(months.now + timedelta(hours=30))
        assert taken(months, acme) == paid
        assert invoices(acme) == [(number, minor, "paid") for number, minor in paid]
        assert (cleared(acme), hold(acme), is_over()) == (6000, "", True)

    def test_a_payment_looks_before_it_creates_where_books_are_old(
        self, months: Months, acme: Place, backups: Backups
    ) -> None:
        """The owner pays before any comparison: the gateway still finds the lost payment by its key."""
        card = put_on_file(acme, months.control, number=DECLINES, now=months.now)
        good = put_on_file(acme, months.control, number=SECOND_CARD, now=months.now)
        backup_before = backups.take()
        subscribe(acme, now=months.now)
        months.go_to(at(1, 2))
        done(pay_first(acme, months, good))
        assert taken(months, acme) == [("ACME-000001", 3000)]

        backups.restore(backup_before)
        subscribe(acme, now=at(1, 1))
        months._set(at(1, 9))
        work.bill(acme.id)
        pay_first(acme, months, card, key="after")
        assert taken(months, acme) == [("ACME-000001", 3000)]
        with tenancy.reading(acme.id):
            assert PaymentIntent.objects.count() == 1

    def test_a_payment_under_a_lost_key_is_of_the_card_that_was_charged(
        self, months: Months, acme: Place, backups: Backups
    ) -> None:
        """Paid again with another card, under the key of the lost payment: the gateway gives its first answer."""
        charged = put_on_file(acme, months.control, number=SECOND_CARD, now=months.now)
        backup = backups.take()
        subscribe(acme, now=months.now)
        months.go_to(at(1, 2))

        backups.restore(backup)
        subscribe(acme, now=at(1, 1))
        months._set(at(1, 9))
        work.bill(acme.id)
        other = put_on_file(acme, months.control, now=months.now)
        pay_first(acme, months, other, key="after")
        work.reconcile(acme.id)
        with tenancy.reading(acme.id):
            rows = PaymentAttempt.objects.values_list("method_id", "outcome")
            assert list(rows) == [(UUID(charged), "succeeded")]
        assert taken(months, acme) == [("ACME-000001", 3000)]
        assert invoices(acme) == [("ACME-000001", 3000, "paid")]


class TestUnconfirmed:
    """The processor has an intent that nobody confirmed; the restored database issues its invoice at another amount.

    An add-on enabled after the backup is gone, so that $73.00 were asked for and $30.00 are due.
    """

    @pytest.fixture
    def restored(self, months: Months, acme: Place, backups: Backups, settings: Any) -> str:
        """Come to that point, on 2 February; give the card."""
        card = put_on_file(acme, months.control, now=months.now)
        subscribe(acme, now=months.now)
        months.go_to(at(1, 20))
        backup = backups.take()
        enable(acme, months)
        months.go_to(at(1, 31))
        months._set(at(2, 1))
        strike(settings, "error_before")
        work.bill(acme.id)
        work.collect(acme.id)
        assert invoices(acme)[1] == ("ACME-000002", 7300, "open")
        assert at_processor(acme) == [("ACME-000001", 3000, "succeeded"), ("ACME-000002", 7300, "exists")]
        backups.restore(backup)
        months._set(at(2, 2))
        return card

    def test_is_closed_by_the_recovery_and_what_is_due_is_charged(
        self, months: Months, acme: Place, restored: str
    ) -> None:
        assert recover()[0] == 0
        assert at_processor(acme)[1] == ("ACME-000002", 7300, "cancelled")
        assert intents(acme) == [(1, "succeeded", 3000), (1, "cancelled", 7300)]
        months.go_to(at(2, 5))
        assert at_processor(acme)[1:] == [
            ("ACME-000002", 7300, "cancelled"),
            ("ACME-000002", 3000, "succeeded"),
        ]
        assert intents(acme)[1:] == [(1, "cancelled", 7300), (2, "succeeded", 3000)]
        assert invoices(acme) == [("ACME-000001", 3000, "paid"), ("ACME-000002", 3000, "paid")]
        assert (cleared(acme), hold(acme)) == (6000, "")
        with tenancy.reading(acme.id):
            assert Review.objects.count() == 0
        assert list(company_findings(acme.id)) == []

    @pytest.mark.parametrize("is_noted_before", [True, False])
    def test_met_before_any_comparison_ends_with_a_person_and_the_next_one(
        self, months: Months, acme: Place, restored: str, is_noted_before: bool
    ) -> None:
        """Nobody said that the database was restored: the first charge meets the other amount."""
        work.bill(acme.id)
        work.collect(acme.id)
        months._set(at(2, 2, 18))
        work.collect(acme.id)
        work.ask(acme.id)
        assert hold(acme) == "reply_not_ours"
        if is_noted_before:
            look_at_review(acme, "reply_not_ours", months.now)
        months._set(at(2, 2, 19))
        work.ask(acme.id)
        work.reconcile(acme.id)
        assert intents(acme)[1:] == [(1, "ready", 7300)]
        if not is_noted_before:
            assert hold(acme) == "reply_not_ours"
            look_at_review(acme, "reply_not_ours", months.now)
        assert hold(acme) == ""
        months.go_to(at(2, 5))
        assert at_processor(acme)[1:] == [
            ("ACME-000002", 7300, "cancelled"),
            ("ACME-000002", 3000, "succeeded"),
        ]
        assert intents(acme)[1:] == [(1, "cancelled", 7300), (2, "succeeded", 3000)]
        assert invoices(acme)[1] == ("ACME-000002", 3000, "paid")
        assert (cleared(acme), hold(acme), list(company_findings(acme.id))) == (6000, "", [])

    def test_is_found_however_old_it_is(self, months: Months, acme: Place, restored: str) -> None:
        """The books were compared after it was made, when its invoice was not there yet."""
        work.bill(acme.id)
        with tenancy.phase(acme.id):
            assert Company.objects.update(reconciled_at=at(2, 9)) == 1
        months._set(at(2, 20))
        work.collect(acme.id)
        months._set(at(2, 20, 18))
        work.ask(acme.id)
        assert (intents(acme)[1:], hold(acme)) == ([(1, "ready", 3000)], "reply_not_ours")
        work.reconcile(acme.id)
        assert intents(acme)[1:] == [(1, "ready", 7300)]

    def test_taken_at_the_other_amount_is_booked_as_it_was_taken(
        self, months: Months, acme: Place, restored: str, backups: Backups
    ) -> None:
        """As above, but the confirm that was on its way came through: staff end it by a credit note."""
        confirm_at_processor(acme, restored, "ACME-000002")
        work.bill(acme.id)
        work.collect(acme.id)
        months._set(at(2, 2, 18))
        work.collect(acme.id)
        work.ask(acme.id)
        assert (hold(acme), cleared(acme)) == ("reply_not_ours", 3000)
        months._set(at(2, 2, 19))
        work.reconcile(acme.id)
        assert intents(acme)[1:] == [(1, "succeeded", 7300)]
        assert (cleared(acme), credit(acme), hold(acme)) == (10300, 7300, "reply_not_ours")
        look_at_review(acme, "reply_not_ours", months.now)
        look_at_review(acme, "overpaid", months.now)
        with tenancy.reading(acme.id):
            invoice_id = str(Invoice.objects.get(sequence=2).id)
        note = CreditNoteForm("Paid at another amount")
        done(issue_credit_note(actor=acme.vendor, invoice_id=invoice_id, form=note, now=months.now))
        assert invoices(acme)[1] == ("ACME-000002", 3000, "paid")
        months.go_to(at(3, 5))
        assert taken(months, acme) == [("ACME-000001", 3000), ("ACME-000002", 7300)]
        assert (credit(acme), hold(acme), list(company_findings(acme.id))) == (4300, "", [])
