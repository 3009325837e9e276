"""The way in: to the only company, to a choice of companies, or to the back office."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from tenantry.outside import identity
from tenantry.portal.pages.company_choice import CompanyChoicePage
from tenantry.records.companies import queries
from tenantry.ui import answers
from tenantry.ui.parts import Link

READS = ("GET", "HEAD")


def home(request: HttpRequest) -> HttpResponse:
    """Send people where they belong."""
    if request.method not in READS:
        return answers.not_allowed_method(READS)
    if not request.user.is_authenticated:
        return answers.sign_in_first(request)
    user_id = str(request.user.pk)
    companies, is_staff = queries.choices_of_user(user_id), queries.is_vendor_staff(user_id)
    if len(companies) == 1 and not is_staff:
        return HttpResponseRedirect(reverse("admin", args=[companies[0].slug]))
    if is_staff and not companies:
        return HttpResponseRedirect("/backoffice/")
    return HttpResponseRedirect(reverse("companies")) if companies else answers.nobody(request)


def choose_company(request: HttpRequest) -> HttpResponse:
    """List the companies that a person may go to."""
    if request.method not in READS:
        return answers.not_allowed_method(READS)
    if not request.user.is_authenticated:
        return answers.sign_in_first(request)
    user_id = str(request.user.pk)
    companies, is_staff = queries.choices_of_user(user_id), queries.is_vendor_staff(user_id)
    if not companies and not is_staff:
        return answers.nobody(request)
    page = CompanyChoicePage(
        user_name=identity.name_of(request.user),
        companies=tuple(Link(one.name, reverse("admin", args=[one.slug])) for one in companies),
        sign_out_url=reverse("account_logout"),
        backoffice_url="/backoffice/" if is_staff else "",
    )
    return render(request, "portal/company_choice.html", {"page": page})
