"""A credit note never gives back more than was asked for, and any number of parts come to the whole, to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core import credit_notes
from tenantry.core.billable import Invoiced
from tenantry.core.credit_notes import (
    Credit,
    Sums,
    credit,
    creditable,
    given_back_minor,
    left_of,
    waived_minor,
    why_not_reason,
)
from tenantry.core.invoice_closing import voiding, why_not_voidable, why_not_written_off
from tenantry.core.money import Money
from tenantry.core.payment_facts import IntentFacts, InvoiceFacts, InvoiceState
from tenantry.core.payment_states import UNDER_WAY, State
from tenantry.core.postings import UnbalancedEntry
from tenantry.core.refusal import Refusal
from tenantry.core.totals import ArithmeticBreach, TaxShare

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def sums(net: int, *taxes: int) -> Sums:
    return Sums(usd(net), tuple(TaxShare(f"Tax {at}", 100, usd(minor)) for at, minor in enumerate(taxes)))


def invoice(due: int, state: InvoiceState = InvoiceState.OPEN) -> InvoiceFacts:
    return InvoiceFacts("inv", "ACME-000001", state, 1, usd(due), usd(0), date(2026, 11, 2), NOW)


def intent(state: State) -> IntentFacts:
    return IntentFacts("int", "inv", 1, state, usd(108), "cus", "key", NOW, NOW, "gw")


def decided(*arguments: Any) -> Credit:
    found = credit(*arguments)
    assert isinstance(found, Credit), found
    return found


class TestCredit:
    def test_all_of_an_open_invoice_comes_off_what_is_due(self) -> None:
        made = decided(invoice(108), None, sums(100, 8), ())
        assert made == Credit(sums(100, 8), usd(108), usd(0), is_whole=True, pays_off=True)

    def test_all_of_a_paid_invoice_becomes_credit(self) -> None:
        made = decided(invoice(0, InvoiceState.PAID), intent(State.SUCCEEDED), sums(100, 8), ())
        assert made == Credit(sums(100, 8), usd(0), usd(108), is_whole=True, pays_off=False)

    def test_a_part_is_split_between_net_and_tax_in_proportion(self) -> None:
        made = decided(invoice(108), None, sums(100, 8), (), usd(27))
        assert made == Credit(sums(25, 2), usd(27), usd(0), is_whole=False, pays_off=False)

    def test_first_off_what_is_due_then_credit(self) -> None:
        # 108 of which 30 was paid by credit: 78 due, and 100 credited.
        made = decided(invoice(78), None, sums(100, 8), (), usd(100))
        assert (made.to_receivable, made.to_credit, made.pays_off, made.is_whole) == (usd(78), usd(22), True, False)

    def test_the_rest_after_a_part_is_no_mirror_of_the_invoice(self) -> None:
        made = decided(invoice(81), None, sums(100, 8), (sums(25, 2),))
        assert made == Credit(sums(75, 6), usd(81), usd(0), is_whole=False, pays_off=True)

    def test_two_taxes_are_split_to_the_cent(self) -> None:
        made = decided(invoice(10700), None, sums(10000, 500, 200), (), usd(101))
        assert made.sums == sums(94, 5, 2)

    def test_an_exempt_invoice_has_taxes_of_nothing(self) -> None:
        assert decided(invoice(100), None, sums(100, 0, 0), (), usd(40)).sums == sums(40, 0, 0)

    @pytest.mark.parametrize(
        ("facts", "latest", "before", "wanted", "code"),
        [
            (invoice(0, InvoiceState.VOID), None, (), None, "invoice_void"),
            (invoice(0, InvoiceState.UNCOLLECTIBLE), None, (), None, "invoice_written_off"),
            (invoice(0, InvoiceState.PAID), None, (sums(100, 8),), None, "nothing_to_credit"),
            (invoice(108), None, (), usd(109), "credit_too_large"),
            (invoice(81), None, (sums(25, 2),), usd(82), "credit_too_large"),
            (invoice(108), None, (), usd(0), "amount_out_of_bounds"),
            (invoice(108), None, (), usd(-1), "amount_out_of_bounds"),
            (invoice(108), intent(State.READY), (), None, "payment_in_progress"),
            (invoice(108), intent(State.PROCESSING), (), None, "payment_processing"),
            (invoice(108), intent(State.AWAITING_PAYER), (), None, "awaiting_payer"),
            *(
                (invoice(108), intent(state), (), None, "payment_in_progress")
                for state in sorted(UNDER_WAY - {State.PROCESSING, State.AWAITING_PAYER})
            ),
        ],
    )
    def test_refusals(
        self, facts: InvoiceFacts, latest: IntentFacts | None, before: tuple[Sums, ...], wanted: Money | None, code: str
    ) -> None:
        refused = credit(facts, latest, sums(100, 8), before, wanted)
        assert isinstance(refused, Refusal)
        assert refused.code == code
        if code == "credit_too_large":
            assert refused.facts == {"most": usd(108 if not before else 81)}

    def test_a_closed_intent_stands_in_the_way_of_nothing(self) -> None:
        for state in (State.CANCELLED, State.RETURNED, State.SUCCEEDED):
            assert isinstance(credit(invoice(108), intent(state), sums(100, 8), ()), Credit)

    def test_the_page_may_offer_it_while_an_intent_rests(self) -> None:
        assert creditable(invoice(108), intent(State.READY), sums(100, 8), ()) == usd(108)

    def test_an_invoice_for_nothing_has_nothing_to_credit(self) -> None:
        refused = credit(invoice(0, InvoiceState.PAID), None, sums(-300, -24), ())
        assert isinstance(refused, Refusal)
        assert refused.code == "nothing_to_credit"

    @given(st.data())
    def test_parts_sum_to_the_whole(self, data: st.DataObject) -> None:
        taxes = data.draw(st.lists(st.integers(0, 4000), max_size=3))
        whole = sums(data.draw(st.integers(1, 20_000)), *taxes)
        due = data.draw(st.integers(0, whole.whole.minor))
        notes: list[Sums] = []
        taken = credited = 0
        while (left := left_of(whole, notes).whole.minor) > 0:
            asked = data.draw(st.integers(max(1, left // 4), left))
            state = InvoiceState.OPEN if due - taken else InvoiceState.PAID
            made = decided(invoice(due - taken, state), None, whole, tuple(notes), usd(asked))
            assert made.sums.whole == usd(asked)
            assert made.pays_off == (state is InvoiceState.OPEN and made.to_receivable.minor == due - taken)
            notes.append(made.sums)
            taken, credited = taken + made.to_receivable.minor, credited + made.to_credit.minor
        assert sum(note.net.minor for note in notes) == whole.net.minor
        for at, share in enumerate(whole.tax_shares):
            assert sum(note.tax_shares[at].amount.minor for note in notes) == share.amount.minor
        assert (taken, credited) == (due, whole.whole.minor - due)

    def test_a_sum_that_does_not_hold_stops_everything(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(credit_notes, "_share", lambda left, amount: sums(amount.minor - 1))
        with pytest.raises(ArithmeticBreach, match="net \\+ tax = amount"):
            credit(invoice(100), None, sums(100), (), usd(50))


def later(minor: int, code: str = "extra", kind: str = "addon") -> Invoiced:
    """Make a line of the invoice after, about the period before."""
    return Invoiced(kind, code, date(2026, 11, 1), date(2026, 12, 1), usd(minor), "price", 11)


class TestGivenBack:
    """What a later invoice gave back for unused days is not given back by a note once more."""

    @pytest.mark.parametrize(
        ("notes", "given_back", "left"),
        [
            ((), 0, sums(30100, 2182)),
            ((), 19000, sums(11100, 805)),  # 2182 × 111 ÷ 301 = 804.66
            ((sums(10000, 725),), 19000, sums(1100, 80)),  # 1457 × 11 ÷ 201 = 79.7
            ((sums(11100, 805),), 19000, sums(0, 0)),
            ((), 30100, sums(0, 0)),
            ((sums(11101, 805),), 19000, sums(0, 0)),
        ],
    )
    def test_what_is_left(self, notes: tuple[Sums, ...], given_back: int, left: Sums) -> None:
        whole = sums(30100, 2182)
        assert left_of(whole, notes, given_back) == left
        found = creditable(invoice(0, InvoiceState.PAID), None, whole, notes, given_back)
        if left.whole.minor:
            assert found == left.whole
            made = decided(invoice(0, InvoiceState.PAID), None, whole, notes, None, given_back)
            assert made == Credit(left, usd(0), left.whole, is_whole=not notes and not given_back, pays_off=False)
            too_much = credit(invoice(0, InvoiceState.PAID), None, whole, notes, found + usd(1), given_back)
            assert too_much == Refusal("credit_too_large", {"most": left.whole})
        else:
            assert found == Refusal("nothing_to_credit", {"number": "ACME-000001"})

    @pytest.mark.parametrize(
        ("lines", "given_back"),
        [
            ((), 0),
            ((later(-19000),), 19000),
            ((later(-19000), later(2533, "growth", "plan")), 19000),  # seats came on top: another thing
            ((later(-2450), later(2950)), 0),  # a dearer price for a part of the days
            ((later(-2450), later(450)), 2000),
            ((later(-1900, "core", "plan"), later(2500, "growth", "plan")), 0),  # one plan at a time
            ((later(-300, "a"), later(-500, "b")), 800),
            ((replace(later(-300), waived_minor=-300),), 0),  # its invoice is void
            ((replace(later(-300), waived_minor=-120),), 180),
        ],
    )
    def test_what_later_lines_gave_back(self, lines: tuple[Invoiced, ...], given_back: int) -> None:
        assert given_back_minor(lines, 30100, 30100) == given_back

    def test_with_a_discount_less_was_given_back(self) -> None:
        assert given_back_minor([later(-1001)], 2000, 1500) == 751  # 750.75, rounded up

    def test_shares_of_lines_are_never_less_than_what_was_credited(self) -> None:
        assert [waived_minor(minor, 3000, 100) for minor in (1000, 1000, 1000)] == [34, 34, 34]
        assert [waived_minor(minor, 100, 50) for minor in (301, -201)] == [151, -100]
        assert waived_minor(1000, 3000, 0) == 0

    @given(st.data())
    def test_notes_and_unused_days_together_come_to_the_whole(self, data: st.DataObject) -> None:
        """Whatever comes first: never more than was asked for, and all of it in the end."""
        whole = sums(data.draw(st.integers(1, 20_000)), data.draw(st.integers(0, 4000)))
        notes: list[Sums] = []
        given_back = 0
        while (left := left_of(whole, notes, given_back)).whole.minor > 0:
            if data.draw(st.booleans()) and left.net.minor:
                given_back += data.draw(st.integers(1, left.net.minor))
                continue
            asked = data.draw(st.integers(max(1, left.whole.minor // 4), left.whole.minor))
            paid = invoice(0, InvoiceState.PAID)
            notes.append(decided(paid, None, whole, tuple(notes), usd(asked), given_back).sums)
            assert sum(note.net.minor for note in notes) + given_back <= whole.net.minor
        assert sum(note.net.minor for note in notes) + given_back == whole.net.minor
        assert sum(note.tax.minor for note in notes) <= whole.tax.minor


class TestReason:
    @pytest.mark.parametrize(
        ("reason", "code"), [("", "field_required"), ("  \n", "field_required"), ("x" * 501, "too_long")]
    )
    def test_it_has_to_say_something_short(self, reason: str, code: str) -> None:
        refused = why_not_reason(reason)
        assert refused is not None
        assert refused.code == code

    def test_five_hundred_characters_fit(self) -> None:
        assert why_not_reason("x" * 500) is None


class TestClosing:
    @pytest.mark.parametrize(
        ("facts", "latest", "taken", "code"),
        [
            (invoice(108), None, "", ""),
            (invoice(108), intent(State.CANCELLED), "", ""),
            (invoice(108), intent(State.RETURNED), "", ""),
            (invoice(108), None, "credited", "credited_in_part"),
            (invoice(108), None, "given back", "given_back_in_part"),
            (invoice(0, InvoiceState.PAID), None, "given back", "already_paid"),
            (invoice(108), intent(State.READY), "", "payment_in_progress"),
            (invoice(108), intent(State.UNKNOWN), "", "payment_in_progress"),
            (invoice(108), intent(State.PROCESSING), "", "payment_processing"),
            (invoice(0, InvoiceState.PAID), intent(State.SUCCEEDED), "", "already_paid"),
            (invoice(0, InvoiceState.VOID), None, "", "invoice_void"),
            (invoice(0, InvoiceState.UNCOLLECTIBLE), None, "", "invoice_written_off"),
        ],
    )
    def test_void_and_write_off(self, facts: InvoiceFacts, latest: IntentFacts | None, taken: str, code: str) -> None:
        refused = why_not_voidable(facts, latest, is_credited=taken == "credited", is_given_back=taken == "given back")
        assert (refused.code if refused else "") == code
        refused = why_not_written_off(facts, latest)
        assert (refused.code if refused else "") == ("" if code.endswith("_in_part") else code)

    def test_voiding_gives_used_credit_back(self) -> None:
        entry = voiding(invoice(78), sums(100, 8), usd(0))
        assert [(line.account.value, line.amount_minor) for line in entry.lines] == [
            ("revenue", 100), ("tax_payable", 8), ("receivable", -78), ("company_credit", -30),
        ]  # fmt: skip

    def test_what_was_asked_for_beside_the_total_is_owed_as_before(self) -> None:
        entry = voiding(invoice(138), sums(100, 8), usd(30))
        assert [(line.account.value, line.amount_minor) for line in entry.lines] == [
            ("revenue", 100), ("tax_payable", 8), ("receivable", -138), ("company_credit", 30),
        ]  # fmt: skip

    def test_more_due_than_a_debt_and_lines_below_zero_asked_for_is_a_breach(self) -> None:
        assert voiding(invoice(20), sums(-30), usd(20)).lines
        with pytest.raises(UnbalancedEntry):
            voiding(invoice(21), sums(-30), usd(20))

    @pytest.mark.parametrize("brought_forward", [0, 30])
    def test_more_due_than_was_asked_for_is_a_breach(self, brought_forward: int) -> None:
        with pytest.raises(UnbalancedEntry):
            voiding(invoice(109 + brought_forward), sums(100, 8), usd(brought_forward))
