"""What the processor answered is on disk, outlives a kill, and holds no card or account number."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

from sandbox_gateway import numbers
from tests.gateway.caller import Caller
from tests.gateway.process import GatewayProcess, running_gateway


def calls_in(gateway: GatewayProcess) -> list[dict[str, object]]:
    with sqlite3.connect(gateway.data / "gateway.sqlite3") as database:
        database.row_factory = sqlite3.Row
        rows = [dict(row) for row in database.execute("select * from calls order by number")]
    database.close()
    return rows


def number_of_calls(gateway: GatewayProcess) -> int:
    with sqlite3.connect(gateway.data / "gateway.sqlite3") as database:
        (number,) = database.execute("select count(*) from calls").fetchone()
    database.close()
    return int(number)


def test_an_answer_outlives_kill_9(tmp_path: Path) -> None:
    with running_gateway(tmp_path) as gateway:
        caller = Caller(gateway)
        customer = caller.customer("Acme Alarm", "acme")
        card = caller.card(customer)
        intent = caller.intent(customer, key="create").json()["id"]
        caller.post("/control/faults", {"fault": "decline:lost_card", "customer": customer, "times": 5})
        caller.post("/control/faults", {"clear": True})
        paid = caller.confirm(intent, card, key="confirm").content
        debit = caller.intent(customer).json()["id"]
        caller.confirm(debit, caller.account(customer))
        charges = caller.charges(customer)
        gateway.kill()
        caller.close()
    with running_gateway(tmp_path, port=gateway.port) as again:
        caller = Caller(again)
        assert caller.charges("acme") == charges
        assert caller.confirm(intent, card, key="confirm").content == paid
        assert caller.intent(customer, key="create").json()["id"] == intent
        assert len(caller.charges(customer)) == 2
        caller.close()


def test_the_clock_and_the_faults_outlive_kill_9(tmp_path: Path) -> None:
    with running_gateway(tmp_path) as gateway:
        caller = Caller(gateway)
        clock = caller.post("/control/clock", {"now": "2024-12-02T10:00:00+00:00", "frozen": True}).json()
        rules = caller.post("/control/faults", {"fault": "garbage", "operation": "create_intent", "times": 2}).json()
        gateway.kill()
        caller.close()
    with running_gateway(tmp_path) as again:
        caller = Caller(again)
        assert caller.http.get("/control/clock").json() == clock
        assert caller.http.get("/control/faults").json() == rules
        caller.close()


def test_every_call_is_kept_with_its_answer(caller: Caller, sandbox: GatewayProcess) -> None:
    customer = caller.customer("Witnessed")
    card = caller.card(customer)
    intent = caller.intent(customer, key="w:1").json()["id"]
    answer = caller.confirm(intent, card, key="w:1:1", **{"Sandbox-Fault": "error_after"})
    caller.http.get(f"/v1/intents/{intent}")
    kept = [call for call in calls_in(sandbox) if call["customer"] == customer]
    assert [(call["operation"], call["key"], call["fault"], call["status"]) for call in kept[1:]] == [
        ("complete_setup", "", "", 200),
        ("read_setup", "", "", 200),
        ("create_intent", "w:1", "", 201),
        ("confirm_intent", "w:1:1", "error_after", 200),
        ("read_intent", "", "", 200),
    ]
    # The caller saw an error; the witness knows what was done.
    assert answer.status_code == 500
    assert json.loads(str(kept[4]["answer"]))["state"] == "succeeded"
    assert json.loads(str(kept[4]["request"])) == {
        "object": intent,
        "method": card,
        "off_session": False,
        "return_url": "",
    }


def test_a_call_that_a_fault_stopped_is_kept_as_not_executed(caller: Caller, sandbox: GatewayProcess) -> None:
    customer = caller.customer("Stopped")
    intent = caller.intent(customer, key="s:1", **{"Sandbox-Fault": "error_before"})
    assert intent.status_code == 503
    (kept,) = [call for call in calls_in(sandbox) if call["customer"] == customer]
    assert (kept["operation"], kept["fault"], kept["status"]) == ("create_intent", "error_before", 503)


def test_no_number_stands_in_the_store_the_log_or_an_answer(tmp_path: Path) -> None:
    with running_gateway(tmp_path) as gateway:
        caller = Caller(gateway)
        customer = caller.customer()
        seen = []
        for card in numbers.CARDS:
            setup = caller.setup(customer)
            cvc = "1234" if card.brand == "American Express" else "123"
            seen.append(caller.type_card(setup["page_url"], card.number, cvc=cvc))
            seen.append(caller.http.get(f"/v1/setups/{setup['id']}"))
        for account in numbers.ACCOUNTS:
            setup = caller.setup(customer, "ach")
            seen.append(caller.type_account(setup["page_url"], account.number))
            seen.append(caller.http.get(f"/v1/setups/{setup['id']}"))
        wrong = caller.type_card(caller.setup(customer)["page_url"], "4111111111111111", name="5105105105105100")
        seen.append(caller.http.get("/v1/intents/4242424242424242"))
        seen.append(caller.http.get("/control"))
        caller.close()
    typed = [card.number for card in numbers.CARDS] + [account.number for account in numbers.ACCOUNTS]
    written = b"".join(path.read_bytes() for path in [*gateway.data.iterdir(), gateway.log]).decode("latin-1")
    told = "".join(one.text for one in seen if one.headers["Content-Type"].startswith("application/json"))
    assert "Mastercard" in written
    assert "Mastercard" in told
    for number in [*typed, "4111111111111111", "5105105105105100"]:
        assert number not in re.sub(r"[ -]", "", written)
        assert number not in re.sub(r"[ -]", "", told)
    assert "4111111111111111" not in wrong.text
    assert "5105105105105100" not in wrong.text


def test_the_secrets_of_a_directory_are_readable_by_its_owner_only(sandbox: GatewayProcess) -> None:
    assert (sandbox.data / "key").stat().st_mode & 0o777 == 0o600
    assert sandbox.data.stat().st_mode & 0o777 == 0o700


def test_is_put_back_to_what_was_made_by_then_and_outlives_kill_9_so(tmp_path: Path) -> None:
    with running_gateway(tmp_path) as gateway:
        caller = Caller(gateway)
        customer = caller.customer("Acme Alarm", "acme")
        card = caller.card(customer)
        made = caller.http.get("/control/objects").json()
        intent = caller.intent(customer, key="create").json()["id"]
        assert caller.confirm(intent, card, key="confirm").status_code == 200
        calls = number_of_calls(gateway)
        assert caller.post("/control/objects", made).json() == {"objects": len(made["objects"])}
        assert caller.http.get("/control/objects").json() == made
        assert (caller.charges("acme"), number_of_calls(gateway)) == ([], calls)
        gateway.kill()
        caller.close()
    with running_gateway(tmp_path) as again:
        caller = Caller(again)
        assert caller.http.get("/control/objects").json() == made
        again_made = caller.intent(customer, key="create").json()["id"]
        assert caller.confirm(again_made, card, key="confirm").json()["state"] == "succeeded"
        assert len(caller.charges("acme")) == 1
        for wrong in (
            {},
            {"objects": "all"},
            {"objects": [["customer"]]},
            {"objects": [["Wallet", "1", "{}"]]},
            {"objects": [["Customer", "1", "{"]]},
            {"objects": [], "more": 1},
        ):
            assert caller.post("/control/objects", wrong).status_code == 400
        assert len(caller.charges("acme")) == 1
        assert caller.post("/control/objects", {"objects": []}).json() == {"objects": 0}
        assert caller.charges("acme") == []
        caller.close()
