"""Read companies as the vendor sees them. These cross companies: for the vendor's reading alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from tenantry.core.billable import PLAN, BillableFacts
from tenantry.core.ids import NewId
from tenantry.core.invoice_states import Shown, shown
from tenantry.core.money import Money
from tenantry.core.payment_methods import MethodFacts
from tenantry.core.payment_states import Outcome, State
from tenantry.core.postings import Account
from tenantry.records.companies.models import Company
from tenantry.records.invoices.billable import billable_facts
from tenantry.records.invoices.models import Posting
from tenantry.records.payments import invoice_list
from tenantry.records.payments.methods import method_facts
from tenantry.records.payments.models import PaymentAttempt, Review
from tenantry.records.payments.queries import load_many
from tenantry.records.subscriptions.models import Subscription


@dataclass(frozen=True, slots=True)
class Counts:
    """How many companies there are, how many are held, how many payments are in review."""

    companies: int
    held: int
    reviews: int


@dataclass(frozen=True, slots=True)
class CompaniesPart:
    """A part of the companies, by name; whether there is more on either side."""

    companies: tuple[Company, ...]
    has_earlier: bool = False
    has_later: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """One company of the list. `facts` and `next_issue_at` are None while it has no subscription."""

    company: Company
    plan: str
    facts: BillableFacts | None
    next_issue_at: datetime | None
    open_amount: Money
    reviews: int


@dataclass(frozen=True, slots=True)
class VendorInvoice:
    """One invoice as the vendor sees it."""

    id: str
    number: str
    issued_at: datetime
    total: Money
    shown: Shown


@dataclass(frozen=True, slots=True)
class VendorInvoices:
    """A page of a company's invoices, newest first; its methods, the removed ones that paid for these included."""

    invoices: tuple[VendorInvoice, ...]
    methods: tuple[MethodFacts, ...]
    newer_than: int | None = None
    older_than: int | None = None


@dataclass(frozen=True, slots=True)
class VendorAttempt:
    """One try to collect, with the state of its intent."""

    id: str
    number: str
    opened_at: datetime
    amount: Money
    method: str
    last4: str
    by_name: str
    outcome: Outcome
    code: str
    state: State


@dataclass(frozen=True, slots=True)
class VendorAttempts:
    """A page of the tries to collect from a company, newest first; whether there is more on either side."""

    attempts: tuple[VendorAttempt, ...]
    has_newer: bool = False
    has_older: bool = False


@dataclass(frozen=True, slots=True)
class OpenReview:
    """A contradiction that a person has to look at. Without a number it is about no invoice of ours."""

    number: str
    reason: str
    opened_at: datetime


def counts() -> Counts:
    """Count companies, held ones and open reviews."""
    held = Count("id", filter=Q(billing_held_at__isnull=False))
    found = Company.objects.aggregate(companies=Count("id"), held=held)
    return Counts(found["companies"], found["held"], Review.objects.filter(closed_at__isnull=True).count())


def companies_after(search: str, than: UUID | None, *, limit: int) -> CompaniesPart:
    """Give the companies after one of them, by name, or the first ones."""
    place = _place(than)
    rows = _found(search).order_by("name", "id")
    if place is not None:
        rows = rows.filter(Q(name__gt=place[0]) | Q(name=place[0], id__gt=place[1]))
    found = tuple(rows[: limit + 1])
    return CompaniesPart(found[:limit], has_earlier=place is not None, has_later=len(found) > limit)


def companies_before(search: str, than: UUID, *, limit: int) -> CompaniesPart:
    """Give the companies right before one of them, by name; the first ones where it is not known."""
    place = _place(than)
    if place is None:
        return companies_after(search, None, limit=limit)
    rows = _found(search).filter(Q(name__lt=place[0]) | Q(name=place[0], id__lt=place[1]))
    found = tuple(rows.order_by("-name", "-id")[: limit + 1])
    return CompaniesPart(found[:limit][::-1], has_earlier=len(found) > limit, has_later=True)


def _found(search: str) -> QuerySet[Company]:
    rows = _with_sums(Company.objects.all())
    return rows.filter(Q(name__icontains=search) | Q(slug__icontains=search)) if search else rows


def _with_sums(rows: QuerySet[Company]) -> QuerySet[Company]:
    """Read companies together with what they have to pay, and how many of their payments are in review."""
    due = Posting.objects.filter(company_id=OuterRef("id"), account=Account.RECEIVABLE).values("company_id")
    reviews = Review.objects.filter(company_id=OuterRef("id"), closed_at__isnull=True).values("company_id")
    return rows.annotate(
        due_minor=Coalesce(Subquery(due.annotate(due=Sum("amount_minor")).values("due")), 0),
        reviews=Coalesce(Subquery(reviews.annotate(count=Count("id")).values("count")), 0),
    )


