"""The ground of these tests: the processor behind the port, a company with an open invoice, and the naive product."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tenantry.outside import clock
from tenantry.records.base import tenancy
from tenantry.records.companies.models import Company
from tenantry.records.payments.models import PaymentMethod
from tests.builders import NOW, Place, put_on_file
from tests.database import TestServer
from tests.faces.billing import billed_place
from tests.gateway.inside import InsideProcessor, behind_the_port
from tests.published_failures.naive import Naive
from tests.telling import listening


@pytest.fixture
def processor(database: str, tmp_path: Path) -> Iterator[InsideProcessor]:
    """Put a processor behind the port; time stands, for it and for us."""
    made = InsideProcessor(tmp_path / "processor")
    made.control.freeze_clock(NOW)
    with listening(), clock.pinned(NOW), behind_the_port(made):
        yield made
    made.close()


@pytest.fixture
def place(processor: InsideProcessor) -> Place:
    """Open a company with an invoice of $412.50 and a good card."""
    place = billed_place()
    put_on_file(place, processor.control)
    return place


@pytest.fixture
def naive(postgres: TestServer, database: str, processor: InsideProcessor, place: Place) -> Naive:
    """Give the naive product the same company's method, at the same processor."""
    with tenancy.reading(place.id):
        customer, token = Company.objects.get().gateway_customer, PaymentMethod.objects.get().token
    return Naive(postgres.named(postgres.superuser_url, database), processor, customer, token)
