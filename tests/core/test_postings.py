"""Every business event books to zero, with the signs of an accountant."""

from __future__ import annotations

import pytest

from tenantry.core import postings
from tenantry.core.money import Money
from tenantry.core.postings import Account, Entry, PostingLine, UnbalancedEntry, assert_balanced


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def legs(entry: Entry) -> list[tuple[str, int]]:
    assert sum(line.amount_minor for line in entry.lines) == 0
    assert {line.currency for line in entry.lines} == {"USD"}
    assert {line.invoice_id for line in entry.lines} == {"inv"}
    return [(line.account.value, line.amount_minor) for line in entry.lines]


def test_issued() -> None:
    entry = postings.issued("inv", net=usd(1000), tax=usd(80), credit_left_over=usd(0))
    assert legs(entry) == [("receivable", 1080), ("revenue", -1000), ("tax_payable", -80)]


def test_issued_below_zero_becomes_credit() -> None:
    entry = postings.issued("inv", net=usd(-300), tax=usd(-24), credit_left_over=usd(324))
    assert legs(entry) == [("revenue", 300), ("tax_payable", 24), ("company_credit", -324)]


def test_issued_for_nothing_has_no_legs() -> None:
    assert postings.issued("inv", net=usd(0), tax=usd(0), credit_left_over=usd(0)).lines == ()


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        (postings.credit_used("inv", usd(5)), [("company_credit", 5), ("receivable", -5)]),
        (postings.succeeded("inv", usd(5)), [("gateway_clearing", 5), ("receivable", -5)]),
        (postings.returned("inv", usd(5)), [("receivable", 5), ("gateway_clearing", -5)]),
        (postings.brought_forward("inv", usd(5)), [("receivable", 5), ("company_credit", -5)]),
        (postings.overpaid("inv", usd(5)), [("gateway_clearing", 5), ("company_credit", -5)]),
        (postings.overpayment_returned("inv", usd(5)), [("company_credit", 5), ("gateway_clearing", -5)]),
        (postings.refund_opened("inv", usd(5)), [("company_credit", 5), ("refund_under_way", -5)]),
        (postings.refunded("inv", usd(5)), [("refund_under_way", 5), ("gateway_clearing", -5)]),
        (postings.refund_refused("inv", usd(5)), [("refund_under_way", 5), ("company_credit", -5)]),
        (postings.refund_found("inv", usd(5)), [("company_credit", 5), ("gateway_clearing", -5)]),
        (
            postings.return_reduced("inv", usd(5), still_due=usd(9)),
            [("gateway_clearing", 5), ("receivable", -5)],
        ),
        (
            postings.return_reduced("inv", usd(5), still_due=usd(2)),
            [("gateway_clearing", 5), ("receivable", -2), ("company_credit", -3)],
        ),
        (
            postings.credited("inv", net=usd(100), tax=usd(8), to_receivable=usd(60)),
            [("revenue", 100), ("tax_payable", 8), ("receivable", -60), ("company_credit", -48)],
        ),
        (
            postings.written_off("inv", usd(5)),
            [("bad_debt", 5), ("receivable", -5), ("recoverable", 5), ("recoverable_offset", -5)],
        ),
        (
            postings.recovered("inv", usd(5)),
            [("gateway_clearing", 5), ("bad_debt", -5), ("recoverable", -5), ("recoverable_offset", 5)],
        ),
        (
            postings.voided("inv", net=usd(100), tax=usd(8), still_due=usd(108), brought_forward=usd(0)),
            [("revenue", 100), ("tax_payable", 8), ("receivable", -108)],
        ),
        (
            postings.voided("inv", net=usd(100), tax=usd(8), still_due=usd(60), brought_forward=usd(0)),
            [("revenue", 100), ("tax_payable", 8), ("receivable", -60), ("company_credit", -48)],
        ),
        (
            postings.voided("inv", net=usd(100), tax=usd(8), still_due=usd(138), brought_forward=usd(30)),
            [("revenue", 100), ("tax_payable", 8), ("receivable", -138), ("company_credit", 30)],
        ),
        (  # Lines of -30 left 30 of credit, a debt of 50 took that and asked for 20: the whole debt is there again.
            postings.voided("inv", net=usd(-30), tax=usd(0), still_due=usd(20), brought_forward=usd(20)),
            [("revenue", -30), ("receivable", -20), ("company_credit", 50)],
        ),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Entry) else "",
)
def test_events(entry: Entry, wanted: list[tuple[str, int]]) -> None:
    assert legs(entry) == wanted


def test_a_payout_belongs_to_no_invoice() -> None:
    for minor in (5, -5):
        lines = postings.paid_out(usd(minor)).lines
        assert [(line.account.value, line.amount_minor, line.invoice_id) for line in lines] == [
            ("bank", minor, ""), ("gateway_clearing", -minor, ""),
        ]  # fmt: skip


@pytest.mark.parametrize("book", [postings.succeeded, postings.returned, postings.written_off, postings.refunded])
@pytest.mark.parametrize("minor", [0, -1])
def test_nothing_and_less_is_refused(book, minor: int) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UnbalancedEntry):
        book("inv", usd(minor))


def test_a_total_below_zero_is_refused() -> None:
    with pytest.raises(UnbalancedEntry):
        postings.issued("inv", net=usd(-300), tax=usd(0), credit_left_over=usd(299))
    with pytest.raises(UnbalancedEntry):
        postings.credited("inv", net=usd(100), tax=usd(0), to_receivable=usd(101))


def test_balance_is_checked_for_each_currency() -> None:
    with pytest.raises(UnbalancedEntry):
        assert_balanced((PostingLine(Account.REVENUE, -1, "USD"), PostingLine(Account.RECEIVABLE, 1, "EUR")))
