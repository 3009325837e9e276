"""The list of a company's invoices, a page at a time: filtered by the derived status, never by a stored one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from tenantry.core.invoice_states import Status
from tenantry.core.payment_states import UNDER_WAY, Outcome
from tenantry.records.invoices.models import Invoice
from tenantry.records.payments.models import PaymentAttempt, PaymentIntent

_UNSETTLED = ("open", "uncollectible")
_UNDER_WAY = [state.value for state in UNDER_WAY]


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
    """One page, newest first."""

    invoices: tuple[Invoice, ...] = ()
    has_newer: bool = False
    has_older: bool = False


def listed(company_id: str, wanted: Wanted, place: Place, *, most: int) -> ListedInvoices:
    """Give a page of at most `most` invoices; a place beyond either end gives the newest ones."""
    rows = _wanted(company_id, wanted)
    if place.after is not None:
        found = _newer(rows, place.after, most)
    elif place.before is not None:
        found = _older(rows, place.before, most)
    else:
        found = ListedInvoices()
    return found if found.invoices else _newest(rows, most)


def _newest(rows: QuerySet[Invoice], most: int) -> ListedInvoices:
    found = list(rows.order_by("-sequence")[: most + 1])
    return ListedInvoices(tuple(found[:most]), has_older=len(found) > most)


def _older(rows: QuerySet[Invoice], before: int, most: int) -> ListedInvoices:
    found = list(rows.filter(sequence__lt=before).order_by("-sequence")[: most + 1])
    has_newer = bool(found) and rows.filter(sequence__gte=before).exists()
    return ListedInvoices(tuple(found[:most]), has_newer=has_newer, has_older=len(found) > most)


def _newer(rows: QuerySet[Invoice], after: int, most: int) -> ListedInvoices:
    found = list(rows.filter(sequence__gt=after).order_by("sequence")[: most + 1])
    has_older = bool(found) and rows.filter(sequence__lte=after).exists()
    return ListedInvoices(tuple(reversed(found[:most])), has_newer=len(found) > most, has_older=has_older)


def _wanted(company_id: str, wanted: Wanted) -> QuerySet[Invoice]:
    rows = Invoice.objects.filter(company_id=company_id)
    if wanted.year is not None:
        rows = rows.filter(issue_date__year=wanted.year)
    match wanted.status:
        case Status.PENDING:
            return _with_payment(rows, company_id).filter(_IS_UNDER_WAY | Q(state="open", is_tried=False))
        case Status.FAILED:
            return _failed(rows, company_id)
        case Status.PAID | Status.VOID:
            return rows.filter(state=wanted.status.value)
    return rows


_IS_UNDER_WAY = Q(latest_state__in=_UNDER_WAY)


def _failed(rows: QuerySet[Invoice], company_id: str) -> QuerySet[Invoice]:
    unpaid = Q(state="uncollectible") | Q(is_tried=True)
    return _with_payment(rows, company_id).filter(~_IS_UNDER_WAY & unpaid)


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


def failed_invoices(company_id: str) -> QuerySet[Invoice]:
    """Find the open invoices whose payment failed."""
    return _failed(Invoice.objects.filter(company_id=company_id, state="open"), company_id)


def years(company_id: str) -> list[int]:
    """List the years in which invoices were issued, newest first."""
    dates: Any = Invoice.objects.filter(company_id=company_id).dates("issue_date", "year", order="DESC")
    return [day.year for day in dates]


def payers(company_id: str, invoice_id: str) -> dict[str, str]:
    """Give who asked for each payment of an invoice: attempt id → name, empty for the schedule."""
    rows = PaymentAttempt.objects.filter(company_id=company_id, intent__invoice_id=invoice_id)
    return {str(id_): name for id_, name in rows.values_list("id", "by_name")}
