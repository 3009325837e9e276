"""The list of companies, from how they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.backoffice.pages.companies import CompaniesPage, CompanyRow, Stat
from tenantry.core.forecast import monthly_amounts
from tenantry.core.money import total
from tenantry.core.proration import seats_at
from tenantry.records.payments.vendor_overview import CompaniesPart, Counts, Overview, counts, overviews
from tenantry.ui import formats
from tenantry.ui.parts import Badge, Pager, Tone

if TYPE_CHECKING:
    from tenantry.backoffice.entry import StaffVisit


def companies_page(visit: StaffVisit, part: CompaniesPart, search: str) -> CompaniesPage:
    """Build the list. Needs an open vendor's reading."""
    return CompaniesPage(
        companies=tuple(_row(visit, one) for one in overviews(part.companies, visit.now)),
        search_url=reverse("backoffice.companies"),
        search_text=search,
        stats=_stats(counts()),
        pager=_pager(part, search),
    )


def _row(visit: StaffVisit, one: Overview) -> CompanyRow:
    company, facts = one.company, one.facts
    monthly = seats = ""
    if facts is not None:
        amounts = (each.amount for each in monthly_amounts(facts, visit.now))
        monthly = formats.money(total(amounts, company.currency))
        seats = formats.seats(seats_at(facts.seat_counts, "", visit.now))
    return CompanyRow(
        name=company.name,
        url=reverse("backoffice.company", args=[company.slug]),
        plan=one.plan or _("No subscription"),
        seats=seats,
        monthly=monthly or "—",
        next_invoice=formats.instant(one.next_issue_at, company.time_zone) if one.next_issue_at else "—",
        open_amount=formats.money(one.open_amount) if one.open_amount.minor else "",
        badges=badges(one),
    )


def badges(one: Overview) -> tuple[Badge, ...]:
    """Give what stands out about a company."""
    found = []
    if one.company.billing_held_at is not None:
        found.append(Badge(_("Billing held"), Tone.BAD, "octagon-pause"))
    if one.reviews:
        words = ngettext("%(count)d in review", "%(count)d in review", one.reviews) % {"count": one.reviews}
        found.append(Badge(words, Tone.WARN, "search"))
    return tuple(found)


def _stats(found: Counts) -> tuple[Stat, ...]:
    return (
        Stat(_("Companies"), str(found.companies)),
        Stat(_("Payments in review"), str(found.reviews)),
        Stat(_("Billing held"), str(found.held)),
    )


def _pager(part: CompaniesPart, search: str) -> Pager:
    if not part.companies:
        return Pager()
    first, last = part.companies[0].id, part.companies[-1].id
    return Pager(
        newer_url=_address(search, before=str(first)) if part.has_earlier else "",
        older_url=_address(search, after=str(last)) if part.has_later else "",
    )


def _address(search: str, **place: str) -> str:
    query = {"q": search, **place} if search else place
    return f"{reverse('backoffice.companies')}?{urlencode(query)}"
