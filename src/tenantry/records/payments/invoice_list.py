"""The list of a company's invoices, a page at a time: filtered by the derived status, never by a stored one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from tenantry.core.invoice_states import Status
from tenantry.core.payment_states import UNPAID_WAITS, Outcome, State
from tenantry.records.invoices.books import with_books
from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.models import PaymentAttempt, PaymentIntent

_UNSETTLED = ("open", "uncollectible")
_WAITING = [state.value for state in UNPAID_WAITS]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which invoices: of a status and of a year of issue. None: of any."""

    status: Status | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: below, or above, the invoice of this sequence number. Nothing set: the newest."""

    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class ListedInvoices:
    """One page, newest first, with its books; `years` are those from the company's last invoice back to its first."""

    invoices: tuple[Invoice, ...] = ()
    has_newer: bool = False
    has_older: bool = False
    years: tuple[int, ...] = ()


def listed(company_id: str, wanted: Wanted, place: Place, *, most: int) -> ListedInvoices:
    """Give a page of at most `most` invoices, with one statement; a place beyond either end gives the newest ones."""
    rows = _wanted(company_id, wanted)
    pages = [rows.order_by("-sequence").annotate(beyond=Value(value=False))]
    if place.after is not None:
        older = rows.filter(sequence__lte=place.after)
        pages.insert(0, rows.filter(sequence__gt=place.after).order_by("sequence").annotate(beyond=Exists(older)))
    elif place.before is not None:
        newer = rows.filter(sequence__gte=place.before)
        pages.insert(0, rows.filter(sequence__lt=place.before).order_by("-sequence").annotate(beyond=Exists(newer)))
    for page in pages:
        if found := list(_with_years(with_books(page), company_id)[: most + 1]):
            return _listed(found, most, goes_back=place.after is None or page is pages[-1])
    return ListedInvoices(years=_years_of_all(company_id))


def _listed(found: Sequence[Any], most: int, *, goes_back: bool) -> ListedInvoices:
    """Read a page whose rows were found going back in time, or forward; each row knows what lies beyond its start."""
    shown, has_more, beyond = found[:most], len(found) > most, found[0].beyond
    newer, older = (beyond, has_more) if goes_back else (has_more, beyond)
    invoices = tuple(shown if goes_back else reversed(shown))
    return ListedInvoices(invoices, newer, older, _years(found[0].first_year, found[0].last_year))


def _with_years(rows: QuerySet[Invoice], company_id: str) -> QuerySet[Any]:
    every = Invoice.objects.filter(company_id=company_id).values("issue_date__year")
    return rows.annotate(
        first_year=Subquery(every.order_by("sequence")[:1]), last_year=Subquery(every.order_by("-sequence")[:1])
    )


def _years(first: int, last: int) -> tuple[int, ...]:
    return tuple(range(max(first, last), min(first, last) - 1, -1))


def _years_of_all(company_id: str) -> tuple[int, ...]:
    rows: Any = _with_years(Invoice.objects.filter(company_id=company_id), company_id)[:1]
    return next((_years(row.first_year, row.last_year) for row in rows), ())


def _wanted(company_id: str, wanted: Wanted) -> QuerySet[Invoice]:
    rows = Invoice.objects.filter(company_id=company_id)
    if wanted.year is not None:
        rows = rows.filter(issue_date__year=wanted.year)
    match wanted.status:
        case Status.PENDING:
            return _with_payment(rows, company_id).filter(_IS_WAITING | Q(state="open", is_tried=False))
        case Status.FAILED:
            return _with_payment(rows, company_id).filter(IS_FAILED)
        case Status.PAID | Status.VOID:
            return rows.filter(state=wanted.status.value)
    return rows


_IS_WAITING = Q(latest_state__in=_WAITING)
IS_FAILED = ~_IS_WAITING & (Q(state="uncollectible") | Q(is_tried=True))
IS_ASKED = Q(latest_state=State.AWAITING_PAYER.value)
"""The bank waits for the payer's approval."""
IS_LEFT = ~_IS_WAITING & Q(state="open", is_tried=False, collect_at__isnull=True)
"""Never charged, and not going to be by itself."""


def _with_payment(rows: QuerySet[Invoice], company_id: str) -> QuerySet[Invoice]:
    """Keep what is not settled, and tell of each how its latest intent stands: as `core.invoice_states.shown`."""
    latest = PaymentIntent.objects.filter(company_id=company_id, invoice_id=OuterRef("id")).order_by("-generation")
    tried = PaymentAttempt.objects.filter(company_id=company_id, intent_id=OuterRef("latest_id")).exclude(
        outcome=Outcome.NOT_SENT.value
    )
    return rows.filter(state__in=_UNSETTLED).alias(
        latest_id=Subquery(latest.values("id")[:1]),
        latest_state=Coalesce(Subquery(latest.values("state")[:1]), Value(""), output_field=TextField()),
        is_tried=Exists(tried),
    )


def unsettled(company_id: str) -> QuerySet[Any]:
    """Find the invoices that are neither paid nor void, for the conditions above."""
    return _with_payment(Invoice.objects.filter(company_id=company_id), company_id)
