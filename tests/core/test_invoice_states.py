"""The invoice table, and what a person is shown: the table of the architecture, row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tenantry.core.gateway_reply import Event
from tenantry.core.invoice_states import INVOICE, InvoiceEvent, Line, Payable, Shown, Status, payable, shown
from tenantry.core.money import Money
from tenantry.core.payment_effects import Load
from tenantry.core.payment_facts import InvoiceState
from tenantry.core.payment_flow import collect, give_up, resolve
from tenantry.core.payment_states import State
from tenantry.core.refusal import Refusal
from tests.core.payment_desk import AMOUNT, BANK, CARD, CUSTOMER, EXISTS, NO_ANSWER, NOT_SENT, START, Desk, says

CANCELLED = replace(EXISTS, event=Event.CANCELLED)


def seen(desk: Desk) -> Shown:
    return shown(desk.books.load(Load(invoice_id="inv"), desk.now))


def test_six_moves_are_listed_and_no_other() -> None:
    listed = {(s.value, e.value, a.value) for (s, e), a in INVOICE.moves.items()}
    assert listed == {
        ("open", "settled", "paid"),
        ("open", "credited_in_full", "paid"),
        ("open", "voided", "void"),
        ("open", "written_off", "uncollectible"),
        ("paid", "returned", "open"),
        ("uncollectible", "settled", "paid"),
    }
    for state in InvoiceState:
        for event in InvoiceEvent:
            if (state, event) not in INVOICE.moves:
                assert isinstance(INVOICE.after(state, event), Refusal)


class TestShown:
    def test_none_yet(self) -> None:
        assert seen(Desk()) == Shown(Status.PENDING, Line.WILL_BE_CHARGED, {"at": START, "method": CARD}, may_pay=True)

    def test_none_yet_without_a_usable_default(self) -> None:
        assert seen(Desk(BANK)) == Shown(Status.PENDING, Line.WAITING_FOR_METHOD, {"at": START}, may_pay=True)
        assert seen(Desk(BANK)).is_scheduled

    def test_none_yet_with_a_default_that_can_not_be_charged(self) -> None:
        blocked = replace(CARD, blocked_because="R10")
        facts = {"at": START, "method": blocked}
        assert seen(Desk(blocked)) == Shown(Status.PENDING, Line.DEFAULT_UNUSABLE, facts, may_pay=False)
        assert seen(Desk(blocked, BANK)) == Shown(Status.PENDING, Line.DEFAULT_UNUSABLE, facts, may_pay=True)
        assert seen(Desk(blocked, BANK)).is_scheduled
        desk = Desk(blocked, BANK)
        desk.books.invoices["inv"] = replace(desk.invoice, collect_at=None)
        assert seen(desk) == Shown(Status.PENDING, Line.DEFAULT_UNUSABLE, {"method": blocked}, may_pay=True)
        assert not seen(desk).is_scheduled

    def test_not_scheduled_any_more(self) -> None:
        desk = Desk()
        desk.books.invoices["inv"] = replace(desk.invoice, collect_at=None)
        assert seen(desk) == Shown(Status.PENDING, Line.NOT_SCHEDULED, {}, may_pay=True)
        assert not seen(desk).is_scheduled
        waiting = Desk(BANK)
        waiting.books.invoices["inv"] = replace(waiting.invoice, collect_at=None)
        assert seen(waiting) == Shown(Status.PENDING, Line.WAITING_FOR_METHOD, {}, may_pay=True)
        assert not seen(waiting).is_scheduled

    def test_by_invoice(self) -> None:
        desk = Desk(pays_automatically=False)
        assert seen(desk) == Shown(Status.PENDING, Line.DUE_BY_INVOICE, {"on": START.date()}, may_pay=True)

    def test_only_not_sent(self) -> None:
        desk = Desk()
        desk.pay(NOT_SENT)
        assert seen(desk).line is Line.WILL_BE_CHARGED
        assert seen(desk).may_pay

    def test_paid(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.SUCCEEDED))
        assert seen(desk) == Shown(Status.PAID, Line.PAID_WITH, {"at": START, "method": CARD}, may_pay=False)

    def test_paid_without_a_payment(self) -> None:
        desk = Desk()
        desk.books.invoices["inv"] = replace(desk.invoice, state=InvoiceState.PAID)
        assert seen(desk) == Shown(Status.PAID, Line.SETTLED, {"at": START}, may_pay=False)

    @pytest.mark.parametrize(
        ("state", "line"),
        [
            (State.CREATING, Line.CONFIRMING),
            (State.SENDING, Line.CONFIRMING),
            (State.UNKNOWN, Line.CONFIRMING),
            (State.CANCELLING, Line.CONFIRMING),
            (State.PROCESSING, Line.BANK_DEBIT),
            (State.AWAITING_PAYER, Line.AWAITING_PAYER),
        ],
    )
    def test_on_its_way_is_pending_and_not_payable(self, state: State, line: Line) -> None:
        desk = Desk()
        desk.pay(EXISTS, NO_ANSWER)
        desk.books.intents["inv"][0] = replace(desk.intent, state=state)
        assert (seen(desk).status, seen(desk).line, seen(desk).may_pay) == (Status.PENDING, line, False)

    def test_taken_at_another_amount_than_is_due_waits_for_a_person(self) -> None:
        """A restored database issued it again at another total; the gateway's amount is booked as credit."""
        desk = Desk()
        other = Money(50000, "USD")
        desk.pay(EXISTS, NO_ANSWER)
        desk.books.intents["inv"][0] = replace(desk.intent, amount=other)
        desk.run(resolve(desk.intent.id), replace(says(Event.SUCCEEDED), amount=other))
        desk.books.companies["acme"] = replace(desk.books.companies["acme"], is_billing_held=False)
        assert (desk.invoice.state, desk.invoice.amount_due) == (InvoiceState.OPEN, AMOUNT)
        assert seen(desk) == Shown(Status.PENDING, Line.CONFIRMING, {}, may_pay=False)
        assert desk.pay(key="again") == Refusal("billing_held", {"number": "ACME-000001"})
        desk.later(days=1)
        assert desk.run(collect("inv")) == Refusal("billing_held", {"number": "ACME-000001"})
        assert len(desk.attempts) == 1

    def test_awaiting_payer_names_where_to_go_on(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.ASKS_PAYER))
        assert seen(desk).facts == {"next_url": "https://bank.test/approve"}

    def test_declined_with_a_next_date(self) -> None:
        desk = Desk()
        desk.run(collect("inv"), EXISTS, says(Event.DECLINED, code="insufficient_funds"))
        facts = {"at": START, "code": "insufficient_funds", "method": CARD, "retry_at": START + timedelta(days=2)}
        assert seen(desk) == Shown(Status.FAILED, Line.DECLINED_RETRY, facts, may_pay=True)
        assert seen(desk).is_scheduled

    def test_a_payer_who_refused_is_not_told_that_the_card_was(self) -> None:
        desk = Desk()
        told = desk.pay(EXISTS, says(Event.DECLINED, code="authentication_failed"))
        assert isinstance(told, Refusal)
        assert (told.code, seen(desk).line) == ("payment_not_approved", Line.NOT_APPROVED_RETRY)
        desk.books.invoices["inv"] = replace(desk.invoice, collect_at=None)
        assert seen(desk).line is Line.NOT_APPROVED

    def test_declined_for_good(self) -> None:
        desk = Desk(CARD, replace(BANK, is_default=False))
        desk.run(collect("inv"), EXISTS, says(Event.DECLINED, code="lost_card"))
        shown_now = seen(desk)
        assert (shown_now.status, shown_now.line, shown_now.may_pay) == (Status.FAILED, Line.DECLINED, True)
        assert "retry_at" not in shown_now.facts

    def test_a_decline_still_shows_when_the_next_try_was_not_sent(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.DECLINED, code="insufficient_funds"))
        desk.pay(NOT_SENT, key="second")
        assert (seen(desk).status, seen(desk).line) == (Status.FAILED, Line.DECLINED_RETRY)

    def test_returned(self) -> None:
        desk = Desk()
        desk.pay(EXISTS, says(Event.PROCESSING), method="bank")
        desk.run(resolve(desk.intent.id), says(Event.RETURNED, code="R10"))
        wanted = {"at": START, "code": "R10", "method": replace(BANK, blocked_because="R10")}
        assert seen(desk) == Shown(Status.FAILED, Line.RETURNED, wanted, may_pay=True)

    def test_not_completed(self) -> None:
        desk = Desk(pays_automatically=False)
        desk.pay(EXISTS, says(Event.ASKS_PAYER))
        desk.run(give_up(desk.intent.id, "payer_gone"), CANCELLED)
        desk.run(collect("inv"))
        assert (seen(desk).status, seen(desk).line) == (Status.FAILED, Line.NOT_COMPLETED)
        assert seen(desk).may_pay

    def test_closed_by_vendor(self) -> None:
        desk = Desk()
        desk.write_off()
        assert seen(desk) == Shown(Status.FAILED, Line.CLOSED_BY_VENDOR, {"at": START}, may_pay=True)

    def test_void(self) -> None:
        desk = Desk()
        desk.books.invoices["inv"] = replace(desk.invoice, state=InvoiceState.VOID)
        assert seen(desk) == Shown(Status.VOID, Line.CANCELLED, {"at": START}, may_pay=False)


