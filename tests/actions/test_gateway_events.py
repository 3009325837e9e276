"""Events that were kept are followed: in any order and number, with lost jobs, to one end (I-5, I-23)."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connections
from django.db.models import Sum

from tenantry.actions.payments.accept_gateway_event import accept_gateway_event
from tenantry.actions.payments.apply_gateway_event import apply_gateway_event
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.core.gateway_events import EventOutcome
from tenantry.core.permissions import Actor, ActorKind
from tenantry.core.refusal import Refusal
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.outside.gateway import chosen
from tenantry.outside.ids import new_id
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.records.base import tenancy
from tenantry.records.companies.models import Company
from tenantry.records.invoices.models import Invoice, LedgerEntry, Posting
from tenantry.records.notices.models import Notice
from tenantry.records.payments.models import GatewayEvent, PaymentAttempt, PaymentIntent, Review
from tests.builders import ACH_FORM, CLOCK, MICRO_DEPOSITS_MINOR, NOW, Place, done, put_on_file
from tests.faces.billing import attempts, billed_place, fault, first_invoice, intents, state_of, taken
from tests.faces.reviewing import NOWHERE, pay
from tests.faces.rows import write_invoices
from tests.gateway.process import GatewayProcess, running_gateway
from tests.prepared import Prepared, prepared_by
from tests.racing import at_once
from tests.telling import event, follow, kept, listening, tell
from tests.untouched import Unchanged

TAKEN_BACK = "000880000010"
"""An account whose debit succeeds and is returned ten business days later, with R10."""
EVENTS = "tenantry_payments_gatewayevent"
JOBS = "procrastinate_jobs"


@pytest.fixture(autouse=True)
def listens(database: str) -> Iterator[None]:
    """Listen, while the time stands."""
    with listening(), clock.pinned(NOW):
        yield


prepared = prepared_by(billed_place)


@pytest.fixture
def place(prepared: Prepared, database: str, gateway: Any) -> Place:
    """Open a company with an invoice of $412.50."""
    return prepared.value


@pytest.fixture
def unknown(place: Place, gateway: Any, gateway_process: GatewayProcess) -> str:
    """Pay by card; the processor takes the money and its answer gets lost. Give the processor's id."""
    card = put_on_file(place, gateway)
    with fault(gateway_process, place, "cut_after", operation="confirm_intent"):
        pay(place, card)
    assert intents(place) == ["unknown"]
    return gateway_id(place)


def gateway_id(place: Place) -> str:
    """Give the processor's id of the company's one intent."""
    with tenancy.reading(place.id):
        return str(PaymentIntent.objects.get().gateway_id)


def entries(place: Place) -> list[str]:
    """List the ledger's entries."""
    with tenancy.reading(place.id):
        return sorted(LedgerEntry.objects.values_list("kind", flat=True))


class TestFollowed:
    def test_reads_the_truth_and_books_it(self, place: Place, unknown: str, gateway: Any) -> None:
        tell(event("intent.succeeded", unknown))
        assert follow() == 1
        assert (intents(place), attempts(place)) == (["succeeded"], [(1, "succeeded", "")])
        assert (state_of(place, first_invoice(place)), taken(gateway, place)) == ("paid", [41250])
        row = GatewayEvent.objects.get()
        assert (row.outcome, row.because, row.look_at, row.ended_at) == ("applied", "", None, NOW)

    def test_by_the_worker_that_its_job_wakes(self, place: Place, unknown: str) -> None:
        from procrastinate.contrib.django import app

        tell(event("intent.succeeded", unknown))
        worker = app.with_connector(app.connector.get_worker_connector())
        worker.run_worker(
            wait=False, concurrency=1, delete_jobs="successful", listen_notify=False, install_signal_handlers=False
        )
        assert (intents(place), [outcome for _, outcome, _ in kept()]) == (["succeeded"], ["applied"])

    def test_what_it_says_is_not_believed(self, place: Place, unknown: str, gateway: Any) -> None:
        for kind in ("intent.declined", "intent.cancelled", "intent.returned", "intent.whatever"):
            tell(event(kind, unknown))
        follow()
        assert (intents(place), taken(gateway, place)) == (["succeeded"], [41250])
        assert {outcome for _, outcome, _ in kept()} == {"applied"}

    def test_told_and_followed_again_changes_nothing(self, place: Place, unknown: str, unchanged: Unchanged) -> None:
        body = event("intent.succeeded", unknown)
        tell(body)
        follow()
        row_id = str(GatewayEvent.objects.get().id)
        with unchanged():
            tell(body)
            answer = apply_gateway_event(actor=CLOCK, event_id=row_id, now=NOW)
        assert isinstance(answer, Refusal)
        assert answer.code == "not_found"
        with unchanged(EVENTS, JOBS):
            tell(event("intent.succeeded", unknown))
            follow()

    def test_five_workers_at_once_book_it_once(self, place: Place, unknown: str, gateway: Any) -> None:
        for number in range(5):
            tell(event(("intent.succeeded", "intent.created")[number % 2], unknown))
        ids = [str(id_) for id_ in GatewayEvent.objects.values_list("id", flat=True)]

        def works(id_: str) -> Any:
            with clock.pinned(NOW):
                return apply_gateway_event(actor=CLOCK, event_id=id_, now=NOW)

        answers = at_once(*(lambda one=one: works(one) for one in ids))
        assert set(answers) <= {EventOutcome.APPLIED, EventOutcome.WAITING}
        follow()
        assert {outcome for _, outcome, _ in kept()} == {"applied"}
        assert (intents(place), taken(gateway, place)) == (["succeeded"], [41250])
        assert entries(place) == ["issued", "succeeded"]

    def test_the_same_one_by_five_workers_at_once(self, place: Place, unknown: str) -> None:
        tell(event("intent.succeeded", unknown))
        id_ = str(GatewayEvent.objects.get().id)

        def works() -> Any:
            with clock.pinned(NOW):
                return apply_gateway_event(actor=CLOCK, event_id=id_, now=NOW)

        at_once(*[works] * 5)
        follow()
        assert (intents(place), kept()) == (["succeeded"], [("intent.succeeded", "applied", "")])
        assert entries(place) == ["issued", "succeeded"]


