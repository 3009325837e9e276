"""What a person does in the dashboard, and a processor that is away for a while."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenantry.core.gateway_reply import CreateIntent, Event, FindIntent, GatewayReply
from tenantry.core.money import Money
from tenantry.outside.gateway.sandbox import SandboxGateway
from tests.gateway.caller import Caller, wait_until
from tests.gateway.process import running_gateway
from tests.gateway.test_witness import calls_in

NOTHING = "int_000000000000000000000000"


@pytest.fixture
def paid(caller: Caller) -> tuple[str, str]:
    customer = caller.customer()
    intent = str(caller.intent(customer).json()["id"])
    assert caller.confirm(intent, caller.card(customer)).status_code == 200
    return customer, intent


class TestDashboard:
    def test_a_refund(self, caller: Caller, paid: tuple[str, str]) -> None:
        customer, intent = paid
        made = caller.post("/control/refunds", {"intent": intent, "amount_minor": 1250}).json()
        assert (made["intent"], made["amount_minor"], made["key"], made["state"]) == (intent, 1250, "", "succeeded")
        assert caller.http.get("/v1/refunds", params={"intent": intent}).json()["items"] == [made]
        assert caller.charges(customer)[0]["net_minor"] == 40000

    def test_a_cancel(self, caller: Caller) -> None:
        customer = caller.customer()
        intent = caller.intent(customer).json()["id"]
        assert caller.post("/control/cancels", {"intent": intent}).json()["state"] == "cancelled"
        late = caller.confirm(intent, caller.card(customer))
        assert (late.status_code, late.json()["intent"]["state"]) == (409, "cancelled")

    @pytest.mark.parametrize(("outcome", "state", "net_minor"), [("won", "succeeded", 41250), ("lost", "returned", 0)])
    def test_a_dispute(self, caller: Caller, paid: tuple[str, str], outcome: str, state: str, net_minor: int) -> None:
        customer, intent = paid
        opened = caller.post("/control/disputes", {"intent": intent, "reason": "not_received"}).json()
        assert (opened["state"], opened["dispute"]["state"], opened["dispute"]["reason"]) == (
            "succeeded",
            "open",
            "not_received",
        )
        decided = caller.post("/control/disputes", {"intent": intent, "outcome": outcome}).json()
        assert (decided["state"], decided["dispute"]["state"]) == (state, outcome)
        assert decided["attempt"]["code"] == ("dispute_not_received" if outcome == "lost" else "")
        assert caller.charges(customer)[0]["net_minor"] == net_minor

    def test_a_lost_dispute_reads_as_a_return_with_its_code(self, caller: Caller, paid: tuple[str, str]) -> None:
        customer, intent = paid
        gateway = SandboxGateway(caller.url, "key-of-the-tests")
        caller.post("/control/disputes", {"intent": intent, "reason": "fraudulent"})
        still = gateway.find(FindIntent(customer, gateway_id=intent))
        assert (still.event, still.code) == (Event.SUCCEEDED, "")
        (changed,) = gateway.list_changes(customer=customer, since=still.occurred_at).intents
        assert (changed.dispute.state, changed.dispute.reason, changed.dispute.amount) == (
            "open",
            "fraudulent",
            Money(41250, "USD"),
        )
        caller.post("/control/disputes", {"intent": intent, "outcome": "lost"})
        gone = gateway.find(FindIntent(customer, gateway_id=intent))
        assert (gone.event, gone.code, gone.amount) == (Event.RETURNED, "dispute_fraudulent", Money(41250, "USD"))
        gateway.close()

    @pytest.mark.parametrize(
        ("deed", "fields", "status", "code"),
        [
            ("refunds", {"intent": NOTHING, "amount_minor": 1}, 404, "intent_not_found"),
            ("refunds", {"intent": "paid", "amount_minor": 41251}, 409, "refund_too_large"),
            ("refunds", {"intent": "paid", "amount_minor": "1"}, 400, "field_invalid"),
            ("refunds", {"intent": "paid"}, 400, "field_invalid"),
            ("cancels", {"intent": NOTHING}, 404, "intent_not_found"),
            ("cancels", {"intent": "paid"}, 409, "not_cancellable"),
            ("cancels", {"intent": "paid", "why": "x"}, 400, "unknown_field"),
            ("disputes", {"intent": NOTHING, "reason": "fraudulent"}, 404, "intent_not_found"),
            ("disputes", {"intent": "paid", "outcome": "won"}, 409, "no_open_dispute"),
            ("disputes", {"intent": "paid", "outcome": "drawn"}, 400, "field_invalid"),
            ("disputes", {"intent": "paid", "reason": "Not a word!"}, 400, "field_invalid"),
            ("disputes", {"intent": "paid", "reason": "fraudulent", "outcome": "won"}, 400, "field_invalid"),
            ("disputes", {"intent": "paid"}, 400, "field_invalid"),
            ("returns", {"intent": "paid", "code": "R10"}, 409, "not_returnable"),
            ("returns", {"intent": "paid", "code": "X"}, 400, "field_invalid"),
        ],
    )
    def test_what_can_not_be_done_changes_nothing(
        self,
        caller: Caller,
        paid: tuple[str, str],
        deed: str,
        fields: dict[str, object],
        status: int,
        code: str,
    ) -> None:
        customer, intent = paid
        before = caller.charges(customer)
        sent = {name: intent if value == "paid" else value for name, value in fields.items()}
        answer = caller.post(f"/control/{deed}", sent)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert caller.charges(customer) == before

    def test_each_is_kept_among_the_calls(self, tmp_path: Path) -> None:
        with running_gateway(tmp_path) as gateway:
            caller = Caller(gateway)
            customer = caller.customer()
            intent = caller.intent(customer).json()["id"]
            caller.post("/control/cancels", {"intent": intent})
            assert [(call["operation"], call["status"]) for call in calls_in(gateway)][-1] == (
                "cancel_in_dashboard",
                200,
            )
            caller.close()


class TestAway:
    def test_every_connection_is_refused_for_a_while(self, tmp_path: Path) -> None:
        with running_gateway(tmp_path) as process:
            caller, gateway = Caller(process), SandboxGateway(process.url, process.key)
            customer = caller.customer()
            request = CreateIntent("k", customer, Money(100, "USD"), "1")
            intent = gateway.create_intent(request).gateway_id
            assert caller.post("/control/away", {"seconds": 600}).json() == {"away_seconds": 600}
            wait_until(lambda: process.log.read_text().endswith("away\n"))
            assert gateway.create_intent(request) == GatewayReply(Event.NOT_SENT)
            assert gateway.find(FindIntent(customer, gateway_id=intent)) == GatewayReply(Event.NOT_SENT)
            caller.close()
            gateway.close()
        # It also ends while it is away: the context stops it and waits.

    def test_it_comes_back_on_the_same_port_with_everything(self, tmp_path: Path) -> None:
        with running_gateway(tmp_path) as process:
            caller = Caller(process)
            customer = caller.customer()
            intent = caller.intent(customer).json()["id"]
            caller.post("/control/away", {"seconds": 0.2})
            caller.close()
            wait_until(lambda: process.log.read_text().endswith("away\nback\n"))
            caller = Caller(process)
            assert caller.http.get(f"/v1/intents/{intent}").json()["customer"] == customer
            caller.close()

    @pytest.mark.parametrize("seconds", [0, -1, 601, "1", None, True])
    def test_no_other_span_is_taken(self, caller: Caller, seconds: object) -> None:
        assert caller.post("/control/away", {"seconds": seconds}).status_code == 400
