"""Read payments as the facts that a flow or a page decides with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, Subquery, Sum

from tenantry.core.ids import NewId
from tenantry.core.money import Money
from tenantry.core.payment_facts import (
    AttemptFacts,
    CompanyFacts,
    IntentFacts,
    InvoiceFacts,
    InvoiceState,
    Loaded,
)
from tenantry.core.payment_states import Outcome, State
from tenantry.core.periods import local_date
from tenantry.core.postings import Account
from tenantry.records.companies.models import Company
from tenantry.records.invoices.models import Invoice, Posting
from tenantry.records.payments.methods import method_facts
from tenantry.records.payments.models import PaymentAttempt, PaymentIntent, Refund, Review


def invoice_of_intent(company_id: str, intent_id: str) -> str | None:
    """Give the id of the invoice that an intent collects."""
    found = PaymentIntent.objects.filter(company_id=company_id, id=intent_id).values_list("invoice_id", flat=True)
    return str(found[0]) if found else None


def intent_by_key(company_id: str, create_key: str) -> tuple[IntentFacts, tuple[AttemptFacts, ...]] | None:
    """Give the intent that was made under a key of ours, with its attempts, oldest first."""
    row = PaymentIntent.objects.filter(company_id=company_id, create_key=create_key).first()
    if row is None:
        return None
    return intent_facts(row), tuple(_attempts(company_id, [row.id], lock=False).get(str(row.id), []))


def intents_to_ask(company_id: str, now: datetime) -> list[str]:
    """List the intents whose fate has to be asked for now, the oldest question first."""
    rows = PaymentIntent.objects.filter(company_id=company_id, next_ask_at__lte=now).order_by("next_ask_at", "id")
    return [str(id_) for id_ in rows.values_list("id", flat=True)]


def invoices_to_collect(company_id: str, now: datetime) -> list[str]:
    """List the invoices whose default method is to be charged now, the oldest first."""
    rows = Invoice.objects.filter(company_id=company_id, collect_at__lte=now).order_by("collect_at", "sequence")
    return [str(id_) for id_ in rows.values_list("id", flat=True)]


def load(
    company: Company, invoice: Invoice, *, now: datetime, new_id: NewId, request_key: str = "", lock: bool
) -> Loaded:
    """Gather what a decision about one invoice's payment needs; with `lock`, intents then attempts are locked."""
    found = load_many(company, [invoice], now=now, new_id=new_id, request_key=request_key, lock=lock)
    return found[str(invoice.id)]


def load_many(
    company: Company,
    invoices: Sequence[Invoice],
    *,
    now: datetime,
    new_id: NewId,
    request_key: str = "",
    lock: bool,
) -> dict[str, Loaded]:
    """Gather the same for many invoices of one company, with the same few queries: invoice id → facts."""
    company_id, ids = str(company.id), [invoice.id for invoice in invoices]
    intents = _intents(company_id, ids, lock=lock)
    every = [intent.id for found in intents.values() for intent in found]
    attempts = _attempts(company_id, every, lock=lock)
    used = {attempt.method_id for found in attempts.values() for attempt in found}
    methods = method_facts(company_id, also=used)
    balances = receivable_balances(company_id, ids)
    reviews = open_reviews(company_id, every)
    replayed = _replayed(company_id, request_key)
    found = {}
    for invoice in invoices:
        own = intents.get(str(invoice.id), [])
        found[str(invoice.id)] = Loaded(
            now=now,
            today=local_date(now, company.time_zone),
            company=company_facts(company),
            invoice=_invoice_facts(invoice, balances),
            intents=tuple(own),
            attempts=tuple(attempt for intent in own for attempt in attempts.get(intent.id, [])),
            methods=methods,
            new_ids=(new_id(), new_id()),
            return_url=_return_url(company, invoice),
            replayed=replayed,
            open_reviews=frozenset(reviews.get(own[-1].id, set())) if own else frozenset(),
        )
    return found


def company_facts(company: Company) -> CompanyFacts:
    """Read the company as the payment flows see it."""
    return CompanyFacts(
        id=str(company.id),
        gateway_customer=company.gateway_customer,
        installation=settings.TENANTRY_INSTALLATION,
        pays_automatically=company.way_of_paying == "automatic",
        is_billing_held=company.billing_held_at is not None,
        is_recovering=company.is_recovering,
        compared_at=company.reconciled_at,
        retry_after_days=tuple(settings.TENANTRY_RETRY_AFTER_DAYS),
    )


def _return_url(company: Company, invoice: Invoice) -> str:
    return f"{settings.TENANTRY_PUBLIC_URL}/{company.slug}/admin/account-management/invoices/{invoice.id}/approved"


