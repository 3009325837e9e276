"""Every return code there is: the invoice opens again, the account is kept or blocked, somebody hears, by the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tenantry.core.gateway_reply import Event
from tenantry.core.invoice_states import Line, Status, shown
from tenantry.core.payment_effects import Load, OpenReview, SendNotice
from tenantry.core.payment_facts import InvoiceState
from tenantry.core.payment_flow import collect, resolve
from tenantry.core.payment_states import State
from tenantry.ui.bank_return_words import why_blocked, why_returned
from tests.core.payment_desk import BANK, EXISTS, Desk, says

ALL = [f"R{number:02}" for number in range(1, 86)] + ["R90", "R99", "X1", ""]
AGAIN = {"R01", "R09"}
BLOCKED = {"R02", "R03", "R04", "R13", "R20", "R08", "R16"}
UNAUTHORIZED = {"R05", "R07", "R10", "R11", "R29", "R51"}
TO_LOOK_AT = set(ALL) - AGAIN - UNAUTHORIZED - (BLOCKED - {"R16"})
DEFAULT_BANK = replace(BANK, is_default=True)


def returned(code: str, *, after_success: bool) -> Desk:
    """Collect an invoice by a bank debit that comes back with this code."""
    desk = Desk(DEFAULT_BANK)
    desk.run(collect("inv"), EXISTS, says(Event.PROCESSING))
    desk.later(days=3)
    if after_success:
        desk.run(resolve(desk.intent.id), says(Event.SUCCEEDED))
        assert desk.invoice.state is InvoiceState.PAID
        desk.later(days=20)
    desk.run(resolve(desk.intent.id), says(Event.RETURNED, code=code))
    return desk


def notices(desk: Desk) -> set[str]:
    return {write.kind for write in desk.written if isinstance(write, SendNotice)} - {"receipt"}


@pytest.mark.parametrize("after_success", [False, True], ids=["before it succeeded", "after it succeeded"])
@pytest.mark.parametrize("code", ALL)
def test_each_code_does_what_the_table_says(code: str, after_success: bool) -> None:
    desk = returned(code, after_success=after_success)
    assert (desk.state, desk.invoice.state, desk.invoice.amount_due.minor) == (State.RETURNED, InvoiceState.OPEN, 41250)
    assert desk.booked[-2:] == ([("returned", "receivable", 41250), ("returned", "gateway_clearing", -41250)]
                                if after_success else [])  # fmt: skip
    is_blocked = code in BLOCKED | UNAUTHORIZED
    assert desk.books.methods["acme"]["bank"].blocked_because == (code if is_blocked else "")
    assert (desk.invoice.collect_at is not None) == (code in AGAIN)
    reviews = [write.reason for write in desk.written if isinstance(write, OpenReview)]
    assert reviews == (["bank_return"] if code in TO_LOOK_AT else [])
    assert notices(desk) == {"payment_returned"} | ({"unauthorized_return"} if code in UNAUTHORIZED else set())
    seen = shown(desk.books.load(Load(invoice_id="inv"), desk.now))
    assert (seen.status, seen.facts["code"]) == (Status.FAILED, code)
    assert seen.line is (Line.RETURNED_RETRY if code in AGAIN else Line.RETURNED)
    assert seen.may_pay is not is_blocked


@pytest.mark.parametrize("code", sorted(AGAIN))
def test_is_presented_again_twice_and_no_more(code: str) -> None:
    desk = returned(code, after_success=False)
    for generation in (2, 3):
        at = desk.invoice.collect_at
        assert at is not None
        desk.now = at
        created = replace(EXISTS, gateway_id=f"int_{generation}")
        desk.run(collect("inv"), created, says(Event.PROCESSING, generation=generation))
        desk.later(days=3)
        desk.run(resolve(desk.intent.id), says(Event.RETURNED, code=code, generation=generation))
    assert desk.outcomes == ["returned"] * 3
    assert desk.invoice.collect_at is None
    desk.later(days=200)
    desk.run(collect("inv"))
    assert desk.outcomes == ["returned"] * 3


def test_after_an_unauthorized_one_nothing_is_presented_again() -> None:
    desk = returned("R01", after_success=False)
    desk.now = desk.invoice.collect_at or desk.now
    created = replace(EXISTS, gateway_id="int_2")
    desk.run(collect("inv"), created, says(Event.PROCESSING, generation=2))
    desk.later(days=3)
    desk.run(resolve(desk.intent.id), says(Event.RETURNED, code="R10", generation=2))
    assert desk.invoice.collect_at is None
    desk.now += timedelta(days=30)
    desk.run(collect("inv"))
    assert len(desk.attempts) == 2


@pytest.mark.parametrize("code", ALL)
def test_each_code_has_plain_words(code: str) -> None:
    named = AGAIN | BLOCKED | UNAUTHORIZED
    assert (why_returned(code) == "the bank gave another reason") is (code not in named)
    assert "R" not in why_returned(code)
    if code in BLOCKED | UNAUTHORIZED:
        assert why_blocked(code) not in ("", code)


def test_a_lost_dispute_has_words_of_its_own() -> None:
    assert why_returned("dispute_fraudulent") == "the payer disputed it at the bank"
