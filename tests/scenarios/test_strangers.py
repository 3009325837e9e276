"""A payment at the processor with a key of ours that fits nothing here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tenantry.actions.payments.close_review import close_review
from tenantry.core.gateway_reply import ConfirmIntent, CreateIntent
from tenantry.core.money import Money
from tenantry.core.reviews import Decision
from tenantry.jobs import work
from tenantry.outside import clock
from tenantry.outside.gateway.chosen import gateway
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.records.base import tenancy
from tenantry.records.companies.models import Company, Recovery
from tenantry.records.payments.models import PaymentMethod, Review
from tests.builders import NOW, Place, put_on_file
from tests.faces.billing import billed_place


@pytest.fixture
def two(database: str, processor: SandboxControl, settings: Any) -> tuple[Place, Place]:
    """Two companies, the first of them with such a payment of $7.00."""
    with clock.pinned(NOW):
        place, other = billed_place(), billed_place("other")
        put_on_file(place, processor)
        put_on_file(other, processor)
        with tenancy.reading(place.id):
            customer, token = Company.objects.get().gateway_customer, PaymentMethod.objects.get().token
        key = f"am1:{settings.TENANTRY_INSTALLATION}:{uuid4()}:1"
        made = gateway().create_intent(CreateIntent(key, customer, Money(700, "USD"), "ACME-000009"))
        gateway().confirm(ConfirmIntent(f"{key}:1", made.gateway_id, token, True))
    return place, other


@pytest.mark.parametrize("is_closed", [True, False], ids=["a person has looked", "nobody has looked"])
def test_begins_one_recovery_and_never_another(
    two: tuple[Place, Place], processor: SandboxControl, is_closed: bool
) -> None:
    place, other = two
    for day in range(6):
        now = NOW + timedelta(days=day, minutes=5)
        processor.move_clock(now)
        with clock.pinned(now):
            for one in (place, other):
                work.reconcile(one.id)
            with tenancy.reading(place.id):
                assert list(Recovery.objects.values_list("because", flat=True)) == ["unknown_objects"], day
                (review,) = Review.objects.all()
            if is_closed and day == 0:
                noted = {"decision": Decision.NOTED, "evidence": "Sent back by hand at the processor.", "now": now}
                close_review(actor=place.vendor, review_id=str(review.id), **noted)
        with tenancy.reading(place.id):
            assert [row.ended_at is None for row in Recovery.objects.all()] == [False], day
            assert (Company.objects.get().billing_held_because == "") is is_closed
        with tenancy.reading(other.id):
            assert (Company.objects.get().is_recovering, Company.objects.get().billing_held_because) == (False, "")