def _place(than: UUID | None) -> tuple[str, UUID] | None:
    return Company.objects.filter(id=than).values_list("name", "id").first() if than else None


def overviews(companies: Sequence[Company], now: datetime) -> tuple[Overview, ...]:
    """Read how these companies stand, with the same few queries for all of them."""
    ids = [str(company.id) for company in companies]
    subscriptions = {str(row.company_id): row for row in Subscription.objects.filter(company_id__in=ids)}
    facts = billable_facts(companies, subscriptions)
    return tuple(
        overview(company, subscriptions.get(str(company.id)), facts.get(str(company.id)), now) for company in companies
    )


def overview(company: Any, subscription: Subscription | None, facts: BillableFacts | None, now: datetime) -> Overview:
    """Put together how a company stands. Its row comes from a list of this module, or from `company_at`."""
    return Overview(
        company=company,
        plan=_plan(facts, now),
        facts=facts,
        next_issue_at=subscription.next_issue_at if subscription and subscription.ended_at is None else None,
        open_amount=Money(int(company.due_minor), company.currency),
        reviews=company.reviews,
    )


def _plan(facts: BillableFacts | None, now: datetime) -> str:
    """Name the plan that is on, or the one that will be."""
    plans = (row for row in facts.running if row.subject_kind == PLAN) if facts else ()
    return next((row.name for row in plans if row.ended_at is None or row.ended_at > now), "")


def company_at(slug: str) -> Company | None:
    """Read the company at an address."""
    return _with_sums(Company.objects.filter(slug=slug)).first()


def invoices_of(
    company: Company, now: datetime, new_id: NewId, *, limit: int, place: invoice_list.Place
) -> VendorInvoices:
    """Read a page of a company's invoices with their status, and its methods."""
    found = invoice_list.listed(str(company.id), invoice_list.Wanted(), place, most=limit)
    rows = found.invoices
    loaded = load_many(company, rows, now=now, new_id=new_id, lock=False)
    methods = next((one.methods for one in loaded.values()), None)
    return VendorInvoices(
        invoices=tuple(
            VendorInvoice(
                id=str(row.id),
                number=row.number,
                issued_at=row.issued_at,
                total=Money(row.total_minor, row.currency),
                shown=shown(loaded[str(row.id)]),
            )
            for row in rows
        ),
        methods=method_facts(str(company.id)) if methods is None else methods,
        newer_than=rows[0].sequence if found.has_newer else None,
        older_than=rows[-1].sequence if found.has_older else None,
    )


def attempts_of(
    company: Company, *, limit: int, before: UUID | None = None, after: UUID | None = None
) -> VendorAttempts:
    """Read a page of the tries to collect from a company: the latest ones, or those next to one of them."""
    rows = PaymentAttempt.objects.filter(company_id=company.id).select_related("intent__invoice", "method")
    if after is not None:
        newer = list(rows.filter(_beside(rows, after, "gt")).order_by("opened_at", "id")[: limit + 1])
        if newer:
            return _attempts(newer[:limit][::-1], has_newer=len(newer) > limit, has_older=True)
    latest = rows.order_by("-opened_at", "-id")
    older = list(latest.filter(_beside(rows, before, "lt"))[: limit + 1]) if before is not None else []
    found = older or list(latest[: limit + 1])
    return _attempts(found[:limit], has_newer=bool(older), has_older=len(found) > limit)


def _attempts(rows: Sequence[PaymentAttempt], *, has_newer: bool, has_older: bool) -> VendorAttempts:
    return VendorAttempts(tuple(_attempt(row) for row in rows), has_newer, has_older)


def _beside(rows: QuerySet[PaymentAttempt], than: UUID, side: str) -> Q:
    """Ask for what stands on one side of a row, by when it was opened; of nothing where it is not among these."""
    opened_at = Subquery(rows.filter(id=than).values("opened_at"))
    return Q(**{f"opened_at__{side}": opened_at}) | Q(**{"opened_at": opened_at, f"id__{side}": than})


def _attempt(row: Any) -> VendorAttempt:
    intent = row.intent
    return VendorAttempt(
        id=str(row.id),
        number=intent.invoice.number,
        opened_at=row.opened_at,
        amount=Money(intent.amount_minor, intent.currency),
        method=row.method.brand or row.method.bank_name,
        last4=row.method.last4,
        by_name=row.by_name,
        outcome=Outcome(row.outcome),
        code=row.code,
        state=State(intent.state),
    )


def reviews_of(company: Company) -> tuple[OpenReview, ...]:
    """List the open reviews of a company, the oldest first."""
    rows = Review.objects.filter(company_id=company.id, closed_at__isnull=True).order_by("opened_at", "id")
    fields = rows.values_list("intent__invoice__number", "reason", "opened_at")
    return tuple(OpenReview(number or "", reason, opened_at) for number, reason, opened_at in fields)
