"""Read refunds as the facts that their flow and the pages decide with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Sum

from tenantry.core.ids import NewId
from tenantry.core.money import Money
from tenantry.core.payment_facts import AttemptFacts, IntentFacts, Loaded
from tenantry.core.payment_states import Outcome, State
from tenantry.core.postings import Account
from tenantry.core.refund_facts import RefundFacts, RefundsLoaded
from tenantry.core.refund_states import RefundState
from tenantry.records.companies.models import Company
from tenantry.records.invoices.models import Invoice, Posting
from tenantry.records.payments.models import Refund
from tenantry.records.payments.queries import load, open_reviews

_TOOK_MONEY = (Outcome.SUCCEEDED, Outcome.RETURNED)


def load_refunds(
    company: Company,
    invoice: Invoice,
    *,
    now: datetime,
    new_id: NewId,
    intent_id: str = "",
    request_key: str = "",
    lock: bool,
) -> RefundsLoaded:
    """Gather what a decision about the refunds of an invoice's payment needs; the intent is named, or the paid one."""
    loaded = load(company, invoice, now=now, new_id=new_id, lock=lock)
    return refunds_of(loaded, company, intent_id=intent_id, request_key=request_key, lock=lock)


def refunds_of(
    loaded: Loaded, company: Company, *, intent_id: str = "", request_key: str = "", lock: bool
) -> RefundsLoaded:
    """Gather the same, where the invoice's payment is loaded already."""
    company_id = str(company.id)
    intent = loaded.intent(intent_id) if intent_id else _paid(loaded)
    reviews = open_reviews(company_id, [intent.id]).get(intent.id, set()) if intent else set()
    attempt = _took(loaded, intent)
    return RefundsLoaded(
        now=loaded.now,
        company=loaded.company,
        invoice=loaded.invoice,
        intent=intent,
        attempt=attempt,
        refunds=_refunds(company_id, intent, lock=lock),
        credit=_credit(company),
        new_id=loaded.new_ids[0],
        replayed=_replayed(company_id, request_key),
        open_reviews=frozenset(reviews),
        judged={reason: facts for (of, reason), facts in loaded.judged.items() if intent and of == intent.id},
        is_overpaid=attempt is not None and attempt.id in loaded.overpaid,
    )


def refund_rows(company_id: str, invoice_ids: Sequence[Any]) -> list[Refund]:
    """List the refunds of invoices with their payments, the oldest first."""
    rows = Refund.objects.select_related("intent").filter(company_id=company_id, intent__invoice_id__in=invoice_ids)
    return list(rows.order_by("opened_at", "number"))


def place_of_refund(company_id: str, refund_id: str) -> tuple[str, str] | None:
    """Give the invoice and the intent that a refund belongs to."""
    found = Refund.objects.filter(company_id=company_id, id=refund_id).values_list("intent__invoice_id", "intent_id")
    return (str(found[0][0]), str(found[0][1])) if found else None


def is_one_unknown(company_id: str, intent_id: Any) -> bool:
    """Tell whether nobody knows what became of a refund of this payment (None: of no payment)."""
    rows = Refund.objects.filter(company_id=company_id, intent_id=intent_id, state=RefundState.UNKNOWN)
    return intent_id is not None and rows.exists()


def is_known(company_id: str, gateway_refund_id: str) -> bool:
    """Tell whether a refund of ours has this id at the gateway."""
    return Refund.objects.filter(company_id=company_id, gateway_refund_id=gateway_refund_id).exists()


def refunds_known(company_id: str, create_key: str) -> frozenset[str]:
    """Give the gateway's ids of the refunds that we know of the payment that was made under this key."""
    rows = _refunds_under(company_id, create_key).exclude(gateway_refund_id="")
    return frozenset(rows.values_list("gateway_refund_id", flat=True))


def keys_of_refunds(company_id: str, create_key: str) -> frozenset[str]:
    """Give the keys of the refunds that we asked for of the payment that was made under this key."""
    return frozenset(_refunds_under(company_id, create_key).exclude(key="").values_list("key", flat=True))


def _refunds_under(company_id: str, create_key: str) -> QuerySet[Refund]:
    return Refund.objects.filter(company_id=company_id, intent__company_id=company_id, intent__create_key=create_key)


def refunds_to_ask(company_id: str, now: datetime) -> list[str]:
    """List the refunds whose fate has to be asked for now, the oldest question first."""
    rows = Refund.objects.filter(company_id=company_id, next_ask_at__lte=now).order_by("next_ask_at", "id")
    return [str(id_) for id_ in rows.values_list("id", flat=True)]


def _paid(loaded: Loaded) -> IntentFacts | None:
    return next((one for one in reversed(loaded.intents) if one.state is State.SUCCEEDED), None)


def _took(loaded: Loaded, intent: IntentFacts | None) -> AttemptFacts | None:
    attempts = loaded.attempts_of(intent.id) if intent else ()
    return next((one for one in reversed(attempts) if one.outcome in _TOOK_MONEY), None)


def _refunds(company_id: str, intent: IntentFacts | None, *, lock: bool) -> tuple[RefundFacts, ...]:
    if intent is None:
        return ()
    rows = Refund.objects.filter(company_id=company_id, intent__id=intent.id)
    if lock:
        rows = rows.select_for_update(no_key=True)
    return tuple(_facts(row, intent.invoice_id) for row in rows.order_by("number"))


def _facts(row: Refund, invoice_id: str) -> RefundFacts:
    return RefundFacts(
        id=str(row.id),
        invoice_id=invoice_id,
        intent_id=str(row.intent_id),
        number=row.number,
        state=RefundState(row.state),
        amount=Money(row.amount_minor, row.currency),
        key=row.key,
        reason=row.reason,
        opened_at=row.opened_at,
        moved_at=row.moved_at,
        by_kind=row.by_kind,
        request_key=row.request_key,
        gateway_refund_id=row.gateway_refund_id,
        code=row.code,
        was_found=row.was_found,
        next_ask_at=row.next_ask_at,
        times_asked=row.times_asked,
        version=row.version,
    )


def _replayed(company_id: str, request_key: str) -> RefundFacts | None:
    if not request_key:
        return None
    row = Refund.objects.select_related("intent").filter(company_id=company_id, request_key=request_key).first()
    return _facts(row, str(row.intent.invoice_id)) if row else None


def _credit(company: Company) -> Money:
    rows = Posting.objects.filter(company_id=company.id, account=Account.COMPANY_CREDIT)
    balance = rows.aggregate(balance=Sum("amount_minor"))["balance"]
    return Money(-int(balance or 0), company.currency)
