"""Keep what the gateway told, once; find what waits; note what became of it. No company's rows: ids only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from tenantry.core.gateway_events import EventOutcome
from tenantry.core.payment_facts import IntentFacts
from tenantry.records.payments.models import GatewayEvent
from tenantry.records.payments.queries import intent_facts, with_attempts

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it was told: ids and an instant."""

    gateway: str
    event_id: str
    kind: str
    object_id: str
    intent_object_id: str
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event whose truth has not been read yet."""

    id: str
    gateway: str
    kind: str
    intent_object_id: str
    happened_at: datetime
    times_looked: int


def keep(told: Told, *, id_: str, received_at: datetime, look_at: datetime | None, because: str = "") -> bool:
    """Keep an event unless it was told before; give whether it is new. Without `look_at` it ends here, ignored."""
    row = GatewayEvent(
        id=id_,
        gateway=told.gateway,
        event_id=told.event_id,
        kind=told.kind,
        object_id=told.object_id,
        intent_object_id=told.intent_object_id,
        happened_at=told.happened_at,
        received_at=received_at,
        outcome=EventOutcome.WAITING.value if look_at else EventOutcome.IGNORED.value,
        because=because,
        look_at=look_at,
        ended_at=None if look_at else received_at,
    )
    GatewayEvent.objects.bulk_create([row], ignore_conflicts=True)
    return GatewayEvent.objects.filter(id=id_).exists()


def waiting(id_: str) -> WaitingEvent | None:
    """Read an event that waits; None once it has ended."""
    row = GatewayEvent.objects.filter(id=id_, outcome="").first()
    if row is None:
        return None
    return WaitingEvent(str(row.id), row.gateway, row.kind, row.intent_object_id, row.happened_at, row.times_looked)


def due(now: datetime) -> list[str]:
    """List the events that the sweep looks at now, the longest waiting first, so many that a tick can take them."""
    rows = GatewayEvent.objects.filter(look_at__lte=now).order_by("look_at", "id")
    return [str(id_) for id_ in rows.values_list("id", flat=True)[:MOST_AT_ONCE]]


def end(id_: str, outcome: EventOutcome, now: datetime, *, because: str = "") -> None:
    """Note what became of an event; one that has ended stays as it is."""
    GatewayEvent.objects.filter(id=id_, outcome="").update(
        outcome=outcome.value, because=because, look_at=None, ended_at=now
    )


def wait(id_: str, *, times_looked: int, look_at: datetime) -> None:
    """Note when an event is looked at again, unless it has ended meanwhile."""
    GatewayEvent.objects.filter(id=id_, outcome="").update(times_looked=times_looked, look_at=look_at)


def counts(since: datetime) -> dict[tuple[str, str], int]:
    """Count the events that came since an instant, by what became of them and why they were ignored."""
    came = GatewayEvent.objects.filter(received_at__gte=since)
    rows = came.values_list("outcome", "because").annotate(count=Count("id"))
    return {(outcome, because): count for outcome, because, count in rows}


def intent_of_object(company_id: str, gateway: str, object_id: str) -> IntentFacts | None:
    """Give the company's intent that a gateway's object is."""
    row = with_attempts().filter(company_id=company_id, gateway=gateway, gateway_id=object_id).first()
    return intent_facts(row) if row else None