def _intents(company_id: str, invoice_ids: Sequence[Any], *, lock: bool) -> dict[str, list[IntentFacts]]:
    done = Refund.objects.filter(company_id=company_id, intent_id=OuterRef("id"), state="done").values("intent_id")
    refunded = Subquery(done.annotate(minor=Sum("amount_minor")).values("minor"))
    rows = PaymentIntent.objects.filter(company_id=company_id, invoice_id__in=invoice_ids)
    if lock:
        rows = rows.select_for_update(no_key=True)
    found: dict[str, list[IntentFacts]] = defaultdict(list)
    for row in rows.annotate(refunded=refunded).order_by("invoice_id", "generation"):
        found[str(row.invoice_id)].append(intent_facts(row, refunded_minor=row.refunded or 0))
    return found


def intent_facts(row: PaymentIntent, *, refunded_minor: int = 0) -> IntentFacts:
    """Read an intent row as facts; what was refunded of it stands in other rows."""
    return IntentFacts(
        id=str(row.id),
        invoice_id=str(row.invoice_id),
        generation=row.generation,
        state=State(row.state),
        amount=Money(row.amount_minor, row.currency),
        customer=row.customer,
        create_key=row.create_key,
        opened_at=row.opened_at,
        moved_at=row.moved_at,
        gateway_id=row.gateway_id,
        next_url=row.next_url,
        next_ask_at=row.next_ask_at,
        times_asked=row.times_asked,
        version=row.version,
        refunded_minor=int(refunded_minor),
    )


def _attempts(company_id: str, intent_ids: Sequence[Any], *, lock: bool) -> dict[str, list[AttemptFacts]]:
    rows = PaymentAttempt.objects.filter(company_id=company_id, intent_id__in=intent_ids)
    if lock:
        rows = rows.select_for_update(no_key=True)
    found: dict[str, list[AttemptFacts]] = defaultdict(list)
    for row in rows.order_by("intent_id", "number"):
        found[str(row.intent_id)].append(_attempt_facts(row))
    return found


def _attempt_facts(row: PaymentAttempt) -> AttemptFacts:
    return AttemptFacts(
        id=str(row.id),
        intent_id=str(row.intent_id),
        number=row.number,
        method_id=str(row.method_id),
        confirm_key=row.confirm_key,
        by_kind=row.by_kind,
        opened_at=row.opened_at,
        request_key=row.request_key,
        outcome=Outcome(row.outcome),
        code=row.code,
        sent_at=row.sent_at,
        decided_at=row.decided_at,
    )


def _invoice_facts(row: Invoice, balances: dict[tuple[str, str], int]) -> InvoiceFacts:
    return InvoiceFacts(
        id=str(row.id),
        number=row.number,
        state=InvoiceState(row.state),
        version=row.version,
        amount_due=Money(balances.get((str(row.id), Account.RECEIVABLE), 0), row.currency),
        recoverable=Money(balances.get((str(row.id), Account.RECOVERABLE), 0), row.currency),
        due_date=row.due_date,
        state_moved_at=row.state_moved_at,
        collect_at=row.collect_at,
    )


def receivable_balances(company_id: str, invoice_ids: Sequence[Any]) -> dict[tuple[str, str], int]:
    """Give what is due, and what is recoverable, of each invoice: (invoice id, account) → minor units."""
    rows = (
        Posting.objects.filter(
            company_id=company_id, invoice_id__in=invoice_ids, account__in=[Account.RECEIVABLE, Account.RECOVERABLE]
        )
        .values_list("invoice_id", "account")
        .annotate(balance=Sum("amount_minor"))
    )
    return {(str(invoice_id), account): int(balance) for invoice_id, account, balance in rows}


def open_reviews(company_id: str, intent_ids: Sequence[Any]) -> dict[str, set[str]]:
    """Give the reasons of the open reviews: intent id → reasons."""
    rows = Review.objects.filter(company_id=company_id, intent_id__in=intent_ids, closed_at__isnull=True)
    found: dict[str, set[str]] = defaultdict(set)
    for intent_id, reason in rows.values_list("intent_id", "reason"):
        found[str(intent_id)].add(reason)
    return found


def _replayed(company_id: str, request_key: str) -> tuple[IntentFacts, AttemptFacts] | None:
    if not request_key:
        return None
    row = PaymentAttempt.objects.select_related("intent").filter(company_id=company_id, request_key=request_key).first()
    return (intent_facts(row.intent), _attempt_facts(row)) if row else None
