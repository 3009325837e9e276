"""Read what the gateway paid to our bank account, and clear each company's share of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tenantry.actions._row_by_row import Rows, row_by_row
from tenantry.actions.payments._driver import GATEWAY
from tenantry.core.gateway_records import Payout as PayoutRecord
from tenantry.core.gateway_records import PayoutLine
from tenantry.core.payouts import Share, share_out
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.refusal import Refusal
from tenantry.core.review_reasons import PAYOUT_OF_UNKNOWN
from tenantry.outside import alarm_log
from tenantry.outside.gateway.chosen import gateway
from tenantry.outside.gateway.port import Told
from tenantry.outside.ids import new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.queries import lock_company
from tenantry.records.payments import payouts
from tenantry.records.payments.models import Payout, Review

_log = logging.getLogger("tenantry.payouts")
LOOK_BACK = timedelta(days=7)
"""How far before the latest payout is read again at least: one that was shared out to the end is left alone."""
EVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PayoutsRead:
    """What a reading came to. `was_answered`: whether the gateway said anything; `strange`: lines of nobody known."""

    was_answered: bool
    payouts: int = 0
    strange: int = 0


def read_payouts(*, actor: Actor, now: datetime) -> PayoutsRead | Refusal:
    """Book each payout once: from the clearing account of each company whose payments it holds, to the bank.

    A payout is shared out company by company, each in its own transaction; one that was left half-way is gone on
    with, and a company or a payout at fault keeps none of the others waiting. Lines of a customer whom we don't
    know are kept on the payout and looked at again; `tenantry check ledger` names them.
    """
    if refused := require(actor, Action.READ_PAYOUTS):
        return refused
    with tenancy.vendor_phase():
        since = payouts.read_from(GATEWAY, look_back=LOOK_BACK)
    reply = gateway().list_payouts(since=since or EVER)
    if reply.told is not Told.DONE:
        return PayoutsRead(was_answered=False)
    strange = 0
    with row_by_row("payouts") as rows:
        for record in reply.payouts:
            with rows.one(record.payout_id):
                strange += _book(actor, record, rows, now)
    return PayoutsRead(was_answered=True, payouts=len(reply.payouts), strange=strange)


def _book(actor: Actor, record: PayoutRecord, rows: Rows, now: datetime) -> int:
    with tenancy.vendor_phase():
        row = payouts.keep_payout(GATEWAY, record, payout_id=new_id(), now=now)
    if row.is_shared_out and not row.strange_lines:
        return 0
    company_of = tenancy.companies_of_customers(sorted({line.customer for line in record.lines}))
    shared = share_out(record, company_of)
    cleared = 0
    for share in shared.shares:
        with rows.one(record.payout_id, company_id=share.company_id):
            _clear(actor, row, share, now)
            cleared += 1
    if cleared < len(shared.shares):
        return len(shared.strange)
    with tenancy.vendor_phase():
        payouts.note_shared_out(row.id, shared.strange)
    if shared.strange:
        _log.error("a payout holds money of nobody known", extra={"payout": record.payout_id})
    return len(shared.strange)


@tenancy.tried_again
def _clear(actor: Actor, row: Payout, share: Share, now: datetime) -> None:
    unknown: list[PayoutLine] = []
    with tenancy.phase(share.company_id):
        lock_company(share.company_id)
        if payouts.has_share(share.company_id, row.id):
            return
        unknown = payouts.write_share(row, share, now=now, new_id=new_id)
        if unknown:
            _review(share.company_id, row, unknown, now)
        after = {"payout": row.gateway_id, "amount_minor": share.amount.minor, "currency": share.amount.currency}
        change = audit.Change(share.company_id, Action.READ_PAYOUTS, "payout", str(row.id), after=after)
        audit.record_many(actor, [change], now=now)
    if unknown:
        alarm_log.review_opened(company=share.company_id, reason=PAYOUT_OF_UNKNOWN, about=row.gateway_id)


def _review(company_id: str, row: Payout, unknown: list[PayoutLine], now: datetime) -> None:
    """Put money that was paid out for a payment that we don't have before a person."""
    lines = [
        {"intent": line.gateway_id, "kind": line.kind.value, "amount_minor": line.amount.minor} for line in unknown
    ]
    Review.objects.create(
        id=new_id(),
        company_id=company_id,
        reason=PAYOUT_OF_UNKNOWN,
        facts={"payout": row.gateway_id, "lines": lines},
        opened_at=now,
    )
