"""The adapter reads every answer, and every lack of one, as the one list of expectations says."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tenantry.core.gateway_reply import (
    CancelIntent,
    ConfirmIntent,
    CreateIntent,
    CreateRefund,
    Event,
    FindIntent,
    FindRefund,
    GatewayReply,
)
from tenantry.core.money import Money
from tenantry.core.refusal import Refusal
from tenantry.outside.gateway.chosen import OutsideTransactions
from tenantry.outside.gateway.port import (
    ChangesReply,
    CustomerReply,
    MethodFacts,
    MethodKind,
    MethodReply,
    SetupReply,
    SetupState,
    Told,
    VerifyReply,
)
from tenantry.outside.gateway.sandbox import SandboxGateway
from tenantry.outside.sandbox_control import ControlRefused, SandboxControl
from tests.gateway.caller import BACK, Caller, patience
from tests.gateway.process import KEY, GatewayProcess, running_gateway
from tests.gateway.talker import Talker

AMOUNT = Money(41250, "USD")
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def gateway(sandbox: GatewayProcess) -> Iterator[SandboxGateway]:
    adapter = SandboxGateway(sandbox.url, sandbox.key, read_seconds=2, busy_seconds=3, wait=lambda seconds: None)
    yield adapter
    adapter.close()


@pytest.fixture
def customer(caller: Caller) -> str:
    return caller.customer()


def create(gateway: SandboxGateway, customer: str, key: str) -> str:
    reply = gateway.create_intent(CreateIntent(key, customer, AMOUNT, "ACME-000001"))
    assert reply.event is Event.EXISTS
    return reply.gateway_id


def confirm(gateway: SandboxGateway, intent: str, method: str, key: str, *, off_session: bool = False) -> GatewayReply:
    return gateway.confirm(ConfirmIntent(key, intent, method, off_session=off_session, return_url=BACK))


def told(reply: GatewayReply) -> tuple[object, ...]:
    return reply.event, reply.gateway_id, reply.customer, reply.amount, reply.attempt_key, reply.code, reply.next_url


class TestMethods:
    def test_the_same_key_gives_the_same_customer(self, gateway: SandboxGateway) -> None:
        first = gateway.create_customer(key="acme", name="Acme Alarm", reference="acme-1")
        assert first == CustomerReply(Told.DONE, first.customer)
        assert first.customer.startswith("cus_")
        assert gateway.create_customer(key="acme", name="Acme Alarm", reference="acme-1") == first
        assert gateway.create_customer(key="acme", name="Other", reference="acme-1") == CustomerReply(Told.REFUSED)

    def test_a_customer_is_found_by_its_reference(self, gateway: SandboxGateway) -> None:
        made = gateway.create_customer(key="first", name="Found Again", reference="ref-found")
        gateway.create_customer(key="second", name="Found Again", reference="ref-found")
        assert gateway.find_customer(reference="ref-found") == CustomerReply(Told.DONE, made.customer)
        assert gateway.find_customer(reference="ref-nobody") == CustomerReply(Told.NOT_FOUND)

    def test_a_card_setup_from_open_to_its_facts(self, gateway: SandboxGateway, caller: Caller, customer: str) -> None:
        opened = gateway.create_setup(
            key=f"s-{customer}", customer=customer, kind=MethodKind.CARD, return_url=BACK, reference="r"
        )
        page = f"{caller.url}/setup/{opened.setup_id}"
        assert opened == SetupReply(Told.DONE, opened.setup_id, customer, page, SetupState.OPEN, None)
        assert gateway.read_setup(setup_id=opened.setup_id) == opened
        caller.type_card(page, expiry="07/31")
        read = gateway.read_setup(setup_id=opened.setup_id)
        assert read.state is SetupState.SUCCEEDED
        assert gateway.read_method(method_token=read.method.token) == MethodReply(Told.DONE, read.method)
        assert gateway.read_method(method_token="met_none") == MethodReply(Told.NOT_FOUND)
        assert read.method == MethodFacts(
            token=read.method.token,
            kind=MethodKind.CARD,
            fingerprint=read.method.fingerprint,
            last4="4242",
            brand="Visa",
            expiry_month=7,
            expiry_year=2031,
            verified=True,
        )

    def test_a_bank_account_is_verified_by_its_micro_deposits(
        self, gateway: SandboxGateway, caller: Caller, customer: str
    ) -> None:
        opened = gateway.create_setup(
            key=f"s-{customer}", customer=customer, kind=MethodKind.ACH, return_url=BACK, reference=""
        )
        caller.type_account(opened.page_url)
        method = gateway.read_setup(setup_id=opened.setup_id).method
        assert (method.kind, method.bank_name, method.last4, method.verified) == (
            MethodKind.ACH,
            "Test Bank",
            "6789",
            False,
        )
        verify = gateway.verify_bank_account
        assert verify(method_token=method.token, amounts_minor=(1, 2)) == VerifyReply(Told.REFUSED, 2)
        assert verify(method_token=method.token, amounts_minor=(32, 45)) == VerifyReply(Told.DONE, 0)
        assert verify(method_token=method.token, amounts_minor=(1, 2)) == VerifyReply(Told.DONE, 0)
        assert gateway.read_setup(setup_id=opened.setup_id).method.verified is True

    def test_a_cancelled_setup(self, gateway: SandboxGateway, caller: Caller, customer: str) -> None:
        opened = caller.setup(customer)
        caller.http.get(f"{opened['page_url']}/cancel")
        assert gateway.read_setup(setup_id=opened["id"]).state is SetupState.CANCELLED

    @pytest.mark.parametrize("unknown", ["set_000000000000000000000000", "", "../intents", "a b?c#d", "4" * 600])
    def test_unknown_things_are_not_found(self, gateway: SandboxGateway, unknown: str) -> None:
        assert gateway.read_setup(setup_id=unknown) == SetupReply(Told.NOT_FOUND)
        assert gateway.detach_method(method_token=unknown) is Told.NOT_FOUND
        assert gateway.verify_bank_account(method_token=unknown, amounts_minor=(1, 2)) == VerifyReply(Told.NOT_FOUND)
        assert gateway.find(FindIntent("cus", gateway_id=unknown or "x")) == GatewayReply(Event.NOT_FOUND)

    def test_detaching_twice_is_done_twice(self, gateway: SandboxGateway, caller: Caller, customer: str) -> None:
        card = caller.card(customer)
        assert gateway.detach_method(method_token=card) is Told.DONE
        assert gateway.detach_method(method_token=card) is Told.DONE
        declined = confirm(gateway, create(gateway, customer, f"i-{card}"), card, f"c-{card}")
        assert (declined.event, declined.code) == (Event.DECLINED, "method_detached")


class TestTruth:
    """Each state of an intent, as `confirm`, `cancel` and `find` tell it."""

    def test_created(self, gateway: SandboxGateway, customer: str) -> None:
        intent = create(gateway, customer, f"am1:{customer}:1")
        expected = (Event.EXISTS, intent, customer, AMOUNT, "", "", "")
        again = gateway.create_intent(CreateIntent(f"am1:{customer}:1", customer, AMOUNT, "ACME-000001"))
        assert told(again) == expected
        assert told(gateway.find(FindIntent(customer, gateway_id=intent))) == expected
        assert told(gateway.find(FindIntent(customer, key=f"am1:{customer}:1"))) == expected
        assert again.occurred_at is not None
        assert again.occurred_at.utcoffset() == timedelta(0)

    def test_succeeded(self, gateway: SandboxGateway, caller: Caller, customer: str) -> None:
        intent, card = create(gateway, customer, f"k-{customer}"), caller.card(customer)
        expected = (Event.SUCCEEDED, intent, customer, AMOUNT, f"k-{customer}:1", "", "")
        assert told(confirm(gateway, intent, card, f"k-{customer}:1")) == expected
        assert told(confirm(gateway, intent, card, f"k-{customer}:1")) == expected
        assert told(confirm(gateway, intent, card, f"k-{customer}:2")) == expected
        assert told(gateway.cancel(CancelIntent(f"x-{customer}", intent))) == expected
        assert told(gateway.find(FindIntent(customer, gateway_id=intent))) == expected
        assert len(caller.charges(customer)) == 1

    def test_declined_and_then_paid_with_another_card(
        self, gateway: SandboxGateway, caller: Caller, customer: str
    ) -> None:
        intent, bad = create(gateway, customer, f"k-{customer}"), caller.card(customer, "4000000000000341", cvc="995")
        declined = (Event.DECLINED, intent, customer, AMOUNT, f"k-{customer}:1", "insufficient_funds", "")
        assert told(confirm(gateway, intent, bad, f"k-{customer}:1")) == declined
        assert told(gateway.find(FindIntent(customer, gateway_id=intent))) == declined
        paid = confirm(gateway, intent, caller.card(customer), f"k-{customer}:2")
        assert (paid.event, paid.attempt_key) == (Event.SUCCEEDED, f"k-{customer}:2")

    def test_asks_the_payer(self, gateway: SandboxGateway, caller: Caller, customer: str) -> None:
        intent, card = create(gateway, customer, f"k-{customer}"), caller.card(customer, "4000002500003155")
        url = f"{caller.url}/approve/{intent}"
        expected = (Event.ASKS_PAYER, intent, customer, AMOUNT, f"k-{customer}:1", "", url)
        assert told(confirm(gateway, intent, card, f"k-{customer}:1")) == expected
        caller.type(url, answer="refuse")
        refused = gateway.find(FindIntent(customer, gateway_id=intent))
        assert (refused.event, refused.code, refused.next_url) == (Event.DECLINED, "authentication_failed", "")

    def test_authentication_is_declined_when_nobody_sits_there(
        self, gateway: SandboxGateway, caller: Caller, customer: str
    ) -> None:
        intent, card = create(gateway, customer, f"k-{customer}"), caller.card(customer, "4000002500003155")
        declined = confirm(gateway, intent, card, f"k-{customer}:1", off_session=True)
        assert (declined.event, declined.code) == (Event.DECLINED, "authentication_required")

    def test_a_bank_debit_and_its_return(self, gateway: SandboxGateway, caller: Caller, customer: str) -> None:
        intent, account = create(gateway, customer, f"k-{customer}"), caller.account(customer)
        expected = (Event.PROCESSING, intent, customer, AMOUNT, f"k-{customer}:1", "", "")
        assert told(confirm(gateway, intent, account, f"k-{customer}:1")) == expected
        assert told(gateway.cancel(CancelIntent(f"x-{customer}", intent))) == expected
        caller.post("/control/returns", {"intent": intent, "code": "R10"})
        returned = (Event.RETURNED, intent, customer, AMOUNT, f"k-{customer}:1", "R10", "")
        assert told(gateway.find(FindIntent(customer, gateway_id=intent))) == returned
        assert told(gateway.cancel(CancelIntent(f"y-{customer}", intent))) == returned

    def test_cancelled(self, gateway: SandboxGateway, caller: Caller, customer: str) -> None:
        intent = create(gateway, customer, f"k-{customer}")
        expected = (Event.CANCELLED, intent, customer, AMOUNT, "", "", "")
        assert told(gateway.cancel(CancelIntent(f"x-{customer}", intent))) == expected
        assert told(gateway.cancel(CancelIntent(f"y-{customer}", intent))) == expected
        assert told(confirm(gateway, intent, caller.card(customer), f"k-{customer}:1")) == expected
        assert caller.charges(customer) == []

    def test_unknown_intents(self, gateway: SandboxGateway, customer: str) -> None:
        nothing = "int_000000000000000000000000"
        assert gateway.find(FindIntent(customer, key="never used")) == GatewayReply(Event.NOT_FOUND)
        assert gateway.cancel(CancelIntent("x", nothing)) == GatewayReply(Event.NOT_FOUND)
        assert confirm(gateway, nothing, "met_x", "c") == GatewayReply(Event.NOT_FOUND)

    def test_a_key_with_other_parameters_is_no_answer(self, gateway: SandboxGateway, customer: str) -> None:
        create(gateway, customer, f"k-{customer}")
        other = gateway.create_intent(CreateIntent(f"k-{customer}", customer, Money(1, "USD"), "ACME-000001"))
        assert other == GatewayReply(Event.NO_ANSWER)


class TestFaults:
    """What the adapter makes of a confirm that went wrong, and whether money moved."""

    @pytest.mark.parametrize(
        ("fault", "event", "charged"),
        [
            ("timeout_before:1.5", Event.NO_ANSWER, 0),
            ("timeout_after:1.5", Event.NO_ANSWER, 1),
            ("cut_before", Event.NO_ANSWER, 0),
            ("cut_after", Event.NO_ANSWER, 1),
            ("error_before", Event.NO_ANSWER, 0),
            ("error_after", Event.NO_ANSWER, 1),
            ("garbage", Event.NO_ANSWER, 1),
            ("busy", Event.NOT_SENT, 0),
            ("decline:lost_card", Event.DECLINED, 0),
            ("decline:authentication_required", Event.DECLINED, 0),
            ("slow:0.1", Event.SUCCEEDED, 1),
            ("late_answer:0.1", Event.SUCCEEDED, 1),
            ("late_answer:1.5", Event.NO_ANSWER, 1),
            ("drip:0.1", Event.SUCCEEDED, 1),
            ("drip:3", Event.NO_ANSWER, 1),
            ("cut_answer", Event.NO_ANSWER, 1),
            ("key_forgotten", Event.SUCCEEDED, 1),
        ],
    )
    def test_confirm(
        self, gateway: SandboxGateway, caller: Caller, customer: str, fault: str, event: Event, charged: int
    ) -> None:
        intent, card = create(gateway, customer, f"k-{customer}"), caller.card(customer)
        caller.post("/control/faults", {"fault": fault, "customer": customer, "operation": "confirm_intent"})
        other = SandboxGateway(caller.url, KEY, read_seconds=patience(fault), busy_seconds=3, wait=lambda seconds: None)
        reply = confirm(other, intent, card, f"k-{customer}:1")
        other.close()
        caller.post("/control/faults", {"clear": True})
        assert reply.event is event
        if event in (Event.NO_ANSWER, Event.NOT_SENT):
            assert reply == GatewayReply(event)
        caller.wait_until_charged(customer, times=charged)
        found = gateway.find(FindIntent(customer, gateway_id=intent)).event
        after = {0: Event.DECLINED if event is Event.DECLINED else Event.EXISTS, 1: Event.SUCCEEDED}
        assert found is after[charged]

    @pytest.mark.parametrize(
        ("fault", "amount", "is_same_object"),
        [
            ("wrong_amount", Money(41251, "USD"), True),
            ("wrong_currency", Money(41250, "XTS"), True),
            ("wrong_object", AMOUNT, False),
        ],
    )
    def test_a_false_answer_is_handed_on_in_the_gateways_own_words(
        self, gateway: SandboxGateway, caller: Caller, customer: str, fault: str, amount: Money, is_same_object: bool
    ) -> None:
        intent, card = create(gateway, customer, f"k-{customer}"), caller.card(customer)
        caller.post("/control/faults", {"fault": fault, "customer": customer, "times": 1})
        reply = confirm(gateway, intent, card, f"k-{customer}:1")
        assert (reply.event, reply.amount, reply.gateway_id == intent) == (Event.SUCCEEDED, amount, is_same_object)

    def test_a_busy_gateway_is_asked_again_for_a_while(
        self, sandbox: GatewayProcess, caller: Caller, customer: str
    ) -> None:
        waits: list[float] = []
        patient = SandboxGateway(sandbox.url, sandbox.key, wait=waits.append)
        intent, card = create(patient, customer, f"k-{customer}"), caller.card(customer)
        caller.post("/control/faults", {"fault": "busy", "customer": customer, "times": 3})
        assert confirm(patient, intent, card, f"k-{customer}:1").event is Event.SUCCEEDED
        assert waits == [0.5, 1.0, 2.0]
        waits.clear()
        caller.post("/control/faults", {"fault": "busy", "customer": customer})
        assert confirm(patient, intent, card, f"k-{customer}:2") == GatewayReply(Event.NOT_SENT)
        caller.post("/control/faults", {"clear": True})
        assert waits == [0.5, 1.0, 2.0, 4.0, 8.0]
        assert sum(waits) <= 20
        patient.close()

    def test_other_calls_without_an_answer(self, gateway: SandboxGateway, caller: Caller, customer: str) -> None:
        card = caller.card(customer)
        caller.post("/control/faults", {"fault": "cut_before", "customer": customer})
        setup = {"customer": customer, "kind": MethodKind.CARD, "return_url": BACK, "reference": ""}
        assert gateway.create_setup(key="s", **setup) == SetupReply(Told.NO_ANSWER)
        assert gateway.detach_method(method_token=card) is Told.NO_ANSWER
        assert gateway.list_changes(customer=customer, since=NEVER) == ChangesReply(Told.NO_ANSWER)
        assert gateway.find(FindIntent(customer, key="k")) == GatewayReply(Event.NO_ANSWER)
        caller.post("/control/faults", {"clear": True})

    def test_a_wrong_api_key_stops_at_the_door(self, sandbox: GatewayProcess, customer: str) -> None:
        stranger = SandboxGateway(sandbox.url, "wrong")
        assert stranger.read_setup(setup_id="set_000000000000000000000000") == SetupReply(Told.NOT_SENT)
        assert confirm(stranger, "int_000000000000000000000000", "met", "c") == GatewayReply(Event.NOT_SENT)
        stranger.close()


class TestUnreachable:
    def test_a_refused_connection_sent_nothing(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        gateway = SandboxGateway(f"http://127.0.0.1:{port}", KEY)
        assert gateway.create_customer(key="k", name="A", reference="") == CustomerReply(Told.NOT_SENT)
        assert gateway.create_intent(CreateIntent("k", "cus", AMOUNT, "1")) == GatewayReply(Event.NOT_SENT)
        assert confirm(gateway, "int", "met", "c") == GatewayReply(Event.NOT_SENT)
        assert gateway.list_changes(customer="cus", since=NEVER) == ChangesReply(Told.NOT_SENT)
        gateway.close()

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}",
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found",
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\n{}",
            b"nonsense\r\n\r\n",
        ],
    )
    def test_what_can_not_be_read_is_no_answer(self, answer: bytes) -> None:
        with Talker([answer]) as talker:
            gateway = SandboxGateway(talker.url, KEY, read_seconds=1)
            assert confirm(gateway, "int", "met", "c") == GatewayReply(Event.NO_ANSWER)
            gateway.close()

    def test_an_answer_that_drips_ends(self) -> None:
        with Talker([b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n", *[b" "] * 40], pause_seconds=0.05) as talker:
            gateway = SandboxGateway(talker.url, KEY, read_seconds=0.3)
            assert confirm(gateway, "int", "met", "c") == GatewayReply(Event.NO_ANSWER)
            gateway.close()


class Connection:
    def __init__(self, *, in_atomic_block: bool) -> None:
        self.in_atomic_block = in_atomic_block


class TestOutsideTransactions:
    def test_a_call_inside_a_transaction_is_refused(
        self, gateway: SandboxGateway, customer: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_now = [Connection(in_atomic_block=False), Connection(in_atomic_block=True)]
        monkeypatch.setattr("tenantry.outside.gateway.chosen.connections.all", lambda *, initialized_only: open_now)
        guarded = OutsideTransactions(gateway)
        request = CreateIntent(f"k-{customer}", customer, AMOUNT, "1")
        with pytest.raises(RuntimeError, match="inside a database transaction"):
            guarded.create_intent(request)
        with pytest.raises(RuntimeError, match="inside a database transaction"):
            guarded.find(FindIntent(customer, key="k"))
        assert gateway.find(FindIntent(customer, key=f"k-{customer}")) == GatewayReply(Event.NOT_FOUND)
        open_now.pop()
        assert guarded.create_intent(request).event is Event.EXISTS

    def test_every_call_is_guarded(self, gateway: SandboxGateway, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            "tenantry.outside.gateway.chosen.connections.all",
            lambda *, initialized_only: [Connection(in_atomic_block=True)],
        )
        guarded = OutsideTransactions(gateway)
        setup = {"key": "k", "customer": "c", "kind": MethodKind.CARD, "return_url": BACK, "reference": ""}
        calls = {
            "create_customer": lambda: guarded.create_customer(key="k", name="A", reference=""),
            "find_customer": lambda: guarded.find_customer(reference="r"),
            "read_method": lambda: guarded.read_method(method_token="m"),
            "create_setup": lambda: guarded.create_setup(**setup),
            "read_setup": lambda: guarded.read_setup(setup_id="s"),
            "verify_bank_account": lambda: guarded.verify_bank_account(method_token="m", amounts_minor=(1, 2)),
            "detach_method": lambda: guarded.detach_method(method_token="m"),
            "create_intent": lambda: guarded.create_intent(CreateIntent("k", "c", AMOUNT, "1")),
            "confirm": lambda: guarded.confirm(ConfirmIntent("k", "i", "m", off_session=True)),
            "cancel": lambda: guarded.cancel(CancelIntent("k", "i")),
            "find": lambda: guarded.find(FindIntent("c", key="k")),
            "list_changes": lambda: guarded.list_changes(customer="c", since=NEVER),
            "refund": lambda: guarded.refund(CreateRefund("k", "i", AMOUNT)),
            "find_refund": lambda: guarded.find_refund(FindRefund("i", "k")),
            "list_payouts": lambda: guarded.list_payouts(since=NEVER),
        }
        calls_nobody = {"verify_event"}
        public = {name for name in vars(OutsideTransactions) if not name.startswith("_")}
        assert set(calls) == public - calls_nobody
        assert guarded.verify_event({}, b"", NEVER) == Refusal("bad_signature")
        for call in calls.values():
            with pytest.raises(RuntimeError, match="inside a database transaction"):
                call()


def test_a_demo_can_move_time_and_type_numbers(tmp_path: Path) -> None:
    with running_gateway(tmp_path) as process:
        control, gateway = SandboxControl(process.url), SandboxGateway(process.url, process.key)
        then = datetime(2024, 12, 2, 10, tzinfo=UTC)
        assert control.freeze_clock(then) == 0
        customer = gateway.create_customer(key="c", name="Acme", reference="acme").customer
        for kind in MethodKind:
            setup = gateway.create_setup(key=kind, customer=customer, kind=kind, return_url=BACK, reference="")
            if kind is MethodKind.CARD:
                with pytest.raises(ControlRefused):
                    control.type_card(setup.page_url, number="4242", expiry="12/30", cvc="123", name="Ana")
                control.type_card(setup.page_url, number="4242424242424242", expiry="12/30", cvc="123", name="Ana")
            else:
                control.type_bank_account(setup.page_url, account="000123456789", holder="Acme")
        account = gateway.read_setup(setup_id=setup.setup_id).method.token
        gateway.verify_bank_account(method_token=account, amounts_minor=(32, 45))
        sent = confirm(gateway, create(gateway, customer, "i"), account, "i:1")
        assert (sent.event, sent.occurred_at) == (Event.PROCESSING, then)
        assert control.move_clock(then + timedelta(days=3)) == 1
        assert control.move_clock(then + timedelta(days=2)) == 0
        assert [charge["outcome"] for charge in control.charges("acme")] == ["succeeded"]
        with pytest.raises(ControlRefused):
            control.freeze_clock(then)
        control.run_clock(then + timedelta(days=4))
        with httpx.Client(base_url=process.url, trust_env=False, verify=False) as http:
            stands = http.get("/control/clock").json()
        assert stands["frozen"] is False
        assert datetime.fromisoformat(stands["now"]) >= then + timedelta(days=4)
        control.close()
        gateway.close()
