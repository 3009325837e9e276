"""Keep what a gateway paid out, and each company's share of it; read where the last reading ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Min

from tenantry.core import postings
from tenantry.core.gateway_records import Payout as PayoutRecord
from tenantry.core.gateway_records import PayoutLine as LineRecord
from tenantry.core.ids import NewId
from tenantry.core.payouts import Share
from tenantry.records.invoices import ledger
from tenantry.records.payments.models import PaymentIntent, Payout, PayoutLine, PayoutShare


def read_from(gateway: str, *, look_back: timedelta) -> datetime | None:
    """Give from when payouts are read: a while before the latest one, or the first one that is not cleared to the end.

    That one holds money of nobody known, or was left half-way. None: no payout is known yet.
    """
    known = Payout.objects.filter(gateway=gateway)
    latest: datetime | None = known.aggregate(at=Max("paid_at"))["at"]
    if latest is None:
        return None
    uncleared: datetime | None = known.exclude(is_shared_out=True, strange_lines=[]).aggregate(at=Min("paid_at"))["at"]
    return min(latest - look_back, uncleared or latest)


def keep_payout(gateway: str, record: PayoutRecord, *, payout_id: str, now: datetime) -> Payout:
    """Keep a payout, or find it kept already. Needs an open vendor's phase."""
    row, _ = Payout.objects.get_or_create(
        gateway=gateway,
        gateway_id=record.payout_id,
        defaults={
            "id": payout_id,
            "amount_minor": record.amount.minor,
            "currency": record.amount.currency,
            "paid_at": record.paid_at,
            "read_at": now,
        },
    )
    return row


def note_shared_out(payout_id: Any, strange: Sequence[LineRecord]) -> None:
    """Note that every company has its share, and which lines are of nobody known. Needs an open vendor's phase."""
    lines = [
        {
            "line": line.line_id,
            "kind": line.kind.value,
            "intent": line.gateway_id,
            "customer": line.customer,
            "amount_minor": line.amount.minor,
        }
        for line in strange
    ]
    Payout.objects.filter(id=payout_id).update(is_shared_out=True, strange_lines=lines)


def has_share(company_id: str, payout_id: Any) -> bool:
    """Tell whether the company's share of a payout is booked."""
    return PayoutShare.objects.filter(company_id=company_id, payout_id=payout_id).exists()


def write_share(row: Payout, share: Share, *, now: datetime, new_id: NewId) -> list[LineRecord]:
    """Book a locked company's share with its lines; give the lines about payments that we don't have."""
    share_id, company_id = new_id(), share.company_id
    PayoutShare.objects.create(
        id=share_id,
        company_id=company_id,
        payout_id=row.id,
        amount_minor=share.amount.minor,
        currency=share.amount.currency,
        booked_at=now,
    )
    intents = _intents(company_id, row.gateway, share.lines)
    PayoutLine.objects.bulk_create(
        PayoutLine(
            id=new_id(),
            company_id=company_id,
            share_id=share_id,
            gateway_line_id=line.line_id,
            kind=line.kind.value,
            gateway_intent_id=line.gateway_id,
            intent_id=intents.get(line.gateway_id),
            gateway_refund_id=line.refund_id,
            amount_minor=line.amount.minor,
            occurred_at=line.occurred_at,
        )
        for line in share.lines
    )
    if share.amount.minor:
        booked = ledger.Booked(payout_share_id=share_id)
        ledger.post(company_id, postings.paid_out(share.amount), occurred_at=row.paid_at, new_id=new_id, booked=booked)
    return [line for line in share.lines if line.gateway_id not in intents]


def _intents(company_id: str, gateway: str, lines: Sequence[LineRecord]) -> dict[str, Any]:
    wanted = {line.gateway_id for line in lines}
    rows = PaymentIntent.objects.filter(company_id=company_id, gateway=gateway, gateway_id__in=wanted)
    return dict(rows.values_list("gateway_id", "id"))
