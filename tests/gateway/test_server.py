"""The API, its faults and the control page over real HTTP, in a process of its own."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import httpx
import pytest

from tests.gateway.caller import Caller
from tests.gateway.process import GatewayProcess, running_gateway, start


class TestApi:
    def test_a_card_payment_from_customer_to_charge(self, caller: Caller) -> None:
        customer = caller.customer("Bolt Security", "bolt")
        card = caller.card(customer)
        intent = caller.intent(customer, key="am1:i:1")
        assert (intent.status_code, intent.json()["state"], intent.json()["attempt"]) == (201, "open", None)
        paid = caller.confirm(intent.json()["id"], card, key="am1:i:1:1")
        assert paid.status_code == 200
        body = paid.json()
        assert (body["state"], body["amount_minor"], body["currency"], body["customer"]) == (
            "succeeded",
            41250,
            "USD",
            customer,
        )
        assert (body["attempt"]["key"], body["attempt"]["outcome"]) == ("am1:i:1:1", "succeeded")
        (charge,) = caller.charges("bolt")
        assert (charge["invoice_number"], charge["amount_minor"], charge["method"], charge["outcome"]) == (
            "ACME-000001",
            41250,
            "Visa 4242",
            "succeeded",
        )

    def test_a_key_replays_the_same_bytes(self, caller: Caller) -> None:
        customer = caller.customer()
        card, intent = caller.card(customer), caller.intent(customer).json()["id"]
        first = caller.confirm(intent, card, key="replay")
        assert caller.confirm(intent, card, key="replay").content == first.content
        assert len(caller.charges(customer)) == 1

    def test_a_key_with_other_parameters_is_refused(self, caller: Caller) -> None:
        customer = caller.customer()
        caller.intent(customer, key="conflict", amount_minor=1)
        answer = caller.intent(customer, key="conflict", amount_minor=2)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "key_conflict")

    def test_a_decline_is_402_and_names_its_code(self, caller: Caller) -> None:
        customer = caller.customer()
        card = caller.card(customer, "4000000000000341", cvc="987")
        answer = caller.confirm(caller.intent(customer).json()["id"], card)
        assert (answer.status_code, answer.json()["attempt"]["code"]) == (402, "lost_card")

    def test_a_refused_cancel_says_where_the_intent_stands(self, caller: Caller) -> None:
        customer = caller.customer()
        intent = caller.intent(customer).json()["id"]
        caller.confirm(intent, caller.card(customer))
        answer = caller.post(f"/v1/intents/{intent}/cancel", {})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_cancellable")
        assert answer.json()["intent"]["state"] == "succeeded"

    def test_refunds(self, caller: Caller) -> None:
        customer = caller.customer()
        intent = caller.intent(customer).json()["id"]
        caller.confirm(intent, caller.card(customer))
        refund = caller.post("/v1/refunds", {"intent": intent, "amount_minor": 1250})
        assert (refund.status_code, refund.json()["amount_minor"], refund.json()["state"]) == (201, 1250, "succeeded")
        assert caller.post("/v1/refunds", {"intent": intent, "amount_minor": 40001}).status_code == 409
        listed = caller.http.get("/v1/refunds", params={"intent": intent}).json()["items"]
        assert [one["amount_minor"] for one in listed] == [1250]
        assert caller.charges(customer)[0]["net_minor"] == 40000

    @pytest.mark.parametrize("key", ["", "Bearer", "Bearer wrong", "Basic key-of-the-tests"])
    def test_a_wrong_api_key_is_401(self, caller: Caller, key: str) -> None:
        answer = caller.http.get("/v1/intents/int_000000000000000000000000", headers={"Authorization": key})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")

    def test_a_callers_own_id_may_hold_a_row_of_digits(self, caller: Caller) -> None:
        fields = {"name": "Acme", "reference": "42424242-4242-4242-a424-242424242424"}
        assert caller.post("/v1/customers", fields, key="by-chance").status_code == 201

    @pytest.mark.parametrize(
        ("path", "fields", "code"),
        [
            ("/v1/customers", {"name": ""}, "field_invalid"),
            ("/v1/customers", {"name": "A", "last4": "4242"}, "unknown_field"),
            ("/v1/customers", {"name": "A", "reference": "4242 4242 4242 4242"}, "card_number_refused"),
            ("/v1/setups", {"customer": "c", "kind": "cash", "return_url": "http://a"}, "field_invalid"),
            ("/v1/setups", {"customer": "c", "kind": "card", "return_url": "javascript:x"}, "field_invalid"),
            ("/v1/setups", {"customer": "c", "kind": "card", "return_url": "http://a"}, "customer_not_found"),
            ("/v1/setups", {"customer": "c", "kind": "card", "return_url": "http://a\nb"}, "field_invalid"),
            (
                "/v1/intents",
                {"customer": "c", "amount_minor": 1.5, "currency": "USD", "invoice_number": "1"},
                "field_invalid",
            ),
            (
                "/v1/intents",
                {"customer": "c", "amount_minor": True, "currency": "USD", "invoice_number": "1"},
                "field_invalid",
            ),
        ],
    )
    def test_a_wrong_field_is_400_and_is_not_repeated(
        self, caller: Caller, path: str, fields: dict[str, object], code: str
    ) -> None:
        answer = caller.post(path, fields)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
        assert "4242" not in answer.text

    def test_a_call_that_changes_something_needs_a_key(self, caller: Caller) -> None:
        answer = caller.http.post("/v1/customers", json={"name": "A"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "key_required")

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/v1/intents/int_000000000000000000000000", 404),
            ("GET", "/v1/intents/nonsense", 404),
            ("GET", "/v1/setups/set_000000000000000000000000", 404),
            ("GET", "/v1/nothing", 404),
            ("GET", "/v1/customers", 405),
            ("DELETE", "/v1/customers", 501),
        ],
    )
    def test_unknown_things(self, caller: Caller, method: str, path: str, status: int) -> None:
        answer = caller.http.request(method, path)
        assert answer.status_code == status
        assert set(answer.json()) == {"error"}

    def test_a_body_that_is_no_json_object_is_refused(self, caller: Caller) -> None:
        headers = {"Idempotency-Key": "j", "Content-Type": "application/json"}
        for body in (b"[]", b"{", b"\xff"):
            assert caller.http.post("/v1/customers", content=body, headers=headers).status_code == 400
        assert (
            caller.http.post("/v1/customers", data={"name": "A"}, headers={"Idempotency-Key": "j"}).status_code == 415
        )
        assert caller.http.post("/v1/customers", content=b"x" * 70_000, headers=headers).status_code == 413

    def test_another_host_name_is_refused(self, caller: Caller) -> None:
        assert caller.http.get("/control/charges", headers={"Host": "evil.example"}).status_code == 421

    def test_a_request_line_that_is_nonsense_is_not_repeated(self, sandbox: GatewayProcess) -> None:
        with socket.create_connection(("127.0.0.1", sandbox.port)) as raw:
            raw.sendall(b"4242424242424242\r\n\r\n")
            answer = raw.makefile("rb").read()
        assert b"400" in answer.split(b"\r\n")[0]
        assert b"4242" not in answer


class TestFaults:
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


class TestClock:
    def test_any_time_before_something_exists_then_only_forward(self, tmp_path: Path) -> None:
        with running_gateway(tmp_path) as gateway:
            caller = Caller(gateway)
            past = datetime.fromisoformat("2024-12-02T10:00:00+00:00")
            frozen = caller.post("/control/clock", {"now": past.isoformat(), "frozen": True}).json()
            assert frozen == {"now": past.isoformat(), "frozen": True, "settled": 0}
            customer = caller.customer()
            intent = caller.intent(customer).json()
            assert intent["created_at"] == past.isoformat()
            sent = caller.confirm(intent["id"], caller.account(customer))
            assert sent.json()["state"] == "processing"

            back = caller.post("/control/clock", {"now": (past - timedelta(seconds=1)).isoformat()})
            assert (back.status_code, back.json()["error"]["code"]) == (409, "clock_backwards")
            on = caller.post("/control/clock", {"now": (past + timedelta(days=3)).isoformat()}).json()
            assert (on["settled"], on["frozen"]) == (1, True)
            assert caller.charges(customer)[0]["outcome"] == "succeeded"
            assert caller.post("/control/clock", {"frozen": False}).json()["frozen"] is False
            now = datetime.fromisoformat(caller.http.get("/control/clock").json()["now"])
            assert past + timedelta(days=3) < now < past + timedelta(days=3, minutes=1)
            caller.close()

    def test_an_offset_can_be_given_at_the_start(self, tmp_path: Path) -> None:
        with running_gateway(tmp_path, "--clock-offset-seconds", "-86400") as gateway:
            caller = Caller(gateway)
            real = datetime.fromisoformat(caller.http.get("/control/clock").json()["now"])
            assert real < datetime.now(tz=real.tzinfo) - timedelta(hours=23)
            caller.close()

    @pytest.mark.parametrize("now", ["2026-01-01", "2026-01-01T00:00:00", "yesterday", 5])
    def test_an_instant_without_a_zone_is_refused(self, caller: Caller, now: object) -> None:
        assert caller.post("/control/clock", {"now": now}).json()["error"]["code"] == "field_invalid"

    def test_a_bank_can_take_a_debit_back(self, caller: Caller) -> None:
        customer = caller.customer()
        intent = caller.intent(customer).json()["id"]
        caller.confirm(intent, caller.account(customer))
        back = caller.post("/control/returns", {"intent": intent, "code": "R10"})
        assert (back.json()["state"], back.json()["attempt"]["code"]) == ("returned", "R10")
        assert caller.post("/control/returns", {"intent": intent, "code": "R10"}).status_code == 409
        assert caller.post("/control/returns", {"intent": intent, "code": "X"}).status_code == 400


class TestControlPage:
    def test_shows_charges_and_takes_forms(self, caller: Caller) -> None:
        customer = caller.customer("Tom & <Jerry>")
        caller.confirm(caller.intent(customer).json()["id"], caller.card(customer), key="shown-key")
        page = caller.http.get("/control")
        assert page.status_code == 200
        assert "Tom &amp; &lt;Jerry&gt;" in page.text
        assert "Visa 4242" in page.text
        assert "shown-key" in page.text
        form = {"fault": "slow", "detail": "1", "customer": customer, "operation": "", "times": "2", "do": "add"}
        assert caller.http.post("/control/faults", data=form).headers["Location"] == "/control"
        assert (
            "slow:1, whatever it can strike, for Tom &amp; &lt;Jerry&gt;, 2 times" in caller.http.get("/control").text
        )
        assert caller.http.post("/control/faults", data={"do": "clear"}).status_code == 303
        assert "No fault is set." in caller.http.get("/control").text

    def test_takes_no_form_from_another_site(self, caller: Caller) -> None:
        answer = caller.http.post("/control/faults", data={"do": "clear"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403


class TestProcess:
    def test_ends_cleanly_on_sigterm(self, tmp_path: Path) -> None:
        process = start(tmp_path)
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("Ready: ").strip()
        with httpx.Client(trust_env=False, verify=False) as held_open:
            assert held_open.get(f"{url}healthz").json() == {"status": "ok"}
            begun = monotonic()
            process.terminate()
            assert process.wait(5) == 0
            assert monotonic() - begun < 2
        process.stdout.close()

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            (["--bind", "0.0.0.0"], "0.0.0.0 is no loopback address"),
            (["--port", "{port}"], "can't be opened"),
        ],
    )
    def test_says_in_one_sentence_why_it_can_not_start(
        self, sandbox: GatewayProcess, tmp_path: Path, options: list[str], sentence: str
    ) -> None:
        process = start(tmp_path, *[option.format(port=sandbox.port) for option in options])
        assert process.stdout is not None
        assert process.wait(5) == 1
        process.stdout.close()
        log = (tmp_path / "gateway.log").read_text()
        assert sentence in log
        assert log.count("\n") == 1

    def test_two_can_not_share_a_directory(self, sandbox: GatewayProcess) -> None:
        process = start(sandbox.data.parent)
        assert process.stdout is not None
        assert process.wait(5) == 1
        process.stdout.close()
        assert "Another gateway runs on" in sandbox.log.read_text()
