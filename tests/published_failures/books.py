"""What the processor's own records and our rows say in these tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sandbox_gateway.values import Outcome
from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.payments.models import PaymentMethod
from tests.builders import NOW, Place
from tests.gateway.inside import InsideProcessor


class Gone(BaseException):
    """The process ends here: nothing after this line happens, and an open transaction is undone."""


@contextmanager
def ending_after(processor: InsideProcessor, call: str) -> Iterator[None]:
    """Let whoever makes this call be gone once the processor has carried it out, before they hear its answer."""

    def after(called: str) -> None:
        if called.endswith(call):
            raise Gone

    processor.after = after
    try:
        yield
    except Gone:
        pass
    else:
        raise AssertionError(f"nobody called {call}")
    finally:
        processor.after = lambda _: None


def taken(processor: InsideProcessor, number: str) -> int:
    """Count how often the money of an invoice was taken, in the processor's own records."""
    charges = [one for one in processor.charges() if one.invoice_number == number]
    return sum(one.outcome is Outcome.SUCCEEDED for one in charges)


def intents_made(processor: InsideProcessor, customer: str, number: str) -> int:
    """Count the intents that were made for an invoice, in the processor's own records."""
    listed = processor.adapter.list_changes(customer=customer, since=NOW.replace(year=2020)).intents
    return sum(one.invoice_number == number for one in listed)


def card_of(place: Place) -> str:
    """Give the company's one method."""
    with tenancy.reading(place.id):
        return str(PaymentMethod.objects.get().id)


@contextmanager
def later(processor: InsideProcessor, **wait: float) -> Iterator[None]:
    """Let so much time pass after NOW, for the processor and for us."""
    at = NOW + timedelta(**wait)
    processor.control.move_clock(at)
    with clock.pinned(at):
        yield
