"""What happens at the processor is told to an endpoint: signed, at least once, again and again for three days."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox_gateway.deliveries import RETRY_AFTER_SECONDS
from sandbox_gateway.webhooks import secret_of
from tenantry.core.refusal import Refusal
from tenantry.outside.gateway.port import EventHint, NotOurs
from tenantry.outside.gateway.sandbox import SandboxGateway
from tenantry.outside.sandbox_control import SandboxControl
from tests.gateway.process import STOP_SECONDS, GatewayProcess, running_gateway, start
from tests.gateway.receiver import Received, Receiver
from tests.gateway.teller import START, Teller

SECRET, OTHER = secret_of(bytes([7]) * 32), secret_of(bytes([8]) * 32)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receives:
        yield receives


@pytest.fixture
def teller(frozen: GatewayProcess, receiver: Receiver) -> Iterator[Teller]:
    tells = Teller(frozen)
    tells.send_to(receiver.url, SECRET)
    yield tells
    tells.post("/control/faults", {"clear": True})
    tells.send_to("", SECRET)
    tells.close()


@pytest.fixture
def verify(teller: Teller) -> Iterator[Callable[[Received], EventHint | Refusal]]:
    """Check what came in as the product does."""
    adapter = SandboxGateway("http://127.0.0.1:9", "key", webhook_secrets=[SECRET])
    yield lambda received: adapter.verify_event(received.headers, received.body, teller.now())
    adapter.close()


class TestTelling:
    def test_each_change_is_told_once_with_ids_only(
        self, teller: Teller, receiver: Receiver, verify: Callable[[Received], EventHint | Refusal]
    ) -> None:
        customer = teller.customer()
        card = teller.card(customer)
        intent = teller.intent(customer, key="t1").json()["id"]
        teller.confirm(intent, card, **{"Sandbox-Fault": "decline:lost_card"})
        teller.confirm(intent, card)
        refund = teller.post("/v1/refunds", {"intent": intent, "amount_minor": 100}).json()["id"]
        teller.flush()
        setup = receiver.told(customer)[0][1]
        assert receiver.told(customer) == [
            ("setup.succeeded", setup),
            ("intent.created", intent),
            ("intent.declined", intent),
            ("intent.succeeded", intent),
            ("refund.succeeded", refund),
        ]
        hints = [verify(one) for one in receiver.got]
        assert [(one.kind, one.intent) for one in hints[1:]] == [
            (kind, intent) for kind, _ in receiver.told(customer)[1:]
        ]
        assert [one.sequence for one in hints] == list(range(hints[0].sequence, hints[0].sequence + 5))
        assert {one.customer for one in hints} == {customer}
        assert receiver.got[0].path == "/events?from=sandbox"
        assert set(receiver.got[3].says) == {"id", "type", "created", "sequence", "account", "mode", "version", "data"}
        assert set(receiver.got[3].says["data"]) == {"object", "customer", "intent"}

    def test_methods_disputes_and_payouts_are_told_too(self, teller: Teller, receiver: Receiver) -> None:
        customer = teller.customer()
        verified, wrong, never = teller.account(customer), teller.setup(customer, "ach"), teller.setup(customer, "ach")
        for setup in (wrong, never):
            teller.type_account(setup["page_url"])
        missed = teller.http.get(f"/v1/setups/{wrong['id']}").json()["method"]["id"]
        for _ in range(3):
            teller.post(f"/v1/methods/{missed}/verify", {"amounts_minor": [1, 2]})
        waited = teller.http.get(f"/v1/setups/{never['id']}").json()["method"]["id"]
        intent = teller.intent(customer).json()["id"]
        teller.confirm(intent, teller.card(customer))
        dispute = teller.post("/control/disputes", {"intent": intent, "reason": "fraudulent"}).json()["dispute"]["id"]
        teller.post("/control/disputes", {"intent": intent, "outcome": "lost"})
        teller.later(days=11)
        told = [one for one in receiver.told(customer) if not one[0].startswith("setup.")]
        assert told == [
            ("method.verified", verified),
            ("method.verification_failed", missed),
            ("intent.created", intent),
            ("intent.succeeded", intent),
            ("dispute.opened", dispute),
            ("dispute.lost", dispute),
            ("intent.returned", intent),
            ("method.verification_failed", waited),
        ]
        payouts = [object_id for kind, object_id in receiver.told("") if kind == "payout.paid"]
        listed = teller.http.get("/control/payouts").json()["payouts"]
        assert payouts
        assert payouts == [one["id"] for one in listed][-len(payouts) :]

    def test_what_nobody_took_is_told_again_for_three_days(self, teller: Teller, receiver: Receiver) -> None:
        receiver.answer = lambda received: 500
        customer = teller.customer()
        teller.intent(customer)
        teller.flush()
        tries, at = 1, teller.now()
        for seconds in RETRY_AFTER_SECONDS:
            assert len(receiver.told(customer)) == tries
            teller.go_to(at + timedelta(seconds=seconds - 1))
            assert len(receiver.told(customer)) == tries
            at += timedelta(seconds=seconds)
            teller.go_to(at)
            tries += 1
        teller.later(days=30)
        assert len(receiver.told(customer)) == tries == 10
        assert sum(RETRY_AFTER_SECONDS) < 3 * 86400
        (delivery,) = teller.deliveries(customer)
        assert (delivery["state"], delivery["tries"], delivery["last_status"]) == ("failed", 10, 500)
        assert len({one.id for one in receiver.got if one.says["data"]["customer"] == customer}) == 1

    @pytest.mark.parametrize(
        ("status", "is_taken"), [(200, True), (204, True), (302, False), (400, False), (410, False), (503, False)]
    )
    def test_only_a_2xx_takes_it(self, teller: Teller, receiver: Receiver, status: int, is_taken: bool) -> None:
        receiver.answer = lambda received: status
        receiver.headers = {"Location": receiver.url}
        customer = teller.customer()
        teller.intent(customer)
        teller.flush()
        (delivery,) = teller.deliveries(customer)
        assert (delivery["state"], delivery["last_status"]) == ("delivered" if is_taken else "waiting", status)
        assert len(receiver.told(customer)) == 1

    def test_each_try_is_signed_anew(
        self, teller: Teller, receiver: Receiver, verify: Callable[[Received], EventHint | Refusal]
    ) -> None:
        receiver.answer = lambda received: 503
        customer = teller.customer()
        teller.intent(customer)
        teller.flush()
        receiver.answer = lambda received: 200
        teller.later(seconds=400)
        first, second = [one for one in receiver.got if one.says["data"]["customer"] == customer]
        assert first.id == second.id
        assert first.body == second.body
        assert verify(first) == Refusal("event_too_old")
        assert isinstance(verify(second), EventHint)

    def test_two_secrets_sign_while_they_are_rotated(self, teller: Teller, receiver: Receiver) -> None:
        teller.send_to(receiver.url, OTHER, SECRET)
        teller.intent(teller.customer())
        teller.flush()
        (received,) = receiver.got
        for secret in (SECRET, OTHER):
            product = SandboxGateway("http://127.0.0.1:9", "key", webhook_secrets=[secret])
            assert isinstance(product.verify_event(received.headers, received.body, teller.now()), EventHint)
            product.close()
        assert len(received.headers["Webhook-Signature"].split()) == 2

    def test_what_happens_without_an_endpoint_is_told_to_nobody(self, teller: Teller, receiver: Receiver) -> None:
        customer = teller.customer()
        teller.send_to("", SECRET)
        teller.intent(customer)
        teller.send_to(receiver.url, SECRET)
        later = teller.intent(customer).json()["id"]
        teller.flush()
        assert receiver.told(customer) == [("intent.created", later)]

    def test_a_person_can_send_it_again(self, teller: Teller, receiver: Receiver) -> None:
        teller.intent(teller.customer())
        teller.flush()
        teller.post("/control/webhooks/resend", {"event": receiver.got[0].id})
        teller.flush()
        first, second = receiver.got
        assert (first.id, first.body) == (second.id, second.body)
        unknown = teller.post("/control/webhooks/resend", {"event": "evt_000000000000000000000000"})
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "event_not_found")

    @pytest.mark.parametrize(
        "fields",
        [
            {"url": "ftp://127.0.0.1/"},
            {"url": "no address"},
            {"url": "http://127.0.0.1:1/", "secrets": ["short"]},
            {"secrets": []},
            {"secrets": [7]},
            {"secrets": [SECRET] * 5},
            {"uri": "http://127.0.0.1:1/"},
        ],
    )
    def test_an_endpoint_that_is_none_is_refused(
        self, teller: Teller, receiver: Receiver, fields: dict[str, object]
    ) -> None:
        assert teller.post("/control/webhooks", fields).status_code == 400
        assert teller.http.get("/control/webhooks").json()["url"] == receiver.url


class TestFaults:
    """Each fault of a webhook, as the endpoint sees it and as the product judges it."""

    def test_lost(self, teller: Teller, receiver: Receiver) -> None:
        customer, other = teller.customer(), teller.customer()
        teller.fault("lost", customer=customer)
        teller.intent(customer)
        kept = teller.intent(other).json()["id"]
        teller.later(days=4)
        assert receiver.told(customer) == []
        assert receiver.told(other) == [("intent.created", kept)]
        assert [(one["state"], one["tries"]) for one in teller.deliveries(customer)] == [("lost", 0)]

    def test_all_lost(self, teller: Teller, receiver: Receiver) -> None:
        teller.fault("lost")
        customer = teller.customer()
        teller.confirm(teller.intent(customer).json()["id"], teller.card(customer))
        teller.later(days=4)
        assert receiver.got == []

    @pytest.mark.parametrize(("fault", "times"), [("doubled:2", 2), ("doubled:5", 5)])
    def test_doubled(self, teller: Teller, receiver: Receiver, fault: str, times: int) -> None:
        customer = teller.customer()
        teller.fault(fault, customer=customer)
        teller.intent(customer)
        teller.flush()
        assert len(receiver.told(customer)) == times
        assert len({(one.id, one.body) for one in receiver.got}) == 1

    def test_late(self, teller: Teller, receiver: Receiver) -> None:
        customer = teller.customer()
        teller.fault("late:259200", customer=customer)
        teller.intent(customer)
        at = teller.now()
        teller.go_to(at + timedelta(seconds=259199))
        assert receiver.told(customer) == []
        teller.go_to(at + timedelta(days=3))
        assert len(receiver.told(customer)) == 1

    def test_reordered(self, teller: Teller, receiver: Receiver) -> None:
        customer = teller.customer()
        teller.fault("reordered", customer=customer, times=1)
        intent = teller.intent(customer).json()["id"]
        teller.flush()
        assert receiver.got == []
        card = teller.card(customer)
        teller.flush()
        teller.confirm(intent, card)
        teller.flush()
        assert [kind for kind, _ in receiver.told(customer)] == [
            "setup.succeeded",
            "intent.created",
            "intent.succeeded",
        ]
        assert [one.says["sequence"] for one in receiver.got] != sorted(one.says["sequence"] for one in receiver.got)

    def test_reordered_without_another_one_comes_after_an_hour(self, teller: Teller, receiver: Receiver) -> None:
        customer = teller.customer()
        teller.fault("reordered", customer=customer, times=1)
        teller.intent(customer)
        teller.later(seconds=3599)
        assert receiver.told(customer) == []
        teller.later(seconds=1)
        assert len(receiver.told(customer)) == 1

    def test_replayed(
        self, teller: Teller, receiver: Receiver, verify: Callable[[Received], EventHint | Refusal]
    ) -> None:
        customer = teller.customer()
        teller.fault("replayed", customer=customer)
        teller.intent(customer)
        teller.flush()
        assert isinstance(verify(receiver.got[0]), EventHint)
        teller.later(hours=1)
        first, replayed = receiver.got
        assert (first.headers, first.body) == (replayed.headers, replayed.body)
        assert verify(replayed) == Refusal("event_too_old")

    @pytest.mark.parametrize(
        ("fault", "judged"),
        [
            ("forged", Refusal("bad_signature")),
            ("unknown_type", None),
            ("other_mode", NotOurs.OTHER_MODE),
            ("other_version", NotOurs.OTHER_VERSION),
            ("too_big", None),
        ],
    )
    def test_something_else_comes_first(
        self,
        teller: Teller,
        receiver: Receiver,
        verify: Callable[[Received], EventHint | Refusal],
        fault: str,
        judged: Refusal | NotOurs | None,
    ) -> None:
        customer = teller.customer()
        teller.fault(fault, customer=customer)
        receiver.answer = lambda received: 200 if len(receiver.got) > 1 else 400
        intent = teller.intent(customer).json()["id"]
        teller.flush()
        strange, genuine = receiver.got
        seen = verify(strange)
        assert (seen if isinstance(seen, Refusal) else seen.not_ours) == judged
        hint = verify(genuine)
        assert (hint.kind, hint.object_id, hint.not_ours) == ("intent.created", intent, None)
        assert (strange.id == genuine.id) is (fault == "forged")
        assert (strange.says["type"] == "moon.full") is (fault == "unknown_type")
        assert (len(strange.body) > 2 * 1024 * 1024) is (fault == "too_big")
        teller.later(days=4)
        assert len(receiver.told(customer)) == 2
        assert [one["state"] for one in teller.deliveries(customer)] == ["failed", "delivered"]

    def test_of_another_account(self, teller: Teller, receiver: Receiver) -> None:
        account = teller.http.get("/control/webhooks").json()["account"]
        product = SandboxGateway("http://127.0.0.1:9", "key", webhook_secrets=[SECRET], account=account)
        customer = teller.customer()
        teller.fault("other_account", customer=customer)
        teller.intent(customer)
        teller.flush()
        judged = [product.verify_event(one.headers, one.body, teller.now()).not_ours for one in receiver.got]
        assert judged == [NotOurs.OTHER_ACCOUNT, None]
        product.close()

    def test_one_call_can_name_what_becomes_of_its_events(self, teller: Teller, receiver: Receiver) -> None:
        customer = teller.customer()
        assert teller.intent(customer, **{"Sandbox-Fault": "lost"}).status_code == 201
        told = teller.intent(customer).json()["id"]
        teller.flush()
        assert receiver.told(customer) == [("intent.created", told)]

    def test_by_chance_the_same_for_the_same_seed(self, teller: Teller, receiver: Receiver) -> None:
        shares = {"lost": 300_000, "doubled:2": 300_000}
        runs = []
        for seed in (5, 5, 6):
            customer = teller.customer()
            teller.post("/control/faults", {"random": {"seed": seed, "per_million": shares, "operation": "webhook"}})
            intents = [teller.intent(customer).json()["id"] for _ in range(12)]
            teller.flush()
            told = [object_id for _, object_id in receiver.told(customer)]
            runs.append([told.count(one) for one in intents])
        assert runs[0] == runs[1] != runs[2]
        assert set(runs[0]) == {0, 1, 2}


class TestTheProcess:
    def test_what_was_not_delivered_outlives_kill_9(self, tmp_path: Path, receiver: Receiver) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        nobody = f"http://127.0.0.1:{port}/"
        with running_gateway(tmp_path, "--webhook-url", nobody) as gateway:
            teller = Teller(gateway)
            teller.post("/control/clock", {"now": START.isoformat(), "frozen": True})
            customer = teller.customer()
            intent = teller.intent(customer).json()["id"]
            teller.flush()
            (delivery,) = teller.deliveries(customer)
            assert (delivery["state"], delivery["tries"], delivery["last_status"]) == ("waiting", 1, 0)
            secret = secret_of(bytes.fromhex((gateway.data / "webhook-secret").read_text()))
            gateway.kill()
            teller.close()
        with running_gateway(tmp_path, "--webhook-url", receiver.url) as again:
            teller = Teller(again)
            assert receiver.got == []
            teller.later(seconds=5)
            assert receiver.told(customer) == [("intent.created", intent)]
            product = SandboxGateway("http://127.0.0.1:9", "key", webhook_secrets=[secret])
            assert isinstance(
                product.verify_event(receiver.got[0].headers, receiver.got[0].body, teller.now()), EventHint
            )
            product.close()
            teller.close()

    def test_it_ends_in_the_middle_of_a_delivery_and_tells_it_again(self, tmp_path: Path, receiver: Receiver) -> None:
        receiver.hang.set()
        process = start(tmp_path, "--webhook-url", receiver.url)
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("Ready: ").strip().rstrip("/")
        teller = Teller(GatewayProcess(url, "key-of-the-tests", process.pid, tmp_path / "gateway", tmp_path / "log"))
        teller.post("/control/clock", {"now": START.isoformat(), "frozen": True})
        customer = teller.customer()
        teller.intent(customer)
        receiver.wait_for(1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_SECONDS) == 0
        process.stdout.close()
        teller.close()
        receiver.hang.clear()
        with running_gateway(tmp_path, "--webhook-url", receiver.url):
            receiver.wait_for(2)
        assert len(receiver.told(customer)) == 2
        assert receiver.got[0].id == receiver.got[1].id

    def test_running_time_settles_debits_and_tells_them_without_being_asked(
        self, tmp_path: Path, receiver: Receiver
    ) -> None:
        with running_gateway(tmp_path, "--webhook-url", receiver.url) as gateway:
            teller = Teller(gateway)
            teller.post("/control/clock", {"now": START.isoformat(), "frozen": True})
            customer = teller.customer()
            intent = teller.intent(customer).json()["id"]
            teller.confirm(intent, teller.account(customer))
            teller.flush()
            before = len(receiver.got)
            almost = START + timedelta(days=3) - timedelta(milliseconds=300)
            teller.post("/control/clock", {"now": almost.isoformat(), "frozen": False})
            receiver.wait_for(before + 1)
            assert receiver.told(customer)[-1] == ("intent.succeeded", intent)
            teller.close()

    @pytest.mark.parametrize("options", [("--webhook-url", "ftp://x/"), ("--webhook-url", "nowhere")])
    def test_an_endpoint_that_is_none_is_one_sentence_and_code_1(
        self, tmp_path: Path, options: tuple[str, ...]
    ) -> None:
        process = start(tmp_path, *options)
        assert process.wait(STOP_SECONDS) == 1
        assert process.stdout is not None
        process.stdout.close()
        said = (tmp_path / "gateway.log").read_text()
        assert said == "Webhooks can't be sent so: the endpoint must be an http or https address.\n"


def test_a_demo_can_fill_itself_without_telling(teller: Teller, receiver: Receiver) -> None:
    control = SandboxControl(teller.url)
    customer = teller.customer()
    with control.untold():
        teller.intent(customer)
    told = teller.intent(customer).json()["id"]
    teller.flush()
    assert receiver.told(customer) == [("intent.created", told)]
    control.close()
