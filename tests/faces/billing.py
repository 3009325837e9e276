"""Companies with invoices, for the tests of the invoices' pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
from django.test import Client

from tenantry.actions.billing.bill_company import bill_company
from tenantry.actions.billing.collect_invoice import collect_invoice
from tenantry.actions.invoices.store_document import store_document
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import Invoice, LedgerEntry
from tenantry.records.payments.models import PaymentAttempt, PaymentIntent, PaymentMethod
from tests.builders import NOW, Place, done, open_place, set_up_plan, subscribe

LATER = NOW + timedelta(hours=1)


def billed_place(slug: str = "acme", *, now: datetime = NOW, amount_minor: int = 41250, **options: Any) -> Place:
    """Open a company on a flat plan and issue its first invoice."""
    place = open_place(slug, now=now, **options)
    set_up_plan(f"plan-{slug}", amount_minor=amount_minor, currency=options.get("currency", "USD"), now=now)
    subscribe(place, f"plan-{slug}", now=now)
    bill(place, now)
    return place


def bill(place: Place, now: datetime) -> None:
    """Issue what is due."""
    done(bill_company(actor=place.clock, now=now))


def collect(place: Place, invoice_id: str, now: datetime) -> Any:
    """Charge the default method as the schedule would; give the answer."""
    with clock.pinned(now):
        return collect_invoice(actor=place.clock, invoice_id=invoice_id)


def print_all(place: Place, now: datetime = NOW) -> None:
    """Store the PDF of each invoice."""
    for invoice_id in invoice_ids(place):
        done(store_document(actor=place.clock, invoice_id=invoice_id, now=now))


def invoice_ids(place: Place) -> list[str]:
    """List the invoices, oldest first."""
    with tenancy.reading(place.id):
        return [str(id_) for id_ in Invoice.objects.order_by("sequence").values_list("id", flat=True)]


def first_invoice(place: Place) -> str:
    """Give the first invoice's id."""
    return invoice_ids(place)[0]


def state_of(place: Place, invoice_id: str) -> str:
    """Give the invoice's state."""
    with tenancy.reading(place.id):
        return str(Invoice.objects.values_list("state", flat=True).get(id=invoice_id))


def attempts(place: Place) -> list[tuple[int, str, str]]:
    """List the attempts: number, outcome, code."""
    with tenancy.reading(place.id):
        return list(PaymentAttempt.objects.order_by("opened_at", "number").values_list("number", "outcome", "code"))


def intents(place: Place) -> list[str]:
    """List the states of the intents."""
    with tenancy.reading(place.id):
        return list(PaymentIntent.objects.order_by("opened_at", "generation").values_list("state", flat=True))


def methods(place: Place) -> list[str]:
    """List the methods, the default first."""
    with tenancy.reading(place.id):
        return [str(id_) for id_ in PaymentMethod.objects.order_by("-is_default", "id").values_list("id", flat=True)]


def entries(place: Place, invoice_id: str) -> list[str]:
    """List the ledger's entries of an invoice, by name."""
    with tenancy.reading(place.id):
        found = LedgerEntry.objects.filter(invoice_id=invoice_id).order_by("occurred_at", "id")
        return sorted(found.values_list("kind", flat=True))


def taken(gateway: Any, place: Place) -> list[int]:
    """List what the processor's own records say was taken from this company, in cents."""
    return [int(one["amount_minor"]) for one in gateway.charges(place.id) if one["outcome"] == "succeeded"]


def pay_form(browser: Client, place: Place, invoice_id: str) -> dict[str, str]:
    """Open the payment page and give what its form would send: the form's key and the chosen method."""
    body = browser.get(pay_url(place, invoice_id)).content.decode()
    key = re.search(r'name="request_key" value="([^"]+)"', body)
    method = re.search(r'name="method" value="([^"]+)" checked', body)
    assert key
    return {"request_key": key.group(1), "method": method.group(1) if method else ""}


def pay_url(place: Place, invoice_id: str) -> str:
    """Give the address of the payment page."""
    return place.url(f"invoices/{invoice_id}/pay")


@contextmanager
def fault(process: Any, place: Place, kind: str, *, operation: str, times: int = 1) -> Iterator[None]:
    """Let the processor fail at its next calls about this company."""
    rule = {"fault": kind, "customer": place.id, "operation": operation, "times": times}
    httpx.post(f"{process.url}/control/faults", json=rule, trust_env=False, verify=False).raise_for_status()
    try:
        yield
    finally:
        httpx.post(
            f"{process.url}/control/faults", json={"clear": True}, trust_env=False, verify=False
        ).raise_for_status()
