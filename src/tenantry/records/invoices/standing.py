"""How a company stands now: the facts and the outlook that summaries, quotes and bills are rated from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from tenantry.core.forecast import Outlook
from tenantry.core.money import Money
from tenantry.core.rating import BillableFacts
from tenantry.core.tax_rates import TaxRates
from tenantry.records.companies.models import BillingDetails, Company
from tenantry.records.invoices.billable import billable_facts
from tenantry.records.invoices.queries import below_zero, credit_beside
from tenantry.records.subscriptions.models import Subscription


@dataclass(frozen=True, slots=True)
class Standing:
    """One company with its subscription, rated facts and outlook."""

    company: Company
    subscription: Subscription
    facts: BillableFacts
    outlook: Outlook


class RatesFor(Protocol):
    """The tax port, handed in: nouns don't reach for the world."""

    def __call__(self, *, country: str, region: str, tax_id: str, is_exempt: bool) -> TaxRates:
        """Give the rates for a company that is billed at this place."""


def standing(company: Company, *, rates_for: RatesFor) -> Standing | None:
    """Gather how the company stands, with two statements (three where its credit is below zero).

    None while it has no subscription.
    """
    row: Any = _subscription(company)
    if row is None:
        return None
    facts = billable_facts([company], {str(company.id): row})[str(company.id)]
    credit = Money(_credit_minor(company, int(row.credit_minor)), company.currency)
    return Standing(company, row, facts, Outlook(row.next_period_start, rates_for(**row.billed_at), credit))


def _credit_minor(company: Company, balance_minor: int) -> int:
    company_id = str(company.id)
    return balance_minor if balance_minor >= 0 else below_zero([company_id])[company_id]


def _subscription(company: Company) -> Subscription | None:
    """Read the subscription with the place where the company is billed, and the credit that it has left."""
    place = JSONObject(country="country", region="region", tax_id="tax_id", is_exempt="tax_exempt")
    details = BillingDetails.objects.filter(company_id=OuterRef("company_id")).values(place=place)
    rows = Subscription.objects.filter(company_id=company.id)
    return rows.annotate(billed_at=Subquery(details), credit_minor=credit_beside()).first()
