"""Unused days after a move come back with the very tax that was charged on them, neither more nor less."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import pytest

from tenantry.actions.companies.change_billing_details import change_billing_details
from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.invoices.store_document import store_document
from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.actions.subscriptions.enable_addon import enable_addon
from tenantry.core.billing_details import BillingDetailsForm
from tenantry.core.refusal import Refusal
from tenantry.outside import clock
from tenantry.project.ledger_command import company_findings
from tenantry.records.base import tenancy
from tenantry.records.companies.models import BillingDetails
from tenantry.records.invoices.models import Invoice, InvoiceDocument
from tests.actions.test_billing import balances
from tests.builders import NOW, Place, done, offer, open_place, set_up_addon, set_up_plan, subscribe
from tests.faces.billing import bill
from tests.faces.test_invoice import page, totals
from tests.paper.reading import pages_of
from tests.scenarios.test_months import confirm

NEXT_DAY, NEXT_MONTH = NOW + timedelta(days=1), NOW + timedelta(days=31)
TAX = {
    "kind": "fixed",
    "rates": [
        {"country": "US", "region": "UT", "name": "Utah sales tax", "basis_points": 725},
        {"country": "US", "region": "TX", "name": "Texas sales tax", "basis_points": 625},
    ],
}


def opened(first: str, plan_minor: int) -> Place:
    """Open a company in a state, billed for its plan and $10,000.00 for an add-on, for a month of 30 days."""
    with clock.pinned(NOW):
        place = open_place()
        set_up_plan("core", amount_minor=plan_minor)
        set_up_addon("extra", amount_minor=1_000_000)
        offer(place, "extra")
        subscribe(place, "core")
        move(place, first, NOW)
        confirm(enable_addon, place, "extra", NOW)
        bill(place, NOW)
    return place


def move(place: Place, region: str, at: datetime) -> None:
    with tenancy.reading(place.id):
        row = BillingDetails.objects.get()
    said = {field.name: getattr(row, field.name) for field in fields(BillingDetailsForm)}
    form = BillingDetailsForm(**{**said, "recipients": tuple(row.recipients), "region": region})
    done(change_billing_details(actor=place.owner.actor, form=form, version=row.version, now=at))


def moved_and_disabled(place: Place, region: str) -> Invoice:
    """Move, disable the add-on on its second day, and give the next month's invoice."""
    with clock.pinned(NEXT_DAY):
        move(place, region, NEXT_DAY)
        confirm(disable_addon, place, "extra", NEXT_DAY)
    with clock.pinned(NEXT_MONTH):
        bill(place, NEXT_MONTH)
    with tenancy.reading(place.id):
        return Invoice.objects.order_by("-sequence")[0]


def fact(name: str, basis_points: int, minor: int, of_minor: int | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"name": f"{name} sales tax", "basis_points": basis_points, "amount_minor": minor}
    return found if of_minor is None else {**found, "of_minor": of_minor}


@pytest.mark.parametrize(
    ("first", "then", "plan_minor", "taxes", "tax_minor", "left_over"),
    [
        # $10,000.00 × 28 ÷ 30 come back.
        ("NV", "UT", 0, [], 0, 933_333),
        ("UT", "NV", 0, [fact("Utah", 725, -67_667, -933_333)], -67_667, 1_001_000),
        ("UT", "UT", 0, [fact("Utah", 725, -67_667)], -67_667, 1_001_000),
        ("NV", "UT", 10_000, [fact("Utah", 725, 725, 10_000)], 725, 922_608),
        (
            "TX",
            "UT",
            10_000,
            [fact("Utah", 725, 725, 10_000), fact("Texas", 625, -58_333, -933_333)],
            -57_608,
            980_941,
        ),
        ("UT", "UT", 10_000, [fact("Utah", 725, -66_942)], -66_942, 990_275),
    ],
)
def test_comes_back_as_it_was_charged(
    database: str,
    settings: Any,
    first: str,
    then: str,
    plan_minor: int,
    taxes: list[dict[str, Any]],
    tax_minor: int,
    left_over: int,
) -> None:
    settings.TENANTRY_TAX = TAX
    place = opened(first, plan_minor)
    invoice = moved_and_disabled(place, then)
    assert (invoice.subtotal_minor, invoice.tax_minor, invoice.total_minor) == (plan_minor - 933_333, tax_minor, 0)
    assert invoice.tax_facts == taxes
    assert balances(place)["company_credit"] == -left_over
    assert list(company_findings(place.id)) == []


def test_an_invoice_at_two_rates_says_so_and_takes_no_credit_note(database: str, settings: Any) -> None:
    settings.TENANTRY_TAX = TAX
    place = opened("TX", 2_000_000)
    invoice = moved_and_disabled(place, "UT")
    assert (invoice.subtotal_minor, invoice.tax_minor, invoice.total_minor) == (1_066_667, 86_667, 1_153_334)
    for amount_minor in (None, 1):
        form = CreditNoteForm("A month without service", amount_minor)
        made = issue_credit_note(actor=place.vendor, invoice_id=str(invoice.id), form=form, now=NEXT_MONTH)
        assert made == Refusal("taxed_at_two_rates", {"number": invoice.number})
    assert list(company_findings(place.id)) == []


def test_a_further_move_looks_at_the_invoice_that_charged(database: str, settings: Any) -> None:
    """What the invoice at two rates asked for was asked for at those of its own day."""
    settings.TENANTRY_TAX = TAX
    place = opened("TX", 2_000_000)
    moved_and_disabled(place, "UT")
    with clock.pinned(NEXT_MONTH):
        confirm(enable_addon, place, "extra", NEXT_MONTH)
    second, third = NEXT_MONTH + timedelta(days=31), NEXT_MONTH + timedelta(days=62)
    with clock.pinned(second):
        bill(place, second)
        move(place, "NV", second)
        confirm(disable_addon, place, "extra", second)
    with clock.pinned(third):
        bill(place, third)
    with tenancy.reading(place.id):
        late, last = Invoice.objects.order_by("sequence")[2:]
    # A day of December that nobody was asked for, then January without 29 of its 31 days: 10,000.00 × 30 ÷ 31 on top.
    assert (late.subtotal_minor, late.tax_minor) == (3_967_742, 287_661)
    assert (last.subtotal_minor, last.tax_facts) == (1_064_516, [fact("Utah", 725, -67_823, -935_484)])
    assert list(company_findings(place.id)) == []


def test_the_page_and_the_paper_say_what_each_tax_is_taken_of(database: str, settings: Any) -> None:
    settings.TENANTRY_TAX = TAX
    place = opened("TX", 2_000_000)
    invoice = moved_and_disabled(place, "UT")
    done(store_document(actor=place.clock, invoice_id=str(invoice.id), now=NEXT_MONTH))
    with tenancy.reading(place.id):
        text = " ".join(" ".join(pages_of(bytes(InvoiceDocument.objects.get().pdf))).split())
    sums = [
        "Subtotal $10,666.67",
        "Utah sales tax 7.25% of $20,000.00 $1,450.00",
        "Texas sales tax 6.25% of $9,333.33 given back -$583.33",
        "Total $11,533.34",
    ]
    with clock.pinned(NEXT_MONTH):
        assert totals(page(place, str(invoice.id)))[:4] == sums
    assert "Utah sales tax 7.25% of $20,000.00 $1,450.00 Texas sales tax 6.25% of $9,333.33 given back" in text
