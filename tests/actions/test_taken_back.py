"""Unused days of what a void or a credit note took back: nothing is given back twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.invoices.void_invoice import void_invoice
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.subscriptions.disable_addon import disable_addon
from tenantry.actions.subscriptions.enable_addon import enable_addon
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import Invoice, InvoiceLine
from tests.builders import NOW, Place, done, offer, open_place, put_on_file, set_up_addon, set_up_plan, subscribe
from tests.faces.billing import bill, first_invoice
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
