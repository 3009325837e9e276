"""Companies: the list with its search, and one of them."""

from __future__ import annotations

import re
from uuid import UUID

from django.http import HttpResponse

from tenantry.backoffice.entry import StaffVisit, staff_page
from tenantry.backoffice.pages.companies_built import companies_page
from tenantry.backoffice.pages.company_built import Places, company_page
from tenantry.records.payments import vendor_overview
from tenantry.records.payments.invoice_list import Place
from tenantry.ui import answers

SECTION = "companies"
PAGE_SIZE = 25


@staff_page
def companies(visit: StaffVisit) -> HttpResponse:
    """List the companies by name."""
    query = visit.request.GET
    search = query.get("q", "").replace("\x00", "").strip()[:100]
    before, after = _id(query.get("before", "")), _id(query.get("after", ""))
    if before:
        part = vendor_overview.companies_before(search, before, limit=PAGE_SIZE)
    else:
        part = vendor_overview.companies_after(search, after, limit=PAGE_SIZE)
    return visit.page("backoffice/companies.html", companies_page(visit, part, search), section=SECTION)


@staff_page
def company(visit: StaffVisit, company: str) -> HttpResponse:
    """Show how one company stands."""
    found = vendor_overview.company_at(company)
    if found is None:
        return answers.not_found(visit.request)
    query = visit.request.GET
    places = Places(
        Place(_number(query.get("invoices-before", "")), _number(query.get("invoices-after", ""))),
        _id(query.get("payments-before", "")),
        _id(query.get("payments-after", "")),
    )
    return visit.page("backoffice/company.html", company_page(visit, found, places), section=SECTION)


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