class TestOtherKinds:
    @pytest.fixture
    def paid(self, place: Place, gateway: Any) -> str:
        """Pay by card; give the processor's id."""
        pay(place, put_on_file(place, gateway))
        assert intents(place) == ["succeeded"]
        return gateway_id(place)

    def order(self, process: GatewayProcess, path: str, **fields: object) -> None:
        """Do at the processor what a person does in its dashboard."""
        httpx.post(f"{process.url}/control/{path}", json=fields, trust_env=False, verify=False).raise_for_status()

    def happened(self) -> str:
        """Give the processor's time: it runs with the real clock here."""
        return (datetime.now(UTC) - timedelta(minutes=1)).isoformat()

    def test_a_refund_made_in_the_dashboard_is_booked_once_and_looked_at(
        self, place: Place, paid: str, gateway_process: GatewayProcess
    ) -> None:
        self.order(gateway_process, "refunds", intent=paid, amount_minor=1250)
        for _ in range(2):
            tell(event("refund.succeeded", "ref_1", intent=paid, created=self.happened()))
            follow()
        assert entries(place) == ["issued", "refund_found", "succeeded"]
        with tenancy.reading(place.id):
            assert list(Review.objects.values_list("reason", flat=True)) == ["refund_found"]
            assert Company.objects.get().billing_held_at is None
        assert {outcome for _, outcome, _ in kept()} == {"applied"}

    def test_a_refund_that_the_books_do_not_show_yet_waits(self, place: Place, paid: str) -> None:
        later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        tell(event("refund.succeeded", "ref_1", intent=paid, created=later))
        follow()
        assert kept() == [("refund.succeeded", "", "")]

    def test_a_lost_dispute_opens_the_invoice_again(
        self, place: Place, paid: str, gateway: Any, gateway_process: GatewayProcess
    ) -> None:
        self.order(gateway_process, "disputes", intent=paid, reason="fraudulent")
        tell(event("dispute.opened", "dsp_1", intent=paid))
        follow()
        assert (intents(place), entries(place)) == (["succeeded"], ["issued", "succeeded"])
        self.order(gateway_process, "disputes", intent=paid, outcome="lost")
        for kind in ("intent.returned", "dispute.lost"):
            tell(event(kind, "dsp_1", intent=paid))
            follow()
        assert (intents(place), attempts(place)) == (["returned"], [(1, "returned", "dispute_fraudulent")])
        assert entries(place) == ["issued", "returned", "succeeded"]
        assert (state_of(place, first_invoice(place)), taken(gateway, place)) == ("open", [])

    def test_a_payout_is_read(self, place: Place, settings: Any, unchanged: Unchanged) -> None:
        body = event("payout.paid", "po_1", intent="")
        tell(body)
        url, settings.TENANTRY_GATEWAY_URL = settings.TENANTRY_GATEWAY_URL, NOWHERE
        with unchanged(EVENTS):
            follow()
        assert kept() == [("payout.paid", "", "")]
        settings.TENANTRY_GATEWAY_URL = url
        follow()
        assert kept() == [("payout.paid", "applied", "")]


