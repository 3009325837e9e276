"""Payments that came into review by what the processor really answered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.db import connections
from django.test import Client

from tenantry.actions.invoices.issue_credit_note import CreditNoteForm, issue_credit_note
from tenantry.actions.payments.pay_invoice import pay_invoice
from tenantry.actions.payments.refund_payment import RefundForm, refund_payment
from tenantry.actions.payments.resolve_payment import resolve_payment
from tenantry.core.payment_outcome import PaymentOutcome
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.outside.ids import new_id
from tenantry.records.base import tenancy
from tenantry.records.companies.models import Company
from tenantry.records.payments.models import PaymentIntent, Review
from tests.builders import NOW, Place, add_staff
from tests.faces.billing import fault, first_invoice

NOWHERE = "http://127.0.0.1:9"


def staff_browser() -> Client:
    """Sign a person of the vendor in."""
    client = Client()
    client.force_login(add_staff())
    return client


def pay(place: Place, method_id: str) -> Any:
    """Pay the first invoice as its owner."""
    return pay_invoice(
        actor=place.owner.actor, invoice_id=first_invoice(place), method_id=method_id, request_key=new_id()
    )


def wrongly_answered(place: Place, process: Any, method_id: str) -> str:
    """Pay, and let the processor answer with another amount although it takes the right one; give the review's id."""
    with fault(process, place, "wrong_amount", operation="confirm_intent"):
        pay(place, method_id)
    return only_review(place)


def unanswered(place: Place, process: Any, settings: Any, method_id: str, *, was_taken: bool) -> str:
    """Pay without an answer, and ask a processor that is not there until a person has to look; give the review's id."""
    kind = "cut_after" if was_taken else "cut_before"
    with fault(process, place, kind, operation="confirm_intent"):
        outcome = pay(place, method_id)
    assert isinstance(outcome, PaymentOutcome)
    url, settings.TENANTRY_GATEWAY_URL = settings.TENANTRY_GATEWAY_URL, NOWHERE
    for times in range(1, 7):
        ask(place, NOW + timedelta(hours=times))
    settings.TENANTRY_GATEWAY_URL = url
    return only_review(place)


def refund_unanswered(place: Place, process: Any, settings: Any, method_id: str, *, was_made: bool) -> str:
    """Pay, credit $40.00, send them back without an answer, and ask a processor that is not there; give the review."""
    pay(place, method_id)
    note = CreditNoteForm("As agreed", 4000)
    issue_credit_note(actor=place.vendor, invoice_id=first_invoice(place), form=note, now=NOW)
    with fault(process, place, "cut_after" if was_made else "cut_before", operation="create_refund"):
        refund_payment(actor=place.vendor, invoice_id=first_invoice(place), form=RefundForm("As agreed"))
    url, settings.TENANTRY_GATEWAY_URL = settings.TENANTRY_GATEWAY_URL, NOWHERE
    for hours in (1, 25):
        with clock.pinned(NOW + timedelta(hours=hours)):
            work.ask(place.id)
    settings.TENANTRY_GATEWAY_URL = url
    return only_review(place)


@contextmanager
def silent_while(settings: Any, call: Callable[[], Any]) -> Iterator[list[Any]]:
    """Be a processor that answers nothing, and make a call the first time that it is asked; its result is given."""
    found: list[Any] = []
    first = threading.Lock()

    class Silent(BaseHTTPRequestHandler):
        def _act(self) -> None:
            if first.acquire(blocking=False):
                try:
                    with clock.pinned(NOW):
                        found.append(call())
                finally:
                    connections.close_all()
            self.send_error(503)

        do_GET = do_POST = _act  # noqa: N815 - names that the standard library asks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url, settings.TENANTRY_GATEWAY_URL = settings.TENANTRY_GATEWAY_URL, f"http://127.0.0.1:{server.server_port}"
    try:
        yield found
    finally:
        settings.TENANTRY_GATEWAY_URL = url
        server.shutdown()
        thread.join()
        server.server_close()


def ask(place: Place, now: datetime) -> None:
    """Ask the processor about the one payment, as the schedule does."""
    with clock.pinned(now):
        resolve_payment(actor=place.clock, intent_id=only_intent(place))


def only_intent(place: Place) -> str:
    """Give the id of the company's one intent."""
    with tenancy.reading(place.id):
        return str(PaymentIntent.objects.get().id)


def only_review(place: Place) -> str:
    """Give the id of the company's one open review."""
    with tenancy.reading(place.id):
        return str(Review.objects.get(closed_at__isnull=True).id)


def review_of(place: Place, review_id: str) -> Review:
    """Read a review."""
    with tenancy.reading(place.id):
        return Review.objects.get(id=review_id)


def held_because(place: Place) -> str:
    """Say why the company's billing is held; empty when it is not."""
    with tenancy.reading(place.id):
        company = Company.objects.get()
    assert bool(company.billing_held_because) == (company.billing_held_at is not None)
    return str(company.billing_held_because)
