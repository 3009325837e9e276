"""Each thing that can be wrong with a ledger has its finding; what is right has none. (Rows: `tests/actions`.)"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenantry.core import ledger_check, postings
from tenantry.core.ledger_check import findings, payout_findings
from tenantry.core.ledger_days import check_given_back
from tenantry.core.ledger_facts import (
    AttemptRow,
    CreditNoteRow,
    EntryRow,
    Finding,
    InvoiceRow,
    LedgerFacts,
    LineRow,
    PayoutLineRow,
    PayoutRow,
    PayoutShareRow,
    PostingRow,
    RefundRow,
)
from tenantry.core.money import Money
from tenantry.core.payment_facts import InvoiceState
from tenantry.core.payment_states import Outcome, State
from tenantry.core.postings import Entry
from tenantry.core.refund_states import RefundState
from tenantry.project.ledger_command import _SENTENCES, sentence

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def booked(entry: Entry, number: int, **source: str) -> EntryRow:
    legs = tuple(
        PostingRow(f"p{number}{at}", line.account.value, line.invoice_id, line.amount_minor, line.currency)
        for at, line in enumerate(entry.lines)
    )
    return EntryRow(f"e{number}", entry.kind.value, entry.invoice_id, legs, **source)


INVOICE = InvoiceRow(
    "inv", "ACME-000001", 1, InvoiceState.PAID, "USD", 1000, 0, 80, 1080, 0, (80,), (LineRow("l1", 1000, 0, 1000),), 0
)
ATTEMPT = AttemptRow("att", "inv", "int", "payment 1.1", Outcome.SUCCEEDED, "", State.SUCCEEDED, 1080, "USD", "gw", NOW)
NOTE = CreditNoteRow("note", "inv", "ACME-CN-000001", 1, "USD", 400, 32, 432, 0, 432, (32,), (400,))
REFUND = RefundRow(
    "ref", "inv", "int", "refund 1.1", RefundState.DONE, was_asked=True, was_found=False, gateway_refund_id="gw-ref",
    amount_minor=300, currency="USD", gateway="gw", done_at=NOW,
)  # fmt: skip
SHARE = PayoutShareRow(
    "share", "payout pay_1", "gw", 780, "USD",
    (PayoutLineRow("c1", "charge", "int", "", 1080), PayoutLineRow("r1", "refund", "int", "gw-ref", -300)),
)  # fmt: skip
ENTRIES = (
    booked(postings.issued("inv", net=usd(1000), tax=usd(80), credit_left_over=usd(0)), 1),
    booked(postings.succeeded("inv", usd(1080)), 2, attempt_id="att"),
    booked(postings.credited("inv", net=usd(400), tax=usd(32), to_receivable=usd(0)), 3, credit_note_id="note"),
    booked(postings.refund_opened("inv", usd(300)), 4, refund_id="ref"),
    booked(postings.refunded("inv", usd(300)), 5, refund_id="ref"),
    booked(postings.paid_out(usd(780)), 6, payout_share_id="share"),
)
RIGHT = LedgerFacts("acme", "acme", 1, 1, (INVOICE,), (NOTE,), (ATTEMPT,), (REFUND,), (SHARE,), ENTRIES)


def first(facts: LedgerFacts) -> tuple[str, str]:
    found = next(findings(facts))
    return found.code, found.row_id


def test_what_is_right_has_no_finding() -> None:
    assert list(findings(RIGHT)) == []
    assert list(findings(LedgerFacts("acme", "acme", 0, 0))) == []


def invoice(**change: Any) -> LedgerFacts:
    return replace(RIGHT, invoices=(replace(INVOICE, **change),))


def attempt(**change: Any) -> LedgerFacts:
    return replace(RIGHT, attempts=(replace(ATTEMPT, **change),))


def refund(**change: Any) -> LedgerFacts:
    return replace(RIGHT, refunds=(replace(REFUND, **change),))


def share(*lines: PayoutLineRow, amount: int = 780) -> LedgerFacts:
    return replace(RIGHT, payout_shares=(replace(SHARE, lines=lines, amount_minor=amount),))


def entries(*which: EntryRow) -> LedgerFacts:
    return replace(RIGHT, entries=which)


CHARGE, BACK = SHARE.lines
UNPAID = replace(RIGHT, attempts=(), refunds=(), payout_shares=(), credit_notes=(), last_credit_note_number=0)
FOUND_ENTRY = booked(postings.refund_found("inv", usd(9000)), 7, refund_id="big")
NOVEMBER, DECEMBER = ("x", date(2026, 11, 1)), ("x", date(2026, 12, 1))


def with_next(*given_back: int, advance: int, state: InvoiceState = InvoiceState.PAID) -> LedgerFacts:
    """Add a next invoice, which gives back for the days of the first one, and 432 credited of that."""
    lines = tuple(LineRow(f"g{at}", 0, -minor, minor, NOVEMBER) for at, minor in enumerate(given_back))
    net = sum(given_back) + advance
    following = replace(
        INVOICE, id="next", number="ACME-000002", sequence=2, state=state, subtotal_minor=net, tax_minor=0,
        total_minor=net, taxes_minor=(), lines=(*lines, LineRow("a", advance, 0, advance, DECEMBER)),
        shown_due_minor=net if state is InvoiceState.OPEN else 0,
    )  # fmt: skip
    first = replace(INVOICE, lines=(replace(INVOICE.lines[0], days_of=NOVEMBER),))
    return replace(RIGHT, invoices=(first, following), last_invoice_number=2)


def test_unused_days_and_notes_may_give_back_all_that_was_asked_for() -> None:
    assert list(check_given_back(with_next(-600, advance=1000))) == []
    assert list(check_given_back(with_next(-700, 100, advance=1000))) == []
    assert list(check_given_back(with_next(-900, advance=1000, state=InvoiceState.VOID))) == []
    assert list(check_given_back(with_next(advance=1000))) == []


def test_what_was_given_back_twice_is_named() -> None:
    (found,) = check_given_back(with_next(-601, advance=1000))
    assert (found.code, found.row_id, found.label) == ("given_back_twice", "inv", "ACME-000001")
    assert found.facts == {"amount_minor": 1001, "should_minor": 1000, "currency": "USD"}
    facts = with_next(-1, advance=1000)
    void = replace(facts.invoices[0], state=InvoiceState.VOID)
    (found,) = check_given_back(replace(facts, invoices=(void, facts.invoices[1]), credit_notes=()))
    assert found.facts == {"amount_minor": 1, "should_minor": 0, "currency": "USD"}


def test_what_a_note_took_back_of_the_next_invoice_gave_nothing_back() -> None:
    """The next one asked for 400 and 200 of it were credited: half of the 600 unused days is charged again."""
    facts = with_next(-900, advance=1300)
    half = replace(NOTE, id="half", invoice_id="next", net_minor=200)
    assert [one.facts["amount_minor"] for one in check_given_back(facts)] == [1300]
    assert list(check_given_back(replace(facts, credit_notes=(NOTE, half)))) == []
    quarter = replace(half, net_minor=100)
    (found,) = check_given_back(replace(facts, credit_notes=(NOTE, quarter)))
    assert found.facts["amount_minor"] == 1075


WRONG: dict[str, tuple[LedgerFacts, str, str]] = {
    "a line": (invoice(lines=(LineRow("l1", 1000, 1, 1000),)), "line_wrong", "l1"),
    "lines": (invoice(subtotal_minor=1001), "invoice_sums_wrong", "inv"),
    "taxes": (invoice(taxes_minor=(79,)), "invoice_sums_wrong", "inv"),
    "total": (invoice(total_minor=1081), "invoice_sums_wrong", "inv"),
    "a total below zero": (
        invoice(subtotal_minor=-1000, lines=(LineRow("l1", -1000, 0, -1000),), total_minor=-920),
        "invoice_sums_wrong", "inv",
    ),
    "credit used": (invoice(credit_used_minor=1081), "invoice_sums_wrong", "inv"),
    "bounds": (
        invoice(subtotal_minor=10**12, lines=(LineRow("l1", 10**12, 0, 10**12),), total_minor=10**12 + 80),
        "invoice_sums_wrong", "inv",
    ),
    "a gap": (invoice(sequence=2, number="ACME-000002"), "number_missing", "inv"),
    "a number": (invoice(number="ACME-000002"), "number_wrong", "inv"),
    "a counter": (replace(RIGHT, last_invoice_number=2), "counter_wrong", "acme"),
    "more credited than asked": (
        replace(RIGHT, credit_notes=(replace(
            NOTE, net_minor=1200, total_minor=1232, to_credit_minor=1232, lines_minor=(1200,)),)),
        "credit_note_sums_wrong", "note",
    ),
    "state": (invoice(state=InvoiceState.OPEN), "state_wrong", "inv"),
    "written off without an entry": (invoice(state=InvoiceState.UNCOLLECTIBLE), "state_wrong", "inv"),
    "void with nothing due": (invoice(state=InvoiceState.VOID, credit_used_minor=1080), "state_wrong", "inv"),
    "shown": (invoice(shown_due_minor=1), "shown_wrong", "inv"),
    "declined, but its intent succeeded": (attempt(outcome=Outcome.DECLINED), "outcome_wrong", "att"),
    "booked, but its intent did not succeed": (
        attempt(outcome=Outcome.DECLINED, intent_state=State.READY), "booked_without_payment", "e2",
    ),
    "returned, but not booked so": (attempt(outcome=Outcome.RETURNED, code="R01"), "not_booked", "att"),
    "twice": (entries(*ENTRIES, replace(ENTRIES[1], id="again")), "booked_too_often", "again"),
    "never": (entries(ENTRIES[0], *ENTRIES[2:]), "not_booked", "att"),
    "about nothing": (
        entries(*ENTRIES, booked(postings.succeeded("inv", usd(5)), 8, attempt_id="no")), "entry_of_nothing", "e8",
    ),
    "a refund twice": (entries(*ENTRIES, replace(ENTRIES[4], id="again")), "booked_too_often", "again"),
    "a refund under way that is booked as done": (
        refund(state=RefundState.UNKNOWN, done_at=None), "booked_too_often", "e5",
    ),
    "paid out twice": (share(CHARGE, BACK, replace(CHARGE, id="c2"), amount=1860), "paid_out_twice", "c2"),
    "a charge of another amount": (share(replace(CHARGE, amount_minor=1), BACK), "payout_line_wrong", "c1"),
    "a refund of another amount": (share(CHARGE, replace(BACK, amount_minor=-1)), "payout_line_wrong", "r1"),
    "an unknown refund": (share(CHARGE, replace(BACK, gateway_refund_id="x")), "line_of_unknown_refund", "r1"),
    "an unknown payment": (share(replace(CHARGE, intent_id=""), BACK), "line_of_unknown_payment", "c1"),
    "a share": (share(CHARGE, BACK, amount=781), "share_wrong", "share"),
    "more sent back than credit": (
        replace(
            RIGHT,
            refunds=(
                REFUND,
                replace(REFUND, id="big", was_asked=False, was_found=True, gateway_refund_id="x", amount_minor=9000),
            ),
            entries=(*ENTRIES, FOUND_ENTRY),
        ),
        "credit_below_zero", "acme",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_the_row_that_disagrees_is_named(what: str) -> None:
    facts, code, row_id = WRONG[what]
    assert first(facts) == (code, row_id)


def owing(credit_used_minor: int, *more: EntryRow, state: InvoiceState, due: int) -> LedgerFacts:
    """Give books in which a bank took 1080 back after they had been used, and the next invoice."""
    lost = replace(ATTEMPT, id="a0", invoice_id="old", intent_id="i0", outcome=Outcome.RETURNED, code="R01",
                   intent_state=State.RETURNED)  # fmt: skip
    old = replace(INVOICE, id="old", number="ACME-000001", credit_used_minor=0)
    new = replace(
        INVOICE, number="ACME-000002", sequence=2, state=state, shown_due_minor=due,
        credit_used_minor=credit_used_minor,
    )  # fmt: skip
    before = [
        booked(postings.issued("old", net=usd(1000), tax=usd(80), credit_left_over=usd(0)), 1),
        booked(postings.overpaid("old", usd(1080)), 2, attempt_id="a0"),
        booked(postings.credit_used("old", usd(1080)), 3),
        booked(postings.overpayment_returned("old", usd(1080)), 4, attempt_id="a0"),
        booked(postings.issued("inv", net=usd(1000), tax=usd(80), credit_left_over=usd(0)), 5),
    ]
    return LedgerFacts(
        "acme", "acme", 2, 0, (replace(old, credit_used_minor=1080), new), (), (lost,), (), (), (*before, *more)
    )


class TestBroughtForward:
    """Credit that a bank took back after it was used is owed; the next invoice asks for it beside its total."""

    ASKS = booked(postings.brought_forward("inv", usd(1080)), 6)

    def test_a_debt_that_waits_for_the_next_invoice_is_no_finding(self) -> None:
        assert list(findings(owing(0, state=InvoiceState.OPEN, due=1080))) == []

    def test_nor_is_one_that_it_asks_for(self) -> None:
        assert list(findings(owing(-1080, self.ASKS, state=InvoiceState.OPEN, due=2160))) == []

    def test_a_void_one_asks_for_nothing_and_it_is_owed_as_before(self) -> None:
        gone = postings.voided("inv", net=usd(1000), tax=usd(80), still_due=usd(2160), brought_forward=usd(1080))
        facts = owing(-1080, self.ASKS, booked(gone, 7), state=InvoiceState.VOID, due=0)
        assert list(findings(facts)) == []

    def test_what_is_asked_for_is_booked_and_the_other_way_round(self) -> None:
        assert first(owing(-1080, state=InvoiceState.OPEN, due=1080)) == ("not_booked", "inv")
        assert first(owing(0, self.ASKS, state=InvoiceState.OPEN, due=2160)) == ("booked_too_often", "e6")
        assert first(owing(-1079, self.ASKS, state=InvoiceState.OPEN, due=2160)) == ("posting_wrong", "p60")

    def test_more_than_a_bank_took_back_is_one(self) -> None:
        facts = owing(0, state=InvoiceState.OPEN, due=1080)
        found = replace(REFUND, id="big", was_asked=False, was_found=True, gateway_refund_id="x", amount_minor=50)
        entry = booked(postings.refund_found("inv", usd(50)), 7, refund_id="big")
        facts = replace(facts, refunds=(found,), entries=(*facts.entries, entry))
        assert [(one.code, one.facts["amount_minor"]) for one in findings(facts)] == [("credit_below_zero", 50)]


def test_what_follows_from_a_wrong_row_is_not_named_again() -> None:
    assert [one.code for one in findings(invoice(total_minor=1081))] == ["invoice_sums_wrong"]
    assert [one.code for one in findings(entries(ENTRIES[0], *ENTRIES[2:]))] == ["not_booked"]


class TestWhole:
    """The last net: were a rule above forgotten, the accounts as a whole would still show it."""

    @pytest.fixture(autouse=True)
    def forgetful(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ledger_check, "_check_booked", lambda *_: iter(()))
        monkeypatch.setattr(ledger_check, "_check_ends", lambda *_: iter(()))

    def codes(self, *which: EntryRow) -> list[str]:
        return [one.code for one in findings(entries(*which))]

    def test_clearing(self) -> None:
        assert self.codes(*ENTRIES[:5]) == ["clearing_wrong"]
        assert self.codes(*ENTRIES, replace(ENTRIES[1], id="again")) == ["clearing_wrong"]

    def test_set_aside(self) -> None:
        assert self.codes(*ENTRIES, replace(ENTRIES[3], id="again")) == ["credit_below_zero", "set_aside_wrong"]

    def test_zero_in_all(self) -> None:
        leg = PostingRow("x", "revenue", "inv", 1, "USD")
        assert self.codes(*ENTRIES, EntryRow("x", "x", "inv", (leg,))) == ["ledger_not_zero"]


class TestDisputes:
    """A lost dispute takes what was not refunded before it; a refund that is heard of later corrects it."""

    def disputed(self, *more: EntryRow, done_at: datetime) -> LedgerFacts:
        lost = replace(
            ATTEMPT, outcome=Outcome.RETURNED, code="dispute_fraudulent", intent_state=State.RETURNED,
            decided_at=NOW + timedelta(days=1),
        )  # fmt: skip
        return replace(
            RIGHT,
            invoices=(replace(INVOICE, state=InvoiceState.OPEN, shown_due_minor=780),),
            attempts=(lost,),
            refunds=(replace(REFUND, done_at=done_at),),
            payout_shares=(),
            entries=(*ENTRIES[:5], *more),
        )

    def test_refunded_before(self) -> None:
        taken = booked(postings.returned("inv", usd(780)), 7, attempt_id="att")
        assert list(findings(self.disputed(taken, done_at=NOW))) == []
        whole = booked(postings.returned("inv", usd(1080)), 7, attempt_id="att")
        assert next(findings(self.disputed(whole, done_at=NOW))).code == "posting_wrong"

    def test_heard_of_after(self) -> None:
        whole = booked(postings.returned("inv", usd(1080)), 7, attempt_id="att")
        less = booked(postings.return_reduced("inv", usd(300), still_due=usd(1080)), 8, refund_id="ref")
        later = NOW + timedelta(days=2)
        assert list(findings(self.disputed(whole, less, done_at=later))) == []
        assert next(findings(self.disputed(whole, done_at=later))).code == "not_booked"


class TestPayouts:
    @pytest.mark.parametrize(
        ("row", "codes"),
        [
            (PayoutRow("p", "pay_1", 500, "USD", 500), []),
            (PayoutRow("p", "pay_1", 500, "USD", 400), ["payout_not_shared_out"]),
            (PayoutRow("p", "pay_1", 500, "USD", 400, 100, has_strange_lines=True), ["payout_of_nobody"]),
            (PayoutRow("p", "pay_1", 500, "USD", 500, 0, has_strange_lines=True), ["payout_of_nobody"]),
        ],
    )
    def test_each_is_somebodys(self, row: PayoutRow, codes: list[str]) -> None:
        assert [one.code for one in payout_findings([row])] == codes


CORE = Path(ledger_check.__file__).parent


def test_every_code_has_a_sentence() -> None:
    text = "".join(path.read_text() for path in CORE.glob("ledger_*.py"))
    pattern = r'(?:Finding|finding|_company|_line)\(\s*(?:facts, )?"([a-z_]+)"'
    assert set(re.findall(pattern, text)) | {"audit_broken"} == set(_SENTENCES)


@pytest.mark.parametrize("what", WRONG)
def test_every_sentence_can_be_said(what: str) -> None:
    said: Callable[[Finding], str] = sentence
    for one in findings(WRONG[what][0]):
        assert "{" not in said(one)
