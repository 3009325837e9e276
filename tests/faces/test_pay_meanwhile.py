"""What happens while a payment is on its way: more clicks, a busy processor, its dashboard (B71, B72, B88, B96)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from django.db import connections

from tenantry.outside import clock
from tenantry.outside.gateway import chosen
from tests.builders import NOW, Place, put_on_file, sign_in
from tests.faces.billing import (
    attempts,
    billed_place,
    collect,
    entries,
    fault,
    first_invoice,
    intents,
    pay_form,
    pay_url,
    state_of,
    taken,
)
from tests.faces.pages import text_of
from tests.faces.reviewing import pay
from tests.gateway.process import GatewayProcess
from tests.operations.processes import wait_for
from tests.prepared import Prepared, prepared_at_the_processor_by
from tests.telling import event, follow, listening, tell
from tests.untouched import Unchanged

UNKNOWN = "6a2f41a3-c54c-4b8e-9d2c-0f0e8a1b7c11"


@pytest.fixture(autouse=True)
def at_ten() -> Iterator[None]:
    """Hold the time: 10 o'clock on Nov 12, 2026 in Denver."""
    with clock.pinned(NOW):
        yield


def paying_place(gateway: Any) -> Place:
    """Open a company with an invoice of $412.50 and a good card."""
    place = billed_place()
    put_on_file(place, gateway)
    return place


prepared = prepared_at_the_processor_by(paying_place)


@pytest.fixture
def place(prepared: Prepared, database: str, gateway: Any) -> Place:
    """Begin with it."""
    return prepared.value


@contextmanager
def beside(call: Callable[[], Any]) -> Iterator[list[Any]]:
    """Run a call in a thread while the block runs; its result is there when the block ends."""
    found: list[Any] = []

    def run() -> None:
        try:
            with clock.pinned(NOW):
                found.append(call())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield found
    finally:
        thread.join(60)
    assert found


class TestWhileItRuns:
    """The first payment is at the processor, which takes its time."""

    def test_another_click_tab_and_the_schedule_start_nothing(
        self, place: Place, gateway: Any, gateway_process: GatewayProcess
    ) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form, other_tab = pay_form(browser, place, invoice_id), pay_form(browser, place, invoice_id)
        with fault(gateway_process, place, "slow:3", operation="confirm_intent"):
            with beside(lambda: sign_in(place.owner).post(pay_url(place, invoice_id), form)) as first:
                wait_for(lambda: intents(place) == ["sending"])
                again = browser.post(pay_url(place, invoice_id), form)
                second = browser.post(pay_url(place, invoice_id), other_tab)
                collect(place, invoice_id, NOW)
                opened = browser.get(pay_url(place, invoice_id))
                page = browser.get(place.url(f"invoices/{invoice_id}"))
                assert intents(place) == ["sending"]
        assert (again.status_code, again["Location"]) == (303, place.url(f"invoices/{invoice_id}"))
        for response in (second, opened):
            assert response.status_code == 409
            assert "A payment for this invoice is already in progress." in text_of(response)
        assert "We're confirming this payment. You don't need to pay again." in text_of(page)
        assert pay_url(place, invoice_id) not in page.content.decode()
        assert first[0].status_code == 303
        assert (taken(gateway, place), attempts(place)) == ([41250], [(1, "succeeded", "")])
        assert entries(place, invoice_id) == ["issued", "succeeded"]


class TestBusy:
    def test_is_asked_again_and_charged_once(self, place: Place, gateway: Any, gateway_process: GatewayProcess) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = pay_form(browser, place, invoice_id)
        with fault(gateway_process, place, "busy", operation="confirm_intent", times=2):
            response = browser.post(pay_url(place, invoice_id), form)
        assert response.status_code == 303
        assert (taken(gateway, place), attempts(place)) == ([41250], [(1, "succeeded", "")])

    @pytest.mark.parametrize("operation", ["create_intent", "confirm_intent"])
    def test_busy_for_longer_than_we_wait_charges_nothing_and_can_be_tried_again(
        self,
        place: Place,
        gateway: Any,
        gateway_process: GatewayProcess,
        monkeypatch: pytest.MonkeyPatch,
        unchanged: Unchanged,
        operation: str,
    ) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        form = pay_form(browser, place, invoice_id)
        monkeypatch.setattr(chosen.gateway()._inner, "_busy_seconds", 0.6)  # type: ignore[attr-defined]
        with fault(gateway_process, place, "busy", operation=operation, times=9):
            response = browser.post(pay_url(place, invoice_id), form)
            with unchanged():
                again = browser.post(pay_url(place, invoice_id), form)
        for answer in (response, again):
            assert (answer.status_code, answer["Retry-After"]) == (503, "2")
            assert "Payment service is unavailable. Nothing was charged." in text_of(answer)
        assert (gateway.charges(place.id), attempts(place)) == ([], [(1, "not_sent", "")])
        assert state_of(place, invoice_id) == "open"
        assert browser.post(pay_url(place, invoice_id), pay_form(browser, place, invoice_id)).status_code == 303
        assert taken(gateway, place) == [41250]


class TestDashboard:
    """Somebody does at the processor what we did not ask for; the books follow when they hear of it, or ask."""

    def test_a_payment_that_was_cancelled_there_opens_the_next_generation(
        self, place: Place, gateway: Any, gateway_process: GatewayProcess, unchanged: Unchanged
    ) -> None:
        browser, invoice_id = sign_in(place.owner), first_invoice(place)
        with fault(gateway_process, place, "decline:insufficient_funds", operation="confirm_intent"):
            assert browser.post(pay_url(place, invoice_id), pay_form(browser, place, invoice_id)).status_code == 402
        (charge,) = gateway.charges(place.id)
        order = {"intent": charge["intent_id"]}
        httpx.post(
            f"{gateway_process.url}/control/cancels", json=order, trust_env=False, verify=False
        ).raise_for_status()
        with listening():
            tell(event("intent.cancelled", charge["intent_id"]))
            follow()
        assert intents(place) == ["cancelled"]
        assert browser.post(pay_url(place, invoice_id), pay_form(browser, place, invoice_id)).status_code == 303
        assert (intents(place), taken(gateway, place)) == (["cancelled", "succeeded"], [41250])
        assert state_of(place, invoice_id) == "paid"
        with listening(), unchanged("tenantry_payments_gatewayevent", "procrastinate_jobs"):
            tell(event("intent.cancelled", charge["intent_id"]))
            follow()


def test_another_companys_answers_are_not_taken_for_ours(
    place: Place, gateway: Any, gateway_process: GatewayProcess
) -> None:
    """The processor speaks of another object: nothing is believed, and the payer reads Pending."""
    from tests.faces.billing import methods

    with fault(gateway_process, place, "wrong_object", operation="confirm_intent"):
        pay(place, methods(place)[0])
    assert intents(place) == ["sending"]
    page = text_of(sign_in(place.owner).get(place.url("invoices")))
    assert "Pending We're confirming this payment. You don't need to pay again." in page
    assert taken(gateway, place) == [41250]
