"""Rated lines become numbered, immutable invoices with postings: one period of each company that is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings

from tenantry.core.money import Money
from tenantry.core.payment_methods import MethodFacts, why_not_usable
from tenantry.core.periods import BillingPeriod, Interval, day_start_instant, local_date, period_containing
from tenantry.core.permissions import Action, Actor, require
from tenantry.core.rating import BillableFacts, rate
from tenantry.core.refusal import Refusal
from tenantry.core.tax_rates import TaxRates
from tenantry.core.totals import Totals, add_up, charged_before
from tenantry.outside import queue, tax
from tenantry.outside.ids import derived_id, new_id
from tenantry.records.base import audit, tenancy
from tenantry.records.companies.models import BillingDetails, Company
from tenantry.records.companies.queries import billing_details_of, lock_companies
from tenantry.records.invoices import tax_shares
from tenantry.records.invoices.billable import billable_facts
from tenantry.records.invoices.queries import company_credits
from tenantry.records.invoices.writer import NewInvoice, write_invoices
from tenantry.records.payments.methods import default_methods
from tenantry.records.subscriptions.models import Subscription
from tenantry.records.subscriptions.queries import lock_subscriptions
from tenantry.records.subscriptions.writer import keep_next_periods

AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class Issued:
    """What one pass came to; `still_due` are the companies that have a further period to bill."""

    invoice_ids: tuple[str, ...]
    still_due: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Everything the pass decides with, read under the companies' locks."""

    companies: dict[str, Company]
    subscriptions: dict[str, Subscription]
    facts: dict[str, BillableFacts]
    details: dict[str, BillingDetails]
    methods: Mapping[str, MethodFacts]
    credits: dict[str, int]


@tenancy.tried_again
def issue_invoices(*, actor: Actor, company_ids: Sequence[str], run_id: str | None, now: datetime) -> Issued | Refusal:
    """Issue the invoice of the next period of each company whose period has begun by now.

    A company with nothing to bill gets no invoice and burns no number; its next period still moves on. The
    whole pass commits or vanishes together.
    """
    if refused := require(actor, Action.ISSUE_INVOICES):
        return refused
    with tenancy.batch_phase(company_ids):
        gathered = _gather(company_ids, now)
        decided = [_decide(gathered, company_id, run_id, now) for company_id in gathered.subscriptions]
        new = [invoice for invoice in decided if invoice.lines]
        numbers = write_invoices(new, new_id=new_id)
        still_due = _move_on(gathered, now)
        _record(actor, new, numbers, now)
        if new:
            queue.enqueue("schedule.sweep", once="schedule.sweep")
    return Issued(tuple(invoice.id for invoice in new), still_due)


def _gather(company_ids: Sequence[str], now: datetime) -> _Gathered:
    companies = {str(company.id): company for company in lock_companies(company_ids)}
    rows = lock_subscriptions(list(companies))
    due = {id_: row for id_, row in rows.items() if row.ended_at is None and row.next_issue_at <= now}
    ids = list(due)
    return _Gathered(
        companies=companies,
        subscriptions=due,
        facts=billable_facts([companies[id_] for id_ in ids], due),
        details=billing_details_of(ids),
        methods=default_methods(ids),
        credits=company_credits(ids),
    )


def next_period(row: Subscription) -> BillingPeriod:
    """Give the period that the next invoice begins."""
    return period_containing(row.anchor_date, row.next_period_start, Interval(row.interval))


def tax_rates_of(details: BillingDetails) -> TaxRates:
    """Ask the tax port what is taken of this company."""
    return tax.rates_for(
        country=details.country, region=details.region, tax_id=details.tax_id, is_exempt=details.tax_exempt
    )


def _decide(gathered: _Gathered, company_id: str, run_id: str | None, now: datetime) -> NewInvoice:
    company, row = gathered.companies[company_id], gathered.subscriptions[company_id]
    details, facts = gathered.details[company_id], gathered.facts[company_id]
    period = next_period(row)
    lines = rate(facts, period)
    credit = Money(gathered.credits.get(company_id, 0), company.currency)
    rates, charged_at = tax_rates_of(details), charged_before(facts, period)
    totals = add_up(lines, company.currency, rates, credit_available=credit, charged_at=charged_at)
    issue_date = local_date(now, company.time_zone)
    due_date = issue_date + timedelta(days=company.net_days)
    method = gathered.methods.get(company_id)
    is_collected = bool(totals.amount_due.minor) and company.way_of_paying == AUTOMATIC
    return NewInvoice(
        # The gateway's keys are made from it: issued again after a restore, the same payment is found, not made twice.
        id=derived_id(company_id, f"invoice:{period.start.isoformat()}"),
        company_id=company_id,
        subscription_id=str(row.id),
        period=period,
        lines=lines,
        totals=totals,
        issued_at=now,
        issue_date=issue_date,
        due_date=due_date,
        collect_at=now if is_collected else None,
        billed_to=_billed_to(details),
        sold_by={name: value for name, value in settings.TENANTRY_VENDOR.items() if name != "logo"},
        paid_how=_paid_how(company, totals, method, issue_date, due_date),
        tax_facts=[tax_shares.fact_of(share) for share in totals.tax_shares],
        recipients=tuple(details.recipients),
        run_id=run_id,
    )


def _billed_to(details: BillingDetails) -> dict[str, object]:
    fields = ("legal_name", "address_line_1", "address_line_2", "city", "region", "postal_code", "country")
    return {field: getattr(details, field) for field in (*fields, "tax_id", "po_number")}


def _paid_how(
    company: Company, totals: Totals, method: MethodFacts | None, issue_date: date, due_date: date
) -> dict[str, object]:
    """Say how it will be paid: fixed at issue, whatever happens to the method later."""
    if not totals.amount_due.minor:
        return {"kind": "nothing_due"}
    if company.way_of_paying != AUTOMATIC:
        return {"kind": "by_invoice", "due": due_date.isoformat()}
    if method is None:
        return {"kind": "waiting_for_method"}
    named = {"name": method.brand or method.bank_name, "last4": method.last4}
    if why_not_usable(method, issue_date) is not None:
        return {"kind": "default_unusable", **named}
    return {"kind": method.kind.value, **named, "on": issue_date.isoformat()}


def _move_on(gathered: _Gathered, now: datetime) -> tuple[str, ...]:
    """Move each subscription to its next period; give the companies for which that one has begun too."""
    still_due = []
    rows = list(gathered.subscriptions.values())
    for row in rows:
        company = gathered.companies[str(row.company_id)]
        row.next_period_start = next_period(row).end
        row.next_issue_at = day_start_instant(row.next_period_start, company.time_zone)
        if row.next_issue_at <= now:
            still_due.append(str(row.company_id))
    keep_next_periods(rows)
    return tuple(still_due)


def _record(actor: Actor, invoices: Sequence[NewInvoice], numbers: Mapping[str, str], now: datetime) -> None:
    changes = [
        audit.Change(
            invoice.company_id,
            Action.ISSUE_INVOICES,
            "invoice",
            invoice.id,
            after={
                "number": numbers[invoice.id],
                "total_minor": invoice.totals.total.minor,
                "currency": invoice.totals.total.currency,
                "period_start": invoice.period.start,
            },
        )
        for invoice in invoices
    ]
    if changes:
        audit.record_many(actor, changes, now=now)