class TestNotNow:
    def test_an_event_whose_job_got_lost_is_found_by_the_sweep(self, place: Place, unknown: str) -> None:
        tell(event("intent.succeeded", unknown))
        assert work.apply_events() == 0
        with clock.pinned(NOW + timedelta(minutes=1)):
            assert work.apply_events() == 1
        assert intents(place) == ["succeeded"]

    def test_the_tick_puts_its_job_back(self, place: Place, unknown: str) -> None:
        from tenantry.jobs.schedule import look_for_work

        tell(event("intent.succeeded", unknown))
        with connections["default"].cursor() as cursor:
            cursor.execute("delete from procrastinate_jobs")
            with clock.pinned(NOW + timedelta(minutes=1)):
                look_for_work()
                look_for_work()
            cursor.execute("select count(*) from procrastinate_jobs where task_name = 'payments.apply_event'")
            assert cursor.fetchone() == (1,)

    def test_while_the_gateway_is_silent_it_waits_longer_each_time(
        self, place: Place, unknown: str, settings: Any, unchanged: Unchanged
    ) -> None:
        tell(event("intent.succeeded", unknown))
        id_ = str(GatewayEvent.objects.get().id)
        url, settings.TENANTRY_GATEWAY_URL = settings.TENANTRY_GATEWAY_URL, NOWHERE
        waits = []
        with unchanged(EVENTS):
            for _ in range(6):
                assert apply_gateway_event(actor=CLOCK, event_id=id_, now=NOW) is EventOutcome.WAITING
                look_at = GatewayEvent.objects.get().look_at
                assert look_at is not None
                waits.append((look_at - NOW).total_seconds())
        assert waits == [60, 600, 3600, 21600, 86400, 86400]
        settings.TENANTRY_GATEWAY_URL = url
        with clock.pinned(NOW + timedelta(days=1)):
            assert work.apply_events() == 1
        assert (intents(place), kept()) == (["succeeded"], [("intent.succeeded", "applied", "")])

    def test_an_object_of_nobody_is_looked_for_three_times_then_ignored(
        self, place: Place, unknown: str, unchanged: Unchanged
    ) -> None:
        tell(event("intent.succeeded", "int_of_nobody"))
        with unchanged(EVENTS):
            assert follow() == 1
            assert kept() == [("intent.succeeded", "", "")]
            for minutes in (1, 11):
                with clock.pinned(NOW + timedelta(minutes=minutes)):
                    assert work.apply_events() == 1
        assert kept() == [("intent.succeeded", "ignored", "unknown_object")]
        assert follow() == 0

    def test_an_event_that_overtakes_our_commit_is_followed_after_it(
        self, place: Place, gateway: Any, gateway_process: GatewayProcess
    ) -> None:
        card = put_on_file(place, gateway)
        tell(event("intent.succeeded", "int_not_yet"))
        follow()
        pay(place, card)
        with tenancy.phase(place.id):
            PaymentIntent.objects.update(state="unknown", gateway_id="int_not_yet")
        row = GatewayEvent.objects.get()
        assert (row.outcome, row.times_looked) == ("", 1)
        with clock.pinned(NOW + timedelta(minutes=1)):
            work.apply_events()
        # The processor does not know this id: what it says is looked at, and nothing is believed of it.
        assert kept() == [("intent.succeeded", "applied", "")]

    def test_what_asks_for_nothing_is_ignored(self, unchanged: Unchanged) -> None:
        kinds = ("setup.succeeded", "method.verified", "method.detached", "something.new")
        with unchanged(EVENTS, JOBS):
            for kind in kinds:
                tell(event(kind, "obj_1", intent=""))
            follow()
        assert sorted(kept()) == sorted((kind, "ignored", "unknown_kind") for kind in kinds)

    def test_only_the_schedule_follows_and_only_a_gateway_tells(self, place: Place) -> None:
        for actor in (place.owner.actor, Actor(ActorKind.GATEWAY, ""), Actor(ActorKind.STRANGER, "")):
            answer = apply_gateway_event(actor=actor, event_id=place.id, now=NOW)
            assert isinstance(answer, Refusal)
            assert answer.code == "not_allowed"
        for actor in (place.owner.actor, CLOCK, place.vendor):
            told = accept_gateway_event(actor=actor, gateway_name="sandbox", headers={}, body=b"", now=NOW)
            assert isinstance(told, Refusal)
            assert told.code == "not_allowed"


MOMENTS = (NOW, NOW + timedelta(days=6), NOW + timedelta(days=30))
KINDS = ("created", "processing", "succeeded", "returned")


