"""Read payments as the facts that a flow or a page decides with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

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
from tenantry.core.review_reasons import BLANK, NOT_OURS, REFUND_BLANK, REFUND_NOT_OURS
from tenantry.records.base.facts import Facts, instant, instant_or_none
from tenantry.records.companies.models import Company
from tenantry.records.invoices.books import NO_BOOKS, Books, books_of
from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.methods import method_facts
from tenantry.records.payments.models import CLOSED_INTENT_STATES, PaymentAttempt, PaymentIntent, Refund, Review


def invoice_of_intent(company_id: str, intent_id: str) -> str | None:
    """Give the id of the invoice that an intent collects."""
    found = PaymentIntent.objects.filter(company_id=company_id, id=intent_id).values_list("invoice_id", flat=True)
    return str(found[0]) if found else None


def intent_by_key(company_id: str, create_key: str) -> tuple[IntentFacts, tuple[AttemptFacts, ...]] | None:
    """Give the intent that was made under a key of ours, with its attempts, oldest first."""
    row = with_attempts().filter(company_id=company_id, create_key=create_key).first()
    return (intent_facts(row), attempts_of(row)) if row is not None else None


def is_one_without_id_in_review(company_id: str) -> bool:
    """Tell whether the gateway's answer about a live intent whose id was never saved did not fit, now or before."""
    rows = Review.objects.filter(company_id=company_id, reason=NOT_OURS, intent__gateway_id="")
    return rows.exclude(intent__state__in=CLOSED_INTENT_STATES).exists()


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
    if lock:
        _lock(company_id, ids)
    intents = _intents(company_id, ids)
    attempts = {of: tuple(one for row in rows for one in attempts_of(row)) for of, rows in intents.items()}
    methods = method_facts(company_id, also={one.method_id for some in attempts.values() for one in some})
    books = books_of(company_id, invoices)
    replayed = _replayed(company_id, request_key)
    found = {}
    for invoice in invoices:
        rows = intents.get(str(invoice.id), [])
        found[str(invoice.id)] = Loaded(
            now=now,
            today=local_date(now, company.time_zone),
            company=company_facts(company),
            invoice=_invoice_facts(invoice, books.get(str(invoice.id), NO_BOOKS)),
            overpaid=books.get(str(invoice.id), NO_BOOKS).overpaid,
            intents=tuple(intent_facts(row) for row in rows),
            attempts=attempts.get(str(invoice.id), ()),
            methods=methods,
            new_ids=(new_id(), new_id()),
            return_url=_return_url(company, invoice),
            replayed=replayed,
            open_reviews=frozenset((str(row.id), reason) for row in rows for reason in row.open_reasons),
            judged=_judged(rows),
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
        time_zone=company.time_zone,
    )


def _return_url(company: Company, invoice: Invoice) -> str:
    return f"{settings.TENANTRY_PUBLIC_URL}/{company.slug}/admin/account-management/invoices/{invoice.id}/approved"


def _lock(company_id: str, invoice_ids: Sequence[Any]) -> None:
    """Lock the intents of invoices, then their attempts, before both are read."""
    intents = PaymentIntent.objects.select_for_update(no_key=True).filter(
        company_id=company_id, invoice_id__in=invoice_ids
    )
    if ids := list(intents.order_by("invoice_id", "generation").values_list("id", flat=True)):
        attempts = PaymentAttempt.objects.select_for_update(no_key=True).filter(company_id=company_id)
        list(attempts.filter(intent_id__in=ids).order_by("intent_id", "number").values_list("id"))


def _intents(company_id: str, invoice_ids: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    rows = with_attempts().filter(company_id=company_id, invoice_id__in=invoice_ids)
    for row in rows.order_by("invoice_id", "generation"):
        found[str(row.invoice_id)].append(row)
    return found


_ATTEMPT = Facts(
    "number", "id", "intent_id", "method_id", "confirm_key", "by_kind", "opened_at", "request_key", "outcome",
    "code", "sent_at", "decided_at", "by_name",
)  # fmt: skip


@cache
def with_attempts() -> QuerySet[Any]:
    """Read intents with their attempts (`attempts_of`), their reviews and what was refunded.

    Made once and filtered by whoever asks: putting it together takes longer than the database takes to answer.
    """
    done = Refund.objects.filter(company_id=OuterRef("company_id"), intent_id=OuterRef("id"), state="done")
    refunded = done.values("intent_id").annotate(minor=Sum("amount_minor")).values("minor")
    attempts = PaymentAttempt.objects.filter(company_id=OuterRef("company_id"), intent_id=OuterRef("id"))
    reviews = Review.objects.filter(company_id=OuterRef("company_id"), intent_id=OuterRef("id"))
    judged = reviews.filter(closed_at__isnull=False, reason__in=[NOT_OURS, BLANK, REFUND_NOT_OURS, REFUND_BLANK])
    return PaymentIntent.objects.annotate(
        attempted=ArraySubquery(attempts.order_by("number").values_list(_ATTEMPT, flat=True)),
        open_reasons=ArraySubquery(reviews.filter(closed_at__isnull=True).values("reason")),
        judged=ArraySubquery(judged.values_list(Facts("reason", "facts"), flat=True)),
        refunded_minor=Coalesce(Subquery(refunded), 0),
    )


def attempts_of(row: Any) -> tuple[AttemptFacts, ...]:
    """Read the attempts of a row of `with_attempts`, the first one first."""
    return tuple(
        AttemptFacts(
            id=id_,
            intent_id=intent_id,
            number=number,
            method_id=method_id,
            confirm_key=confirm_key,
            by_kind=by_kind,
            opened_at=instant(opened_at),
            request_key=request_key,
            outcome=Outcome(outcome),
            code=code,
            sent_at=instant_or_none(sent_at),
            decided_at=instant_or_none(decided_at),
            by_name=by_name,
        )
        for number, id_, intent_id, method_id, confirm_key, by_kind, opened_at, request_key, outcome, code, sent_at,
        decided_at, by_name in row.attempted
    )  # fmt: skip


def intent_facts(row: Any) -> IntentFacts:
    """Read an intent row of `with_attempts` as facts."""
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
        refunded_minor=int(row.refunded_minor),
    )


def _invoice_facts(row: Invoice, books: Books) -> InvoiceFacts:
    return InvoiceFacts(
        id=str(row.id),
        number=row.number,
        state=InvoiceState(row.state),
        version=row.version,
        amount_due=Money(books.due_minor, row.currency),
        recoverable=Money(books.recoverable_minor, row.currency),
        due_date=row.due_date,
        state_moved_at=row.state_moved_at,
        collect_at=row.collect_at,
    )


def _judged(rows: Sequence[Any]) -> dict[tuple[str, str], list[Mapping[str, object]]]:
    found: dict[tuple[str, str], list[Mapping[str, object]]] = defaultdict(list)
    for row in rows:
        for reason, facts in row.judged:
            found[str(row.id), reason].append(facts)
    return found


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
    asked = PaymentAttempt.objects.filter(company_id=company_id, request_key=request_key)
    row = with_attempts().filter(company_id=company_id, id__in=asked.values("intent_id")).first()
    if row is None:
        return None
    return intent_facts(row), next(one for one in attempts_of(row) if one.request_key == request_key)
