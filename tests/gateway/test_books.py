"""What the adapter reads of the processor's own books: changes, refunds, disputes and payouts."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenantry.core.gateway_records import Payout, PayoutLineKind
from tenantry.core.gateway_reply import (
    ConfirmIntent,
    CreateIntent,
    CreateRefund,
    Event,
    FindIntent,
    FindRefund,
    RefundEvent,
    RefundReply,
)
from tenantry.core.money import Money
from tenantry.outside.gateway.port import ChangesReply, PayoutsReply, Told
from tenantry.outside.gateway.sandbox import SandboxGateway
from tests.gateway.caller import Caller, patience, wait_until
from tests.gateway.process import KEY, GatewayProcess, running_gateway
from tests.gateway.talker import Talker, json_answer

AMOUNT = Money(41250, "USD")
NEVER = datetime(2000, 1, 1, tzinfo=UTC)
NOTHING = "int_000000000000000000000000"


@pytest.fixture
def gateway(sandbox: GatewayProcess) -> Iterator[SandboxGateway]:
    adapter = SandboxGateway(sandbox.url, sandbox.key, read_seconds=2, busy_seconds=3, wait=lambda seconds: None)
    yield adapter
    adapter.close()


@pytest.fixture
def customer(caller: Caller) -> str:
    return caller.customer()


def create(gateway: SandboxGateway, customer: str, key: str) -> str:
    return gateway.create_intent(CreateIntent(key, customer, AMOUNT, "ACME-000001")).gateway_id


def paid(gateway: SandboxGateway, customer: str, method: str, key: str) -> str:
    intent = create(gateway, customer, key)
    reply = gateway.confirm(ConfirmIntent(f"{key}:1", intent, method, off_session=True))
    assert reply.event in (Event.SUCCEEDED, Event.PROCESSING)
    return intent


class TestRefunds:
    def test_the_same_key_sends_money_back_once(self, gateway: SandboxGateway, caller: Caller, customer: str) -> None:
        intent = paid(gateway, customer, caller.card(customer), f"k-{customer}")
        request = CreateRefund(f"r-{customer}", intent, Money(1250, "USD"))
        done = gateway.refund(request)
        assert done == RefundReply(
            event=RefundEvent.DONE,
            refund_id=done.refund_id,
            gateway_id=intent,
            customer=customer,
            amount=Money(1250, "USD"),
            key=f"r-{customer}",
            occurred_at=done.occurred_at,
        )
        assert done.refund_id.startswith("ref_")
        assert gateway.refund(request) == done
        assert gateway.find_refund(FindRefund(intent, f"r-{customer}")) == done
        (charge,) = caller.charges(customer)
        assert (charge["net_minor"], charge["refunded_minor"]) == (40000, 1250)

    def test_an_unknown_key_is_not_found(self, gateway: SandboxGateway, caller: Caller, customer: str) -> None:
        intent = paid(gateway, customer, caller.card(customer), f"k-{customer}")
        assert gateway.find_refund(FindRefund(intent, "never used")) == RefundReply(RefundEvent.NOT_FOUND)
        assert gateway.find_refund(FindRefund(NOTHING, "r")) == RefundReply(RefundEvent.NOT_FOUND)

    def test_what_can_not_be_sent_back_is_refused_and_says_why(
        self, gateway: SandboxGateway, caller: Caller, customer: str
    ) -> None:
        card = caller.card(customer)
        intent, unpaid = paid(gateway, customer, card, f"k-{customer}"), create(gateway, customer, f"u-{customer}")
        refusals = {
            "refund_too_large": CreateRefund("r1", intent, Money(41251, "USD")),
            "amount_invalid": CreateRefund("r2", intent, Money(0, "USD")),
            "currency_differs": CreateRefund("r3", intent, Money(100, "EUR")),
            "not_refundable": CreateRefund("r4", unpaid, Money(100, "USD")),
            "intent_not_found": CreateRefund("r5", NOTHING, Money(100, "USD")),
        }
        for code, request in refusals.items():
            assert gateway.refund(request) == RefundReply(RefundEvent.REFUSED, code=code)
        (charge,) = caller.charges(customer)
        assert charge["net_minor"] == 41250

    def test_a_key_that_was_used_for_another_amount_says_nothing(
        self, gateway: SandboxGateway, caller: Caller, customer: str
    ) -> None:
        intent = paid(gateway, customer, caller.card(customer), f"k-{customer}")
        done = gateway.refund(CreateRefund(f"r-{customer}", intent, Money(100, "USD")))
        other = gateway.refund(CreateRefund(f"r-{customer}", intent, Money(200, "USD")))
        assert other == RefundReply(RefundEvent.NO_ANSWER)
        assert gateway.find_refund(FindRefund(intent, f"r-{customer}")) == done

    @pytest.mark.parametrize(
        ("fault", "event", "sent_back"),
        [
            ("timeout_before:1.5", RefundEvent.NO_ANSWER, 0),
            ("timeout_after:1.5", RefundEvent.NO_ANSWER, 100),
            ("cut_before", RefundEvent.NO_ANSWER, 0),
            ("cut_after", RefundEvent.NO_ANSWER, 100),
            ("error_before", RefundEvent.NO_ANSWER, 0),
            ("error_after", RefundEvent.NO_ANSWER, 100),
            ("garbage", RefundEvent.NO_ANSWER, 100),
            ("busy", RefundEvent.NOT_SENT, 0),
        ],
    )
    def test_without_an_answer_only_the_truth_says_whether_money_moved(
        self, gateway: SandboxGateway, caller: Caller, customer: str, fault: str, event: RefundEvent, sent_back: int
    ) -> None:
        intent = paid(gateway, customer, caller.card(customer), f"k-{customer}")
        caller.post("/control/faults", {"fault": fault, "customer": customer, "operation": "create_refund"})
        other = SandboxGateway(caller.url, KEY, read_seconds=patience(fault), busy_seconds=3, wait=lambda seconds: None)
        assert other.refund(CreateRefund(f"r-{customer}", intent, Money(100, "USD"))) == RefundReply(event)
        other.close()
        caller.post("/control/faults", {"clear": True})
        if sent_back:
            wait_until(lambda: caller.charges(customer)[0]["refunded_minor"] == sent_back)
        found = gateway.find_refund(FindRefund(intent, f"r-{customer}"))
        assert found.event is (RefundEvent.DONE if sent_back else RefundEvent.NOT_FOUND)
        (charge,) = caller.charges(customer)
        assert charge["refunded_minor"] == sent_back

    def test_reading_without_an_answer(self, gateway: SandboxGateway, caller: Caller, customer: str) -> None:
        intent = paid(gateway, customer, caller.card(customer), f"k-{customer}")
        caller.post("/control/faults", {"fault": "error_before", "customer": customer})
        assert gateway.find_refund(FindRefund(intent, "r")) == RefundReply(RefundEvent.NO_ANSWER)
        caller.post("/control/faults", {"clear": True})


def test_nothing_reaches_a_gateway_that_refuses_connections() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gateway = SandboxGateway(f"http://127.0.0.1:{port}", KEY)
    assert gateway.refund(CreateRefund("r", "int", AMOUNT)) == RefundReply(RefundEvent.NOT_SENT)
    assert gateway.find_refund(FindRefund("int", "r")) == RefundReply(RefundEvent.NOT_SENT)
    assert gateway.list_payouts(since=NEVER) == PayoutsReply(Told.NOT_SENT)
    gateway.close()


class TestChanges:
    def test_everything_that_happened_on_each_intent(
        self, gateway: SandboxGateway, caller: Caller, customer: str
    ) -> None:
        bad, good = caller.card(customer, "4000000000000341", cvc="995"), caller.card(customer)
        first, second = create(gateway, customer, f"a-{customer}"), create(gateway, customer, f"b-{customer}")
        gateway.confirm(ConfirmIntent(f"a-{customer}:1", first, bad, off_session=True))
        gateway.confirm(ConfirmIntent(f"a-{customer}:2", first, good, off_session=True))
        sent_back = gateway.refund(CreateRefund(f"r-{customer}", first, Money(500, "USD")))
        listed = gateway.list_changes(customer=customer, since=NEVER)
        assert listed.told is Told.DONE
        untouched, charged = listed.intents
        assert (untouched.reply, untouched.key, untouched.attempts, untouched.refunds, untouched.dispute) == (
            gateway.find(FindIntent(customer, gateway_id=second)),
            f"b-{customer}",
            (),
            (),
            None,
        )
        assert (charged.reply, charged.key, charged.invoice_number, charged.refunds) == (
            gateway.find(FindIntent(customer, gateway_id=first)),
            f"a-{customer}",
            "ACME-000001",
            (sent_back,),
        )
        assert [(one.key, one.method_token, one.outcome, one.code) for one in charged.attempts] == [
            (f"a-{customer}:1", bad, "declined", "insufficient_funds"),
            (f"a-{customer}:2", good, "succeeded", ""),
        ]
        recent = gateway.list_changes(customer=customer, since=charged.reply.occurred_at)
        assert [one.reply.gateway_id for one in recent.intents] == [first]
        nobody = gateway.list_changes(customer="cus_000000000000000000000000", since=NEVER)
        assert nobody == ChangesReply(Told.DONE, ())


class TestPayouts:
    """A gateway of its own, whose clock stands still: Monday 2 March 2026, 09:30 UTC."""

    @pytest.fixture
    def own(self, tmp_path: Path) -> Iterator[Caller]:
        with running_gateway(tmp_path) as process:
            caller = Caller(process)
            caller.post("/control/clock", {"now": "2026-03-02T09:30:00+00:00", "frozen": True})
            yield caller
            caller.close()

    def test_each_payout_is_the_sum_of_its_lines(self, own: Caller) -> None:
        gateway = SandboxGateway(own.url, KEY)
        acme, other = own.customer("Acme", "acme"), own.customer("Other", "other")
        first = paid(gateway, acme, own.card(acme), "a")
        second = paid(gateway, other, own.card(other), "b")
        assert gateway.list_payouts(since=NEVER) == PayoutsReply(Told.DONE, ())
        own.post("/control/clock", {"now": "2026-03-04T16:59:59+00:00"})
        assert gateway.list_payouts(since=NEVER).payouts == ()
        sent_back = gateway.refund(CreateRefund("r", first, Money(1250, "USD")))
        own.post("/control/clock", {"now": "2026-03-04T17:00:00+00:00"})
        (payout,) = gateway.list_payouts(since=NEVER).payouts
        assert (payout.amount, payout.paid_at) == (Money(81250, "USD"), datetime(2026, 3, 4, 17, tzinfo=UTC))
        assert [(one.kind, one.gateway_id, one.refund_id, one.customer, one.amount.minor) for one in payout.lines] == [
            (PayoutLineKind.CHARGE, first, "", acme, 41250),
            (PayoutLineKind.CHARGE, second, "", other, 41250),
            (PayoutLineKind.REFUND, first, sent_back.refund_id, acme, -1250),
        ]
        assert len({one.line_id for one in payout.lines}) == 3
        since = payout.paid_at + timedelta(seconds=1)
        assert gateway.list_payouts(since=since) == PayoutsReply(Told.DONE, ())
        body = own.http.get("/v1/payouts", params={"since": "2026-03-04T17:00:00+00:00"}).json()
        assert body["items"][0]["by_customer"] == [
            {"customer": acme, "reference": "acme", "amount_minor": 40000},
            {"customer": other, "reference": "other", "amount_minor": 41250},
        ]
        gateway.close()

    @pytest.mark.parametrize(
        "change",
        [
            {"amount_minor": 5},
            {"currency": "usd"},
            {"lines": None},
            {"lines": [{}]},
            {"paid_at": "yesterday"},
            {"id": ""},
        ],
    )
    def test_one_that_is_not_the_sum_of_its_lines_is_no_answer(self, change: dict[str, Any]) -> None:
        at = datetime(2026, 3, 4, 17, tzinfo=UTC)
        right = {"id": "pay", "amount_minor": 0, "currency": "USD", "paid_at": at.isoformat(), "lines": []}
        for body, expected in (
            (right, PayoutsReply(Told.DONE, (Payout("pay", Money(0, "USD"), at, ()),))),
            ({**right, **change}, PayoutsReply(Told.NO_ANSWER)),
        ):
            with Talker([json_answer({"items": [body]})]) as talker:
                gateway = SandboxGateway(talker.url, KEY)
                assert gateway.list_payouts(since=NEVER) == expected
                gateway.close()
