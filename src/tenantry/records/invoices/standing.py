"""How a company stands now: the facts and the outlook that summaries, quotes and bills are rated from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tenantry.core.forecast import Outlook
from tenantry.core.money import Money
from tenantry.core.rating import BillableFacts
from tenantry.core.totals import TaxRates
from tenantry.records.companies.models import BillingDetails, Company
from tenantry.records.invoices.queries import billable_facts, company_credits
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


def standing(company_id: str, *, rates_for: RatesFor) -> Standing | None:
    """Gather how the company stands; None while it has no subscription."""
    company = Company.objects.get(id=company_id)
    row = Subscription.objects.filter(company_id=company_id).first()
    if row is None:
        return None
    details = BillingDetails.objects.get(company_id=company_id)
    credit = Money(company_credits([company_id]).get(company_id, 0), company.currency)
    facts = billable_facts([company], {company_id: row})[company_id]
    rates = rates_for(
        country=details.country, region=details.region, tax_id=details.tax_id, is_exempt=details.tax_exempt
    )
    return Standing(company, row, facts, Outlook(row.next_period_start, rates, credit))
