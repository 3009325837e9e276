"""The API, its faults and the control page over real HTTP, in a process of its own."""

from __future__ import annotations

import re
import socket
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import httpx
import pytest

from sandbox_gateway.faults import FaultKind
from tests.gateway.caller import Caller
from tests.gateway.process import GatewayProcess, running_gateway, start
from tests.gateway.receiver import Receiver


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
        assert "42424242" not in answer.text

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
            ("GET", "/v1/setups", 405),
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
        assert b"42424242" not in answer


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

    def test_offers_every_fault(self, caller: Caller) -> None:
        page = caller.http.get("/control").text
        assert sorted(re.findall(r'<option value="(\w+)">', page.split('id="detail"')[0])) == sorted(FaultKind)

    def test_shows_payouts_events_and_deliveries(self, tmp_path: Path) -> None:
        with Receiver() as receiver, running_gateway(tmp_path, "--webhook-url", receiver.url) as gateway:
            caller = Caller(gateway)
            caller.post("/control/clock", {"now": "2026-03-02T09:30:00+00:00", "frozen": True})
            customer = caller.customer("Tom & <Jerry>")
            intent = caller.intent(customer).json()["id"]
            caller.confirm(intent, caller.card(customer))
            caller.post("/v1/refunds", {"intent": intent, "amount_minor": 1250})
            page = caller.http.get("/control").text
            assert "Held for the vendor now: USD 400.00." in page
            caller.post("/control/clock", {"now": "2026-03-05T09:30:00+00:00"})
            caller.post("/control/webhooks/flush", {})
            page = caller.http.get("/control").text
            assert "Held for the vendor now: nothing." in page
            listed = rows(page)
            who = "Tom &amp; &lt;Jerry&gt;"
            assert [row[:4] for row in listed["Payouts"]] == [
                ["2026-03-04 17:00:00", "USD 412.50", "1", who],
                ["2026-03-02 17:00:00", "USD −12.50", "1", who],
            ]
            assert listed["Deliveries"][2][1:] == [who, "refund.succeeded", "genuine", "delivered", "1", "200"]
            assert listed["Events"][3][1:4] == [who, "intent.succeeded", intent]
            assert f"They go to {receiver.url}, signed with 1 secrets, 0 waiting." in page
            caller.close()

    def test_takes_no_form_from_another_site(self, caller: Caller) -> None:
        answer = caller.http.post("/control/faults", data={"do": "clear"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403


def rows(page: str) -> dict[str, list[list[str]]]:
    """Read the tables of a page: their cells, by the name of the table."""
    tables = re.findall(r'aria-label="([^"]+)".*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    return {
        name: [
            [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
            for row in re.findall(r"<tr>(.*?)</tr>", body)
        ]
        for name, body in tables
    }


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