class TestEveryOrder:
    """A debit that is pending, succeeds and is taken back: four events, in each order, and with doubles."""

    @pytest.fixture
    def processor(self, tmp_path: Path, settings: Any) -> Iterator[tuple[SandboxControl, GatewayProcess]]:
        """Run a processor whose clock the test moves."""
        with running_gateway(tmp_path / "gateway") as process:
            settings.TENANTRY_GATEWAY_URL, settings.TENANTRY_GATEWAY_KEY = process.url, process.key
            control = SandboxControl(process.url)
            control.freeze_clock(NOW)
            yield control, process
            control.close()
            chosen.forget()

    def test_ends_in_one_state(self, processor: tuple[SandboxControl, GatewayProcess]) -> None:
        control, process = processor
        orders = [*permutations(range(4)), *with_doubles(12)]
        place, invoice_ids = debited(len(orders) + 1, control, process)
        told_at_once, *told_late = invoice_ids
        for moment, kind in zip(MOMENTS, KINDS[1:], strict=True):
            control.move_clock(moment)
            with clock.pinned(moment):
                tell(event(f"intent.{kind}", object_of(place, told_at_once)))
                follow()
        usual = end(place, told_at_once)
        assert usual == {
            "intents": ["returned"],
            "attempts": [("returned", "R10")],
            "invoice": "open",
            "due": 37323,
            "collect_at": None,
            "reviews": [],
            "mails": {"unauthorized_return", "payment_returned"},
        }
        with clock.pinned(MOMENTS[-1]):
            for number, (order, invoice_id) in enumerate(zip(orders, told_late, strict=True)):
                assert end(place, invoice_id)["intents"] == ["unknown"]
                deliver(place, invoice_id, order, is_followed_each_time=number % 2 == 0)
                assert end(place, invoice_id) == usual, order
        assert (taken(control, place), balance(place, "gateway_clearing")) == ([], 0)


def debited(count: int, control: SandboxControl, process: GatewayProcess) -> tuple[Place, list[str]]:
    """Pay invoices by bank debit; the processor takes each order and its answer gets lost."""
    place = billed_place()
    account = put_on_file(place, control, form=ACH_FORM, number=TAKEN_BACK)
    amounts = MICRO_DEPOSITS_MINOR
    done(verify_bank_account(actor=place.owner.actor, method_id=account, amounts_minor=amounts, now=NOW))
    invoice_ids = write_invoices(place, count)
    owner = place.owner.actor
    with fault(process, place, "cut_after", operation="confirm_intent", times=count):
        for invoice_id in invoice_ids:
            pay_invoice(actor=owner, invoice_id=invoice_id, method_id=account, request_key=new_id())
    return place, invoice_ids


def with_doubles(count: int) -> list[tuple[int, ...]]:
    """Draw orders of the four events in which two deliveries are doubles."""
    chance = random.Random(7)
    found = []
    for _ in range(count):
        order = [*range(4), chance.randrange(4), chance.randrange(4)]
        chance.shuffle(order)
        found.append(tuple(order))
    return found


def object_of(place: Place, invoice_id: str) -> str:
    """Give the processor's id of an invoice's intent."""
    with tenancy.reading(place.id):
        return str(PaymentIntent.objects.get(invoice_id=invoice_id).gateway_id)


def deliver(place: Place, invoice_id: str, order: Sequence[int], *, is_followed_each_time: bool) -> None:
    """Post the four events in this order; their jobs run between them or after all."""
    about = object_of(place, invoice_id)
    bodies = [event(f"intent.{kind}", about) for kind in KINDS]
    for one in order:
        assert tell(bodies[one]).status_code == 200
        if is_followed_each_time:
            follow()
    follow()
    rows = GatewayEvent.objects.filter(object_id=about)
    assert list(rows.values_list("outcome", flat=True)) == ["applied"] * len(KINDS)


def end(place: Place, invoice_id: str) -> dict[str, Any]:
    """Give all that matters of how an invoice stands: what is due, not how often it moved."""
    with tenancy.reading(place.id):
        about = {"intent__invoice_id": invoice_id}
        invoice = Invoice.objects.get(id=invoice_id)
        due = Posting.objects.filter(invoice_id=invoice_id, account="receivable").aggregate(due=Sum("amount_minor"))
        mails = Notice.objects.filter(about_id=invoice_id).values_list("kind", flat=True)
        return {
            "intents": list(PaymentIntent.objects.filter(invoice_id=invoice_id).values_list("state", flat=True)),
            "attempts": list(PaymentAttempt.objects.filter(**about).values_list("outcome", "code")),
            "invoice": invoice.state,
            "due": due["due"],
            "collect_at": invoice.collect_at,
            "reviews": list(Review.objects.filter(**about, closed_at__isnull=True).values_list("reason", flat=True)),
            "mails": set(mails) - {"receipt"},
        }


def balance(place: Place, account: str) -> int:
    """Give the balance of a ledger account of the company."""
    with tenancy.reading(place.id):
        found = Posting.objects.filter(account=account).aggregate(sum=Sum("amount_minor"))["sum"]
    return int(found or 0)
