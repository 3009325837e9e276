"""Unused days, voids and credit notes in either order: nothing is given back twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.invoices.void_invoice import void_invoice
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.actions.subscriptions.enable_addon import enable_addon
from tenantry.core.money import Money
from tenantry.core.refusal import Refusal
from tenantry.outside import clock
from tenantry.outside.ids import new_id
from tenantry.project.ledger_command import company_findings
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import CreditNote, Invoice, InvoiceLine
from tenantry.records.payments.vendor_invoices import invoice_seen
from tests.actions.test_billing import balances
from tests.builders import NOW, Place, done, offer, open_place, put_on_file, set_up_addon, set_up_plan, subscribe
from tests.faces.billing import bill, first_invoice, invoice_ids
from tests.scenarios.test_months import confirm

TENTH_DAY, NEXT_MONTH = NOW + timedelta(days=9), NOW + timedelta(days=31)


@pytest.fixture
def place(database: str) -> Place:
    """A company billed $1.00 for its plan and $30.00 for an add-on, both for a month of 30 days."""
    with clock.pinned(NOW):
        place = open_place()
        set_up_plan(amount_minor=100)
        set_up_addon("edoc", amount_minor=3000)
        offer(place, "edoc")
        subscribe(place)
        confirm(enable_addon, place, "edoc", NOW)
        bill(place, NOW)
    return place


def voided(place: Place, _: Any) -> None:
    assert void_invoice(actor=place.vendor, invoice_id=first_invoice(place), reason="By mistake", now=NOW) is None


def credited(amount_minor: int | None) -> Callable[[Place, Any], None]:
    def credit(place: Place, _: Any) -> None:
        form = CreditNoteForm("A month without service", amount_minor)
        done(issue_credit_note(actor=place.vendor, invoice_id=first_invoice(place), form=form, now=NOW))

    return credit


def paid_and_credited(place: Place, gateway: Any) -> None:
    method = put_on_file(place, gateway)
    done(pay_invoice(actor=place.owner.actor, invoice_id=first_invoice(place), method_id=method, request_key="once"))
    credited(None)(place, gateway)


@pytest.mark.parametrize(
    ("take_back", "given_back"),
    [
        (lambda place, gateway: None, 2000),  # 3000 × 20 ÷ 30
        (voided, 0),
        (credited(None), 0),
        (paid_and_credited, 0),
        (credited(500), 2000),  # 30.00 × (1 - 5.00 ÷ 31.00) are still held
        (credited(2480), 600),  # 30.00 × (1 - 24.80 ÷ 31.00)
    ],
    ids=["nothing", "void", "credited", "paid and credited", "a part", "most of it"],
)
def test_a_disable_promises_and_gives_back_what_is_held(
    place: Place, gateway: Any, take_back: Callable[[Place, Any], None], given_back: int
) -> None:
    with clock.pinned(NOW):
        take_back(place, gateway)
    with clock.pinned(TENTH_DAY):
        quote = confirm(disable_addon, place, "edoc", TENTH_DAY)
    with clock.pinned(NEXT_MONTH):
        bill(place, NEXT_MONTH)
    assert quote.this_period.minor == -given_back
    with tenancy.reading(place.id):
        latest = Invoice.objects.order_by("-sequence")[0]
        lines = InvoiceLine.objects.filter(invoice_id=latest.id, code="edoc").values_list("amount_minor", flat=True)
        assert list(lines) == ([-given_back] if given_back else [])


TAX = {"kind": "fixed", "rates": [{"country": "US", "region": "UT", "name": "Utah sales tax", "basis_points": 725}]}


def notes(place: Place) -> list[tuple[int, int, int, int]]:
    fields = ("net_minor", "tax_minor", "to_receivable_minor", "to_credit_minor")
    with tenancy.reading(place.id):
        return list(CreditNote.objects.order_by("sequence").values_list(*fields))


def disabled_then_billed(place: Place) -> None:
    """Disable the add-on on its tenth day; the next invoice gives $20.00 back beside $1.00 for the plan."""
    with clock.pinned(TENTH_DAY):
        confirm(disable_addon, place, "edoc", TENTH_DAY)
    with clock.pinned(NEXT_MONTH):
        bill(place, NEXT_MONTH)


def can_be_credited(place: Place, invoice_id: str) -> Money | Refusal:
    with tenancy.vendor_reading():
        seen = invoice_seen(place.slug, UUID(invoice_id), now=NEXT_MONTH, new_id=new_id)
    assert seen is not None
    return seen.creditable


def note(place: Place, invoice_id: str, amount_minor: int | None = None) -> Any:
    form = CreditNoteForm("A month without service", amount_minor)
    with clock.pinned(NEXT_MONTH):
        return issue_credit_note(actor=place.vendor, invoice_id=invoice_id, form=form, now=NEXT_MONTH)


def findings(place: Place) -> list[str]:
    return [told.sentence for told in company_findings(place.id)]


def test_a_note_leaves_out_what_unused_days_gave_back(place: Place, gateway: Any) -> None:
    first = first_invoice(place)
    with clock.pinned(NOW):
        method = put_on_file(place, gateway)
        done(pay_invoice(actor=place.owner.actor, invoice_id=first, method_id=method, request_key="once"))
    disabled_then_billed(place)
    assert balances(place)["company_credit"] == -1900
    assert can_be_credited(place, first) == Money(1100, "USD")
    assert note(place, first, 1101) == Refusal("credit_too_large", {"most": Money(1100, "USD")})
    done(note(place, first))
    assert notes(place) == [(1100, 0, 0, 1100)]
    # All of the first month is back, and the second one is paid: 31.00 - 1.00.
    assert balances(place)["company_credit"] == -3000
    assert balances(place)["revenue"] == -100
    assert can_be_credited(place, first) == Refusal("nothing_to_credit", {"number": "ACME-000001"})
    assert note(place, first) == Refusal("nothing_to_credit", {"number": "ACME-000001"})
    assert findings(place) == []


def test_the_tax_of_unused_days_is_not_given_back_twice(place: Place, gateway: Any, settings: Any) -> None:
    settings.TENANTRY_TAX = TAX
    with clock.pinned(NEXT_MONTH):
        bill(place, NEXT_MONTH)
    second, day = invoice_ids(place)[1], NEXT_MONTH + timedelta(days=10)
    with clock.pinned(day):
        confirm(disable_addon, place, "edoc", day)
    third = NEXT_MONTH + timedelta(days=31)
    with clock.pinned(third):
        bill(place, third)
    # 12 of 31 days were used: 1839 come back beside 100 for the plan, -1739 and a tax of -126.08.
    assert balances(place)["company_credit"] == -1865
    # 3100 less 1839 are 1261, and their tax 225 × 1261 ÷ 3100 = 91.5.
    assert can_be_credited(place, second) == Money(1261 + 92, "USD")
    done(note(place, second))
    assert notes(place) == [(1261, 92, 1353, 0)]
    assert findings(place) == []


def test_an_unpaid_invoice_whose_unused_days_came_back_is_credited_not_voided(place: Place) -> None:
    first = first_invoice(place)
    disabled_then_billed(place)
    with clock.pinned(NEXT_MONTH):
        void = void_invoice(actor=place.vendor, invoice_id=first, reason="By mistake", now=NEXT_MONTH)
    assert void == Refusal("given_back_in_part", {"number": "ACME-000001"})
    done(note(place, first))
    # What came back as credit is what stays due: together nothing.
    assert notes(place) == [(1100, 0, 1100, 0)]
    assert balances(place) == {"receivable": 2000, "revenue": -100, "company_credit": -1900}
    assert findings(place) == []


def test_what_a_void_invoice_gave_back_can_be_credited_again(place: Place) -> None:
    first = first_invoice(place)
    set_up_addon("more", amount_minor=5000)
    offer(place, "more")
    with clock.pinned(TENTH_DAY):
        confirm(enable_addon, place, "more", TENTH_DAY)
    disabled_then_billed(place)
    assert can_be_credited(place, first) == Money(1100, "USD")
    with clock.pinned(NEXT_MONTH):
        second = invoice_ids(place)[1]
        assert void_invoice(actor=place.vendor, invoice_id=second, reason="By mistake", now=NEXT_MONTH) is None
    assert can_be_credited(place, first) == Money(3100, "USD")
    assert findings(place) == []
