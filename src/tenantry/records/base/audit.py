"""Record who did what, before and after, inside the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from tenantry.core.permissions import Actor
from tenantry.core.refusal import NO_FACTS
from tenantry.records.base.models import VendorAuditEntry


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to which object; `words` is the text that the person saw, in `language`."""

    company_id: str
    action: str
    object_kind: str
    object_id: str
    before: Mapping[str, object] = field(default_factory=dict)
    after: Mapping[str, object] = field(default_factory=dict)
    words: str = ""
    language: str = ""


def record(
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: str,
    *,
    now: datetime,
    before: Mapping[str, object] = NO_FACTS,
    after: Mapping[str, object] = NO_FACTS,
    words: str = "",
    language: str = "",
) -> None:
    """Append one entry to the chain of the actor's company."""
    change = Change(actor.company_id, action, object_kind, object_id, before, after, words, language)
    record_many(actor, [change], now=now)


def record_many(actor: Actor, changes: Sequence[Change], *, now: datetime) -> None:
    """Append entries to the chains of their companies, in order. The database makes their ids."""
    rows = [_row(actor, change) for change in changes]
    with connection.cursor() as cursor:
        cursor.execute("select append_audit(%s, %s::jsonb)", [now, json.dumps(rows, cls=DjangoJSONEncoder)])


def record_for_vendor(
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: str,
    *,
    entry_id: str,
    now: datetime,
    before: Mapping[str, object] = NO_FACTS,
    after: Mapping[str, object] = NO_FACTS,
) -> None:
    """Keep a change that belongs to no company."""
    VendorAuditEntry.objects.create(
        id=entry_id,
        at=now,
        actor_id=actor.user_id,
        actor_name=actor.name,
        address=actor.address,
        request_id=actor.request_id,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        before=_plain(before),
        after=_plain(after),
    )


def _row(actor: Actor, change: Change) -> dict[str, Any]:
    return {
        "company_id": change.company_id,
        "actor_kind": actor.kind.value,
        "actor_id": actor.user_id,
        "actor_name": actor.name,
        "address": actor.address,
        "request_id": actor.request_id,
        "action": change.action,
        "object_kind": change.object_kind,
        "object_id": change.object_id,
        "before": dict(change.before),
        "after": dict(change.after),
        "words": change.words,
        "language": change.language,
    }


def _plain(facts: Mapping[str, object]) -> Any:
    return json.loads(json.dumps(dict(facts), cls=DjangoJSONEncoder))
