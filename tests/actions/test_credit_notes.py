"""Credit notes, cancelled and written-off invoices: the books, the numbers, the paper, and nothing by halves."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError
from django.test import override_settings

from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, IssuedCreditNote, issue_credit_note
from tenantry.actions.invoices.store_credit_note_document import store_credit_note_document
from tenantry.actions.invoices.void_invoice import void_invoice
from tenantry.actions.invoices.write_off_invoice import write_off_invoice
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.core.money import Money
from tenantry.core.payment_outcome import PaymentOutcome
from tenantry.core.refusal import Refusal
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.base.models import AuditEntry
from tenantry.records.companies.models import BillingDetails, Company
from tenantry.records.invoices.models import (
    CreditNote,
    CreditNoteDocument,
    CreditNoteLine,
    Invoice,
    LedgerEntry,
    Posting,
)
from tenantry.records.payments.models import PaymentIntent
from tests.actions.test_billing import balances
from tests.builders import NOW, Place, done, put_on_file
from tests.faces.billing import LATER, bill, billed_place, collect, fault, first_invoice, invoice_ids, state_of, taken
from tests.paper.reading import pages_of
from tests.prepared import Prepared, prepared_by
from tests.racing import at_once
from tests.untouched import Unchanged

DECLINED = "4000000000000341"
TAXED = {"kind": "fixed", "rates": [{"country": "US", "region": "UT", "name": "Utah sales tax", "basis_points": 725}]}
REASON = "Two days without service"


def taxed() -> Place:
    """Open a company in Utah with one open invoice: $400.00 and 7.25 % tax, $429.00."""
    with override_settings(TENANTRY_TAX=TAXED):
        return billed_place(amount_minor=40000)


prepared = prepared_by(taxed)


@pytest.fixture
def acme(prepared: Prepared, database: str, gateway: Any, settings: Any) -> Place:
    """Begin with it, and with the tax in force."""
    settings.TENANTRY_TAX = TAXED
    return prepared.value


def credited(place: Place, amount_minor: int | None = None, *, key: str = "", invoice_id: str = "") -> Any:
    form = CreditNoteForm(REASON, amount_minor, key)
    with clock.pinned(LATER):
        return issue_credit_note(
            actor=place.vendor, invoice_id=invoice_id or first_invoice(place), form=form, now=LATER
        )


def notes(place: Place) -> list[tuple[Any, ...]]:
    with tenancy.reading(place.id):
        fields = ("number", "net_minor", "tax_minor", "to_receivable_minor", "to_credit_minor")
        return list(CreditNote.objects.order_by("sequence").values_list(*fields))


def entries(place: Place) -> list[str]:
    with tenancy.reading(place.id):
        return list(LedgerEntry.objects.order_by("occurred_at", "kind").values_list("kind", flat=True))


def pay(place: Place, gateway: Any, **card: Any) -> None:
    """Pay the first invoice with a card."""
    with clock.pinned(NOW):
        method = put_on_file(place, gateway, **card)
        paid = pay_invoice(
            actor=place.owner.actor, invoice_id=first_invoice(place), method_id=method, request_key="pay"
        )
    assert isinstance(paid, PaymentOutcome)


class TestCreditNotes:
    def test_a_part_comes_off_what_is_due(self, acme: Place) -> None:
        issued = done(credited(acme, 4290))
        usd = lambda minor: Money(minor, "USD")  # noqa: E731
        assert issued == IssuedCreditNote(issued.id, "ACME-CN-000001", usd(4290), usd(4290), usd(0))
        assert notes(acme) == [("ACME-CN-000001", 4000, 290, 4290, 0)]
        assert state_of(acme, first_invoice(acme)) == "open"
        # 42900 − 4290 is due; revenue 40000 − 4000, tax 2900 − 290.
        assert balances(acme) == {"receivable": 38610, "revenue": -36000, "tax_payable": -2610}
        with tenancy.reading(acme.id):
            row = CreditNote.objects.get()
            assert (row.issue_date, row.reason) == (date(2026, 11, 12), REASON)
            assert row.tax_facts == [{"name": "Utah sales tax", "basis_points": 725, "amount_minor": 290}]
            line = CreditNoteLine.objects.get()
            assert (line.kind, line.invoice_line_id, line.amount_minor) == ("part", None, 4000)
            entry = LedgerEntry.objects.get(kind="credited")
            assert (entry.credit_note_id, entry.invoice_id) == (row.id, row.invoice_id)
            audit = AuditEntry.objects.get(action="issue_credit_note")
            assert (audit.object_kind, audit.object_id, audit.actor_name) == (
                "invoice", first_invoice(acme), "Vera Vendor",
            )  # fmt: skip
            assert audit.after == {
                "credit_note": "ACME-CN-000001", "total_minor": 4290, "to_receivable_minor": 4290,
                "to_credit_minor": 0, "currency": "USD", "reason": REASON,
            }  # fmt: skip

    def test_all_of_an_open_invoice_pays_it(self, acme: Place) -> None:
        done(credited(acme))
        assert notes(acme) == [("ACME-CN-000001", 40000, 2900, 42900, 0)]
        assert state_of(acme, first_invoice(acme)) == "paid"
        assert balances(acme) == {"receivable": 0, "revenue": 0, "tax_payable": 0}
        with tenancy.reading(acme.id):
            invoice = Invoice.objects.get()
            assert (invoice.collect_at, invoice.state_moved_at, invoice.version) == (None, LATER, 2)
            line = CreditNoteLine.objects.get()
            assert (line.kind, line.amount_minor) == ("line", 40000)

    def test_a_paid_invoice_becomes_credit_that_the_next_invoice_uses(self, acme: Place, gateway: Any) -> None:
        pay(acme, gateway)
        done(credited(acme, 4290))
        assert notes(acme) == [("ACME-CN-000001", 4000, 290, 0, 4290)]
        assert state_of(acme, first_invoice(acme)) == "paid"
        assert balances(acme)["company_credit"] == -4290
        bill(acme, NOW + timedelta(days=31))
        with tenancy.reading(acme.id):
            assert Invoice.objects.get(sequence=2).credit_used_minor == 4290
        assert taken(gateway, acme) == [42900]

    def test_numbers_have_no_gap_and_never_more_than_the_total(self, acme: Place, unchanged: Unchanged) -> None:
        for amount in (10000, 20000, 12899):
            done(credited(acme, amount))
        with unchanged():
            assert credited(acme, 2) == Refusal("credit_too_large", {"most": Money(1, "USD")})
        done(credited(acme, 1))
        assert [row[0] for row in notes(acme)] == [f"ACME-CN-{number:06}" for number in (1, 2, 3, 4)]
        assert (sum(row[1] for row in notes(acme)), sum(row[2] for row in notes(acme))) == (40000, 2900)
        assert state_of(acme, first_invoice(acme)) == "paid"
        with unchanged():
            assert credited(acme) == Refusal("nothing_to_credit", {"number": "ACME-000001"})

    def test_the_same_form_twice_issues_once(self, acme: Place, unchanged: Unchanged) -> None:
        first = done(credited(acme, 100, key="form-1"))
        with unchanged():
            assert credited(acme, 100, key="form-1") == first
        assert len(notes(acme)) == 1
        bill(acme, NOW + timedelta(days=31))
        with unchanged():
            assert credited(acme, 100, key="form-1", invoice_id=invoice_ids(acme)[1]) == Refusal("request_key_reused")

    def test_two_at_once_never_exceed_the_total(self, acme: Place) -> None:
        answers = at_once(lambda: credited(acme, 30000), lambda: credited(acme, 30000))
        assert sorted(isinstance(answer, IssuedCreditNote) for answer in answers) == [False, True]
        assert [row[0] for row in notes(acme)] == ["ACME-CN-000001"]
        assert balances(acme)["receivable"] == 12900

    def test_the_same_form_at_once_issues_once(self, acme: Place) -> None:
        first, second = at_once(lambda: credited(acme, 300, key="form"), lambda: credited(acme, 300, key="form"))
        assert first == second
        assert len(notes(acme)) == 1

    def test_wrong_amounts_and_reasons_change_nothing(self, acme: Place, unchanged: Unchanged) -> None:
        with unchanged():
            for amount in (0, -1):
                assert credited(acme, amount).code == "amount_out_of_bounds"
            assert credited(acme, 42901).code == "credit_too_large"
            form = CreditNoteForm(" ")
            refused = issue_credit_note(actor=acme.vendor, invoice_id=first_invoice(acme), form=form, now=LATER)
            assert isinstance(refused, Refusal)
            assert refused.code == "field_required"
            assert credited(acme, 100, invoice_id="00000000-0000-0000-0000-000000000001") == Refusal("not_found")

    def test_only_the_vendor_may(self, acme: Place, unchanged: Unchanged) -> None:
        invoice_id, form = first_invoice(acme), CreditNoteForm(REASON)
        with unchanged():
            for actor in (acme.owner.actor, acme.viewer.actor, acme.clock):
                for verb in (void_invoice, write_off_invoice):
                    refused = verb(actor=actor, invoice_id=invoice_id, reason=REASON, now=LATER)
                    assert isinstance(refused, Refusal)
                    assert refused.code == "not_allowed"
                issued = issue_credit_note(actor=actor, invoice_id=invoice_id, form=form, now=LATER)
                assert isinstance(issued, Refusal)
                assert issued.code == "not_allowed"

    def test_a_payment_under_way_is_in_the_way(
        self, acme: Place, gateway: Any, gateway_process: Any, unchanged: Unchanged
    ) -> None:
        with clock.pinned(NOW):
            put_on_file(acme, gateway)
        with fault(gateway_process, acme, "error_after", operation="confirm_intent"):
            collect(acme, first_invoice(acme), NOW)
        with unchanged():
            for refused in (credited(acme, 100), voided(acme), written_off(acme)):
                assert isinstance(refused, Refusal)
                assert refused.code == "payment_in_progress"

    def test_a_payment_at_rest_is_given_up_first(self, acme: Place, gateway: Any) -> None:
        with clock.pinned(NOW):
            put_on_file(acme, gateway, number=DECLINED)
        collect(acme, first_invoice(acme), NOW)
        done(credited(acme, 4290))
        with tenancy.reading(acme.id):
            assert PaymentIntent.objects.get().state == "cancelled"
            assert Invoice.objects.get().collect_at is not None
        with clock.pinned(LATER):
            good = put_on_file(acme, gateway)
            pay_invoice(actor=acme.owner.actor, invoice_id=first_invoice(acme), method_id=good, request_key="k")
        assert taken(gateway, acme) == [38610]
        assert balances(acme)["receivable"] == 0

    def test_what_was_issued_stays_as_written(self, acme: Place) -> None:
        done(credited(acme, 100))
        for model, change in (
            (CreditNote, {"total_minor": 1}),
            (CreditNoteLine, {"amount_minor": 1}),
            (CreditNoteDocument, {"sha256": ""}),
        ):  # fmt: skip
            with pytest.raises(DatabaseError, match="permission denied"), tenancy.phase(acme.id):
                model.objects.update(**change)

    def test_the_same_note_is_never_booked_twice(self, acme: Place) -> None:
        done(credited(acme, 100))
        with tenancy.reading(acme.id):
            entry = LedgerEntry.objects.get(kind="credited")
        entry.pk = new_id()
        with pytest.raises(DatabaseError, match="credit_note_booked_once"), tenancy.phase(acme.id):
            entry.save(force_insert=True)


class TestPaper:
    def test_is_stored_once_and_mailed_with_the_pdf(self, acme: Place) -> None:
        with tenancy.phase(acme.id):
            BillingDetails.objects.update(recipients=["books@acme.test"])
        done(credited(acme, 4290))
        with clock.pinned(LATER):
            work.run_everything_due()
        with tenancy.reading(acme.id):
            stored = CreditNoteDocument.objects.get()
            assert CreditNote.objects.get().paper_due_at is None
        pdf = bytes(stored.pdf)
        assert hashlib.sha256(pdf).hexdigest() == stored.sha256
        text = "\n".join(pages_of(pdf))
        for words in (
            "Credit note", "ACME-CN-000001", "For invoice", "ACME-000001", "Part of invoice ACME-000001", "$40.00",
            "Utah sales tax 7.25%", "$2.90", "$42.90", "$42.90 taken off what was due on this invoice.", REASON,
            "Nov 12, 2026",
        ):  # fmt: skip
            assert words in text
        (sent,) = [one for one in mail.outbox if "Credit note" in one.subject]
        assert (sent.subject, sent.to) == ("Credit note ACME-CN-000001 from SecurityTrax: $42.90", ["books@acme.test"])
        assert [(name, content) for name, content, _ in sent.attachments] == [("ACME-CN-000001.pdf", pdf)]
        assert "credited $42.90 of invoice ACME-000001" in sent.body
        assert f"Reason   {REASON}" in sent.body

    def test_rendered_again_it_is_left_as_it_is(self, acme: Place, unchanged: Unchanged) -> None:
        note = done(credited(acme))
        store = lambda: store_credit_note_document(actor=acme.clock, credit_note_id=note.id, now=LATER)  # noqa: E731
        sha256 = done(store())
        with unchanged():
            assert store() == sha256
            refused = store_credit_note_document(actor=acme.clock, credit_note_id=first_invoice(acme), now=LATER)
            assert refused == Refusal("not_found")

    def test_a_whole_invoice_is_taken_back_line_by_line(self, acme: Place) -> None:
        note = done(credited(acme))
        done(store_credit_note_document(actor=acme.clock, credit_note_id=note.id, now=LATER))
        with tenancy.reading(acme.id):
            text = "\n".join(pages_of(bytes(CreditNoteDocument.objects.get().pdf)))
        assert "Plan-Acme" in text
        assert "Part of invoice" not in text


def voided(place: Place) -> Refusal | None:
    with clock.pinned(LATER):
        return void_invoice(actor=place.vendor, invoice_id=first_invoice(place), reason=REASON, now=LATER)


def written_off(place: Place) -> Refusal | None:
    with clock.pinned(LATER):
        return write_off_invoice(actor=place.vendor, invoice_id=first_invoice(place), reason=REASON, now=LATER)


class TestVoid:
    def test_takes_everything_back_and_keeps_the_number(self, acme: Place) -> None:
        assert voided(acme) is None
        assert state_of(acme, first_invoice(acme)) == "void"
        assert balances(acme) == {"receivable": 0, "revenue": 0, "tax_payable": 0}
        assert entries(acme) == ["issued", "voided"]
        with tenancy.reading(acme.id):
            audit = AuditEntry.objects.get(action="void_invoice")
            assert audit.after == {
                "number": "ACME-000001", "amount_minor": 42900, "currency": "USD", "reason": REASON,
            }  # fmt: skip
        refused = voided(acme)
        assert isinstance(refused, Refusal)
        assert refused.code == "invoice_void"

    def test_is_not_billed_again(self, acme: Place) -> None:
        voided(acme)
        bill(acme, NOW + timedelta(days=31))
        with tenancy.reading(acme.id):
            assert list(Invoice.objects.order_by("sequence").values_list("total_minor", "state")) == [
                (42900, "void"), (42900, "open"),
            ]  # fmt: skip

    def test_credit_that_it_used_is_there_again(self, acme: Place, gateway: Any) -> None:
        pay(acme, gateway)
        done(credited(acme, 4290))
        bill(acme, NOW + timedelta(days=31))
        second = invoice_ids(acme)[1]
        with clock.pinned(LATER):
            assert void_invoice(actor=acme.vendor, invoice_id=second, reason=REASON, now=LATER) is None
        assert balances(acme) == {
            "receivable": 0, "revenue": -36000, "tax_payable": -2610,
            "gateway_clearing": 42900, "company_credit": -4290,
        }  # fmt: skip

    def test_one_that_was_credited_in_part_or_paid_stays(self, acme: Place, gateway: Any, unchanged: Unchanged) -> None:
        done(credited(acme, 100))
        with unchanged():
            assert voided(acme) == Refusal("credited_in_part", {"number": "ACME-000001"})
        pay(acme, gateway)
        with unchanged():
            assert voided(acme) == Refusal("already_paid", {"number": "ACME-000001"})

    def test_the_recipients_hear_of_it(self, acme: Place) -> None:
        with tenancy.phase(acme.id):
            BillingDetails.objects.update(recipients=["books@acme.test"])
        voided(acme)
        with clock.pinned(LATER):
            work.run_everything_due()
        (sent,) = [one for one in mail.outbox if "cancelled" in one.subject]
        assert (sent.subject, sent.to) == ("Invoice ACME-000001 from SecurityTrax was cancelled", ["books@acme.test"])
        assert f"cancelled invoice ACME-000001 of Acme ($429.00): {REASON}" in sent.body


class TestWriteOff:
    def test_the_receivable_goes_and_a_recoverable_amount_stands_beside_it(self, acme: Place) -> None:
        assert written_off(acme) is None
        assert state_of(acme, first_invoice(acme)) == "uncollectible"
        assert balances(acme) == {
            "receivable": 0, "revenue": -40000, "tax_payable": -2900, "bad_debt": 42900, "recoverable": 42900,
            "recoverable_offset": -42900,
        }  # fmt: skip
        refused = written_off(acme)
        assert isinstance(refused, Refusal)
        assert refused.code == "invoice_written_off"

    def test_a_later_payment_posts_a_recovery(self, acme: Place, gateway: Any) -> None:
        written_off(acme)
        pay(acme, gateway)
        assert state_of(acme, first_invoice(acme)) == "paid"
        assert sorted(entries(acme)) == ["issued", "recovered", "written_off"]
        assert balances(acme) == {
            "receivable": 0, "revenue": -40000, "tax_payable": -2900, "bad_debt": 0, "recoverable": 0,
            "recoverable_offset": 0, "gateway_clearing": 42900,
        }  # fmt: skip
        assert taken(gateway, acme) == [42900]

    def test_it_is_not_collected_any_more(self, acme: Place, gateway: Any) -> None:
        with clock.pinned(NOW):
            put_on_file(acme, gateway)
        written_off(acme)
        with clock.pinned(LATER):
            work.run_everything_due()
        assert taken(gateway, acme) == []

    def test_a_written_off_invoice_is_not_credited_or_voided(self, acme: Place, unchanged: Unchanged) -> None:
        written_off(acme)
        with unchanged():
            assert credited(acme, 100) == Refusal("invoice_written_off", {"number": "ACME-000001"})
            assert voided(acme) == Refusal("invoice_written_off", {"number": "ACME-000001"})


def test_the_counter_is_the_companys_own(acme: Place) -> None:
    done(credited(acme, 100))
    with tenancy.reading(acme.id):
        assert Company.objects.get().last_credit_note_number == 1
        assert Posting.objects.filter(account="receivable").count() == 2
