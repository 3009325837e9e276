"""Money for which nothing was due, taken back by the bank: it comes off the credit, and settled invoices stay so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tenantry.core import postings
from tenantry.core.gateway_reply import Event
from tenantry.core.money import Money
from tenantry.core.payment_effects import Post, SendNotice, SetCollectAt
from tenantry.core.payment_facts import InvoiceState
from tenantry.core.payment_flow import resolve, settle
from tenantry.core.payment_states import State
from tenantry.core.postings import Entry
from tests.core.payment_desk import AMOUNT, EXISTS, NO_ANSWER, START, Desk, says

ZERO, PART = Money(0, "USD"), Money(20000, "USD")
CREDITED = postings.credited("inv", net=AMOUNT, tax=ZERO, to_receivable=AMOUNT)
VOIDED = postings.voided("inv", net=AMOUNT, tax=ZERO, still_due=AMOUNT, brought_forward=ZERO)
PARTLY_CREDITED = postings.credited("inv", net=PART, tax=ZERO, to_receivable=PART)
TOOK_BACK = [
    ("overpayment_returned", "company_credit", 41250),
    ("overpayment_returned", "gateway_clearing", -41250),
]


def overpaid(entry: Entry, state: InvoiceState) -> Desk:
    """Change the invoice while its payment is unknown, then let that payment succeed."""
    desk = Desk()
    desk.pay(EXISTS, NO_ANSWER)
    desk.books.invoices["inv"] = replace(desk.invoice, state=state)
    desk.books.apply([Post(entry, "", desk.now)], "acme")
    desk.run(resolve(desk.intent.id), says(Event.SUCCEEDED))
    assert desk.booked[-2:] == [("overpaid", "gateway_clearing", 41250), ("overpaid", "company_credit", -41250)]
    return desk


@pytest.mark.parametrize(
    ("entry", "state"), [(CREDITED, InvoiceState.PAID), (VOIDED, InvoiceState.VOID)], ids=["credited", "void"]
)
def test_a_settled_invoice_stays_settled(entry: Entry, state: InvoiceState) -> None:
    """Nobody is told that it is open again, nothing is collected, and a person looks."""
    desk = overpaid(entry, state)
    before, written = desk.invoice, len(desk.written)
    desk.later(days=1)
    desk.run(settle(desk.intent.id), says(Event.RETURNED, code="R01"))
    assert desk.booked[-2:] == TOOK_BACK
    assert desk.invoice == before
    assert (desk.state, desk.outcomes) == (State.RETURNED, ["returned"])
    assert desk.books.reviews[desk.intent.id] == {"overpaid", "bank_return"}
    assert [one for one in desk.written[written:] if isinstance(one, SendNotice | SetCollectAt)] == []


def test_an_account_is_blocked_and_the_vendor_told_all_the_same() -> None:
    desk = overpaid(CREDITED, InvoiceState.PAID)
    written = len(desk.written)
    desk.run(settle(desk.intent.id), says(Event.RETURNED, code="R10"))
    assert desk.books.methods["acme"]["card"].blocked_because == "R10"
    told = [one.kind for one in desk.written[written:] if isinstance(one, SendNotice)]
    assert told == ["unauthorized_return"]


def test_an_open_invoice_is_collected_again() -> None:
    """Another amount than is due was taken, so it settled nothing: the invoice is still to pay."""
    desk = overpaid(PARTLY_CREDITED, InvoiceState.OPEN)
    desk.run(settle(desk.intent.id), says(Event.RETURNED, code="R01"))
    assert desk.booked[-2:] == TOOK_BACK
    assert (desk.invoice.state, desk.invoice.amount_due) == (InvoiceState.OPEN, AMOUNT - PART)
    assert desk.invoice.collect_at == START + timedelta(days=2)
    assert desk.books.notices[("payment_returned", f"{desk.attempts[0].id}:returned")] == 1


def test_what_paid_the_invoice_reopens_it_when_it_goes_back() -> None:
    desk = Desk()
    desk.pay(EXISTS, says(Event.SUCCEEDED))
    desk.run(settle(desk.intent.id), says(Event.RETURNED, code="R01"))
    assert desk.booked[-2:] == [("returned", "receivable", 41250), ("returned", "gateway_clearing", -41250)]
    assert (desk.invoice.state, desk.invoice.amount_due) == (InvoiceState.OPEN, AMOUNT)
    assert desk.books.reviews[desk.intent.id] == set()