class TestPayable:
    def ask(self, change: Callable[[Desk], None] = lambda _: None, *methods: object) -> Payable | Refusal:
        desk = Desk(*methods)  # type: ignore[arg-type]
        change(desk)
        loaded = desk.books.load(Load(invoice_id="inv"), desk.now)
        return payable(loaded.invoice, loaded.latest, loaded.company, loaded.methods, loaded.today)

    def test_open_with_a_usable_method(self) -> None:
        assert self.ask() == Payable(AMOUNT)

    def test_nothing_due(self) -> None:
        desk = Desk()
        loaded = desk.books.load(Load(invoice_id="inv"), desk.now)
        invoice = replace(loaded.invoice, amount_due=Money(0, "USD"))
        refused = payable(invoice, None, loaded.company, loaded.methods, loaded.today)
        assert refused == Refusal("nothing_due", {"number": "ACME-000001"})

    def test_without_a_payer_at_the_gateway(self) -> None:
        def forget(desk: Desk) -> None:
            desk.books.companies["acme"] = replace(desk.books.companies["acme"], gateway_customer="")

        refused = self.ask(forget)
        assert isinstance(refused, Refusal)
        assert refused.code == "no_usable_method"

    def test_what_is_under_way_goes_before_everything_else(self) -> None:
        def under_way(desk: Desk) -> None:
            desk.pay(EXISTS, says(Event.PROCESSING))
            desk.hold()

        assert self.ask(under_way) == Refusal("payment_processing", {"amount": AMOUNT})


def test_customer_is_the_one_of_the_rows() -> None:
    desk = Desk()
    desk.pay(EXISTS, NO_ANSWER)
    assert desk.intent.customer == CUSTOMER
