"""Each fault of a call over real HTTP: what the caller gets, and what was done all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from time import monotonic

import httpx
import pytest

from tests.gateway.caller import Caller
from tests.gateway.process import GatewayProcess
from tests.gateway.teller import Teller


class TestCalls:
    @pytest.fixture
    def payment(self, caller: Caller) -> tuple[str, str, str]:
        customer = caller.customer()
        return customer, caller.card(customer), caller.intent(customer).json()["id"]

    @pytest.mark.parametrize("fault", ["cut_before", "timeout_before:0.05"])
    def test_before_means_that_nothing_was_executed(
        self, caller: Caller, payment: tuple[str, str, str], fault: str
    ) -> None:
        customer, card, intent = payment
        with pytest.raises(httpx.RemoteProtocolError):
            caller.confirm(intent, card, key="k", **{"Sandbox-Fault": fault})
        assert caller.charges(customer) == []
        assert caller.confirm(intent, card, key=f"again-{intent}").json()["state"] == "succeeded"

    @pytest.mark.parametrize("fault", ["cut_after", "timeout_after:0.05"])
    def test_after_means_that_it_was_executed(self, caller: Caller, payment: tuple[str, str, str], fault: str) -> None:
        customer, card, intent = payment
        with pytest.raises(httpx.RemoteProtocolError):
            caller.confirm(intent, card, key=f"k-{intent}", **{"Sandbox-Fault": fault})
        assert [charge["outcome"] for charge in caller.charges(customer)] == ["succeeded"]
        assert caller.confirm(intent, card, key=f"k-{intent}").json()["state"] == "succeeded"
        assert len(caller.charges(customer)) == 1

    @pytest.mark.parametrize(
        ("fault", "status", "charged"), [("error_before", 503, 0), ("error_after", 500, 1), ("busy", 429, 0)]
    )
    def test_errors(self, caller: Caller, payment: tuple[str, str, str], fault: str, status: int, charged: int) -> None:
        customer, card, intent = payment
        answer = caller.confirm(intent, card, **{"Sandbox-Fault": fault})
        assert (answer.status_code, len(caller.charges(customer))) == (status, charged)

    def test_a_decline_on_request(self, caller: Caller, payment: tuple[str, str, str]) -> None:
        _, card, intent = payment
        answer = caller.confirm(intent, card, **{"Sandbox-Fault": "decline:stolen_card"})
        assert (answer.status_code, answer.json()["attempt"]["code"]) == (402, "stolen_card")

    @pytest.mark.parametrize(
        ("fault", "field", "value"),
        [
            ("wrong_amount", "amount_minor", 41251),
            ("wrong_currency", "currency", "XTS"),
            ("wrong_object", "id", "int_" + "0" * 24),
        ],
    )
    def test_falsified_answers(
        self, caller: Caller, payment: tuple[str, str, str], fault: str, field: str, value: object
    ) -> None:
        customer, card, intent = payment
        assert caller.confirm(intent, card, **{"Sandbox-Fault": fault}).json()[field] == value
        assert caller.charges(customer)[0]["amount_minor"] == 41250

    def test_garbage(self, caller: Caller, payment: tuple[str, str, str]) -> None:
        _, card, intent = payment
        answer = caller.confirm(intent, card, **{"Sandbox-Fault": "garbage"})
        assert answer.status_code == 200
        with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
            answer.json()

    def test_slow_answers_late_and_others_need_not_wait(self, caller: Caller, payment: tuple[str, str, str]) -> None:
        _, card, intent = payment
        begun = monotonic()
        assert caller.confirm(intent, card, **{"Sandbox-Fault": "slow:0.3"}).json()["state"] == "succeeded"
        assert 0.3 <= monotonic() - begun < 2

    def test_an_answer_that_drips_is_right_in_the_end(self, caller: Caller, payment: tuple[str, str, str]) -> None:
        _, card, intent = payment
        dripped = caller.confirm(intent, card, key=f"k-{intent}", **{"Sandbox-Fault": "drip:0.2"}).content
        assert dripped == caller.confirm(intent, card, key=f"k-{intent}").content

    def test_an_answer_that_is_cut_was_executed(self, caller: Caller, payment: tuple[str, str, str]) -> None:
        customer, card, intent = payment
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            caller.confirm(intent, card, **{"Sandbox-Fault": "cut_answer"})
        assert [charge["outcome"] for charge in caller.charges(customer)] == ["succeeded"]

    def test_a_key_that_was_forgotten_makes_a_second_intent(self, caller: Caller) -> None:
        customer = caller.customer()
        first = caller.intent(customer, key=f"k-{customer}").json()["id"]
        assert caller.intent(customer, key=f"k-{customer}").json()["id"] == first
        second = caller.intent(customer, key=f"k-{customer}", **{"Sandbox-Fault": "key_forgotten"}).json()["id"]
        assert second != first

    def test_right_deposits_can_be_taken_for_wrong_ones(self, caller: Caller) -> None:
        customer = caller.customer()
        setup = caller.setup(customer, "ach")
        caller.type_account(setup["page_url"])
        method = caller.http.get(f"/v1/setups/{setup['id']}").json()["method"]["id"]
        right = {"amounts_minor": [32, 45]}
        caller.post("/control/faults", {"fault": "wrong_deposits", "customer": customer, "times": 1})
        assert caller.post(f"/v1/methods/{method}/verify", right).json() == {"verified": False, "tries_left": 2}
        assert caller.post(f"/v1/methods/{method}/verify", right).json() == {"verified": True, "tries_left": 0}

    def test_what_can_not_strike_a_call_is_refused(self, caller: Caller, payment: tuple[str, str, str]) -> None:
        customer, card, intent = payment
        for fault in ("stale", "wrong_deposits"):
            answer = caller.confirm(intent, card, **{"Sandbox-Fault": fault})
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "fault_unknown")
        assert caller.charges(customer) == []

    def test_an_unknown_fault_is_refused(self, caller: Caller, payment: tuple[str, str, str]) -> None:
        _, card, intent = payment
        assert caller.confirm(intent, card, **{"Sandbox-Fault": "flood"}).json()["error"]["code"] == "fault_unknown"

    def test_one_customer_can_be_struck_by_rule(self, caller: Caller, payment: tuple[str, str, str]) -> None:
        customer, card, intent = payment
        rule = {"fault": "decline:lost_card", "customer": customer, "operation": "confirm_intent", "times": 1}
        listed = caller.post("/control/faults", rule).json()
        assert listed["rules"] == [rule]
        other = caller.customer()
        assert caller.confirm(caller.intent(other).json()["id"], caller.card(other)).status_code == 200
        assert caller.confirm(intent, card).json()["attempt"]["code"] == "lost_card"
        assert caller.confirm(intent, card).status_code == 200
        assert caller.http.get("/control/faults").json()["rules"] == []

    def test_chance_is_set_and_cleared(self, caller: Caller, payment: tuple[str, str, str]) -> None:
        _, card, intent = payment
        random = {"seed": 3, "per_million": {"error_before": 1_000_000}, "operation": "confirm_intent"}
        assert caller.post("/control/faults", {"random": random}).json()["random"] == random
        assert caller.confirm(intent, card).status_code == 503
        assert caller.post("/control/faults", {"clear": True}).json()["random"]["per_million"] == {}
        assert caller.confirm(intent, card).status_code == 200

    def test_a_fault_for_nobody_is_refused(self, caller: Caller) -> None:
        answer = caller.post("/control/faults", {"fault": "garbage", "customer": "nobody"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "customer_not_found")


class TestInTime:
    """Faults that need a clock that stands still."""

    @pytest.fixture
    def teller(self, frozen: GatewayProcess) -> Iterator[Teller]:
        tells = Teller(frozen)
        yield tells
        tells.close()

    def test_a_list_that_is_old(self, teller: Teller) -> None:
        customer = teller.customer(reference="stale-list")
        old = teller.intent(customer, key="old").json()
        began_at = teller.now()
        teller.later(hours=1)
        teller.confirm(old["id"], teller.card(customer))
        teller.post("/v1/refunds", {"intent": old["id"], "amount_minor": 1}, key="r")
        teller.intent(customer, key="new")

        def listed(path: str, fault: str = "", **query: str) -> list[dict[str, object]]:
            headers = {"Sandbox-Fault": fault} if fault else {}
            return list(teller.http.get(path, params=query, headers=headers).json()["items"])

        since = {"customer": customer, "since": began_at.isoformat()}
        assert [one["state"] for one in listed("/v1/intents", **since)] == ["succeeded", "open"]
        (stale,) = listed("/v1/intents", "stale:3600", **since)
        assert {name: stale[name] for name in old} == old
        assert (stale["all_attempts"], stale["refunds"]) == ([], [])
        assert listed("/v1/intents", "stale:3601", **since) == []
        assert listed("/v1/intents", "stale:60", customer=customer, key="new") == []
        assert [one["state"] for one in listed("/v1/intents", "stale:60", customer=customer, key="old")] == ["open"]
        assert listed("/v1/refunds", "stale:60", intent=str(old["id"])) == []
        assert len(listed("/v1/refunds", intent=str(old["id"]))) == 1
        assert [one["id"] for one in listed("/v1/customers", reference="stale-list")] == [customer]
        assert listed("/v1/customers", "stale:3601", reference="stale-list") == []
        teller.go_to((began_at + timedelta(days=7)).replace(hour=17, minute=0))
        payouts = {"since": began_at.isoformat()}
        assert len(listed("/v1/payouts", **payouts)) == 2
        assert listed("/v1/payouts", "stale:604801", **payouts) == []
        # Whatever a list says: the truth is read by id.
        assert teller.http.get(f"/v1/intents/{old['id']}").json()["state"] == "succeeded"

    def test_what_the_bank_and_the_payer_do_on_request(self, teller: Teller) -> None:
        customer = teller.customer()
        card, account = teller.card(customer), teller.account(customer)
        teller.go_to((teller.now() + timedelta(days=7 - teller.now().weekday())).replace(hour=9, minute=30))
        monday = teller.now()

        def paid(fault: str, method: str, *, off_session: bool = True) -> str:
            intent = str(teller.intent(customer).json()["id"])
            teller.confirm(intent, method, off_session=off_session, **{"Sandbox-Fault": fault})
            return intent

        asked, refused = paid("asks_payer", card, off_session=False), paid("asks_payer", card)
        pending, returned = paid("pending:10", account), paid("returned:R61", account)
        late = paid("returned_late:R29:60", account)
        lost, won = paid("dispute_lost:duplicate:30", card), paid("dispute_won:general:30", card)

        def states(*intents: str) -> list[tuple[str, str]]:
            found = [teller.http.get(f"/v1/intents/{one}").json() for one in intents]
            return [(one["state"], one["attempt"]["code"]) for one in found]

        assert states(asked, refused) == [("asks_payer", ""), ("open", "authentication_required")]
        teller.go_to(monday + timedelta(days=3))
        assert states(pending, returned, late) == [("processing", ""), ("returned", "R61"), ("succeeded", "")]
        teller.go_to(monday + timedelta(days=14))
        assert states(pending, lost, won) == [("succeeded", "")] * 3
        teller.go_to(monday + timedelta(days=63))
        assert states(late, lost, won) == [("returned", "R29"), ("returned", "dispute_duplicate"), ("succeeded", "")]
