"""Months with every webhook lost, and one in which they come lost, doubled, late and forged (I-6, I-7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db.models import Sum

from tenantry.actions.payments.verify_bank_account import verify_bank_account
from tenantry.outside.gateway import chosen
from tenantry.outside.sandbox_control import SandboxControl
from tenantry.project.demo.story import Months
from tenantry.records.base import tenancy
from tenantry.records.invoices.models import LedgerEntry, Posting
from tenantry.records.payments.models import GatewayEvent, PaymentAttempt, PaymentIntent, Review
from tests.builders import ACH_FORM, MICRO_DEPOSITS_MINOR, Place, done, open_place, put_on_file, set_up_plan, subscribe
from tests.gateway.process import running_gateway
from tests.scenarios.conftest import START
from tests.scenarios.telling import ToldMonths
from tests.scenarios.ticking import TickingMonths
from tests.telling import listening

PAYERS = {
    "good": "4242424242424242",
    "asks": "4000002500003155",
    "disputes": "4000000000000259",
    "returned": "000222222227",
    "takenback": "000880000010",
}
STORM = {"cut_after": 60_000, "cut_before": 60_000, "error_after": 30_000, "busy": 20_000}
GALE = {
    **STORM, "lost": 200_000, "doubled": 120_000, "late": 150_000, "reordered": 100_000, "forged": 60_000,
    "replayed": 50_000, "other_mode": 30_000, "unknown_type": 30_000,
}  # fmt: skip

BOOKED_WITHIN = timedelta(hours=24, minutes=30)
"""A day between two comparisons, and some ticks where chance struck the one that was due."""


@pytest.fixture(params=["every webhook is lost", "webhooks come as they like"])
def months(request: Any, tmp_path: Path, settings: Any, database: str) -> Iterator[Months]:
    """Give a clock that stands at 1 January 2026, and a processor that follows it and tells nothing, or all."""
    with running_gateway(tmp_path) as process, listening(account=""):
        settings.TENANTRY_GATEWAY_URL, settings.TENANTRY_GATEWAY_KEY = process.url, process.key
        control = SandboxControl(process.url)
        is_told = request.param.startswith("webhooks")
        passing = ToldMonths(START, control, process) if is_told else TickingMonths(START, control)
        yield passing
        passing.end()
        control.close()
        chosen.forget()


def companies(months: Months) -> dict[str, Place]:
    """Open a company for each way in which payments go, all on $412.50 a month, billed on the 1st."""
    set_up_plan(amount_minor=41250, now=months.now)
    found = {}
    for slug, number in PAYERS.items():
        place = found[slug] = open_place(slug, now=months.now)
        if number.startswith("000"):
            method_id = put_on_file(place, months.control, form=ACH_FORM, number=number, now=months.now)
            amounts, owner = MICRO_DEPOSITS_MINOR, place.owner.actor
            done(verify_bank_account(actor=owner, method_id=method_id, amounts_minor=amounts, now=months.now))
        else:
            put_on_file(place, months.control, number=number, now=months.now)
        subscribe(place, now=months.now)
    return found


def storm(url: str, per_million: dict[str, int]) -> None:
    """Let chance strike calls and webhooks from now on."""
    fields = {"random": {"seed": 11, "per_million": per_million}}
    httpx.post(f"{url}/control/faults", json=fields, trust_env=False, verify=False).raise_for_status()


def test_everything_is_booked_as_the_processor_has_it(months: Months, settings: Any) -> None:
    places, is_told = companies(months), isinstance(months, ToldMonths)
    storm(settings.TENANTRY_GATEWAY_URL, GALE if is_told else STORM)
    if isinstance(months, ToldMonths):
        # Chance may forge none.
        months.order("/control/faults", {"fault": "forged", "times": 1})
    calm_from = datetime(2026, 1, 26, 17, tzinfo=UTC) if is_told else datetime(2026, 2, 24, 17, tzinfo=UTC)
    months.go_to(calm_from)
    storm(settings.TENANTRY_GATEWAY_URL, {})
    months.go_to(calm_from + timedelta(days=3))
    for place in places.values():
        assert_booked(place, months.control.charges(place.id))
    # Without the dispute of a payment that is lost three weeks later, and without debits that come back.
    kept = {slug: sum(one["net_minor"] for one in months.control.charges(place.id)) for slug, place in places.items()}
    months_billed = 1 if is_told else 2
    assert kept == {"good": months_billed * 41250, "asks": 0, "disputes": 0, "returned": 0, "takenback": 0}
    events = Counter(GatewayEvent.objects.values_list("outcome", flat=True))
    if isinstance(months, ToldMonths):
        assert events["applied"] > 10
        assert events[""] == 0
        assert set(months.statuses) == {200, 400}
    else:
        assert not events


def assert_booked(place: Place, charges: Any) -> None:
    """Hold our books against the processor's: each success and each return once, within a day."""
    with tenancy.reading(place.id):
        attempts = {row.confirm_key: row for row in PaymentAttempt.objects.all()}
        entries = list(LedgerEntry.objects.exclude(attempt_id=None).values_list("attempt_id", "kind", "occurred_at"))
        clearing = Posting.objects.filter(account__in=["gateway_clearing", "bank"]).aggregate(sum=Sum("amount_minor"))
        under_way = PaymentIntent.objects.filter(state__in=["creating", "sending", "unknown", "cancelling"])
        assert not under_way.exists()
        # A lost dispute and an unauthorized return stand before a person, as they should; nothing else does.
        assert set(Review.objects.values_list("reason", flat=True)) <= {"bank_return"}
    assert (clearing["sum"] or 0) == sum(one["net_minor"] for one in charges)
    for charge in charges:
        attempt = attempts[charge["attempt_key"]]
        booked = [(kind, at) for attempt_id, kind, at in entries if attempt_id == attempt.id]
        kinds = sorted(kind for kind, _ in booked)
        if charge["outcome"] == "succeeded":
            assert kinds == ["succeeded"]
        elif charge["outcome"] == "returned":
            assert kinds in ([], ["returned", "succeeded"])
        else:
            assert kinds == []
        assert attempt.outcome == {"processing": "", "asks_payer": ""}.get(charge["outcome"], charge["outcome"])
        if charge["outcome"] in ("succeeded", "returned") and attempt.decided_at:
            changed_at = datetime.fromisoformat(charge["changed_at"])
            assert timedelta(0) <= attempt.decided_at - changed_at <= BOOKED_WITHIN
