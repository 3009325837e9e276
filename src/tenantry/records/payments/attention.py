"""What needs somebody's attention: an open invoice that waits for its payer, has failed, or waits for a method."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Any

from django.db.models import Case, Count, OuterRef, Q, Subquery, Value, When, Window

from tenantry.core.money import Money
from tenantry.core.payment_states import Outcome
from tenantry.records.companies.models import Company
from tenantry.records.payments.invoice_list import IS_ASKED, IS_FAILED, IS_LEFT, unsettled
from tenantry.records.payments.models import PaymentAttempt, PaymentIntent


class Need(IntEnum):
    """What an invoice needs of somebody, the most pressing first."""

    APPROVAL = 1
    PAYMENT = 2
    METHOD = 3


@dataclass(frozen=True, slots=True)
class NeedyInvoice:
    """An open invoice that somebody has to do something about.

    APPROVAL: the bank asks the payer, at `next_url`. PAYMENT: its payment was declined, returned or not completed, at
    `at`, and no other is under way. METHOD: it was never charged, and is not going to be by itself. `amount` is what
    the last payment asked for; None where there was none.
    """

    need: Need
    invoice_id: str
    number: str
    amount: Money | None = None
    at: datetime | None = None
    next_url: str = ""


@dataclass(frozen=True, slots=True)
class UnpaidInvoices:
    """How many open invoices should have been paid by now and are not, and the number of the oldest."""

    count: int
    oldest: str


def unpaid_invoices(company: Company, today: date) -> UnpaidInvoices | None:
    """Count the open invoices that need somebody, or are overdue where a company pays by invoice; None without any.

    One whose payment is under way at the bank, or comes by itself on its day, is as it should be.
    """
    is_late = IS_ASKED | IS_FAILED | (IS_LEFT if company.way_of_paying == "automatic" else Q(due_date__lt=today))
    rows: Any = unsettled(str(company.id)).filter(is_late, state="open")
    row = rows.annotate(among=Window(Count("*"))).order_by("sequence").first()
    return UnpaidInvoices(row.among, row.number) if row is not None else None


def needy_invoice(company: Company) -> NeedyInvoice | None:
    """Give the most pressing of the open invoices, the oldest first; None while none needs anybody.

    Where a company pays by invoice, one that was never charged is as it should be.
    """
    company_id = str(company.id)
    intents = PaymentIntent.objects.filter(company_id=company_id, invoice_id=OuterRef("id")).order_by("-generation")
    sent = PaymentAttempt.objects.filter(company_id=company_id, intent__invoice_id=OuterRef("id"))
    last = sent.exclude(outcome=Outcome.NOT_SENT.value).order_by("-intent__generation", "-number")
    needs = [(IS_ASKED, Need.APPROVAL), (IS_FAILED, Need.PAYMENT)]
    if company.way_of_paying == "automatic":
        needs.append((IS_LEFT, Need.METHOD))
    row: Any = (
        unsettled(company_id)
        .filter(state="open")
        .annotate(
            need=Case(*(When(which, then=Value(int(need))) for which, need in needs)),
            asked_minor=Subquery(last.values("intent__amount_minor")[:1]),
            decided_at=Subquery(last.values("decided_at")[:1]),
            next_url=Subquery(intents.values("next_url")[:1]),
        )
        .filter(need__isnull=False)
        .order_by("need", "sequence")
        .first()
    )
    if row is None:
        return None
    amount = Money(row.asked_minor, row.currency) if row.asked_minor is not None else None
    return NeedyInvoice(
        Need(row.need), str(row.id), row.number, amount, row.decided_at or row.state_moved_at, row.next_url or ""
    )
